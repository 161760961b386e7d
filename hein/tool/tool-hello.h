/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-doctor-subject.h"

G_BEGIN_DECLS

/* `hein doctor --hello`: why two machines do not hear each other. */

#define TOOL_HELLO_TIMEOUT_S 60

typedef struct
{
  const char *with; /* a host of the other side; NULL: not told */
  gboolean dials;   /* whatever the address looks like */
  double timeout_s;
} ToolHelloOptions;

/* Fills in the report, with the verdict. Returns the exit status; TOOL_USAGE:
 * it complained, and there is nothing to print. */
int tool_hello (ToolDoctor *doctor, const ToolHelloOptions *options);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-doctor-report.h"

G_BEGIN_DECLS

/* What is examined: an address, taken apart. */

typedef struct
{
  const char *uri;
  char *shown;     /* uri, without secrets */
  char *transport; /* its scheme */
  char *host;
  int port; /* -1: none */
  char *path;
  char *query;          /* as it stands there; NULL: none */
  GHashTable *options;  /* owned name -> owned value */
  GObjectClass *class;  /* of the transport; NULL: there is no such plugin */
  gboolean tries_joins; /* also where the network notices */
  ToolReport report;
} ToolDoctor;

/* NULL: the address does not say. */
const char *tool_doctor_get (ToolDoctor *self, const char *option);
gboolean tool_doctor_get_flag (ToolDoctor *self, const char *option);
/* With the plugin's default, or @otherwise. */
gint64
tool_doctor_get_number (ToolDoctor *self, const char *option, gint64 otherwise);

G_END_DECLS

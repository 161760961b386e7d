/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-doctor-subject.h"
#include "tool-hello-evidence.h"

G_BEGIN_DECLS

/* Two sides that look for each other, and tell each other what they know. */

#define TOOL_HELLO_OTHERS 8 /* of those who answer, too, so many are named */

typedef struct
{
  ToolHelloEvidence mine;
  ToolHelloEvidence theirs;
  gboolean has_theirs; /* something has come from there */
  guint n_others;      /* at most TOOL_HELLO_OTHERS */
  ToolHelloEvidence others[TOOL_HELLO_OTHERS];
} ToolHelloTalk;

/* @with: a host of the other side; nullable. Returns after @timeout_s at the
 * latest. FALSE with @error: the address is none for this, or its key cannot be
 * read. */
gboolean tool_hello_talk (ToolHelloTalk *self,
                          ToolDoctor *doctor,
                          const char *with,
                          gboolean dials,
                          double timeout_s,
                          GError **error);

G_END_DECLS

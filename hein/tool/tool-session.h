/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-status.h"

G_BEGIN_DECLS

/* A bus, and the loop that runs until it is over. */

typedef struct
{
  /* options */
  char **listens;
  char **dials;
  char *name;
  char *log_file;
  double timeout_s;
  gboolean is_verbose;

  /* while it runs */
  HeinBus *bus;
  GPtrArray *unbound; /* owned HeinEndpoint that is to be announced */
  gint64 end_us;      /* 0: no end */
  guint n_interrupts;
  gboolean has_met_peer;
  gboolean is_over;
  ToolStatus status;
} ToolSession;

typedef void (*ToolPump) (gpointer user_data);

/* Options of @self; lives as long as @self does. End with a NULL entry. */
#define TOOL_SESSION_N_OPTIONS 7
void tool_session_fill_options (ToolSession *self, GOptionEntry *entries);
/* FALSE: it has complained, and `status` says how to end. */
gboolean tool_session_open (ToolSession *self);
/* Calls @pump after whatever happened, until tool_session_end(). */
void tool_session_run (ToolSession *self, ToolPump pump, gpointer user_data);
/* The first call counts. */
void tool_session_end (ToolSession *self, ToolStatus status);
/* Closes in order; another interrupt gives up waiting. */
gboolean
tool_session_close (ToolSession *self, guint linger_ms, GError **error);
/* Tells what came of it, "1 message came", and what keeps its endpoints from
 * being connected. */
void tool_session_complain_timeout (ToolSession *self,
                                    guint64 n_messages,
                                    const char *what);
void tool_session_clear (ToolSession *self);
const char *tool_get_drop_nick (HeinDropReason reason);

G_END_DECLS

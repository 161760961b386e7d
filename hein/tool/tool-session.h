/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-status.h"

G_BEGIN_DECLS

/* The bus of a command, and the main loop that runs until the command ends. */

typedef struct
{
  /* options */
  char **listens;
  char **dials;
  char *name;
  char *log_file;
  double timeout_s;
  gboolean is_verbose;
  gboolean is_mute;   /* takes no messages; set by the command */
  gboolean is_second; /* another one logs for it, too; set by the command */

  /* while it runs */
  HeinBus *bus;
  GPtrArray *unbound; /* owned HeinEndpoint: address still to be printed */
  gint64 end_us;      /* 0: no end */
  guint n_interrupts;
  gboolean has_met_peer;
  gboolean is_ready; /* a service manager was told */
  gboolean is_over;
  ToolStatus status;
} ToolSession;

typedef void (*ToolPump) (gpointer user_data);

/* Fills in the options of @self, which must outlive @entries, and a NULL
 * entry. */
#define TOOL_SESSION_N_OPTIONS 7
void tool_session_fill_options (ToolSession *self, GOptionEntry *entries);
/* Opens the bus. FALSE: it failed and has complained, and `status` is set. */
gboolean tool_session_open (ToolSession *self);
/* Calls @pump after each event, until tool_session_end() is called. */
void tool_session_run (ToolSession *self, ToolPump pump, gpointer user_data);
/* Ends the loop; the first call decides about the status. */
void tool_session_end (ToolSession *self, ToolStatus status);
/* Ends the loop after an interrupt, or when the time is over; returns whether
 * it has ended. @is_endless: nobody has said how many messages there will be,
 * and after @n_messages of them it is done. */
gboolean tool_session_check_end (ToolSession *self,
                                 gboolean is_endless,
                                 guint64 n_messages);
/* How many peers take messages. */
guint tool_session_count_takers (ToolSession *self);
/* Closes the bus in order; another interrupt ends the wait for that. */
gboolean
tool_session_close (ToolSession *self, guint linger_ms, GError **error);
/* Reports a timeout: how many messages came ("1 message came"), and why
 * endpoints are not connected. */
void tool_session_complain_timeout (ToolSession *self,
                                    guint64 n_messages,
                                    const char *what);
void tool_session_clear (ToolSession *self);
const char *tool_get_drop_nick (HeinDropReason reason);

G_END_DECLS

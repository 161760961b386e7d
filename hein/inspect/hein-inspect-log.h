/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "io/hein-loop.h"

/* What hein logs in this process, for an operator's tool, whatever level the
 * program shows. */

G_BEGIN_DECLS

typedef struct _HeinInspectLog HeinInspectLog;

/* Hears what is logged at any of @levels. @heard is called in a turn of @loop
 * when there is something to take. NULL with @error: it cannot. */
HeinInspectLog *hein_inspect_log_new (HeinLoop *loop,
                                      GLogLevelFlags levels,
                                      void (*heard) (gpointer data),
                                      gpointer data,
                                      GError **error);
void hein_inspect_log_free (HeinInspectLog *self);
/* Has the listener hear what no message says that is logged. */
void hein_inspect_log_note (HeinInspectLog *self,
                            GLogLevelFlags level,
                            const char *format,
                            ...) G_GNUC_PRINTF (3, 4);
/* Appends a line for each message since the last call. */
void hein_inspect_log_take (HeinInspectLog *self, GString *text);

G_END_DECLS

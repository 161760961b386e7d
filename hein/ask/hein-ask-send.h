/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"
#include "core/hein-send.h"

G_BEGIN_DECLS

/* Of the text of an error, in bytes. */
#define HEIN_ASK_TEXT_MAX 4096

/* @message, which is for one peer (hein_message_new_ask), on any thread. WAITS: there
 * is no room yet, and @callback (nullable) will hear what came of it. FAILED with
 * @error: it does not go. */
HeinTried hein_ask_send (HeinCore *self,
                         HeinMessage *message,
                         GAsyncReadyCallback callback,
                         gpointer data,
                         GError **error);
/* Where numbers of requests begin. */
guint64 hein_ask_random (void);

G_END_DECLS

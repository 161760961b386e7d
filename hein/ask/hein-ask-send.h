/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/hein-call.h"
#include "core/hein-core-state.h"
#include "core/hein-send.h"

/* Sending messages about requests and deliveries. */

G_BEGIN_DECLS

/* The maximum size of the text of an error, in bytes. */
#define HEIN_ASK_TEXT_MAX 4096

/* Sends @message, which is for one peer (hein_message_new_ask), from any
 * thread. WAITS: there is no room yet, and @callback (nullable) will get the
 * result. FAILED with @error: it is not sent. */
HeinTried hein_ask_send (HeinCore *self,
                         HeinMessage *message,
                         GAsyncReadyCallback callback,
                         gpointer data,
                         GError **error);
/* The same, but WAITS gives @waiting, too: the call, which lives until its
 * callback is called, and is done as soon as the message is sent. */
HeinTried hein_ask_send_or_wait (HeinCore *self,
                                 HeinMessage *message,
                                 GAsyncReadyCallback callback,
                                 gpointer data,
                                 HeinCall **waiting,
                                 GError **error);

G_END_DECLS

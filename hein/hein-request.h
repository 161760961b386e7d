/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* HeinRequest: a request that the application answers. */

G_BEGIN_DECLS

#define HEIN_TYPE_REQUEST (hein_request_get_type ())
HEIN_API
G_DECLARE_FINAL_TYPE (HeinRequest, hein_request, HEIN, REQUEST, GObject)

/**
 * HeinRequestFunc:
 * @bus: the bus
 * @request: the request, to be answered now or later; take a reference to keep
 *   it
 * @user_data: what was given to [method@Bus.serve]
 *
 * Handles a request whose topic matches the pattern. Called in a turn.
 *
 * Since: 0.9
 */
typedef void (*HeinRequestFunc) (HeinBus *bus,
                                 HeinRequest *request,
                                 gpointer user_data);

HEIN_API
const char *hein_request_get_topic (HeinRequest *self);
HEIN_API
HeinMessage *hein_request_get_message (HeinRequest *self);
HEIN_API
HeinPeer *hein_request_get_peer (HeinRequest *self);
HEIN_API
int hein_request_get_remaining_ms (HeinRequest *self);
HEIN_API
GCancellable *hein_request_get_cancellable (HeinRequest *self);
HEIN_API
gboolean hein_request_get_is_over (HeinRequest *self);

HEIN_API
gboolean
hein_request_reply (HeinRequest *self, GBytes *payload, GError **error);
HEIN_API
gboolean hein_request_reply_message (HeinRequest *self,
                                     HeinMessage *message,
                                     GError **error);
HEIN_API
gboolean hein_request_refuse (HeinRequest *self,
                              int code,
                              const char *text,
                              GError **error);

HEIN_API
gboolean hein_request_get_takes_parts (HeinRequest *self);
HEIN_API
guint hein_request_get_credit (HeinRequest *self);
HEIN_API
gboolean hein_request_reply_part (HeinRequest *self,
                                  HeinMessage *message,
                                  GError **error);
HEIN_API
gboolean hein_request_end (HeinRequest *self, GError **error);
HEIN_API
void hein_request_wait_for_credit_async (HeinRequest *self,
                                         GCancellable *cancellable,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data);
HEIN_API
gboolean hein_request_wait_for_credit_finish (HeinRequest *self,
                                              GAsyncResult *result,
                                              GError **error);

G_END_DECLS

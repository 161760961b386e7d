/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-request.h>
#include <hein/hein-types.h>

/* HeinBus: what an application holds to send and receive messages. */

G_BEGIN_DECLS

#define HEIN_TYPE_BUS (hein_bus_get_type ())
HEIN_API
G_DECLARE_FINAL_TYPE (HeinBus, hein_bus, HEIN, BUS, GObject)

/**
 * HeinMessageFunc:
 * @bus: a bus
 * @message: the message that arrived
 * @user_data: what was given to hein_bus_set_handler()
 *
 * Handles a message that has arrived.
 *
 * - Thread: owner, in a turn.
 *
 * Since: 0.9
 */
typedef void (*HeinMessageFunc) (HeinBus *bus,
                                 HeinMessage *message,
                                 gpointer user_data);

HEIN_API
HeinBus *hein_bus_new (const char *name);

HEIN_API
const char *hein_bus_get_name (HeinBus *self);
HEIN_API
const char *hein_bus_get_instance (HeinBus *self);
HEIN_API
HeinStrategy *hein_bus_get_strategy (HeinBus *self);
HEIN_API
void hein_bus_set_strategy (HeinBus *self, HeinStrategy *strategy);
HEIN_API
HeinPeers *hein_bus_get_peers (HeinBus *self);
HEIN_API
GListModel *hein_bus_get_endpoints (HeinBus *self);
HEIN_API
gboolean hein_bus_get_is_closed (HeinBus *self);
HEIN_API
guint64 hein_bus_get_n_dropped (HeinBus *self, HeinDropReason reason);
HEIN_API
guint64 hein_bus_get_memory_used (HeinBus *self);

HEIN_API
HeinEndpoint *hein_bus_listen (HeinBus *self, const char *uri, GError **error);
HEIN_API
HeinEndpoint *hein_bus_dial (HeinBus *self, const char *uri, GError **error);
HEIN_API
void hein_bus_dial_async (HeinBus *self,
                          const char *uri,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
HEIN_API
HeinEndpoint *
hein_bus_dial_finish (HeinBus *self, GAsyncResult *result, GError **error);
HEIN_API
void hein_bus_wait_for_peers_async (HeinBus *self,
                                    guint n_peers,
                                    int timeout_ms,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
HEIN_API
gboolean hein_bus_wait_for_peers_finish (HeinBus *self,
                                         GAsyncResult *result,
                                         GError **error);

HEIN_API
gboolean hein_bus_send (HeinBus *self, HeinMessage *message, GError **error);
HEIN_API
gboolean hein_bus_send_data (HeinBus *self,
                             const char *topic,
                             const guint8 *data,
                             gsize size,
                             GError **error);
HEIN_API
gboolean hein_bus_send_to (HeinBus *self,
                           const char *name,
                           HeinMessage *message,
                           GError **error);
HEIN_API
gboolean hein_bus_send_with (HeinBus *self,
                             HeinStrategy *strategy,
                             const char *key,
                             HeinMessage *message,
                             GError **error);
HEIN_API
void hein_bus_send_async (HeinBus *self,
                          HeinMessage *message,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
HEIN_API
gboolean
hein_bus_send_finish (HeinBus *self, GAsyncResult *result, GError **error);

HEIN_API
void hein_bus_request_async (HeinBus *self,
                             HeinMessage *message,
                             int timeout_ms,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
HEIN_API
void hein_bus_request_to_async (HeinBus *self,
                                const char *name,
                                HeinMessage *message,
                                int timeout_ms,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
HEIN_API
HeinMessage *
hein_bus_request_finish (HeinBus *self, GAsyncResult *result, GError **error);
HEIN_API
HeinReplies *hein_bus_request_many (HeinBus *self,
                                    HeinMessage *message,
                                    int timeout_ms,
                                    guint credit);
HEIN_API
HeinReplies *hein_bus_request_many_to (HeinBus *self,
                                       const char *name,
                                       HeinMessage *message,
                                       int timeout_ms,
                                       guint credit);
HEIN_API
void hein_bus_deliver_async (HeinBus *self,
                             HeinMessage *message,
                             int timeout_ms,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
HEIN_API
void hein_bus_deliver_to_async (HeinBus *self,
                                const char *name,
                                HeinMessage *message,
                                int timeout_ms,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
HEIN_API
HeinReceipt *
hein_bus_deliver_finish (HeinBus *self, GAsyncResult *result, GError **error);
HEIN_API
gboolean hein_bus_open_spool (HeinBus *self,
                              const char *path,
                              guint64 limit,
                              GError **error);
HEIN_API
void hein_bus_post_async (HeinBus *self,
                          HeinMessage *message,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
HEIN_API
void hein_bus_post_to_async (HeinBus *self,
                             const char *name,
                             HeinMessage *message,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
HEIN_API
gboolean
hein_bus_post_finish (HeinBus *self, GAsyncResult *result, GError **error);
HEIN_API
guint hein_bus_get_n_posted (HeinBus *self);
HEIN_API
gboolean hein_bus_serve (HeinBus *self,
                         const char *pattern,
                         HeinRequestFunc func,
                         gpointer user_data,
                         GDestroyNotify destroy,
                         GError **error);
HEIN_API
void hein_bus_unserve (HeinBus *self, const char *pattern);

HEIN_API
gboolean hein_bus_subscribe (HeinBus *self, const char *prefix, GError **error);
HEIN_API
void hein_bus_unsubscribe (HeinBus *self, const char *prefix);
HEIN_API
gboolean
hein_bus_subscribe_pattern (HeinBus *self, const char *pattern, GError **error);
HEIN_API
void hein_bus_unsubscribe_pattern (HeinBus *self, const char *pattern);
HEIN_API
void hein_bus_confirm_subscriptions_async (HeinBus *self,
                                           int timeout_ms,
                                           GCancellable *cancellable,
                                           GAsyncReadyCallback callback,
                                           gpointer user_data);
HEIN_API
gboolean hein_bus_confirm_subscriptions_finish (HeinBus *self,
                                                GAsyncResult *result,
                                                GError **error);

HEIN_API
HeinMessage *hein_bus_receive (HeinBus *self, int timeout_ms, GError **error);
HEIN_API
void hein_bus_receive_async (HeinBus *self,
                             guint max,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
HEIN_API
GPtrArray *
hein_bus_receive_finish (HeinBus *self, GAsyncResult *result, GError **error);
HEIN_API
GPtrArray *hein_bus_take (HeinBus *self, guint max);

HEIN_API
HeinMessage *hein_bus_take_one (HeinBus *self);
HEIN_API
GPtrArray *hein_bus_take_ahead (HeinBus *self, guint max, GError **error);
HEIN_API
GByteArray *hein_bus_take_data_ahead (HeinBus *self,
                                      guint max,
                                      GArray **sizes,
                                      GByteArray **kinds,
                                      GPtrArray **models,
                                      GError **error);
HEIN_API
void hein_bus_note_taken (HeinBus *self, guint n);
HEIN_API
GPtrArray *hein_bus_get_latest (HeinBus *self, const char *topic);
HEIN_API
void hein_bus_get_async (HeinBus *self,
                         const char *topic,
                         int timeout_ms,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
HEIN_API
HeinMessage *
hein_bus_get_finish (HeinBus *self, GAsyncResult *result, GError **error);
HEIN_API
void hein_bus_ping_async (HeinBus *self,
                          int timeout_ms,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
HEIN_API
GVariant *
hein_bus_ping_finish (HeinBus *self, GAsyncResult *result, GError **error);
HEIN_API
void hein_bus_add_filter (HeinBus *self, HeinFilter *filter);
HEIN_API
void hein_bus_remove_filter (HeinBus *self, HeinFilter *filter);
HEIN_API
void hein_bus_set_handler (HeinBus *self,
                           HeinMessageFunc func,
                           gpointer user_data,
                           GDestroyNotify destroy);

HEIN_API
int hein_bus_get_fd (HeinBus *self);
HEIN_API
void hein_bus_turn (HeinBus *self, int timeout_ms);
HEIN_API
gboolean
hein_bus_move_to_context (HeinBus *self, GMainContext *context, GError **error);
HEIN_API
gboolean hein_bus_check_turn (HeinBus *self, GError **error);
HEIN_API
gboolean hein_bus_check_thread (HeinBus *self, GError **error);

HEIN_API
void hein_bus_close (HeinBus *self);
HEIN_API
void hein_bus_close_async (HeinBus *self,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
HEIN_API
gboolean
hein_bus_close_finish (HeinBus *self, GAsyncResult *result, GError **error);

G_END_DECLS

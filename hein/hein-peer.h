/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <gio/gio.h>
#include <hein/hein-types.h>

/* HeinPeer: one party at the other end. */

G_BEGIN_DECLS

#define HEIN_TYPE_PEER (hein_peer_get_type ())
HEIN_API
G_DECLARE_FINAL_TYPE (HeinPeer, hein_peer, HEIN, PEER, GObject)

HEIN_API
const char *hein_peer_get_name (HeinPeer *self);
HEIN_API
GBytes *hein_peer_get_raw_identity (HeinPeer *self);
HEIN_API
const char *hein_peer_get_instance (HeinPeer *self);
HEIN_API
GSocketAddress *hein_peer_get_address (HeinPeer *self);
HEIN_API
HeinOrigin hein_peer_get_origin (HeinPeer *self);
HEIN_API
HeinEndpoint *hein_peer_get_endpoint (HeinPeer *self);
HEIN_API
const char *hein_peer_get_transport_name (HeinPeer *self);
HEIN_API
const char *hein_peer_get_protocol_name (HeinPeer *self);
HEIN_API
const char *hein_peer_get_security (HeinPeer *self);
HEIN_API
gboolean hein_peer_get_is_up (HeinPeer *self);
HEIN_API
gboolean hein_peer_get_accepts_messages (HeinPeer *self);
HEIN_API
gboolean hein_peer_get_has_room (HeinPeer *self);
HEIN_API
gboolean hein_peer_can_take (HeinPeer *self, HeinMessage *message);
HEIN_API
guint64 hein_peer_get_queued_bytes (HeinPeer *self);
HEIN_API
gint64 hein_peer_get_rtt_us (HeinPeer *self);
HEIN_API
guint64 hein_peer_get_messages_sent (HeinPeer *self);
HEIN_API
guint64 hein_peer_get_messages_received (HeinPeer *self);
HEIN_API
guint64 hein_peer_get_messages_dropped (HeinPeer *self);
HEIN_API
guint64 hein_peer_get_n_dropped (HeinPeer *self, HeinDropReason reason);
HEIN_API
guint64 hein_peer_get_attributes_dropped (HeinPeer *self);
HEIN_API
guint64 hein_peer_get_bytes_sent (HeinPeer *self);
HEIN_API
guint64 hein_peer_get_bytes_received (HeinPeer *self);

HEIN_API
HeinMessage *hein_peer_get_latest (HeinPeer *self, const char *topic);
HEIN_API
void hein_peer_ping_async (HeinPeer *self,
                           int timeout_ms,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
HEIN_API
gboolean
hein_peer_ping_finish (HeinPeer *self, GAsyncResult *result, GError **error);
HEIN_API
void hein_peer_close (HeinPeer *self);

G_END_DECLS

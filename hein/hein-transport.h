/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

G_BEGIN_DECLS

#define HEIN_TYPE_TRANSPORT (hein_transport_get_type ())
HEIN_API
G_DECLARE_DERIVABLE_TYPE (
  HeinTransport, hein_transport, HEIN, TRANSPORT, GObject)

/**
 * HeinTransportClass:
 * @parent_class: the parent class
 * @begin_open: opens @endpoint; completes @task with a boolean then or later
 * @send: gives @message to @peer (%NULL: to all that the medium reaches);
 *   fails with %HEIN_ERROR_WOULD_BLOCK when there is no room
 * @pause: stops or resumes taking messages from @peer; each stop is followed by
 *   one resumption, at the latest within hein_transport_remove_peer()
 * @close: gives everything back; called once
 * @finish: what is queued is to go out, and nothing more is sent; %FALSE: it
 *   takes a while, hein_transport_finished() tells the end
 * @close_peer: ends the connection to @peer in order, what was sent to it first,
 *   and calls hein_transport_remove_peer() then or later; left out where there
 *   are no connections: hein_peer_close() does nothing then
 * @keeps_overflow: whether it keeps a policy for peers that take less than is
 *   sent to them; left out: `wait` and `drop-newest`, which only need @send to
 *   say when there is no room, and hein_transport_set_room()
 * @measure: calls hein_transport_set_memory() with what is true now; left out:
 *   what it said last always is
 * @padding: room for later slots
 *
 * The slots of a transport; every one runs in a turn of the bus or in a call
 * of its owner. One object serves one endpoint.
 *
 * Since: 0.9
 */
struct _HeinTransportClass
{
  GObjectClass parent_class;

  /**
   * HeinTransportClass::begin_open:
   * @self: a transport
   * @endpoint: its endpoint: the address, and whether it listens or dials
   * @task: to be completed with a boolean, within the call or later
   * @error: return location
   *
   * Opens @endpoint. One that is not done within
   * [property@Bus:handshake-timeout-ms] is closed.
   *
   * Returns: whether it goes on; %FALSE with @error: it failed at once, and @task
   *   was not completed
   */
  gboolean (*begin_open) (HeinTransport *self,
                          HeinEndpoint *endpoint,
                          GTask *task,
                          GError **error);
  /**
   * HeinTransportClass::send:
   * @self: a transport
   * @peer: (nullable): who gets it; %NULL: all that the medium reaches
   * @message: what is sent
   * @error: return location
   *
   * Gives @message to @peer.
   *
   * Returns: %FALSE with %HEIN_ERROR_WOULD_BLOCK when there is no room
   */
  gboolean (*send) (HeinTransport *self,
                    HeinPeer *peer,
                    HeinMessage *message,
                    GError **error);
  /**
   * HeinTransportClass::pause:
   * @self: a transport
   * @peer: one of its peers
   * @paused: whether to stop, or to go on
   *
   * Stops or resumes taking messages from @peer, of which too many wait for the
   * application. Each stop is followed by one resumption, at the latest within
   * [method@Transport.remove_peer].
   */
  void (*pause) (HeinTransport *self, HeinPeer *peer, gboolean paused);
  /**
   * HeinTransportClass::close:
   * @self: a transport
   *
   * Gives everything back at once: descriptors, sources, its peers. Called once,
   * and last. It may be called while one of the transport's own calls into hein
   * is on the stack.
   */
  void (*close) (HeinTransport *self);
  /**
   * HeinTransportClass::finish:
   * @self: a transport
   *
   * What is queued is to go out, and nothing more is sent. Left out: nothing is
   * ever queued. It has as long as `linger` in the address says, or
   * [property@Bus:linger-ms].
   *
   * Returns: whether all has gone out; %FALSE: it takes a while,
   *   [method@Transport.finished] tells the end
   */
  gboolean (*finish) (HeinTransport *self);
  /**
   * HeinTransportClass::close_peer:
   * @self: a transport
   * @peer: one of its peers
   *
   * Ends the connection to @peer in order, what was sent to it first, and calls
   * [method@Transport.remove_peer] then or later. Left out where there are no
   * connections: [method@Peer.close] does nothing then.
   */
  void (*close_peer) (HeinTransport *self, HeinPeer *peer);
  /**
   * HeinTransportClass::keeps_overflow:
   * @self: a transport
   * @overflow: never %HEIN_OVERFLOW_DEFAULT
   *
   * Whether it does what @overflow says when a peer takes less than is sent to
   * it. What it does not keep is refused when its endpoint is opened.
   *
   * Returns: %TRUE when it does
   */
  gboolean (*keeps_overflow) (HeinTransport *self, HeinOverflow overflow);

  /**
   * HeinTransportClass::measure:
   * @self: a transport
   *
   * Calls [method@Transport.set_memory] with what is true now. Asked when it
   * matters: before the bus says how much memory it uses, and before it is taken
   * to be over its limit. Left out: what it said last always is true.
   */
  void (*measure) (HeinTransport *self);

  gpointer padding[4];
};

HEIN_API
HeinEndpoint *hein_transport_get_endpoint (HeinTransport *self);
HEIN_API
const char *hein_transport_get_host (HeinTransport *self);
HEIN_API
int hein_transport_get_port (HeinTransport *self);
HEIN_API
const char *hein_transport_get_path (HeinTransport *self);
HEIN_API
void hein_transport_set_bound_uri (HeinTransport *self, const char *uri);
HEIN_API
gboolean hein_transport_get_plaintext (HeinTransport *self);
HEIN_API
HeinOverflow hein_transport_get_overflow (HeinTransport *self);
HEIN_API
HeinOverflow hein_transport_get_sending_overflow (HeinTransport *self);
HEIN_API
gboolean hein_transport_get_retain (HeinTransport *self);

HEIN_API
HeinPeer *hein_transport_add_peer (HeinTransport *self,
                                   const char *name,
                                   const char *instance,
                                   GSocketAddress *address,
                                   GError **error);
HEIN_API
void hein_transport_set_peer_security (HeinTransport *self,
                                       HeinPeer *peer,
                                       const char *text);
HEIN_API
void hein_transport_remove_peer (HeinTransport *self,
                                 HeinPeer *peer,
                                 const GError *reason);
HEIN_API
void hein_transport_peer_left (HeinTransport *self, HeinPeer *peer);
HEIN_API
void hein_transport_set_reaches_all (HeinTransport *self, gboolean reaches_all);
HEIN_API
void hein_transport_set_knows_peers (HeinTransport *self, gboolean knows_peers);
HEIN_API
void hein_transport_set_room (HeinTransport *self,
                              HeinPeer *peer,
                              gboolean has_room);
HEIN_API
void hein_transport_deliver (HeinTransport *self,
                             HeinPeer *peer,
                             HeinMessage *message);
HEIN_API
void hein_transport_deliver_data (HeinTransport *self,
                                  HeinPeer *peer,
                                  const char *topic,
                                  gsize topic_size,
                                  const guint8 *data,
                                  gsize size);
HEIN_API
void hein_transport_drop (HeinTransport *self,
                          HeinPeer *peer,
                          HeinDropReason reason,
                          guint64 n_messages,
                          guint64 n_bytes);
HEIN_API
void hein_transport_lose (HeinTransport *self,
                          HeinPeer *peer,
                          guint64 first,
                          guint64 n_messages);
HEIN_API
gboolean hein_transport_set_memory (HeinTransport *self, gsize n_bytes);
HEIN_API
void hein_transport_finished (HeinTransport *self);
HEIN_API
void hein_transport_fail (HeinTransport *self, const GError *error);
HEIN_API
void hein_transport_warn (HeinTransport *self, const GError *error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-message.h>
#include <hein/hein-types.h>

/* HeinTransport: the base class of transports. */

G_BEGIN_DECLS

#define HEIN_TYPE_TRANSPORT (hein_transport_get_type ())
HEIN_API
G_DECLARE_DERIVABLE_TYPE (
  HeinTransport, hein_transport, HEIN, TRANSPORT, GObject)

/**
 * HeinTransportClass:
 * @parent_class: the parent class
 * @begin_open: opens @endpoint; returns @task with a boolean, immediately or
 *   later
 * @send: sends @message to @peer (%NULL: to all that the medium reaches); fails
 *   with %HEIN_ERROR_WOULD_BLOCK when there is no room
 * @pause: stops or resumes taking messages from @peer; each stop is followed by
 *   one resumption, at the latest within hein_transport_remove_peer()
 * @close: releases everything; called once
 * @finish: called when nothing more will be sent; returns %FALSE when queued
 *   messages are still to be sent, and hein_transport_finished() reports the
 *   end
 * @close_peer: ends the connection to @peer in order, after what was sent to
 *   it, and calls hein_transport_remove_peer() immediately or later; unset
 *   where there are no connections: hein_peer_close() has no effect then
 * @keeps_overflow: whether the transport supports an overflow policy; unset:
 *   `wait` and `drop-newest`, which only need @send to fail when there is no
 *   room, and hein_transport_set_room()
 * @measure: calls hein_transport_set_memory() with the current value; unset:
 *   the value that was set last is always current
 * @padding: room for later slots
 *
 * The slots of a transport. Each runs in a turn of the bus or in a call of its
 * owner. One object serves one endpoint.
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
   * @task: a task to return with a boolean, within the call or later
   * @error: return location
   *
   * Opens @endpoint. The bus closes an endpoint that takes longer than
   * [property@Bus:handshake-timeout-ms].
   *
   * Returns: %TRUE when opening goes on, or is complete; %FALSE with @error
   *   when it failed at once: then @task must not have returned
   */
  gboolean (*begin_open) (HeinTransport *self,
                          HeinEndpoint *endpoint,
                          GTask *task,
                          GError **error);
  /**
   * HeinTransportClass::send:
   * @self: a transport
   * @peer: (nullable): the peer; %NULL: all that the medium reaches
   * @message: the message to send
   * @error: return location
   *
   * Sends @message to @peer.
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
   * @paused: whether to stop, or to resume
   *
   * Stops or resumes taking messages from @peer, since too many of them wait
   * for the application. Each stop is followed by one resumption, at the latest
   * within [method@Transport.remove_peer].
   */
  void (*pause) (HeinTransport *self, HeinPeer *peer, gboolean paused);
  /**
   * HeinTransportClass::close:
   * @self: a transport
   *
   * Releases everything at once: descriptors, sources, peers. This is the last
   * call, and made once. It may be made while one of the transport's own calls
   * into hein is on the stack.
   */
  void (*close) (HeinTransport *self);
  /**
   * HeinTransportClass::finish:
   * @self: a transport
   *
   * Called when nothing more will be sent, so that what is queued can be
   * flushed before the transport is closed. It has as much time as the option
   * `linger` of the address says, or [property@Bus:linger-ms]. Optional for
   * transports that queue nothing.
   *
   * Returns: %TRUE when nothing is queued; %FALSE when flushing takes a while:
   *   [method@Transport.finished] reports its end
   */
  gboolean (*finish) (HeinTransport *self);
  /**
   * HeinTransportClass::close_peer:
   * @self: a transport
   * @peer: one of its peers
   *
   * Ends the connection to @peer in order, after what was sent to it, and calls
   * [method@Transport.remove_peer] immediately or later. Unset where there are
   * no connections: [method@Peer.close] has no effect then.
   */
  void (*close_peer) (HeinTransport *self, HeinPeer *peer);
  /**
   * HeinTransportClass::keeps_overflow:
   * @self: a transport
   * @overflow: never %HEIN_OVERFLOW_DEFAULT
   *
   * Returns whether the transport supports a policy for peers that take
   * messages more slowly than they are sent. Opening an endpoint with another
   * policy fails.
   *
   * Returns: %TRUE when it does
   */
  gboolean (*keeps_overflow) (HeinTransport *self, HeinOverflow overflow);

  /**
   * HeinTransportClass::measure:
   * @self: a transport
   *
   * Calls [method@Transport.set_memory] with the current value. Called when the
   * value matters: before the bus reports how much memory it uses, and before
   * it decides that it is over its limit. Unset: the value that was set last is
   * always current.
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
HeinAudience hein_transport_get_sending_audience (HeinTransport *self);
HEIN_API
gboolean hein_transport_get_sending_forced (HeinTransport *self);
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
void hein_transport_set_peer_credit (HeinTransport *self,
                                     HeinPeer *peer,
                                     guint credit);
HEIN_API
void hein_transport_set_peer_carries_attributes (HeinTransport *self,
                                                 HeinPeer *peer,
                                                 gboolean carries);
HEIN_API
void hein_transport_set_peer_asks (HeinTransport *self,
                                   HeinPeer *peer,
                                   HeinAsks asks);
HEIN_API
HeinSubscriber *hein_transport_dup_subscriber (HeinTransport *self);
HEIN_API
void hein_transport_set_peer_subscriber (HeinTransport *self,
                                         HeinPeer *peer,
                                         HeinSubscriber *subscriber);
HEIN_API
HeinSubscriber *hein_subscriber_ref (HeinSubscriber *self);
HEIN_API
void hein_subscriber_unref (HeinSubscriber *self);
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
void hein_transport_deliver_addressed_data (HeinTransport *self,
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

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinSubscriber, hein_subscriber_unref)

G_END_DECLS

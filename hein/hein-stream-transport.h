/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-transport.h>

G_BEGIN_DECLS

#define HEIN_TYPE_STREAM_TRANSPORT (hein_stream_transport_get_type ())
HEIN_API
G_DECLARE_DERIVABLE_TYPE (HeinStreamTransport,
                          hein_stream_transport,
                          HEIN,
                          STREAM_TRANSPORT,
                          HeinTransport)

/**
 * HeinStreamTransportClass:
 * @parent_class: the parent class
 * @get_connectable: says whom to dial
 * @listen: makes a stream socket and binds it; the core listens and accepts
 * @accepts: looks at an accepted connection: credentials, allow lists; unset:
 *   everybody
 * @padding: room for later slots
 *
 * The slots of a transport of byte streams. Connecting again, queues, limits
 * and orderly closing are the core's.
 *
 * Since: 0.9
 */
struct _HeinStreamTransportClass
{
  HeinTransportClass parent_class;

  /**
   * HeinStreamTransportClass::get_connectable:
   * @self: a transport
   * @endpoint: its endpoint
   * @error: return location
   *
   * Says whom to dial.
   *
   * Returns: (transfer full): whom
   */
  GSocketConnectable *(*get_connectable) (HeinStreamTransport *self,
                                          HeinEndpoint *endpoint,
                                          GError **error);
  /**
   * HeinStreamTransportClass::listen:
   * @self: a transport
   * @endpoint: its endpoint
   * @error: return location
   *
   * Makes a stream socket and binds it.
   *
   * Returns: (transfer full): the socket; the core listens on it
   */
  GSocket *(*listen) (HeinStreamTransport *self,
                      HeinEndpoint *endpoint,
                      GError **error);
  /**
   * HeinStreamTransportClass::accepts:
   * @self: a transport
   * @socket: a connection that was accepted
   * @error: return location
   *
   * Looks at who has come, before anything is read: credentials, allow lists.
   * Left out: everybody may.
   *
   * Returns: %FALSE with @error: the connection ends
   */
  gboolean (*accepts) (HeinStreamTransport *self,
                       GSocket *socket,
                       GError **error);

  gpointer padding[8];
};

G_END_DECLS

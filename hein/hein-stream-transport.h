/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-transport.h>

/* HeinStreamTransport: the base class of transports that carry bytes. */

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
 * @get_connectable: returns the address to dial
 * @listen: makes a stream socket and binds it; the core listens and accepts
 * @accepts: checks an accepted connection (credentials, allow lists); unset:
 *   accepts all
 * @open_fd: returns a descriptor that is already connected, in place of
 *   @get_connectable
 * @get_origins: returns whose pages may connect; set where connections are
 *   WebSockets
 * @padding: room for later slots
 *
 * The slots of a transport that carries streams of bytes. The core takes care
 * of reconnecting, queues, limits and orderly closing.
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
   * Returns the address to dial. When the address of the endpoint names several
   * hosts, this is called for each of them, with that one as the host of @self.
   *
   * Returns: (transfer full): the address
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
   * Checks an accepted connection before anything is read from it: credentials,
   * allow lists. Optional; without it everybody may connect.
   *
   * Returns: %FALSE with @error when the connection is refused
   */
  gboolean (*accepts) (HeinStreamTransport *self,
                       GSocket *socket,
                       GError **error);
  /**
   * HeinStreamTransportClass::open_fd:
   * @self: a transport
   * @endpoint: its endpoint
   * @error: return location
   *
   * Returns a descriptor that is already connected, in place of
   * `get_connectable`: a serial line, a socket of any family such as vsock, or
   * a descriptor that a service manager or another program has passed on.
   * Called again, with the usual pauses of a dialling endpoint, when that
   * connection has ended. A terminal has to be in raw mode.
   *
   * The call must not block. A socket has to be a connected stream socket; when
   * its peer is not on this machine, the address has to permit plaintext. A
   * descriptor that is not a socket counts as local, and cannot be encrypted:
   * with a key the call fails. This end counts as the one that dials, so with a
   * key the other end has to be one that listens. For packets, write a
   * [class@Transport].
   *
   * Returns: a descriptor, which belongs to the core from then on; -1 with
   *   @error. When the first call fails with %HEIN_ERROR_BAD_ADDRESS, opening
   *   the endpoint fails with that error; after other errors it tries again
   */
  int (*open_fd) (HeinStreamTransport *self,
                  HeinEndpoint *endpoint,
                  GError **error);
  /**
   * HeinStreamTransportClass::get_origins:
   * @self: a transport
   *
   * Makes WebSockets (RFC 6455) of all connections, within the encryption if
   * there is one: the path is that of the address, and the subprotocol what the
   * protocol says in `get_web_use`. Returns whose pages may connect to a
   * listener, as the header Origin of their browsers says it. Programs that are
   * no browsers have no such header, and may always.
   *
   * Returns: (nullable): origins such as "https://example.org", separated by
   *   commas; "*" for all; %NULL for none. It has to live as long as @self
   */
  const char *(*get_origins) (HeinStreamTransport *self);

  gpointer padding[6];
};

G_END_DECLS

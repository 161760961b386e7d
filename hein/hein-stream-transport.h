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
 * @open_fd: gives a descriptor that is connected already, in place of
 *   @get_connectable
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
  /**
   * HeinStreamTransportClass::open_fd:
   * @self: a transport
   * @endpoint: its endpoint
   * @error: return location
   *
   * Gives a descriptor that is connected already, in place of
   * `get_connectable`: a serial line, a socket of any family such as vsock, one
   * that a service manager or another program has handed over. It is asked for a
   * new one when that has ended, with the pauses of every dialling. A terminal has
   * to be in raw mode.
   *
   * It must not block. A socket has to be a connected one of a stream; where it
   * leads away from this machine, the address has to allow plaintext. What is no
   * socket counts as local. Packets are for a [class@Transport].
   *
   * Returns: a descriptor that belongs to the core from then on; -1 with @error:
   *   of %HEIN_ERROR_BAD_ADDRESS when it is asked for first, it is that of the
   *   endpoint, others are tried again
   */
  int (*open_fd) (HeinStreamTransport *self,
                  HeinEndpoint *endpoint,
                  GError **error);

  gpointer padding[7];
};

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

#define HEIN_TYPE_PROTOCOL (hein_protocol_get_type ())
HEIN_API
G_DECLARE_DERIVABLE_TYPE (HeinProtocol, hein_protocol, HEIN, PROTOCOL, GObject)

/**
 * HeinProtocolClass:
 * @parent_class: the parent class
 * @start: the connection is there; says the first words, if they are ours
 * @consume: reads from @bytes, all that came and was not used yet; returns how
 *   many were used, or -1 with @error when the peer is wrong
 * @encode: puts @message on the wire
 * @tick: called when the time that it returned last has come (µs, monotonic;
 *   %G_MAXINT64: not at all); first called right after @start
 * @admitted: the verdict on an offered name: @refusal is %NULL for yes
 * @finish: says goodbye, behind the last message; no more is read or encoded
 * @subscription: the bus wants (@wanted) or no longer wants topics that begin
 *   with @prefix: tells the peer; called for each one when the wire is ready
 * @ping: asks the peer for a sign of life
 * @lost: the connection is gone: gives back what the peer has not confirmed
 * @handled: the application has taken the oldest delivered message that it had
 *   not, or its filters refused that one; called for each, in the order in which
 *   they were delivered, and not any more once the connection is gone
 * @padding: room for later slots
 *
 * The slots of a protocol. One object serves one connection. A protocol is
 * pure: it has no socket, clock or randomness of its own, and every slot runs
 * in a turn of the bus or in a call to send.
 *
 * Since: 0.9
 */
struct _HeinProtocolClass
{
  GObjectClass parent_class;

  void (*start) (HeinProtocol *self, HeinWire *wire, gboolean dialled);
  gssize (*consume) (HeinProtocol *self,
                     HeinWire *wire,
                     GBytes *bytes,
                     GError **error);
  gboolean (*encode) (HeinProtocol *self,
                      HeinWire *wire,
                      HeinMessage *message,
                      GError **error);
  gint64 (*tick) (HeinProtocol *self, HeinWire *wire, gint64 now_us);
  /**
   * HeinProtocolClass::admitted:
   * @self: a protocol
   * @wire: its wire
   * @refusal: (nullable): why not; %NULL: it is
   *
   * The verdict on an offered name.
   */
  void (*admitted) (HeinProtocol *self, HeinWire *wire, const GError *refusal);
  void (*finish) (HeinProtocol *self, HeinWire *wire);
  void (*subscription) (HeinProtocol *self,
                        HeinWire *wire,
                        const char *prefix,
                        gboolean wanted);
  void (*ping) (HeinProtocol *self, HeinWire *wire);

  void (*lost) (HeinProtocol *self, HeinWire *wire);

  void (*handled) (HeinProtocol *self, HeinWire *wire);

  gpointer padding[6];
};

G_END_DECLS

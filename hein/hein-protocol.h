/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

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
 * @prepare: checks the options of an address, before anything is opened; called
 *   on an object that serves no connection, and lives as long as the endpoint
 * @seal: appends to @sealed what goes out in the place of what was put, after
 *   [method@Wire.begin_sealing]
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

  /**
   * HeinProtocolClass::start:
   * @self: a protocol
   * @wire: its wire
   * @dialled: whether this side dialled, or accepted the connection
   *
   * The connection is there: says the first words, if they are ours. Called
   * once, before every other slot.
   */
  void (*start) (HeinProtocol *self, HeinWire *wire, gboolean dialled);
  /**
   * HeinProtocolClass::consume:
   * @self: a protocol
   * @wire: its wire
   * @bytes: all that came and was not used yet, at least one byte
   * @error: return location
   *
   * Reads what came, and gives what it says to @wire. Whatever is not used comes
   * again, with what has come behind it. Sizes that are read from @bytes are to be
   * checked before anything is allocated: see [method@Wire.check_message_size].
   *
   * Returns: how many bytes were used, 0 to the size of @bytes; -1 with @error,
   *   best `HEIN_ERROR_PROTOCOL`, when the peer is wrong: the connection ends
   */
  gssize (*consume) (HeinProtocol *self,
                     HeinWire *wire,
                     GBytes *bytes,
                     GError **error);
  /**
   * HeinProtocolClass::encode:
   * @self: a protocol
   * @wire: its wire
   * @message: what is sent
   * @error: return location
   *
   * Puts @message on @wire, whole: by [method@Wire.put] and the like. Called only
   * once the wire is ready, and not while it is held.
   *
   * Returns: %FALSE with @error when it cannot be put into words: it is dropped as
   *   %HEIN_DROP_REASON_UNSENDABLE, the connection stays
   */
  gboolean (*encode) (HeinProtocol *self,
                      HeinWire *wire,
                      HeinMessage *message,
                      GError **error);
  /**
   * HeinProtocolClass::tick:
   * @self: a protocol
   * @wire: its wire
   * @now_us: the time, in microseconds of the monotonic clock
   *
   * Called first right after `start`, and then whenever the time has come that it
   * returned last, or that [method@Wire.want_tick] named: for heartbeats and
   * answers that are overdue.
   *
   * Returns: when it is to be called again, in microseconds of the monotonic
   *   clock; %G_MAXINT64: not at all
   */
  gint64 (*tick) (HeinProtocol *self, HeinWire *wire, gint64 now_us);
  /**
   * HeinProtocolClass::admitted:
   * @self: a protocol
   * @wire: its wire
   * @refusal: (nullable): why not; %NULL: it is
   *
   * The verdict on a name that was offered by [method@Wire.offer_name]. A peer that
   * is refused may be told why, behind which the connection ends.
   */
  void (*admitted) (HeinProtocol *self, HeinWire *wire, const GError *refusal);
  /**
   * HeinProtocolClass::finish:
   * @self: a protocol
   * @wire: its wire
   *
   * Says goodbye, behind the last message. Nothing is encoded any more; what the
   * peer says is still read while something is pending
   * ([method@Wire.set_pending]).
   */
  void (*finish) (HeinProtocol *self, HeinWire *wire);
  /**
   * HeinProtocolClass::subscription:
   * @self: a protocol
   * @wire: its wire
   * @prefix: what topics begin with: 0 to 255 bytes of UTF-8
   * @wanted: whether the bus wants them, or no longer does
   *
   * Tells the peer what the bus wants. Called for each prefix when the wire is
   * ready, and for each change from then on.
   */
  void (*subscription) (HeinProtocol *self,
                        HeinWire *wire,
                        const char *prefix,
                        gboolean wanted);
  /**
   * HeinProtocolClass::ping:
   * @self: a protocol
   * @wire: its wire
   *
   * Asks the peer for a sign of life; whatever it sends then is the answer. See
   * [method@Wire.set_answers_pings].
   */
  void (*ping) (HeinProtocol *self, HeinWire *wire);
  /**
   * HeinProtocolClass::lost:
   * @self: a protocol
   * @wire: its wire
   *
   * The connection is gone: gives back what the peer has not confirmed, by
   * [method@Wire.give_back]. Nothing can be put on the wire any more.
   */
  void (*lost) (HeinProtocol *self, HeinWire *wire);
  /**
   * HeinProtocolClass::handled:
   * @self: a protocol
   * @wire: its wire
   *
   * The application has taken the oldest delivered message that it had not, or its
   * filters refused that one: for protocols that confirm what was done, not what
   * came. Called for each message, in the order in which they were delivered, and
   * not any more once the connection is gone.
   */
  void (*handled) (HeinProtocol *self, HeinWire *wire);

  /**
   * HeinProtocolClass::prepare:
   * @self: a protocol that serves no connection
   * @role: whether the endpoint listens or dials
   * @secrecy: (inout): what it needs of the stream, or does for it;
   *   %HEIN_SECRECY_NONE unless it is set
   * @error: return location
   *
   * The options of the address are set, and its endpoint is about to be opened:
   * checks them, and reads the files that they name. The object that this is
   * called on is kept until the endpoint is gone, and with it what it shares with
   * those that serve the connections. It is given no wire.
   *
   * Returns: %FALSE with @error: the endpoint is not opened
   */
  gboolean (*prepare) (HeinProtocol *self,
                       HeinRole role,
                       HeinSecrecy *secrecy,
                       GError **error);
  /**
   * HeinProtocolClass::seal: (skip)
   * @self: a protocol
   * @data: (array length=size): what goes out next
   * @size: bytes, 1 at least
   * @sealed: where to append what goes out instead
   *
   * Encrypts what was put, in the order in which it goes out and not in that of
   * the calls: after [method@Wire.begin_sealing], right before it is written. Where
   * @data ends has no meaning: what cannot be sealed yet is to be kept. Nothing
   * may be done to the wire here.
   */
  void (*seal) (HeinProtocol *self,
                const guint8 *data,
                gsize size,
                GByteArray *sealed);

  gpointer padding[4];
};

HEIN_API
const char *hein_protocol_guess (const guint8 *bytes, gsize size);

G_END_DECLS

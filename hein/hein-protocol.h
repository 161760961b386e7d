/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* HeinProtocol: the base class of protocols. */

G_BEGIN_DECLS

#define HEIN_TYPE_PROTOCOL (hein_protocol_get_type ())
HEIN_API
G_DECLARE_DERIVABLE_TYPE (HeinProtocol, hein_protocol, HEIN, PROTOCOL, GObject)

/**
 * HeinWebUse:
 * @subprotocols: (nullable): the subprotocols of WebSocket in which it is
 *   spoken, separated by commas, the best one first: "mqtt"; %NULL: none. With
 *   "ZWS2.0/" and a mechanism, the bytes that the protocol writes and reads are
 *   ZMTP, and messages of WebSocket are what ZWS 2.0 makes of them; with all
 *   others they are the bytes themselves
 * @is_server: with "ZWS2.0/" and a mechanism, whether this side is the server
 *   of that
 * @shares_port: whether a listener also takes those who speak the protocol
 *   without WebSocket, which they say by a first byte that is no capital letter
 * @padding: room for later fields
 *
 * How a protocol goes over WebSocket.
 *
 * Since: 0.9
 */
typedef struct
{
  const char *subprotocols;
  gboolean is_server;
  gboolean shares_port;

  gpointer padding[3];
} HeinWebUse;

/**
 * HeinProtocolClass:
 * @parent_class: the parent class
 * @start: called when the connection is made; sends the greeting, if this side
 *   begins
 * @consume: reads from @bytes, all unused bytes that have arrived; returns how
 *   many it used, or -1 with @error when the peer violates the protocol
 * @encode: writes @message to the wire
 * @tick: called at the time that it returned before (µs, monotonic;
 *   %G_MAXINT64: never); first called right after @start
 * @admitted: gets the verdict on an offered name: @refusal is %NULL when the
 *   peer is admitted
 * @finish: writes the goodbye behind the last message; nothing is encoded any
 *   more
 * @subscription: the bus subscribes (@wanted) to topics that begin with
 *   @prefix, or no longer does: tells the peer; called for each prefix when the
 *   wire is ready
 * @ping: asks the peer for a sign of life
 * @lost: called when the connection is gone: gives back the messages that the
 *   peer has not confirmed
 * @settled: called when it is known what became of a message that the protocol
 *   delivered as a delivery (%HEIN_ASK_DELIVERY) of number @delivery: @failure
 *   is %NULL when it was handled
 * @prepare: checks the options of an address before anything is opened; called
 *   on an object that serves no connection, and lives as long as the endpoint
 * @seal: appends to @sealed what is to be sent instead of what was put, after
 *   [method@Wire.begin_sealing]
 * @pattern: the same as @subscription with a pattern; returns %FALSE when the
 *   peer knows prefixes only
 * @confirm: asks the peer to confirm the subscriptions that it has been told of
 * @get_web_use: says how the protocol goes over WebSocket
 * @is_pure: whether no slot attaches a source or starts an operation of GIO; a
 *   turn of the bus takes less time then, since its private context need not be
 *   made the thread's default one around each call; %FALSE unless class_init
 *   sets it
 * @encode_delivery: writes a message that is delivered as @encode would with
 *   its number and time in its attributes
 * @begins_plain: says whether the peer greets in the clear before TLS begins
 * @secured: called when TLS has begun behind such a greeting
 * @ends_in_order: whether a connection may end in order although not all that
 *   has come was read: peers know by a goodbye, or by acknowledgements, how
 *   much was; %FALSE unless class_init sets it: such a connection is reset, as
 *   its peer would take an end in order for the word that all was read
 * @join: gets the object on which `prepare` was called, before `start`
 * @leaving: called when the peer is about to leave the bus
 * @padding: room for later slots
 *
 * The slots of a protocol. One object serves one connection. A protocol is a
 * pure state machine: it has no socket, clock or randomness of its own, and
 * every slot runs in a turn of the bus or in a call that sends.
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
   * Called once when the connection is made, before every other slot. Sends the
   * greeting, if this side begins.
   */
  void (*start) (HeinProtocol *self, HeinWire *wire, gboolean dialled);
  /**
   * HeinProtocolClass::consume:
   * @self: a protocol
   * @wire: its wire
   * @bytes: all unused bytes that have arrived, at least one
   * @error: return location
   *
   * Parses what has arrived, and passes the results on to @wire. Bytes that are
   * not used are passed in again, together with those that arrive later. A size
   * that is read from @bytes has to be checked before anything is allocated:
   * see [method@Wire.check_message_size].
   *
   * Returns: how many bytes were used, 0 to the size of @bytes; -1 with @error,
   *   preferably `HEIN_ERROR_PROTOCOL`, when the peer violates the protocol:
   *   the connection is closed; `HEIN_ERROR_CLOSED` when the peer says that it
   *   ends, and that nothing more comes
   */
  gssize (*consume) (HeinProtocol *self,
                     HeinWire *wire,
                     GBytes *bytes,
                     GError **error);
  /**
   * HeinProtocolClass::encode:
   * @self: a protocol
   * @wire: its wire
   * @message: the message to send
   * @error: return location
   *
   * Writes the whole of @message to @wire, by [method@Wire.put] and the like.
   * Called only once the wire is ready, and not while it is held.
   *
   * Returns: %FALSE with @error when the protocol cannot express the message:
   *   it is dropped as %HEIN_DROP_REASON_UNSENDABLE, and the connection stays
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
   * Called first right after `start`, and then at the time that it returned, or
   * that [method@Wire.want_tick] asked for. Meant for heartbeats and timeouts.
   *
   * Returns: when to call it again, in microseconds of the monotonic clock;
   *   %G_MAXINT64: never
   */
  gint64 (*tick) (HeinProtocol *self, HeinWire *wire, gint64 now_us);
  /**
   * HeinProtocolClass::admitted:
   * @self: a protocol
   * @wire: its wire
   * @refusal: (nullable): why the peer is refused; %NULL when it is admitted
   *
   * Gets the verdict on a name that was offered by [method@Wire.offer_name]. A
   * peer that is refused may be told why; after that the connection is closed.
   */
  void (*admitted) (HeinProtocol *self, HeinWire *wire, const GError *refusal);
  /**
   * HeinProtocolClass::finish:
   * @self: a protocol
   * @wire: its wire
   *
   * Writes the goodbye behind the last message. Nothing is encoded any more;
   * what the peer sends is still read while something is pending
   * ([method@Wire.set_pending]).
   */
  void (*finish) (HeinProtocol *self, HeinWire *wire);
  /**
   * HeinProtocolClass::subscription:
   * @self: a protocol
   * @wire: its wire
   * @prefix: the prefix of the topics: 0 to 255 bytes of UTF-8
   * @wanted: whether the bus subscribes, or unsubscribes
   *
   * Tells the peer about a subscription of the bus. Called for each prefix when
   * the wire is ready, and for each change from then on.
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
   * Asks the peer for a sign of life: anything that it sends counts as the
   * answer. See [method@Wire.set_answers_pings].
   */
  void (*ping) (HeinProtocol *self, HeinWire *wire);
  /**
   * HeinProtocolClass::lost:
   * @self: a protocol
   * @wire: its wire
   *
   * Called when the connection is gone: gives back the messages that the peer
   * has not confirmed, by [method@Wire.give_back]. Nothing can be written any
   * more. Where there is this slot, what was not sent yet is given back, too,
   * unless [method@Wire.set_gives_back] says otherwise.
   */
  void (*lost) (HeinProtocol *self, HeinWire *wire);
  /**
   * HeinProtocolClass::settled:
   * @self: a protocol
   * @wire: its wire
   * @delivery: the number that the protocol has given the message
   * @failure: (nullable): why the message was not handled: `HEIN_ERROR_REFUSED`
   *   by the program, `HEIN_ERROR_FORBIDDEN` by the access file,
   *   `HEIN_ERROR_WOULD_BLOCK` for newer ones, and others; %NULL: it was
   *
   * Called when it is known what became of a message that the protocol
   * delivered as a delivery: with `ask` %HEIN_ASK_DELIVERY and `ask_id`
   * @delivery in its attributes. For protocols that acknowledge what was
   * handled rather than what arrived, in bytes of their own: one with this slot
   * is not given a %HEIN_ASK_RECEIPT or %HEIN_ASK_FAILURE to encode.
   *
   * Called once per delivery, in the order in which they end, while the
   * message is being delivered or later; not any more when the connection is
   * gone.
   */
  void (*settled) (HeinProtocol *self,
                   HeinWire *wire,
                   guint64 delivery,
                   const GError *failure);

  /**
   * HeinProtocolClass::prepare:
   * @self: a protocol that serves no connection
   * @role: whether the endpoint listens or dials
   * @secrecy: (inout): what the protocol needs of the stream, or provides;
   *   %HEIN_SECRECY_NONE unless it is set
   * @error: return location
   *
   * Checks the options of the address, which have been set, and reads the files
   * that they name, before the endpoint is opened. The object that this is
   * called on lives as long as the endpoint, and so does what it shares with
   * the objects that serve the connections. It has no wire.
   *
   * Returns: %FALSE with @error when the endpoint must not be opened
   */
  gboolean (*prepare) (HeinProtocol *self,
                       HeinRole role,
                       HeinSecrecy *secrecy,
                       GError **error);
  /**
   * HeinProtocolClass::seal: (skip)
   * @self: a protocol
   * @data: (array length=size): the next bytes to send
   * @size: their number, at least 1
   * @sealed: where to append the bytes to send instead
   *
   * Encrypts what was put after [method@Wire.begin_sealing], right before it is
   * written: in the order of sending, which is not that of the calls to put.
   * @data may end anywhere, also within a frame: what cannot be sealed yet has
   * to be kept for the next call. The wire must not be used in this slot.
   */
  void (*seal) (HeinProtocol *self,
                const guint8 *data,
                gsize size,
                GByteArray *sealed);

  /**
   * HeinProtocolClass::pattern:
   * @self: a protocol
   * @wire: its wire
   * @pattern: a pattern of topics: 1 to 255 bytes of UTF-8, in levels separated
   *   by `/`, of which `*` stands for one level, and `**` for any number
   * @wanted: whether the bus subscribes, or unsubscribes
   *
   * Tells the peer about a pattern that the bus has subscribed to
   * ([method@Bus.subscribe_pattern]); called like `subscription`. Without this
   * slot, and for a peer that knows prefixes only, `subscription` is called
   * with what topics that match begin with, and the bus discards what else the
   * peer sends.
   *
   * Returns: %FALSE when the peer does not know patterns; the same for all
   *   patterns
   */
  gboolean (*pattern) (HeinProtocol *self,
                       HeinWire *wire,
                       const char *pattern,
                       gboolean wanted);

  /**
   * HeinProtocolClass::confirm:
   * @self: a protocol
   * @wire: its wire
   * @number: what to give to [method@Wire.confirm_subscriptions]
   *
   * Asks the peer for a word that it has all subscriptions that it has been
   * told of. Without this slot they count as known when they are on their way.
   *
   * Returns: %FALSE when the peer cannot confirm them
   */
  gboolean (*confirm) (HeinProtocol *self, HeinWire *wire, guint number);

  gboolean is_pure;

  /**
   * HeinProtocolClass::get_web_use: (skip)
   * @self: a protocol
   * @use: what to fill in; zeros at first
   *
   * Says how the protocol goes over WebSocket, by the options that have been
   * set. Called before `start`. Without this slot no subprotocol is asked for,
   * and the bytes go in binary messages.
   */
  void (*get_web_use) (HeinProtocol *self, HeinWebUse *use);

  /**
   * HeinProtocolClass::encode_delivery: (skip)
   * @self: a protocol
   * @wire: its wire
   * @message: the message to send, without attributes, of one part
   * @delivery: its number
   * @remaining_ms: how long its sender waits for a receipt, in milliseconds; 0:
   *   there is no limit
   *
   * Writes what `encode` would if the attributes of @message were `ask`
   * %HEIN_ASK_DELIVERY, `ask_id` @delivery and `ask_number` @remaining_ms; this
   * always succeeds. Without this slot, each delivery is a copy of its message
   * that has them. Called only for peers that take deliveries
   * ([method@Wire.set_credit]).
   */
  void (*encode_delivery) (HeinProtocol *self,
                           HeinWire *wire,
                           HeinMessage *message,
                           guint64 delivery,
                           guint32 remaining_ms);

  /**
   * HeinProtocolClass::begins_plain: (skip)
   * @self: a protocol
   *
   * Says whether the peer, who was dialled, greets in the clear before TLS
   * begins, where the address asks for TLS: the protocol calls
   * [method@Wire.secure] then, and has a slot `secured`. Without this slot, TLS
   * begins at once.
   *
   * Returns: whether it does, by the options that have been set
   */
  gboolean (*begins_plain) (HeinProtocol *self);

  /**
   * HeinProtocolClass::secured: (skip)
   * @self: a protocol
   * @wire: its wire
   *
   * Called when TLS has begun, after [method@Wire.secure].
   */
  void (*secured) (HeinProtocol *self, HeinWire *wire);

  gboolean ends_in_order;

  /**
   * HeinProtocolClass::join: (skip)
   * @self: a protocol
   * @prepared: the object of the endpoint, on which `prepare` was called
   *
   * Called before `start`, where the class has a slot `prepare`. For protocols
   * whose connections have something in common: who is connected to a broker,
   * say. All connections of an endpoint belong to the same thread.
   */
  void (*join) (HeinProtocol *self, HeinProtocol *prepared);

  /**
   * HeinProtocolClass::leaving: (skip)
   * @self: a protocol
   * @wire: its wire
   *
   * Called when the peer is about to leave the bus, for whatever reason, and
   * also when the handshake has failed. What it still has to say can be
   * delivered, and comes before its end.
   */
  void (*leaving) (HeinProtocol *self, HeinWire *wire);

  gpointer padding[2];
};

HEIN_API
const char *hein_protocol_guess (const guint8 *bytes, gsize size);

G_END_DECLS

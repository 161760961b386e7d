/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>
#include <hein/hein-endpoint.h>
#include <hein/hein-peer.h>
#include <hein/hein-receipt.h>

#include "hein-bus-signals.h"
#include "hein-bus-state.h"

/* The signals of HeinBus, with marshallers for the two that carry messages. */

guint hein_bus_signals[HEIN_N_SIGNALS];

/* The marshallers of both message signals note that a C handler ran, which
 * saves hein-delivery.c a query to GObject for each message. */
static void
marshal_told (GClosure *closure,
              GValue *result,
              guint n_values,
              const GValue *values,
              gpointer hint,
              gpointer data)
{
  HEIN_BUS (g_value_peek_pointer (values))->was_told = TRUE;
  g_cclosure_marshal_VOID__BOXED (closure, result, n_values, values, hint,
                                  data);
}

/* As GObject's own va_marshaller for one boxed argument, but without copying
 * the argument, since its type is marked G_SIGNAL_TYPE_STATIC_SCOPE. */
static void
marshal_told_va (GClosure *closure,
                 GValue *result,
                 gpointer instance,
                 va_list args,
                 gpointer data,
                 int n_params,
                 GType *types)
{
  typedef void (*Callback) (gpointer first, gpointer argument, gpointer last);
  const Callback callback =
    (Callback) (data != NULL ? data : ((GCClosure *) closure)->callback);
  gpointer argument;
  va_list copy;

  va_copy (copy, args);
  argument = va_arg (copy, gpointer);
  va_end (copy);
  ((HeinBus *) instance)->was_told = TRUE;
  if (G_CCLOSURE_SWAP_DATA (closure))
    callback (closure->data, argument, instance);
  else
    callback (instance, argument, closure->data);
}

static guint
new_signal (const char *name, GSignalFlags flags, guint n, ...)
{
  va_list types;
  guint id;

  va_start (types, n);
  id = g_signal_new_valist (name, HEIN_TYPE_BUS, G_SIGNAL_RUN_LAST | flags,
                            NULL, NULL, NULL, NULL, G_TYPE_NONE, n, types);
  va_end (types);
  return id;
}

static void
install_peer_signals (void)
{
  /**
   * HeinBus::peer-added:
   * @self: a bus
   * @peer: the new peer
   *
   * A peer is up. Every emission is followed by one of `peer-removed` for the
   * same peer, and the messages of the peer come between the two.
   *
   * A handler in C:
   *
   * ```c
   * static void
   * on_peer_added (HeinBus *bus, HeinPeer *peer, gpointer user_data);
   * ```
   *
   * Since: 0.9
   */
  hein_bus_signals[HEIN_SIGNAL_PEER_ADDED] =
    new_signal ("peer-added", 0, 1, HEIN_TYPE_PEER);
  /**
   * HeinBus::peer-removed:
   * @self: a bus
   * @peer: the peer that is gone
   * @error: (nullable): why; %NULL when the peer left in order, or
   *   `HEIN_ERROR_CLOSED` where its protocol says goodbye with a reason;
   *   `G_IO_ERROR_CONNECTION_CLOSED` when a connection ended without the
   *   goodbye that its protocol has
   *
   * A peer is gone. When the bus dialled its address, it reconnects.
   *
   * A handler in C:
   *
   * ```c
   * static void
   * on_peer_removed (HeinBus *bus,
   *                  HeinPeer *peer,
   *                  const GError *error,
   *                  gpointer user_data);
   * ```
   *
   * Since: 0.9
   */
  hein_bus_signals[HEIN_SIGNAL_PEER_REMOVED] =
    new_signal ("peer-removed", 0, 2, HEIN_TYPE_PEER, G_TYPE_ERROR);
}

/* A signal that carries messages, with the marshallers above. */
static guint
new_message_signal (const char *name, GSignalFlags flags, GType type)
{
  const guint id =
    g_signal_new (name, HEIN_TYPE_BUS, G_SIGNAL_RUN_LAST | flags, 0, NULL, NULL,
                  marshal_told, G_TYPE_NONE, 1, type);

  g_signal_set_va_marshaller (id, HEIN_TYPE_BUS, marshal_told_va);
  return id;
}

static void
install_message_signals (void)
{
  /**
   * HeinBus::message:
   * @self: a bus
   * @message: the message
   *
   * A message has arrived. The detail is a topic: `message::news` is emitted
   * only for messages of the topic `news`.
   *
   * A handler that another handler connects, to the very topic that is being
   * emitted, may miss up to 31 messages of that topic: those that arrived
   * together, if nothing in the program had named the topic before.
   *
   * A handler in C:
   *
   * ```c
   * static void
   * on_message (HeinBus *bus, HeinMessage *message, gpointer user_data);
   * ```
   *
   * Since: 0.9
   */
  hein_bus_signals[HEIN_SIGNAL_MESSAGE] =
    new_message_signal ("message", G_SIGNAL_DETAILED,
                        HEIN_TYPE_MESSAGE | G_SIGNAL_TYPE_STATIC_SCOPE);
  /**
   * HeinBus::messages:
   * @self: a bus
   * @messages: (element-type HeinMessage): the messages, in order of arrival
   *
   * Messages have arrived: up to 1024 in one emission, which is much faster
   * than an emission for each. The array is emptied afterwards: take references
   * to the messages that are to be kept.
   *
   * A handler in C:
   *
   * ```c
   * static void
   * on_messages (HeinBus *bus, GPtrArray *messages, gpointer user_data);
   * ```
   *
   * Since: 0.9
   */
  hein_bus_signals[HEIN_SIGNAL_MESSAGES] =
    new_message_signal ("messages", 0,
                        G_TYPE_PTR_ARRAY | G_SIGNAL_TYPE_STATIC_SCOPE);
}

static void
install_loss_signals (void)
{
  /**
   * HeinBus::dropped:
   * @self: a bus
   * @peer: (nullable): the peer that they were meant for, or came from
   * @reason: why
   * @n_messages: how many since the last turn
   * @n_bytes: the sum of their sizes; messages of unknown size count as 0, such
   *   as those that never arrived (%HEIN_DROP_REASON_LOST), or that the
   *   operating system had no room for
   *
   * Messages have been dropped. Emitted once per turn, peer and reason.
   *
   * A handler in C:
   *
   * ```c
   * static void
   * on_dropped (HeinBus *bus,
   *             HeinPeer *peer,
   *             HeinDropReason reason,
   *             guint64 n_messages,
   *             guint64 n_bytes,
   *             gpointer user_data);
   * ```
   *
   * Since: 0.9
   */
  hein_bus_signals[HEIN_SIGNAL_DROPPED] =
    new_signal ("dropped", 0, 4, HEIN_TYPE_PEER, HEIN_TYPE_DROP_REASON,
                G_TYPE_UINT64, G_TYPE_UINT64);
  /**
   * HeinBus::messages-lost:
   * @self: a bus
   * @peer: the peer that sent them
   * @first: the number of the first lost message, from 0, among those that
   *   @peer has sent
   * @n: how many messages are lost, at least 1
   *
   * Messages are lost for good: a medium that keeps the order of each sender
   * lost them, and could not repair the loss. Every lost message is reported
   * once, and also counts as dropped (%HEIN_DROP_REASON_LOST). So far only
   * `udp-multicast` with `reliable=yes` emits this signal; losses on media that
   * keep no order are only counted.
   *
   * Signals and handlers get it in its place in the stream: after all messages
   * of @peer from before the gap, and before those from behind it. For a
   * program that takes messages instead ([method@Bus.receive],
   * [method@Bus.take]) it is emitted before the first message from behind the
   * gap can be taken, while messages from before the gap may still wait.
   *
   * The topics of lost messages are unknown: the number includes messages that
   * were not subscribed to.
   *
   * A sender numbers what it sends to all peers apart from what it sends to a
   * single one. `udp-multicast` counts modulo 2^32.
   *
   * A handler in C:
   *
   * ```c
   * static void
   * on_messages_lost (HeinBus *bus,
   *                   HeinPeer *peer,
   *                   guint64 first,
   *                   guint64 n,
   *                   gpointer user_data);
   * ```
   *
   * Since: 0.9
   */
  hein_bus_signals[HEIN_SIGNAL_MESSAGES_LOST] =
    new_signal ("messages-lost", 0, 3, HEIN_TYPE_PEER, G_TYPE_UINT64,
                G_TYPE_UINT64);
}

static void
install_settled_signal (void)
{
  /**
   * HeinBus::settled:
   * @self: a bus
   * @message: a message of the spool, with the attribute `id` that it has there
   * @receipt: what became of it: see [method@Receipt.check]
   *
   * A message that was posted ([method@Bus.post_async]), by this process or by
   * an earlier one, is over: it was handled, and everything in @receipt is
   * acknowledged; or it will not be delivered any more, since a peer has
   * refused it or it has expired, and then it also counts as dropped
   * (%HEIN_DROP_REASON_UNSENDABLE, %HEIN_DROP_REASON_EXPIRED). When the process
   * is killed at that moment, the message may be delivered and settled again in
   * the next one.
   *
   * A handler in C:
   *
   * ```c
   * static void
   * on_settled (HeinBus *bus,
   *             HeinMessage *message,
   *             HeinReceipt *receipt,
   *             gpointer user_data);
   * ```
   *
   * Since: 0.9
   */
  hein_bus_signals[HEIN_SIGNAL_SETTLED] =
    new_signal ("settled", 0, 2, HEIN_TYPE_MESSAGE, HEIN_TYPE_RECEIPT);
}

void
hein_bus_install_signals (void)
{
  install_peer_signals ();
  install_message_signals ();
  /**
   * HeinBus::ready:
   * @self: a bus
   *
   * Every endpoint is open, and at least one peer is up. Emitted once.
   *
   * A handler in C:
   *
   * ```c
   * static void
   * on_ready (HeinBus *bus, gpointer user_data);
   * ```
   *
   * Since: 0.9
   */
  hein_bus_signals[HEIN_SIGNAL_READY] = new_signal ("ready", 0, 0);
  install_loss_signals ();
  install_settled_signal ();
  /**
   * HeinBus::latest-gone:
   * @self: a bus
   * @message: the value that is gone
   *
   * The latest message of a topic from a peer ([method@Bus.get_latest]) is
   * forgotten, since the peer is gone: emitted for each topic of the peer,
   * behind its messages and before [signal@Bus::peer-removed]; needs
   * [property@Bus:keep-latest]. So what peers publish about themselves tells
   * who is there, and when that ends.
   *
   * A handler in C:
   *
   * ```c
   * static void
   * on_latest_gone (HeinBus *bus, HeinMessage *message, gpointer user_data);
   * ```
   *
   * Since: 0.9
   */
  hein_bus_signals[HEIN_SIGNAL_LATEST_GONE] =
    new_signal ("latest-gone", 0, 1, HEIN_TYPE_MESSAGE);
  /**
   * HeinBus::failed:
   * @self: a bus
   * @endpoint: the endpoint that has the problem
   * @error: a problem that does not go away by itself
   *
   * An endpoint has a problem that somebody must look at: a wrong key, a name
   * that is taken, no descriptors left. The text of @error begins with the
   * address. It is reported once, and again when the reason changes or after a
   * connection that was of use. The endpoint keeps trying: see
   * [property@Bus:reconnect-failed-ms].
   *
   * An open endpoint may also report a problem with others and go on working:
   * then its [method@Endpoint.get_state] and [method@Endpoint.get_error] stay
   * as they were. That is how `udp-multicast` reports datagrams that it cannot
   * decrypt, with `HEIN_ERROR_PROTOCOL`, and how a listener that asks for keys
   * or passwords reports those that it refuses: each at most once a minute.
   *
   * A handler in C:
   *
   * ```c
   * static void
   * on_failed (HeinBus *bus,
   *            HeinEndpoint *endpoint,
   *            const GError *error,
   *            gpointer user_data);
   * ```
   *
   * Since: 0.9
   */
  hein_bus_signals[HEIN_SIGNAL_FAILED] =
    new_signal ("failed", 0, 2, HEIN_TYPE_ENDPOINT, G_TYPE_ERROR);
}

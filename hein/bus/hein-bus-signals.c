/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>
#include <hein/hein-endpoint.h>
#include <hein/hein-peer.h>

#include "hein-bus-signals.h"
#include "hein-bus-state.h"

guint hein_bus_signals[HEIN_N_SIGNALS];

/* Closures of C functions say that they ran: see hein-tell.c. */
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

/* As the one of GObject does it, for what is not copied (STATIC_SCOPE). */
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
   * @peer: who has come
   *
   * A peer is up. Every one is followed by one `peer-removed`, and the
   * messages of the peer come between the two.
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
   * @peer: who is gone
   * @error: (nullable): why; %NULL when it left in order, or
   *   `HEIN_ERROR_CLOSED` where the protocol says that it does; an end without a
   *   goodbye, where heins say one, is `G_IO_ERROR_CONNECTION_CLOSED`
   *
   * A peer is gone. When its address was dialled, it is tried again.
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

/* Of both, closures of C functions say that they ran. */
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
   * @message: what has come
   *
   * A message has arrived. The detail is a topic: `message::news` is emitted
   * for messages of the topic `news` only. A handler that another one
   * connects to the topic at hand may miss up to 31 messages of it, which have
   * come together with that one, when the program has not named the topic before.
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
   * @messages: (element-type HeinMessage): what has come, in order
   *
   * Messages have arrived: all of them at once, up to 1024. Much faster than
   * a signal for each. The array is emptied afterwards: take references to
   * the messages that are to be kept.
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
   * @peer: (nullable): whom they were for, or from
   * @reason: why
   * @n_messages: how many since the last turn
   * @n_bytes: their size; 0 for those whose size nobody here knows: what never
   *   came (%HEIN_DROP_REASON_LOST), and what a system had no room to receive
   *
   * Messages have been dropped. Once per turn, peer and reason.
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
   * @peer: who sent them
   * @first: the number of the first of them, from 0, in the count that @peer
   *   keeps of what it sends
   * @n: how many, at least 1
   *
   * Messages will never come: a medium lost them that keeps the order of each
   * sender, and could not repair that. Every one is told once, and counts as
   * dropped, too (%HEIN_DROP_REASON_LOST). So far `udp-multicast` with `reliable=yes`
   * tells it; what is lost where no order is kept is only counted.
   *
   * Signals and handlers get it in its place: after all messages of @peer from
   * before the gap, and before those from behind it. Who takes messages instead
   * ([method@Bus.receive], [method@Bus.take]) is told before the first from
   * behind the gap can be taken, while some from before may still wait.
   * Their topics are not known: also what is not subscribed to counts.
   *
   * A sender counts what it sends to all apart from what it sends to one peer
   * alone. `udp-multicast` counts modulo 2^32.
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

void
hein_bus_install_signals (void)
{
  install_peer_signals ();
  install_message_signals ();
  /**
   * HeinBus::ready:
   * @self: a bus
   *
   * Emitted once: every endpoint is open, and at least one peer is up.
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
  /**
   * HeinBus::failed:
   * @self: a bus
   * @endpoint: where
   * @error: what will not heal by itself
   *
   * An endpoint has a problem that somebody must look at: a wrong key, a name
   * that is taken, no descriptors. It is told once, and again when the reason is
   * another one or a connection was of use in between. It is tried again all the
   * same: see [property@Bus:reconnect-failed-ms].
   *
   * One that is open may tell of trouble with others, and works on: its
   * [method@Endpoint.get_state] and [method@Endpoint.get_error] stay as they
   * were. So `udp-multicast` tells of datagrams that cannot be decrypted, with
   * `HEIN_ERROR_PROTOCOL`, once a minute at most.
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

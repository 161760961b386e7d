/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>

#include <hein/hein-endpoint.h>
#include <hein/hein-peer.h>
#include <hein/hein-peers.h>

#include "ask/hein-acknowledger.h"
#include "ask/hein-asker.h"
#include "ask/hein-deliverer.h"
#include "ask/hein-poster.h"
#include "ask/hein-server.h"
#include "ask/hein-services.h"
#include "base/hein-call.h"
#include "core/hein-core.h"
#include "core/hein-held.h"
#include "core/hein-news.h"
#include "core/hein-peers-private.h"
#include "core/hein-run.h"
#include "hein-bus-close.h"
#include "hein-bus-inspect.h"
#include "hein-bus-owner.h"
#include "hein-bus-post.h"
#include "hein-bus-properties.h"
#include "hein-bus-signals.h"
#include "hein-bus-state.h"
#include "hein-bus-strategy.h"
#include "hein-delivery.h"
#include "hein-turn.h"
#include "link/hein-link-state.h"
#include "message/hein-message-memory.h"
#include "message/hein-prefixes.h"
#include "message/hein-topics.h"
#include "plugin-api/hein-selection-private.h"
#include "session/hein-session.h"
#include "transport/hein-ready.h"
#include "transport/hein-transport-private.h"

/**
 * HeinBus:
 *
 * What an application holds: a bus listens on and dials addresses, sends
 * messages to the peers that it finds there, and delivers the messages that
 * arrive.
 *
 * A bus lives in the #GMainContext that was the thread's default when the bus
 * was made, and its signals are emitted there. A program without a main loop
 * calls [method@Bus.receive] or [method@Bus.turn], or polls [method@Bus.get_fd]
 * in a loop of its own.
 *
 * Each message that arrives is delivered in one way. What decides is which
 * handlers exist at the moment of delivery:
 *
 * | there is | the message |
 * |---|---|
 * | a function ([method@Bus.set_handler]) | is passed to it |
 * | a handler of [signal@Bus::messages] | is part of that signal, and then of [signal@Bus::message] for handlers of that |
 * | a handler of [signal@Bus::message] for its topic, or for all | is emitted by that signal |
 * | a handler of [signal@Bus::message] for other topics only | is dropped, and counted (%HEIN_DROP_REASON_UNHANDLED) |
 * | no handler | waits in the inbox for [method@Bus.receive], [method@Bus.receive_async] or [method@Bus.take] |
 *
 * A message that a peer has delivered ([method@Bus.deliver_async]) arrives as
 * any other. It is acknowledged, which tells that peer that it was handled:
 *
 * | it was received by | acknowledged |
 * |---|---|
 * | a function, [signal@Bus::message] | when the handlers of this message have returned |
 * | [signal@Bus::messages] | when all handlers of these messages have returned |
 * | [method@Bus.receive], [method@Bus.take], [method@Bus.take_one], [method@Bus.receive_async] with more than 0 messages | when the program calls one of them again |
 * | any of them, with [property@Bus:acknowledge] `manual` | by [method@Message.acknowledge] |
 * | nothing, being dropped | never: it fails, and the peer is told why |
 *
 * [method@Message.acknowledge] may be called earlier in any case, and
 * [method@Message.refuse] says that it is not handled.
 *
 * While one of these handlers is connected, [method@Bus.receive] and
 * [method@Bus.receive_async] fail: they would wait in vain.
 *
 * A handler that is blocked does not count. A handler that is connected or
 * unblocked gets what waits in the inbox in the next turn, in order and before
 * what arrives later; a GLib main loop makes that turn by itself, a program
 * that polls the descriptor has to call [method@Bus.turn]. Messages in the
 * inbox count in [property@Bus:receive-limit]: when it is reached, the bus
 * stops reading from its peers, so that nothing is lost.
 *
 * The limits and times that are properties may be set while the bus runs. They
 * apply at once, and to existing connections too, unless their documentation
 * says that they apply to new endpoints or connections. In C, use
 * g_object_new() and g_object_set().
 *
 * Every timeout is an `int` of milliseconds; negative: wait for ever, 0: do not
 * wait. The endpoints that [method@Bus.listen], [method@Bus.dial] and
 * [method@Bus.dial_finish] return, and the peers, belong to the bus: take a
 * reference to keep one beyond its end.
 *
 * Messages are not answered. For an answer, call [method@Bus.request_async],
 * which completes with the answer, or fails as soon as it is known that there
 * will be none. The other side serves requests by [method@Bus.serve]:
 *
 * ```c
 * static void
 * on_request (HeinBus *bus, HeinRequest *request, gpointer data)
 * {
 *   HeinMessage *message = hein_request_get_message (request);
 *
 *   hein_request_reply (request, hein_message_get_payload (message), NULL);
 * }
 *
 * static void
 * on_answer (GObject *source, GAsyncResult *result, gpointer data)
 * {
 *   g_autoptr (GError) error = NULL;
 *   g_autoptr (HeinMessage) answer =
 *     hein_bus_request_finish (HEIN_BUS (source), result, &error);
 *
 *   if (answer == NULL)
 *     g_printerr ("%s\n", error->message);
 * }
 *
 * static void
 * begin (HeinBus *bus, HeinMessage *message)
 * {
 *   hein_bus_serve (bus, "echo", on_request, NULL, NULL, NULL);
 *   hein_bus_request_async (bus, message, 1000, NULL, on_answer, NULL);
 * }
 * ```
 *
 * Sending is allowed from any thread; everything else belongs to the thread
 * that turns the bus. In a forked child every call fails with
 * `HEIN_ERROR_CLOSED`. Calls that were pending at the time of the fork complete
 * in the parent alone, so that their callbacks do not run twice.
 *
 * Since: 0.9
 */

G_DEFINE_FINAL_TYPE (HeinBus, hein_bus, G_TYPE_OBJECT)

/* Leaves it to the owner to tear the bus down at the end of a turn. The calling
 * thread may not: it is not the owner (a garbage collector dropped the last
 * reference), or a filter is running, whose caller still uses the bus, or the
 * turn waits in a simulation, where a handler of another bus runs. The
 * extra reference is dropped by hein_bus_bury, possibly before this function
 * returns. */
static void
leave_to_owner (HeinBus *self)
{
  if (!g_atomic_int_compare_and_exchange (&self->is_left, FALSE, TRUE))
    return;
  hein_bus_refuse_sends (self);
  g_object_ref (self);
  hein_loop_tell (self->core.host.loop, HEIN_NEWS_ABANDONED);
}

/* No turn will follow: completes the calls whose completion is queued. */
static void
end_calls (HeinBus *self)
{
  const guint n = self->core.news.events_end - self->core.news.events_begin;

  for (guint i = 0;
       i < n && self->core.news.events_begin < self->core.news.events_end; i++)
    {
      HeinEvent event = self->core.news.events[self->core.news.events_begin++];

      if (event.kind == HEIN_EVENT_CALL || event.kind == HEIN_EVENT_ANSWER)
        hein_call_complete (event.object);
      hein_news_clear_event (&event);
    }
}

static void
hein_bus_constructed (GObject *object)
{
  G_OBJECT_CLASS (hein_bus_parent_class)->constructed (object);
  hein_bus_begin_inspect (HEIN_BUS (object));
}

static void
hein_bus_dispose (GObject *object)
{
  HeinBus *self = HEIN_BUS (object);
  GMainContext *context = NULL;

  if (self->is_tearing_down)
    return; /* a handler of items-changed has called run_dispose again */
  if (!self->core.host.is_disposed && !hein_core_is_forked (&self->core))
    {
      context = hein_bus_begin_dispose (self);
      if (context == NULL)
        {
          leave_to_owner (self);
          return;
        }
    }
  hein_bus_tear_down (self);
  end_calls (self);
  hein_asker_free (&self->core);
  hein_server_end (&self->core);
  hein_poster_free (&self->core);
  hein_deliverer_free (&self->core);
  hein_acknowledger_end (&self->core);
  hein_services_free (&self->core);
  g_clear_pointer (&self->handler, hein_handler_release);
  g_clear_object (&self->core.sender.strategy);
  if (context != NULL)
    hein_bus_end_turn (context);
  G_OBJECT_CLASS (hein_bus_parent_class)->dispose (object);
}

static void
hein_bus_finalize (GObject *object)
{
  HeinBus *self = HEIN_BUS (object);

  g_clear_pointer (&self->batch, g_ptr_array_unref);
  hein_core_clear (&self->core);
  G_OBJECT_CLASS (hein_bus_parent_class)->finalize (object);
}

static void
hein_bus_class_init (HeinBusClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = hein_bus_get_property;
  object_class->set_property = hein_bus_set_property;
  object_class->constructed = hein_bus_constructed;
  object_class->dispose = hein_bus_dispose;
  object_class->finalize = hein_bus_finalize;
  hein_bus_install_properties (object_class);
  hein_bus_install_signals ();
}

static gboolean
ensure_strategy (HeinCore *core, GError **error)
{
  return hein_bus_ensure_strategy (core->bus, error);
}

static void
settle (HeinCore *core)
{
  if (G_UNLIKELY (core->host.is_embedded))
    hein_turn_settle (core->bus);
}

static const HeinCoreHost core_host = {
  .ensure_strategy = ensure_strategy,
  .check_ready = hein_ready_check,
  .measure = hein_transport_measure_all,
  .settle = settle,
  .settled = hein_bus_tell_settled,
};

static gboolean
turn_in_world (gpointer bus)
{
  HeinBus *self = bus;

  if (self->core.host.is_in_turn || self->core.host.is_disposed)
    return FALSE;
  hein_bus_take_over (self);
  hein_turn_run (self, 0);
  return TRUE;
}

static void
hein_bus_init (HeinBus *self)
{
  self->core.funcs = &core_host;
  self->core.host.funcs = &hein_session_host;
  hein_core_init (&self->core, self);
  self->source = hein_turn_source_new (self);
  if (hein_loop_enter_world (self->core.host.loop, turn_in_world, self))
    self->core.host.is_embedded = TRUE;
  else
    g_source_attach (self->source, self->core.context);
}

/**
 * hein_bus_new:
 * @name: (nullable): the name by which peers know the bus; %NULL or empty: one
 *   is made up
 *
 * Makes a bus that lives in the calling thread's default #GMainContext.
 *
 * - Limits: the name is at most 255 bytes of UTF-8 without control and format
 *   characters: see [func@name_is_valid].
 * - Errors: none. A bus needs four descriptors; where the process may have no
 *   more of them, it is ended, as by an allocation that fails.
 * - Thread: any; the calling thread becomes the owner.
 *
 * Returns: (transfer full): the bus
 *
 * Since: 0.9
 */
HeinBus *
hein_bus_new (const char *name)
{
  return g_object_new (HEIN_TYPE_BUS, "name", name, NULL);
}

/**
 * hein_bus_get_name: (attributes org.gtk.Method.get_property=name)
 * @self: a bus
 *
 * Gets the name by which peers know this bus.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): 1 to 255 bytes of UTF-8
 *
 * Since: 0.9
 */
const char *
hein_bus_get_name (HeinBus *self)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);

  return self->core.host.name;
}

/**
 * hein_bus_get_instance: (attributes org.gtk.Method.get_property=instance)
 * @self: a bus
 *
 * Gets an identifier that no other bus has, even one of the same name.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): 32 hexadecimal digits
 *
 * Since: 0.9
 */
const char *
hein_bus_get_instance (HeinBus *self)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);

  return self->core.host.instance;
}

/**
 * hein_bus_get_peers: (attributes org.gtk.Method.get_property=peers)
 * @self: a bus
 *
 * Gets the list of peers that the application has been told of. It changes
 * together with the signals `peer-added` and `peer-removed`.
 *
 * - Thread: owner.
 *
 * Returns: (transfer none): the peers
 *
 * Since: 0.9
 */
HeinPeers *
hein_bus_get_peers (HeinBus *self)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);

  return self->core.roster.peers;
}

/**
 * hein_bus_get_endpoints: (attributes org.gtk.Method.get_property=endpoints)
 * @self: a bus
 *
 * Gets the endpoints: the addresses that the bus listens on or dials.
 *
 * - Thread: owner.
 *
 * Returns: (transfer none): a list of [class@Endpoint]
 *
 * Since: 0.9
 */
GListModel *
hein_bus_get_endpoints (HeinBus *self)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);

  return G_LIST_MODEL (self->core.endpoints);
}

/**
 * hein_bus_get_n_dropped:
 * @self: a bus
 * @reason: a reason
 *
 * Gets how many messages were dropped for @reason since the bus was made.
 *
 * - Thread: owner.
 *
 * Returns: the number of messages
 *
 * Since: 0.9
 */
guint64
hein_bus_get_n_dropped (HeinBus *self, HeinDropReason reason)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), 0);
  g_return_val_if_fail (reason < HEIN_N_DROP_REASONS, 0);

  return self->core.host.losses.n_dropped[reason];
}

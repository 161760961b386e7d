/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>
#include <hein/hein-endpoint.h>
#include <hein/hein-hash.h>
#include <hein/hein-protocol.h>
#include <hein/hein-transport.h>

#include "base/hein-call.h"
#include "core/hein-calls.h"
#include "core/hein-carrier.h"
#include "core/hein-peers-private.h"
#include "hein-bus-guard.h"
#include "hein-bus-state.h"
#include "hein-turn.h"
#include "link/hein-link-state.h"
#include "link/hein-peer-state.h"

/* Asking peers for a sign of life (one, or all of a bus), and closing a
 * peer. */

/* A pending call that waits for the answers of the peers that it has asked. */
typedef struct
{
  HeinTimer timer;
  HeinBus *bus;         /* owned */
  HeinCall *call;       /* owned */
  GHashTable *pending;  /* owned HeinPeer, a set: not answered yet */
  GHashTable *answered; /* owned name -> whether all peers of that name have
                         * answered; NULL: the call is about one peer */
  int timeout_ms;
  HeinPeerWatch watch;
  GQueue *row; /* borrowed: the queue that holds the watch */
} HeinPing;

static HeinPing *
from_timer (HeinTimer *timer)
{
  return HEIN_CONTAINER (timer, HeinPing, timer);
}

static void
ping_free (gpointer data)
{
  HeinPing *self = data;

  g_hash_table_unref (self->pending);
  g_clear_pointer (&self->answered, g_hash_table_unref);
  g_object_unref (self->bus);
  g_free (self);
}

/* By name, so that the order tells nothing of the hash. */
static GVariant *
dup_answers (HeinPing *self)
{
  g_autoptr (GList) names =
    g_list_sort (g_hash_table_get_keys (self->answered), (GCompareFunc) strcmp);
  GVariantBuilder answers;

  g_variant_builder_init (&answers, G_VARIANT_TYPE ("a{sb}"));
  for (GList *l = names; l != NULL; l = l->next)
    g_variant_builder_add (&answers, "{sb}", l->data,
                           GPOINTER_TO_INT (
                             g_hash_table_lookup (self->answered, l->data)));
  return g_variant_ref_sink (g_variant_builder_end (&answers));
}

/* Takes ownership of @error. */
static void
end (HeinPing *self, GError *error)
{
  HeinCall *call = self->call;

  g_queue_unlink (self->row, &self->watch.in_bus);
  hein_loop_disarm (self->bus->core.host.loop, &self->timer);
  if (error != NULL)
    hein_call_set_error (call, error);
  else if (self->answered != NULL)
    hein_call_set_result (call, dup_answers (self),
                          (GDestroyNotify) g_variant_unref);
  else
    hein_call_set_result (call, call, NULL);
  hein_calls_end (&self->bus->core, call);
}

static void
note (HeinPing *self, HeinPeer *peer, gboolean is_alive)
{
  const char *name = peer->name;
  gpointer before;

  /* where peers share a name, all of them must be alive */
  if (g_hash_table_lookup_extended (self->answered, name, NULL, &before))
    is_alive = is_alive && GPOINTER_TO_INT (before);
  g_hash_table_insert (self->answered, g_strdup (name),
                       GINT_TO_POINTER (is_alive));
}

static void
on_expired (HeinTimer *timer, gint64 now_us)
{
  HeinPing *self = from_timer (timer);
  GHashTableIter iter;
  gpointer peer;

  g_hash_table_iter_init (&iter, self->pending);
  while (g_hash_table_iter_next (&iter, &peer, NULL))
    if (self->answered != NULL)
      note (self, peer, FALSE);
    else
      {
        end (self, g_error_new (HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                                "%s gave no sign of life within %d ms",
                                HEIN_PEER (peer)->name, self->timeout_ms));
        return;
      }
  end (self, NULL);
}

static void
settle (HeinPing *self, HeinPeer *peer, gboolean is_alive)
{
  if (!g_hash_table_contains (self->pending, peer))
    return;
  if (self->answered == NULL && !is_alive)
    {
      end (self, g_error_new (HEIN_ERROR, HEIN_ERROR_CLOSED,
                              "%s went before it answered", peer->name));
      return;
    }
  if (self->answered != NULL)
    note (self, peer, is_alive);
  g_hash_table_remove (self->pending, peer);
  if (g_hash_table_size (self->pending) == 0)
    end (self, NULL);
}

static void
on_settled (HeinPeerWatch *watch, HeinPeer *peer, gboolean is_alive)
{
  settle (HEIN_CONTAINER (watch, HeinPing, watch), peer, is_alive);
}

static void
cancel (HeinCall *call, GError *error)
{
  end (call->subject, error);
}

static gboolean
can_ask (HeinPeer *peer)
{
  return peer->link != NULL && peer->link->state == HEIN_LINK_UP &&
         peer->link->said.has_heartbeat && peer->link->said.answers_pings;
}

static void
add (HeinPing *self, HeinPeer *peer)
{
  g_hash_table_add (self->pending, g_object_ref (peer));
}

/* The protocol may close the connection instead, which may complete the
 * call. */
static void
ask (HeinPeer *peer)
{
  HeinLink *link = peer->link;
  HeinLoop *loop = link->host->loop;

  hein_loop_enter (loop);
  HEIN_PROTOCOL_GET_CLASS (link->protocol)->ping (link->protocol, link->wire);
  hein_loop_leave (loop);
}

/* Adds all peers to the pending set before asking the first one: otherwise an
 * immediate answer could complete the call too early. */
static void
ask_all (HeinPing *self, HeinPeers *peers)
{
  g_autoptr (GPtrArray) asked = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < peers->array->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (peers->array, i);

      if (!can_ask (peer))
        continue;
      add (self, peer);
      g_ptr_array_add (asked, g_object_ref (peer));
    }
  if (asked->len == 0)
    {
      end (self, NULL);
      return;
    }
  for (guint i = 0; i < asked->len; i++)
    if (can_ask (g_ptr_array_index (asked, i)))
      ask (g_ptr_array_index (asked, i));
}

static HeinPing *
ping_new (HeinBus *bus,
          gpointer source,
          GQueue *row,
          gpointer tag,
          int timeout_ms,
          GCancellable *cancellable,
          GAsyncReadyCallback callback,
          gpointer user_data)
{
  HeinPing *self = g_new0 (HeinPing, 1);

  self->bus = g_object_ref (bus);
  self->pending = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  self->timeout_ms = timeout_ms;
  self->timer.expired = on_expired;
  self->watch.settled = on_settled;
  self->watch.in_bus.data = &self->watch;
  self->call = hein_calls_begin_of (&bus->core, source, tag, cancellable,
                                    callback, user_data);
  self->call->subject = self;
  self->call->free_subject = ping_free;
  self->row = row;
  g_queue_push_tail_link (row, &self->watch.in_bus);
  hein_calls_pend (&bus->core, self->call, cancel, TRUE);
  if (timeout_ms >= 0)
    hein_loop_arm (bus->core.host.loop, &self->timer,
                   hein_loop_get_now_us (bus->core.host.loop) +
                     (gint64) timeout_ms * 1000);
  return self;
}

/* The bus may be gone as well: no turn will follow, so the callback runs
 * here. */
static void
answer_for_gone (HeinPeer *peer,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
  HeinBus *bus = hein_endpoint_get_bus (peer->endpoint);
  GError *error =
    g_error_new (HEIN_ERROR, HEIN_ERROR_CLOSED, "%s is gone", peer->name);
  HeinCall *call;

  if (bus != NULL)
    {
      call = hein_calls_begin_of (&bus->core, peer, hein_peer_ping_async, NULL,
                                  callback, user_data);
      hein_calls_fail (&bus->core, call, error);
      return;
    }
  call = hein_call_new (peer, hein_peer_ping_async, NULL, callback, user_data);
  hein_call_set_error (call, error);
  hein_call_complete (call);
  g_object_unref (call);
}

/**
 * hein_peer_ping_async:
 * @self: a peer
 * @timeout_ms: how long to wait for the answer, in milliseconds; negative:
 *   until the peer is gone
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Asks a peer for a sign of life, and waits for the answer.
 *
 * - Errors: `HEIN_ERROR_TIMED_OUT`; `HEIN_ERROR_CLOSED` when the peer goes
 *   meanwhile; `HEIN_ERROR_FAILED` when its protocol or transport has no ping
 *   that is answered (`zmtp` to a minor version below 1, `aiomsg`, `tinyproto`,
 *   `socketengine`, `inproc`).
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_peer_ping_async (HeinPeer *self,
                      int timeout_ms,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  HeinBus *bus; /* asking may remove the peer, and with it its pointer */
  HeinPing *ping;

  g_return_if_fail (HEIN_IS_PEER (self));

  bus = self->core != NULL ? self->core->bus : NULL;
  if (bus == NULL)
    {
      answer_for_gone (self, callback, user_data);
      return;
    }
  if (hein_calls_refuse (&bus->core, self, hein_peer_ping_async, callback,
                         user_data))
    return;
  hein_bus_return_unless_owner (bus);
  if (self->watches == NULL)
    self->watches = g_queue_new ();
  ping = ping_new (bus, self, self->watches, hein_peer_ping_async, timeout_ms,
                   cancellable, callback, user_data);
  if (can_ask (self))
    {
      add (ping, self);
      ask (self);
      hein_turn_settle (bus);
    }
  else
    end (ping,
         g_error_new (HEIN_ERROR, HEIN_ERROR_FAILED,
                      "%s cannot be asked: %s has no ping that is "
                      "answered",
                      self->name,
                      self->protocol_name != NULL ? self->protocol_name
                                                  : self->transport_name));
}

/**
 * hein_peer_ping_finish:
 * @self: a peer
 * @result: what the callback was given
 * @error: return location
 *
 * Returns the result of [method@Peer.ping_async]. [property@Peer:rtt-us] has
 * the time that the answer took.
 *
 * - Thread: owner.
 *
 * Returns: %TRUE when the peer gave a sign of life
 *
 * Since: 0.9
 */
gboolean
hein_peer_ping_finish (HeinPeer *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (hein_call_is_valid (result, self, hein_peer_ping_async),
                        FALSE);

  return hein_call_finish (HEIN_CALL (result), error) != NULL;
}

/**
 * hein_bus_ping_async:
 * @self: a bus
 * @timeout_ms: how long to wait for all answers, in milliseconds; negative:
 *   until each peer has answered or is gone
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Asks every peer whose protocol has a ping for a sign of life, and waits for
 * the answers.
 *
 * - Errors: `HEIN_ERROR_CLOSED`.
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_ping_async (HeinBus *self,
                     int timeout_ms,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  HeinPing *ping;
  GError *error = NULL;

  g_return_if_fail (HEIN_IS_BUS (self));
  if (hein_calls_refuse (&self->core, self, hein_bus_ping_async, callback,
                         user_data))
    return;
  hein_bus_return_unless_owner (self);

  if (!hein_core_check_open (&self->core, &error))
    {
      hein_calls_fail (&self->core,
                       hein_calls_begin (&self->core, hein_bus_ping_async,
                                         cancellable, callback, user_data),
                       error);
      return;
    }
  ping = ping_new (self, self, &self->core.roster.watches, hein_bus_ping_async,
                   timeout_ms, cancellable, callback, user_data);
  ping->answered =
    g_hash_table_new_full (hein_hash_text, g_str_equal, g_free, NULL);
  ask_all (ping, self->core.roster.peers);
  hein_turn_settle (self);
}

/**
 * hein_bus_ping_finish:
 * @self: a bus
 * @result: what the callback was given
 * @error: return location
 *
 * Returns the result of [method@Bus.ping_async].
 *
 * - Thread: owner.
 *
 * Returns: (transfer full): a variant of type `a{sb}`: for each name of the
 *   peers that were asked, whether they gave a sign of life; where several
 *   peers share a name, whether all of them did
 *
 * Since: 0.9
 */
GVariant *
hein_bus_ping_finish (HeinBus *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (hein_call_is_valid (result, self, hein_bus_ping_async),
                        NULL);

  return hein_call_finish (HEIN_CALL (result), error);
}

/**
 * hein_peer_close:
 * @self: a peer
 *
 * Closes the connection to a peer in order: messages that are queued for it are
 * sent first. The side that dialled, this bus or the peer, reconnects; to be
 * rid of the peer, close the endpoint.
 *
 * Has no effect where there is no connection: the members of a `udp-multicast`
 * group share one medium that nobody can be excluded from, and a member that
 * was forgotten would be back with its next message.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_peer_close (HeinPeer *self)
{
  HeinBus *bus;
  HeinTransportClass *class;

  g_return_if_fail (HEIN_IS_PEER (self));

  bus = self->core != NULL ? self->core->bus : NULL;
  if (bus == NULL)
    return;
  hein_bus_return_unless_owner (bus);
  class = HEIN_TRANSPORT_GET_CLASS (self->carrier->transport);
  if (class->close_peer == NULL)
    return;
  hein_loop_enter (bus->core.host.loop);
  class->close_peer (self->carrier->transport, self);
  hein_loop_leave (bus->core.host.loop);
  hein_turn_settle (bus);
}

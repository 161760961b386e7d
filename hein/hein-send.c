/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-budget-private.h"
#include "hein-bus-private.h"
#include "hein-endpoint-private.h"
#include "hein-message-private.h"
#include "hein-transport-private.h"

/* What other threads may hand over before the bus has looked at it. */
#define INGRESS_LIMIT (8 * 1024 * 1024)
/* Of those so many are taken in before the clock is read. */
#define INGEST_CLOCK 32
/* A smaller message that only some get is copied for each of them. */
#define OWN_MAX_BYTES 512

void
hein_held_free (HeinHeld *self)
{
  hein_message_unref (self->message);
  g_clear_object (&self->strategy);
  g_free (self->key);
  g_free (self);
}

static HeinHeld *
held_new (HeinStrategy *strategy,
          const char *key,
          gboolean is_named,
          HeinMessage *message)
{
  HeinHeld *self = g_new0 (HeinHeld, 1);

  hein_message_keep_sender (message);
  self->message = hein_message_ref (message);
  g_set_object (&self->strategy, strategy);
  self->key = g_strdup (key);
  self->is_named = is_named;
  self->cost = hein_message_get_cost (message);
  return self;
}

/* ---- losses ---- */

static void
drop_free (gpointer data)
{
  HeinDrop *self = data;

  g_clear_object (&self->peer);
  g_free (self);
}

void
hein_bus_count_drop (HeinBus *self,
                     HeinPeer *peer,
                     HeinDropReason reason,
                     guint64 n_messages,
                     guint64 n_bytes)
{
  /* objects lie at least eight bytes apart, so this tells all pairs apart */
  gpointer key = (char *) peer + reason;
  HeinDrop *drop;

  self->n_dropped[reason] += n_messages;
  if (peer != NULL)
    peer->messages_dropped += n_messages;
  if (self->drops == NULL)
    self->drops = g_hash_table_new_full (NULL, NULL, NULL, drop_free);
  drop = g_hash_table_lookup (self->drops, key);
  if (drop == NULL)
    {
      drop = g_new0 (HeinDrop, 1);
      g_set_object (&drop->peer, peer);
      drop->reason = reason;
      g_hash_table_insert (self->drops, key, drop);
      hein_bus_want_turn (self);
    }
  drop->n_messages += n_messages;
  drop->n_bytes += n_bytes;
}

/* ---- giving a message to the peers that were chosen ---- */

static gboolean
must_wait (HeinBus *self, HeinPeer *peer, gboolean is_all)
{
  HeinOverflow overflow;

  if (!peer->is_full)
    return FALSE;
  overflow = hein_bus_get_overflow (self, peer, is_all);
  return overflow == HEIN_OVERFLOW_WAIT || overflow == HEIN_OVERFLOW_DISCONNECT;
}

static gboolean
fail_full (HeinPeer *peer, GError **error)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
               "%s has no room: %" G_GUINT64_FORMAT " bytes are queued for it",
               peer->name, hein_peer_get_queued_bytes (peer));
  return FALSE;
}

static gboolean
give_direct (HeinBus *self,
             HeinPeer *peer,
             HeinMessage *message,
             gboolean is_all,
             GError **error)
{
  HeinTransportClass *class = HEIN_TRANSPORT_GET_CLASS (peer->transport);
  g_autoptr (GError) local_error = NULL;

  if (class->send != NULL &&
      class->send (peer->transport, peer, message, &local_error))
    {
      peer->messages_sent++;
      peer->bytes_sent += hein_message_size (message);
      return TRUE;
    }
  if (local_error == NULL)
    g_set_error (&local_error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "the transport %s failed to send without saying why",
                 G_OBJECT_TYPE_NAME (peer->transport));
  if (is_all)
    {
      hein_bus_count_drop (self, peer,
                           g_error_matches (local_error, HEIN_ERROR,
                                            HEIN_ERROR_WOULD_BLOCK)
                             ? HEIN_DROP_OVERFLOW
                             : HEIN_DROP_UNSENDABLE,
                           1, hein_message_size (message));
      return TRUE;
    }
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
give (HeinBus *self,
      HeinPeer *peer,
      HeinMessage *message,
      HeinAudience audience,
      HeinEncodePlace place,
      GError **error)
{
  const gboolean is_all = audience == HEIN_AUDIENCE_ALL;
  g_autoptr (GError) local_error = NULL;

  if (peer->link == NULL)
    return give_direct (self, peer, message, is_all, error);
  if (G_LIKELY (hein_link_send (peer->link, message, audience,
                                hein_bus_get_overflow (self, peer, is_all),
                                place, &local_error)))
    return TRUE;
  /* publishing goes on with the others, and has no error of its own */
  if (is_all)
    g_info ("%s: %s", peer->name, local_error->message);
  else
    g_propagate_error (error, g_steal_pointer (&local_error));
  hein_bus_count_drop (self, peer, HEIN_DROP_UNSENDABLE, 1,
                       hein_message_size (message));
  return is_all;
}

void
hein_send_retained (HeinBus *self, HeinPeer *peer, HeinMessage *message)
{
  give_direct (self, peer, message, TRUE, NULL);
}

/* Encoded in the shared segment when all get it, since neighbouring messages
 * then merge in every queue; apart from it when only some do, because a
 * stalled peer would pin what the others have sent long ago. */
static HeinEncodePlace
choose_place (HeinMessage *message, guint n_takers, guint n_all)
{
  if (n_takers == n_all)
    return HEIN_ENCODE_SHARED;
  if (n_takers <= 1 || hein_message_size (message) < OWN_MAX_BYTES)
    return HEIN_ENCODE_OWN;
  return HEIN_ENCODE_SINGLE;
}

static guint
count_takers (HeinBus *self, HeinMessage *message)
{
  GPtrArray *peers = self->targets->array;
  guint n = 0;

  if (self->n_filtered == 0)
    return peers->len;
  for (guint i = 0; i < peers->len; i++)
    n += hein_peer_wants (g_ptr_array_index (peers, i), message);
  return n;
}

static gboolean
check_room_of_all (HeinBus *self, HeinMessage *message, GError **error)
{
  GPtrArray *peers = self->targets->array;

  if (self->n_full == 0)
    return TRUE;
  for (guint i = 0; i < peers->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (peers, i);

      if (must_wait (self, peer, TRUE) && hein_peer_wants (peer, message))
        return fail_full (peer, error);
    }
  return TRUE;
}

static void
retain (HeinBus *self, HeinMessage *message)
{
  if (self->sent_topics != NULL)
    hein_topics_set (self->sent_topics, NULL, message);
}

static gboolean
waits_for_room (HeinBus *self, HeinTransport *transport)
{
  HeinOverflow overflow = hein_transport_get_overflow (transport);

  if (overflow == HEIN_OVERFLOW_DEFAULT)
    overflow = self->overflow;
  return overflow == HEIN_OVERFLOW_WAIT;
}

/* Once for each medium that reaches everybody, known or not. FALSE: one has no
 * room, and is to be waited for. */
static gboolean
give_to_media (HeinBus *self, HeinMessage *message, GError **error)
{
  for (guint i = 0; i < self->media->len; i++)
    {
      HeinTransport *transport = g_ptr_array_index (self->media, i);
      HeinTransportClass *class = HEIN_TRANSPORT_GET_CLASS (transport);
      g_autoptr (GError) trouble = NULL;
      gboolean is_full;

      if (class->send != NULL &&
          class->send (transport, NULL, message, &trouble))
        continue;
      is_full = g_error_matches (trouble, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
      if (is_full && waits_for_room (self, transport))
        {
          g_propagate_error (error, g_steal_pointer (&trouble));
          return FALSE;
        }
      if (trouble != NULL)
        g_info ("%s: %s", G_OBJECT_TYPE_NAME (transport), trouble->message);
      hein_bus_count_drop (self, NULL,
                           is_full ? HEIN_DROP_OVERFLOW : HEIN_DROP_UNSENDABLE,
                           1, hein_message_size (message));
    }
  return TRUE;
}

static gboolean
has_got (HeinPeer *peer)
{
  return peer->link == NULL && hein_transport_reaches_all (peer->transport);
}

static gboolean
give_all (HeinBus *self, HeinMessage *message, GError **error)
{
  GPtrArray *peers = self->targets->array;
  guint n_takers;
  HeinEncodePlace place;

  retain (self, message);
  if (G_LIKELY (self->media->len == 0 && hein_run_add (self, message)))
    return TRUE;
  hein_run_settle (self);
  if (peers->len == 0 && self->media->len == 0)
    {
      hein_bus_count_drop (self, NULL, HEIN_DROP_NO_PEER, 1,
                           hein_message_size (message));
      return TRUE;
    }
  if (!check_room_of_all (self, message, error))
    return FALSE;
  if (!give_to_media (self, message, error))
    return FALSE;
  n_takers = count_takers (self, message);
  place = choose_place (message, n_takers, peers->len);
  self->serial++;
  for (guint i = 0; i < peers->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (peers, i);
      HeinOverflow overflow;

      if ((n_takers < peers->len && !hein_peer_wants (peer, message)) ||
          has_got (peer))
        continue;
      overflow = hein_bus_get_overflow (self, peer, TRUE);
      if (place != HEIN_ENCODE_OWN && overflow <= HEIN_OVERFLOW_DROP_OLDEST &&
          peer->link != NULL && hein_link_can_share (peer->link) &&
          (peer->link->shared->serial == self->serial ||
           hein_link_encode_shared (peer->link, message, HEIN_AUDIENCE_ALL,
                                    place, NULL)))
        {
          hein_link_push (peer->link, peer->link->shared->ranges,
                          peer->link->shared->n_ranges, self->send_limit,
                          overflow);
          hein_link_want_flush (peer->link);
        }
      else
        give (self, peer, message, HEIN_AUDIENCE_ALL, place, NULL);
    }
  return TRUE;
}

static gboolean
give_some (HeinBus *self,
           GPtrArray *peers,
           HeinAudience audience,
           HeinMessage *message,
           GError **error)
{
  HeinEncodePlace place =
    choose_place (message, peers->len, self->targets->array->len);
  gboolean ok = TRUE;

  hein_run_settle (self);
  for (guint i = 0; i < peers->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (peers, i);

      if (!peer->is_target || peer->bus != self)
        {
          g_set_error (error, HEIN_ERROR, HEIN_ERROR_NO_PEER,
                       "%s takes no messages", peer->name);
          return FALSE;
        }
      if (must_wait (self, peer, FALSE))
        return fail_full (peer, error);
    }
  self->serial++;
  for (guint i = 0; ok && i < peers->len; i++)
    ok = give (self, g_ptr_array_index (peers, i), message, audience, place,
               error);
  return ok;
}

/* ---- choosing ---- */

static gboolean
hold (HeinBus *self,
      HeinStrategy *strategy,
      const char *key,
      gboolean is_named,
      HeinMessage *message,
      GError **error)
{
  HeinHeld *held;

  if (self->held_cost >= self->send_limit || hein_budget_is_over (self))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
                   "%" G_GSIZE_FORMAT
                   " bytes wait for a peer already, and none is there",
                   self->held_cost);
      return FALSE;
    }
  held = held_new (strategy, key, is_named, message);
  self->held_cost += held->cost;
  g_queue_push_tail (&self->held, held);
  return TRUE;
}

/* What came earlier by the same way goes first. */
static gboolean
is_behind_held (HeinBus *self,
                HeinStrategy *strategy,
                const char *key,
                gboolean is_named)
{
  for (GList *l = self->held.head; l != NULL; l = l->next)
    {
      HeinHeld *held = l->data;

      if (held->strategy == strategy && held->is_named == is_named &&
          (!is_named || g_strcmp0 (held->key, key) == 0))
        return TRUE;
    }
  return FALSE;
}

static gboolean
fail_no_peer (const char *name, GError **error)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_NO_PEER,
               "no peer \"%s\" is there, or was in the last 300 s", name);
  return FALSE;
}

/* To everyone who has the name. *held: whether it waits for such a peer. */
static gboolean
give_named (HeinBus *self,
            const char *name,
            HeinMessage *message,
            gboolean *held,
            GError **error)
{
  HeinNamed room;
  GPtrArray *peers = hein_peers_lookup_all (self->targets, name, &room);

  *held = peers == NULL;
  if (peers != NULL)
    return give_some (self, peers, HEIN_AUDIENCE_NAMED, message, error);
  if (hein_roster_find (self, name) == NULL &&
      !hein_roster_was_seen (self, name))
    return fail_no_peer (name, error);
  return TRUE;
}

static gboolean
give_reply (HeinBus *self, HeinPeer *peer, HeinMessage *message, GError **error)
{
  HeinPeer *const peers[] = { peer };
  GPtrArray array = { (gpointer *) peers, 1 };

  if (!peer->is_target || peer->bus != self)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_NO_PEER,
                   "%s, who asked, is gone", peer->name);
      return FALSE;
    }
  return give_some (self, &array, HEIN_AUDIENCE_NAMED, message, error);
}

/* So that what they do not confirm is chosen for in the same way. */
static void
note_chooser (HeinBus *self, GPtrArray *peers, HeinStrategy *strategy)
{
  if (strategy == self->strategy)
    strategy = NULL;
  for (guint i = 0; i < peers->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (peers, i);

      if (peer->link != NULL && peer->link->chooser != strategy)
        g_set_object (&peer->link->chooser, strategy);
    }
}

static gboolean
select_and_give (HeinBus *self,
                 HeinStrategy *strategy,
                 const char *key,
                 HeinMessage *message,
                 gboolean *held,
                 GError **error)
{
  HeinStrategyClass *class = HEIN_STRATEGY_GET_CLASS (strategy);
  HeinSelection *selection = self->selection;

  if (class->select == NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_PLUGIN,
                   "the strategy %s has no select",
                   G_OBJECT_TYPE_NAME (strategy));
      return FALSE;
    }
  hein_selection_clear (selection);
  self->n_inside++;
  class->select (strategy, self->targets, key, message, selection);
  self->n_inside--;
  if (selection->is_all)
    return give_all (self, message, error);
  note_chooser (self, selection->peers, strategy);
  if (selection->peers->len > 0)
    return give_some (self, selection->peers, HEIN_AUDIENCE_CHOSEN, message,
                      error);
  if (selection->is_held)
    {
      const char *name = selection->held_for;

      *held = name == NULL || hein_roster_find (self, name) != NULL ||
              hein_roster_was_seen (self, name);
      return *held || fail_no_peer (name, error);
    }
  hein_bus_count_drop (self, NULL,
                       self->targets->array->len == 0 ? HEIN_DROP_NO_PEER
                                                      : HEIN_DROP_STRATEGY,
                       1, hein_message_size (message));
  return TRUE;
}

static gboolean
try_message (HeinBus *self,
             HeinStrategy *strategy,
             const char *key,
             gboolean is_named,
             HeinMessage *message,
             gboolean *held,
             GError **error)
{
  HeinPeer *reply_peer = hein_message_get_reply_peer (message);

  *held = FALSE;
  if (reply_peer != NULL)
    return give_reply (self, reply_peer, message, error);
  if (is_named)
    return give_named (self, key, message, held, error);
  /* other threads send before anybody has asked for a strategy */
  if (G_UNLIKELY (self->strategy == NULL) && strategy == NULL &&
      !hein_bus_ensure_strategy (self, error))
    return FALSE;
  return select_and_give (self, strategy != NULL ? strategy : self->strategy,
                          key, message, held, error);
}

gboolean
hein_send_message (HeinBus *self,
                   HeinStrategy *strategy,
                   const char *key,
                   gboolean is_named,
                   HeinMessage *message,
                   GError **error)
{
  gboolean held;

  if (G_UNLIKELY (self->held.length > 0) &&
      is_behind_held (self, strategy, key, is_named))
    return hold (self, strategy, key, is_named, message, error);
  if (!try_message (self, strategy, key, is_named, message, &held, error))
    return FALSE;
  return !held || hold (self, strategy, key, is_named, message, error);
}

/* ---- later ---- */

static void
drop_held (HeinBus *self, HeinHeld *held, HeinDropReason reason)
{
  hein_bus_count_drop (self, NULL, reason, 1,
                       hein_message_size (held->message));
}

static void
retry_held (HeinBus *self)
{
  GList *next;

  for (GList *l = self->held.head; l != NULL; l = next)
    {
      HeinHeld *held = l->data;
      g_autoptr (GError) error = NULL;
      gboolean still_held;

      next = l->next;
      if (try_message (self, held->strategy, held->key, held->is_named,
                       held->message, &still_held, &error))
        {
          if (still_held)
            continue;
        }
      else if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
        continue;
      else
        drop_held (self, held, HEIN_DROP_NO_PEER);
      self->held_cost -= held->cost;
      g_queue_delete_link (&self->held, l);
      hein_held_free (held);
    }
}

/* Beyond the limit, since it was admitted once. */
void
hein_send_again (HeinBus *self,
                 HeinPeer *peer,
                 HeinStrategy *chooser,
                 HeinMessage *message,
                 HeinAudience audience)
{
  HeinHeld *held;

  if (self->is_closing)
    {
      hein_bus_count_drop (self, peer, HEIN_DROP_CLOSED, 1,
                           hein_message_size (message));
      return;
    }
  held = held_new (chooser, hein_peer_get_name (peer),
                   audience != HEIN_AUDIENCE_CHOSEN, message);
  self->held_cost += held->cost;
  g_queue_push_tail (&self->held, held);
  self->targets_changed = TRUE;
  hein_bus_want_turn (self);
}

static void
end_send (HeinBus *self, HeinCall *call, gboolean ok, GError *error)
{
  if (ok)
    hein_call_set_result (call, GINT_TO_POINTER (TRUE), NULL);
  else
    hein_call_set_error (call, error);
  hein_turn_push_event (self, HEIN_EVENT_CALL, call, NULL);
}

/* In order: one that still has to wait holds up those behind it. */
static void
retry_sends (HeinBus *self)
{
  while (self->sends.length > 0)
    {
      HeinCall *call = g_queue_peek_head (&self->sends);
      g_autoptr (GError) error = NULL;
      gboolean ok;

      if (g_cancellable_set_error_if_cancelled (call->cancellable, &error))
        ok = FALSE;
      else
        ok = hein_send_message (self, NULL, NULL, FALSE, call->subject, &error);
      if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
        return;
      g_queue_pop_head (&self->sends);
      hein_budget_remove_send (self, call);
      end_send (self, call, ok, g_steal_pointer (&error));
    }
}

void
hein_send_retry (HeinBus *self)
{
  if (!self->room_changed && !self->targets_changed)
    return;
  self->room_changed = FALSE;
  self->targets_changed = FALSE;
  retry_held (self);
  retry_sends (self);
}

/* FALSE: a filter refused it, and it was counted. */
static gboolean
filter_held (HeinBus *self, HeinHeld *held)
{
  g_autoptr (GError) error = NULL;
  HeinMessage *filtered;

  if (self->filters == NULL)
    return TRUE;
  filtered = hein_filters_send (self, held->message, &error);
  if (filtered == NULL)
    {
      g_info ("%s", error->message);
      drop_held (self, held, HEIN_DROP_UNSENDABLE);
      hein_held_free (held);
      return FALSE;
    }
  hein_message_unref (held->message);
  held->message = filtered;
  held->cost = hein_message_get_cost (filtered);
  return TRUE;
}

/* Takes @held. */
static void
ingest_one (HeinBus *self, HeinHeld *held)
{
  g_autoptr (GError) error = NULL;

  if (!filter_held (self, held))
    return;
  if (!hein_send_message (self, held->strategy, held->key, held->is_named,
                          held->message, &error) &&
      !(g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK) &&
        hold (self, held->strategy, held->key, held->is_named, held->message,
              NULL)))
    drop_held (self, held,
               g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK)
                 ? HEIN_DROP_OVERFLOW
                 : HEIN_DROP_NO_PEER);
  hein_held_free (held);
}

/* What was not taken in stays in front of what came meanwhile. Without the
 * lock: whoever has it only moves data. */
static void
put_back (GQueue *ingress, GQueue *rest)
{
  if (rest->length == 0)
    return;
  rest->tail->next = ingress->head;
  if (ingress->head != NULL)
    ingress->head->prev = rest->tail;
  else
    ingress->tail = rest->tail;
  ingress->head = rest->head;
  ingress->length += rest->length;
}

gboolean
hein_send_ingest (HeinBus *self, gint64 end_us)
{
  GQueue taken;
  gsize cost = 0;
  guint n = 0;

  g_mutex_lock (&self->lock);
  taken = self->ingress;
  g_queue_init (&self->ingress);
  g_mutex_unlock (&self->lock);
  while (taken.length > 0)
    {
      HeinHeld *held = g_queue_pop_head (&taken);

      cost += held->cost;
      ingest_one (self, held);
      if (++n % INGEST_CLOCK == 0 && g_get_monotonic_time () >= end_us)
        break;
    }
  g_mutex_lock (&self->lock);
  put_back (&self->ingress, &taken);
  self->ingress_cost -= cost;
  g_mutex_unlock (&self->lock);
  return taken.length == 0;
}

gboolean
hein_send_post (HeinBus *self,
                HeinStrategy *strategy,
                const char *key,
                gboolean is_named,
                HeinMessage *message,
                GError **error)
{
  HeinHeld *held = held_new (strategy, key, is_named, message);
  gboolean is_closed;
  gboolean is_full;

  g_mutex_lock (&self->lock);
  is_closed = g_atomic_int_get (&self->is_closed);
  is_full =
    self->ingress_cost > 0 && self->ingress_cost + held->cost > INGRESS_LIMIT;
  if (!is_full && !is_closed)
    {
      self->ingress_cost += held->cost;
      g_queue_push_tail (&self->ingress, held);
    }
  g_mutex_unlock (&self->lock);
  if (is_closed)
    {
      hein_held_free (held);
      return hein_bus_check_open (self, error);
    }
  if (!is_full)
    {
      hein_loop_tell (self->loop, HEIN_NEWS_SENT);
      return TRUE;
    }
  hein_held_free (held);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
               "%u bytes from other threads wait for the bus already",
               INGRESS_LIMIT);
  return FALSE;
}

static void
fail_sends (HeinBus *self)
{
  self->sends_cost = 0;
  while (self->sends.length > 0)
    end_send (self, g_queue_pop_head (&self->sends), FALSE,
              g_error_new_literal (HEIN_ERROR, HEIN_ERROR_CLOSED,
                                   "the bus was closed before there was room"));
}

void
hein_send_clear (HeinBus *self)
{
  hein_send_ingest (self, G_MAXINT64);
  while (self->held.length > 0)
    {
      HeinHeld *held = g_queue_pop_head (&self->held);

      drop_held (self, held, HEIN_DROP_CLOSED);
      hein_held_free (held);
    }
  self->held_cost = 0;
  fail_sends (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/hein-error-private.h"
#include "hein-behind.h"
#include "hein-budget.h"
#include "hein-carrier.h"
#include "hein-clearance.h"
#include "hein-core-guard.h"
#include "hein-core-state.h"
#include "hein-directory.h"
#include "hein-overflow.h"
#include "hein-peer-private.h"
#include "hein-peers-private.h"
#include "hein-run.h"
#include "hein-send-media.h"
#include "hein-send.h"
#include "hein-takers.h"
#include "link/hein-link-handled.h"
#include "link/hein-link-send.h"
#include "link/hein-link-state.h"
#include "link/hein-losses.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "message/hein-topics.h"
#include "plugin-api/hein-selection-private.h"

/* Chooses the peers of a message, checks that they have room, and sends it. */

/* Smaller messages that only some peers get are copied for each of them. */
#define OWN_MAX_BYTES 512

gboolean
hein_send_fail_size (HeinMessage *message, gsize max, GError **error)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "a message of %" G_GSIZE_FORMAT
               " bytes is over max-message-size, %" G_GSIZE_FORMAT,
               hein_message_size (message), max);
  return FALSE;
}

static gboolean
is_full_error (const GError *error)
{
  return g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
}

/* Counts the message as dropped for @peer, while the others get it. */
static void
count_failure (HeinCore *self,
               HeinPeer *peer,
               HeinMessage *message,
               const GError *error)
{
  hein_error_log (peer->name, error);
  hein_losses_count (&self->host, peer, hein_losses_get_reason (error), 1,
                     hein_message_size (message));
}

/* A transport of messages knows whether there is room for one of high
 * priority. */
static gboolean
has_no_room (HeinPeer *peer, HeinMessage *message)
{
  if (peer->link != NULL)
    return hein_link_is_full_for (peer->link, message);
  return !hein_message_is_high (message);
}

static gboolean
must_wait (HeinCore *self,
           HeinPeer *peer,
           HeinMessage *message,
           gboolean is_all)
{
  return peer->is_full && !self->held.is_forcing &&
         hein_overflow_waits (self, peer, is_all) &&
         has_no_room (peer, message);
}

/* Notes the peers that a message is for, since later ones must not overtake it
 * if it waits; NULL: all. */
static void
note_stuck (HeinCore *self, GPtrArray *peers)
{
  g_clear_pointer (&self->held.stuck, g_ptr_array_unref);
  if (peers != NULL)
    self->held.stuck = g_ptr_array_new_full (peers->len, g_object_unref);
  for (guint i = 0; peers != NULL && i < peers->len; i++)
    g_ptr_array_add (self->held.stuck,
                     g_object_ref (g_ptr_array_index (peers, i)));
}

/* Fails for lack of room. @peers: the peers that the message is for; NULL:
 * all. */
static gboolean
fail_full (HeinCore *self, GPtrArray *peers, HeinPeer *peer, GError **error)
{
  note_stuck (self, peers);
  if (peer->is_full)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
                 "%s has no room: %" G_GUINT64_FORMAT
                 " bytes are queued for it",
                 peer->name, hein_peer_get_queued_bytes (peer));
  else if (!hein_budget_has_room (self))
    g_set_error (
      error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
      "what is queued for all peers takes memory-limit, %" G_GUINT64_FORMAT
      " bytes",
      self->host.settings.memory_limit);
  else
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
                 "what was sent to %s earlier still waits for room",
                 peer->name);
  return FALSE;
}

static gboolean
give_direct (HeinCore *self,
             HeinPeer *peer,
             HeinMessage *message,
             HeinAudience audience,
             GError **error)
{
  HeinCarrier *carrier = peer->carrier;
  const gboolean is_all = audience == HEIN_AUDIENCE_ALL;
  /* What belongs to a request or a delivery is not dropped. Where others wait,
   * it does, too; where they do not, they would overtake it. */
  const gboolean is_ask = hein_message_is_ask (message);
  const HeinOverflow overflow =
    is_ask ? HEIN_OVERFLOW_WAIT : hein_overflow_get_direct (self, peer, is_all);
  g_autoptr (GError) local_error = NULL;

  carrier->sending_overflow = overflow;
  carrier->sending_audience = audience;
  carrier->sending_forced =
    self->held.is_forcing ||
    (is_ask && !hein_overflow_waits (self, peer, is_all));
  if (carrier->send != NULL &&
      carrier->send (carrier->transport, peer, message, &local_error))
    {
      peer->counts.messages_sent++;
      peer->counts.bytes_sent += hein_message_size (message);
      if (G_UNLIKELY (message->extra != NULL) &&
          message->extra->notes != NULL && !peer->wants.attributes)
        hein_losses_count_stripped (peer);
      return TRUE;
    }
  if (local_error == NULL)
    g_set_error (&local_error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "the transport %s failed to send without saying why",
                 G_OBJECT_TYPE_NAME (carrier->transport));
  if (is_full_error (local_error) && overflow != HEIN_OVERFLOW_WAIT &&
      overflow != HEIN_OVERFLOW_DISCONNECT)
    {
      count_failure (self, peer, message, local_error);
      return TRUE;
    }
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
give (HeinCore *self,
      HeinPeer *peer,
      HeinMessage *message,
      HeinAudience audience,
      HeinEncodePlace place,
      GError **error)
{
  if (peer->link == NULL)
    return give_direct (self, peer, message, audience, error);
  return hein_link_send (peer->link, message, audience,
                         hein_overflow_get (self, peer,
                                            audience == HEIN_AUDIENCE_ALL),
                         place, error);
}

void
hein_send_retained (HeinCore *self, HeinPeer *peer, HeinMessage *message)
{
  g_autoptr (GError) error = NULL;

  if (!give_direct (self, peer, message, HEIN_AUDIENCE_ALL, &error))
    count_failure (self, peer, message, error);
}

/* Messages that all get are encoded into the shared segment, where adjacent
 * ones merge in every queue. Messages that only some get are kept apart, since
 * a stalled peer would otherwise pin what the others have sent long ago. */
static HeinEncodePlace
choose_place (HeinMessage *message, guint n_takers, guint n_all)
{
  if (n_takers == n_all)
    return HEIN_ENCODE_SHARED;
  if (n_takers <= 1 || hein_message_size (message) < OWN_MAX_BYTES)
    return HEIN_ENCODE_OWN;
  return HEIN_ENCODE_SINGLE;
}

static gboolean
check_room_slowly (HeinCore *self,
                   GPtrArray *peers,
                   HeinMessage *message,
                   gboolean is_all,
                   GError **error)
{
  const gboolean overtakes = hein_behind_overtakes (self, message);
  /* what belongs to a request or a delivery has limits of its own */
  const gboolean is_over = !self->held.is_forcing &&
                           !hein_message_is_ask (message) &&
                           !hein_budget_has_room (self);
  gboolean is_behind_any = FALSE;

  for (guint i = 0; i < peers->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (peers, i);
      const gboolean is_late = !overtakes && hein_behind_is (self, peer);

      if (must_wait (self, peer, message, is_all) ||
          ((is_late || (is_over && peer->link != NULL)) &&
           hein_overflow_waits (self, peer, is_all)))
        return fail_full (self, is_all ? NULL : peers, peer, error);
      is_behind_any |= is_late;
    }
  /* a peer that does not wait drops something to make room: waiting messages
   * must go in before that */
  if (is_behind_any && !self->sender.clear_way (self))
    return fail_full (self, is_all ? NULL : peers, g_ptr_array_index (peers, 0),
                      error);
  return TRUE;
}

static inline gboolean
has_room_for_all (HeinCore *self)
{
  return G_LIKELY (self->roster.n_full == 0 && self->held.n_stuck == 0 &&
                   !hein_segment_pool_is_over (self->host.segments));
}

static inline gboolean
check_room (HeinCore *self,
            GPtrArray *peers,
            HeinMessage *message,
            gboolean is_all,
            GError **error)
{
  return has_room_for_all (self) ||
         check_room_slowly (self, peers, message, is_all, error);
}

static gboolean
has_got (HeinPeer *peer)
{
  return peer->link == NULL && peer->carrier->reaches_all;
}

/* Usually TRUE where there is a medium. */
static gboolean
have_all_got (HeinCore *self)
{
  GPtrArray *peers = self->roster.targets->array;

  for (guint i = 0; i < peers->len; i++)
    if (!has_got (g_ptr_array_index (peers, i)))
      return FALSE;
  return self->roster.media->len > 0;
}

static gboolean
give_one_of_all (HeinCore *self,
                 HeinPeer *peer,
                 HeinMessage *message,
                 HeinEncodePlace place,
                 GError **error)
{
  const HeinOverflow overflow = hein_overflow_get (self, peer, TRUE);

  if (place != HEIN_ENCODE_OWN && hein_overflow_may_share (overflow) &&
      peer->link != NULL && hein_link_can_share (peer->link) &&
      (peer->link->sending.shared->serial == self->host.encoding.serial ||
       hein_link_encode_shared (peer->link, message, HEIN_AUDIENCE_ALL, place,
                                NULL)))
    {
      hein_link_push (peer->link, peer->link->sending.shared->ranges,
                      peer->link->sending.shared->n_ranges,
                      self->host.settings.send_limit, overflow);
      hein_link_want_flush (peer->link);
      return TRUE;
    }
  return give (self, peer, message, HEIN_AUDIENCE_ALL, place, error);
}

/* A transport that sends within this send has encoded another message for the
 * links that share: makes them encode this one again. */
static inline void
keep_serial (HeinCore *self, guint64 *serial)
{
  if (G_UNLIKELY (self->host.encoding.serial != *serial))
    *serial = ++self->host.encoding.serial;
}

/* Drops from @takers those who may not receive what they have subscribed to,
 * which counts when the message is given. */
static void
drop_forbidden (HeinCore *self,
                GPtrArray *takers,
                HeinMessage *message,
                gboolean is_given)
{
  guint n = 0;

  for (guint i = 0; i < takers->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (takers, i);

      if (G_LIKELY (peer->clearance == NULL) || hein_peer_wants (peer, message))
        g_ptr_array_index (takers, n++) = peer;
      else if (is_given)
        hein_losses_count (&self->host, peer, HEIN_DROP_REASON_FORBIDDEN, 1,
                           hein_message_size (message));
    }
  g_ptr_array_set_size (takers, (gint) n);
}

/* Gives the message to @takers, who are targets. Returns FALSE when the first
 * one has no room, contrary to its transport. */
static gboolean
give_to_takers (HeinCore *self,
                GPtrArray *takers,
                HeinMessage *message,
                HeinEncodePlace place,
                GError **error)
{
  const gboolean has_media = self->roster.media->len > 0;
  gboolean has_begun = has_media;
  gboolean ok = TRUE;
  guint64 serial = ++self->host.encoding.serial;

  for (guint i = 0; ok && i < takers->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (takers, i);
      g_autoptr (GError) trouble = NULL;

      /* a peer may go during the send to another one */
      if (!peer->is_target || (has_media && has_got (peer)))
        continue;
      keep_serial (self, &serial);
      ok = give_one_of_all (self, peer, message, place, &trouble) ||
           has_begun || !is_full_error (trouble);
      has_begun = TRUE;
      if (!ok)
        {
          note_stuck (self, NULL);
          g_propagate_error (error, g_steal_pointer (&trouble));
        }
      else if (trouble != NULL)
        count_failure (self, peer, message, trouble);
    }
  hein_link_forget_encoded (&self->host);
  return ok;
}

/* The walk keeps alive whom the search has found. */
static gboolean
give_to_some_targets (HeinCore *self, HeinMessage *message, GError **error)
{
  GPtrArray *peers = hein_peers_begin_walk (self->roster.targets);
  GPtrArray *takers = hein_takers_find (self, message);
  gboolean ok;

  drop_forbidden (self, takers, message, TRUE);
  ok = give_to_takers (self, takers, message,
                       choose_place (message, takers->len, peers->len), error);
  hein_takers_end (self, takers);
  hein_peers_end_walk (self->roster.targets);
  return ok;
}

static gboolean
give_to_targets (HeinCore *self, HeinMessage *message, GError **error)
{
  GPtrArray *peers;
  gboolean ok;

  if (self->roster.n_filtered > 0)
    return give_to_some_targets (self, message, error);
  peers = hein_peers_begin_walk (self->roster.targets);
  ok = give_to_takers (self, peers, message, HEIN_ENCODE_SHARED, error);
  hein_peers_end_walk (self->roster.targets);
  return ok;
}

static G_GNUC_NO_INLINE gboolean
check_room_of_some (HeinCore *self, HeinMessage *message, GError **error)
{
  GPtrArray *takers;
  gboolean ok;

  hein_peers_begin_walk (self->roster.targets);
  takers = hein_takers_find (self, message);
  drop_forbidden (self, takers, message, FALSE);
  ok = check_room_slowly (self, takers, message, TRUE, error);
  hein_takers_end (self, takers);
  hein_peers_end_walk (self->roster.targets);
  return ok;
}

static gboolean
check_room_of_all (HeinCore *self, HeinMessage *message, GError **error)
{
  if (has_room_for_all (self))
    return TRUE;
  if (self->roster.n_filtered > 0)
    return check_room_of_some (self, message, error);
  return check_room_slowly (self, self->roster.targets->array, message, TRUE,
                            error);
}

static gboolean
give_all_slowly (HeinCore *self, HeinMessage *message, GError **error)
{
  hein_run_settle (self);
  if (self->roster.targets->array->len == 0 && self->roster.media->len == 0)
    {
      hein_losses_count (&self->host, NULL, HEIN_DROP_REASON_NO_PEER, 1,
                         hein_message_size (message));
      return TRUE;
    }
  if (!check_room_of_all (self, message, error))
    return FALSE;
  if (self->roster.media->len > 0 &&
      (!hein_send_check_room_of_media (self, error) ||
       !hein_send_to_media (self, message, error)))
    return FALSE;
  if (have_all_got (self))
    return TRUE;
  return give_to_targets (self, message, error);
}

static gboolean
give_all (HeinCore *self, HeinMessage *message, GError **error)
{
  if (G_UNLIKELY (self->roster.media->len > 0 ||
                  !hein_run_add (self, message)) &&
      !give_all_slowly (self, message, error))
    return FALSE;
  if (G_UNLIKELY (self->sender.sent_topics != NULL))
    hein_topics_set (self->sender.sent_topics, NULL, message);
  return TRUE;
}

static gboolean
check_targets (HeinCore *self, GPtrArray *peers, GError **error)
{
  for (guint i = 0; i < peers->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (peers, i);

      if (peer->is_target && peer->core == self)
        continue;
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_NO_PEER,
                   "%s takes no messages", peer->name);
      return FALSE;
    }
  return TRUE;
}

static gboolean
give_one_of_some (HeinCore *self,
                  HeinPeer *peer,
                  HeinAudience audience,
                  HeinMessage *message,
                  HeinEncodePlace place,
                  GError **error)
{
  if (G_UNLIKELY (peer->clearance != NULL) &&
      !hein_clearance_check_send (peer, message, error))
    return FALSE;
  if (G_LIKELY (peer->is_target))
    return give (self, peer, message, audience, place, error);
  /* the peer went during the send to another one */
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED, "%s is gone", peer->name);
  return FALSE;
}

/* All or nothing, as far as that is known beforehand. A peer whose protocol
 * cannot express the message does not get it, which is counted, while the
 * others do; that is an error only when nobody got it. */
static gboolean
give_some (HeinCore *self,
           GPtrArray *peers,
           HeinAudience audience,
           HeinMessage *message,
           GError **error)
{
  HeinEncodePlace place =
    choose_place (message, peers->len, self->roster.targets->array->len);
  g_autofree GError **errors = NULL;
  guint n_failed = 0;
  guint64 serial;

  hein_run_settle (self);
  if (!check_targets (self, peers, error) ||
      !check_room (self, peers, message, FALSE, error))
    return FALSE;
  serial = ++self->host.encoding.serial;
  for (guint i = 0; i < peers->len; i++)
    {
      GError *trouble = NULL;

      keep_serial (self, &serial);
      if (G_LIKELY (give_one_of_some (self, g_ptr_array_index (peers, i),
                                      audience, message, place, &trouble)))
        continue;
      if (errors == NULL)
        errors = g_new0 (GError *, peers->len);
      errors[i] = trouble;
      n_failed++;
    }
  hein_link_forget_encoded (&self->host);
  if (G_LIKELY (n_failed == 0))
    return TRUE;
  for (guint i = 0; n_failed < peers->len && i < peers->len; i++)
    if (errors[i] != NULL)
      count_failure (self, g_ptr_array_index (peers, i), message, errors[i]);
  if (n_failed == peers->len)
    {
      note_stuck (self, peers);
      g_propagate_error (error, g_steal_pointer (&errors[0]));
    }
  for (guint i = 0; i < peers->len; i++)
    g_clear_error (&errors[i]);
  return n_failed < peers->len;
}

/* ---- choosing ---- */

/* Lets the message wait for a name that is known, or was known lately. */
static HeinTried
wait_for_name (HeinCore *self, const char *name, GError **error)
{
  if (hein_directory_find (self, name) != NULL ||
      hein_directory_was_seen (self, name))
    return HEIN_TRIED_WAITS;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_NO_PEER,
               "no peer \"%s\" is there, or was in the last 300 s", name);
  return HEIN_TRIED_FAILED;
}

/* Sends to all peers of that name. */
static HeinTried
give_named (HeinCore *self,
            const char *name,
            HeinMessage *message,
            GError **error)
{
  HeinNamed room;
  GPtrArray *peers = hein_peers_lookup_all (self->roster.targets, name, &room);

  if (G_UNLIKELY (peers != NULL && peers->len > 1))
    {
      /* a peer may go during the send to another one */
      g_autoptr (GPtrArray) copy = g_ptr_array_copy (peers, NULL, NULL);

      return give_some (self, copy, HEIN_AUDIENCE_NAMED, message, error);
    }
  if (peers != NULL)
    return give_some (self, peers, HEIN_AUDIENCE_NAMED, message, error);
  return wait_for_name (self, name, error);
}

static HeinTried
give_reply (HeinCore *self,
            HeinPeer *peer,
            HeinMessage *message,
            GError **error)
{
  HeinPeer *const peers[] = { peer };
  GPtrArray array = { (gpointer *) peers, 1 };

  /* said on another thread */
  if (G_UNLIKELY (peer->handled_link != NULL) &&
      hein_link_take_word (peer->handled_link, message))
    return HEIN_TRIED_GIVEN;
  if (!peer->is_target || peer->core != self)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_NO_PEER,
                   "%s, which asked, is gone", peer->name);
      return HEIN_TRIED_FAILED;
    }
  return give_some (self, &array, HEIN_AUDIENCE_NAMED, message, error);
}

/* Notes who chose these peers: messages that they do not confirm are sent again
 * by the same strategy. */
static void
note_chooser (HeinCore *self, GPtrArray *peers, HeinStrategy *strategy)
{
  if (strategy == self->sender.strategy)
    strategy = NULL;
  for (guint i = 0; i < peers->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (peers, i);

      if (peer->link != NULL && peer->link->sending.chooser != strategy)
        g_set_object (&peer->link->sending.chooser, strategy);
    }
}

static G_GNUC_NO_INLINE HeinTried
give_chosen (HeinCore *self,
             const HeinSending *sending,
             HeinSelection *selection,
             GError **error)
{
  HeinMessage *message = sending->message;

  note_chooser (self, selection->peers, sending->strategy);
  if (selection->peers->len > 0)
    return give_some (self, selection->peers, HEIN_AUDIENCE_CHOSEN, message,
                      error);
  if (selection->is_held)
    return selection->held_for == NULL
             ? HEIN_TRIED_WAITS
             : wait_for_name (self, selection->held_for, error);
  hein_losses_count (&self->host, NULL,
                     self->roster.targets->array->len == 0
                       ? HEIN_DROP_REASON_NO_PEER
                       : HEIN_DROP_REASON_STRATEGY,
                     1, hein_message_size (message));
  return HEIN_TRIED_GIVEN;
}

static inline HeinTried
give_selected (HeinCore *self,
               const HeinSending *sending,
               HeinSelection *selection,
               gboolean was_closing,
               GError **error)
{
  if (G_UNLIKELY (self->host.is_closing != was_closing) &&
      !hein_core_check_open (self, error))
    return HEIN_TRIED_FAILED;
  if (G_LIKELY (selection->is_all))
    return give_all (self, sending->message, error);
  return give_chosen (self, sending, selection, error);
}

static HeinTried
fail_select (HeinStrategy *strategy, GError **error)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_PLUGIN,
               "the strategy %s has no select", G_OBJECT_TYPE_NAME (strategy));
  return HEIN_TRIED_FAILED;
}

static inline void
select_peers (HeinCore *self,
              HeinStrategy *strategy,
              const HeinSending *sending,
              HeinSelection *selection)
{
  hein_selection_clear (selection);
  self->sender.n_inside++;
  HEIN_STRATEGY_GET_CLASS (strategy)->select (strategy, self->roster.targets,
                                              sending->key, sending->message,
                                              selection);
  self->sender.n_inside--;
}

/* For a send within `select` of another message, whose selection must
 * survive. */
static G_GNUC_NO_INLINE HeinTried
select_within (HeinCore *self,
               HeinStrategy *strategy,
               const HeinSending *sending,
               GError **error)
{
  g_autoptr (HeinSelection) selection = hein_selection_new ();
  const gboolean was_closing = self->host.is_closing;

  select_peers (self, strategy, sending, selection);
  return give_selected (self, sending, selection, was_closing, error);
}

static HeinTried
select_and_give (HeinCore *self,
                 HeinStrategy *strategy,
                 const HeinSending *sending,
                 GError **error)
{
  const gboolean was_closing = self->host.is_closing;
  HeinTried tried;

  if (G_UNLIKELY (HEIN_STRATEGY_GET_CLASS (strategy)->select == NULL))
    return fail_select (strategy, error);
  if (G_UNLIKELY (self->sender.n_selecting > 0))
    return select_within (self, strategy, sending, error);
  self->sender.n_selecting++;
  select_peers (self, strategy, sending, self->sender.selection);
  tried =
    give_selected (self, sending, self->sender.selection, was_closing, error);
  self->sender.n_selecting--;
  if (G_UNLIKELY (self->sender.old_strategies != NULL))
    g_clear_pointer (&self->sender.old_strategies, g_ptr_array_unref);
  return tried;
}

gboolean
hein_send_select (HeinCore *self,
                  const HeinSending *sending,
                  HeinSelection *selection,
                  GError **error)
{
  HeinStrategy *strategy = sending->strategy;

  if (strategy == NULL && self->sender.strategy == NULL &&
      !self->funcs->ensure_strategy (self, error))
    return FALSE;
  if (strategy == NULL)
    strategy = self->sender.strategy;
  if (HEIN_STRATEGY_GET_CLASS (strategy)->select == NULL)
    return fail_select (strategy, error) == HEIN_TRIED_GIVEN;
  self->sender.n_selecting++;
  select_peers (self, strategy, sending, selection);
  if (--self->sender.n_selecting == 0)
    g_clear_pointer (&self->sender.old_strategies, g_ptr_array_unref);
  return hein_core_check_open (self, error);
}

static gboolean
check_time (HeinCore *self, HeinMessage *message, GError **error)
{
  if (!hein_message_expires (message) ||
      !hein_message_has_expired (message,
                                 hein_loop_get_now_us (self->host.loop)))
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                       "the message has expired");
  return FALSE;
}

HeinTried
hein_send_try (HeinCore *self, const HeinSending *sending, GError **error)
{
  HeinMessage *message = sending->message;
  HeinStrategy *strategy = sending->strategy;

  if (G_UNLIKELY (message->extra != NULL))
    {
      if (!check_time (self, message, error))
        return HEIN_TRIED_FAILED;
      if (message->extra->reply_peer != NULL)
        return give_reply (self, message->extra->reply_peer, message, error);
    }
  if (sending->is_named)
    return give_named (self, sending->key, sending->message, error);
  if (G_LIKELY (strategy == NULL))
    {
      /* another thread may send before anything has made the strategy */
      if (G_UNLIKELY (self->sender.strategy == NULL) &&
          !self->funcs->ensure_strategy (self, error))
        return HEIN_TRIED_FAILED;
      strategy = self->sender.strategy;
    }
  return select_and_give (self, strategy, sending, error);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-group.h"

#include <string.h>

#include <hein/hein.h>

#include "mc-group-admit.h"
#include "mc-group-hear.h"
#include "mc-group-members.h"
#include "mc-group-send.h"

/*
 * The life of a group: making it, its time, its limits, its end. It is what the
 * transport sees of the format `hein`; the rest of this folder does the work.
 */

/* Before a sender goes, nobody must have asked it for a repair for so long. */
#define REPAIR_US (300 * 1000)
/* Members hold what a newcomer says until it has proved that it lives, and not
 * for ever. So a newcomer says nothing to all before it has met a member, or
 * for so long. */
#define MEETING_US (500 * 1000)
/* How many HELLOs a member sends in a second, and at once. Each goes to all
 * and is as large as its answer, so strangers must not be able to bring about
 * more of them. */
#define QUESTIONS_RATE  500
#define QUESTIONS_BURST 256

/* ---- time ---- */

static gboolean
read_keys (McGroup *self, gint64 now_us, gint64 now)
{
  g_autoptr (GError) error = NULL;
  McKeyRing *ring;

  if (self->watch == NULL)
    return FALSE;
  ring = mc_key_watch_check (self->watch, self->ring, now_us, now, &error);
  if (error != NULL)
    hein_transport_warn (self->transport, error);
  if (ring == NULL)
    return FALSE;
  mc_key_ring_unref (self->ring);
  self->ring = ring;
  return TRUE;
}

/* Asks at every tick whether another key of the ring is due: its times are
 * those of the wall clock, which may jump. */
static gint64
tick_keys (McGroup *self, gint64 now_us)
{
  gint64 now;

  if (self->ring == NULL)
    return G_MAXINT64;
  now = hein_get_real_time () / G_USEC_PER_SEC;
  if (read_keys (self, now_us, now) || mc_key_ring_set_time (self->ring, now))
    {
      mc_opener_set_ring (self->opener, self->ring);
      if (mc_key_ring_get_sending (self->ring) != NULL)
        mc_sealer_set_key (self->sealer, mc_key_ring_get_sending (self->ring));
    }
  return self->watch != NULL ? mc_key_watch_get_due (self->watch) : G_MAXINT64;
}

static gint64
mc_group_tick (gpointer data, gint64 now_us)
{
  McGroup *self = data;
  gint64 due_us = tick_keys (self, now_us);
  gint64 other_us;

  if (self->has_sent)
    self->asked_us = now_us;
  self->has_sent = FALSE;
  mc_sealer_begin_burst (self->sealer);
  mc_group_flush_packer (self, now_us);
  mc_sender_tick (self->sender, now_us);
  due_us = MIN (due_us, mc_sender_get_deadline (self->sender));
  other_us = mc_group_tick_members (self, now_us);
  due_us = MIN (due_us, other_us);
  other_us = mc_trouble_tick (&self->trouble, self->transport, now_us);
  due_us = MIN (due_us, other_us);
  other_us = mc_group_tick_admission (self, now_us);
  return MIN (due_us, other_us);
}

/* ---- the object ---- */

/* While nothing is read nobody can be heard: all members begin to be silent
 * anew when reading goes on. */
static void
mc_group_pause (gpointer data, gboolean paused, gint64 now_us)
{
  McGroup *self = data;

  self->is_paused = paused;
  for (GList *l = self->membership.members.head; l != NULL; l = l->next)
    ((McMember *) l->data)->heard_us = now_us;
}

/* Heartbeats 20, 40, 80 ms after the last word tell those who have missed it;
 * as long as any of them asks, we stay. */
static gboolean
mc_group_is_done (gpointer data, gint64 now_us)
{
  McGroup *self = data;

  mc_group_flush_packer (self, now_us);
  if (!mc_group_has_sent_all (self))
    {
      self->asked_us = now_us;
      return FALSE;
    }
  return !self->membership.is_reliable || self->asked_us == 0 ||
         g_hash_table_size (self->members) == 0 ||
         now_us >= self->asked_us + REPAIR_US;
}

static gsize
mc_group_get_memory (gpointer data)
{
  McGroup *self = data;
  gsize memory = self->membership.budget.used +
                 mc_sender_get_memory (self->sender) +
                 mc_opener_get_memory (self->opener);

  for (GList *l = self->membership.members.head; l != NULL; l = l->next)
    memory += mc_member_get_memory (l->data);
  return memory;
}

static void
mc_group_set_limit (gpointer data, gsize limit, gboolean is_tight)
{
  McGroup *self = data;
  McMembership *membership = &self->membership;

  membership->limit = limit;
  membership->budget.limit = MIN (limit, MC_BUDGET_BYTES);
  if (is_tight)
    membership->budget.limit =
      MIN (membership->budget.limit, membership->budget.used / 2);
  mc_opener_set_tight (self->opener, is_tight);
  mc_sender_set_limit (self->sender, limit);
  if (is_tight)
    mc_sender_shed (self->sender);
  for (GList *l = self->membership.members.head; l != NULL; l = l->next)
    mc_member_limit (l->data, is_tight);
}

/* What waits for the rate when the group closes does not go any more. What is
 * still in the packer had no room behind it. */
static void
count_unsent (McGroup *self)
{
  g_autoptr (GBytes) block = mc_packer_take (self->packer);
  gsize size_bytes;
  guint64 n = mc_sender_count_queued (self->sender, &size_bytes);

  if (block != NULL)
    {
      n += mc_pack_count (block);
      size_bytes += g_bytes_get_size (block);
    }
  hein_transport_drop (self->transport, NULL, HEIN_DROP_REASON_CLOSED, n,
                       size_bytes);
  for (GList *l = self->membership.members.head; l != NULL; l = l->next)
    mc_member_count_unsent (l->data);
}

static void
mc_group_finish (gpointer data)
{
  McGroup *self = data;
  const gint64 now_us = hein_get_monotonic_time ();

  mc_group_hold (self, now_us); /* better too early than never */
  mc_group_flush_packer (self, now_us);
  mc_sender_tick (self->sender, now_us);
  count_unsent (self);
  mc_group_put_typed (self, MC_BYE, NULL, 0);
  self->membership.is_closing = TRUE;
  for (GList *l = self->membership.members.head; l != NULL; l = l->next)
    if (((McMember *) l->data)->peer != NULL)
      hein_transport_remove_peer (self->transport, ((McMember *) l->data)->peer,
                                  NULL);
}

static void
mc_group_free (gpointer data)
{
  McGroup *self = data;

  g_clear_pointer (&self->members, g_hash_table_unref);
  g_clear_pointer (&self->sender, mc_sender_free);
  g_clear_pointer (&self->packer, mc_packer_free);
  g_clear_pointer (&self->opener, mc_opener_free);
  g_clear_pointer (&self->sealer, mc_sealer_free);
  g_clear_pointer (&self->ring, mc_key_ring_unref);
  g_free (self->membership.security);
  g_free (self->inner);
  g_free (self->name);
  g_free (self->instance);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (McGroup, mc_group_free)

static const McFormatFuncs funcs = {
  .send = mc_group_send,
  .receive = mc_group_receive,
  .tick = mc_group_tick,
  .pause = mc_group_pause,
  .is_done = mc_group_is_done,
  .get_memory = mc_group_get_memory,
  .set_limit = mc_group_set_limit,
  .finish = mc_group_finish,
  .free = mc_group_free,
};

static guint
hash_id (gconstpointer id)
{
  return hein_hash_data (id, MC_SENDER_ID_SIZE);
}

static gboolean
is_equal_id (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, MC_SENDER_ID_SIZE) == 0;
}

static void
join (McGroup *self, const McGroupOptions *options)
{
  McMembership *membership = &self->membership;

  membership->transport = self->transport;
  membership->security = g_strdup (options->security);
  membership->is_reliable = options->is_reliable;
  membership->fragment_size =
    options->mtu -
    mc_suite_get_sealed_size (options->suite, FALSE, MC_INNER_SIZE);
  membership->rate = options->rate;
  membership->max_message_size = options->max_message_size;
  membership->budget = (McBudget) MC_BUDGET_INIT;
  membership->limit = G_MAXSIZE;
  membership->put = mc_group_put;
  membership->group = self;
}

static void
make_sender (McGroup *self, gint64 now_us)
{
  const McMembership *membership = &self->membership;
  McSenderOptions options = {
    .channel = MC_CHANNEL_ALL,
    .is_reliable = membership->is_reliable,
    .fragment_size = membership->fragment_size,
    .rate = membership->rate,
    .emit = mc_group_emit,
    .user_data = self,
  };

  memcpy (options.id, membership->own_id, sizeof options.id);
  self->sender = mc_sender_new (&options, now_us);
  self->packer = mc_packer_new (membership->fragment_size);
}

/* The id that members know it by, and what its questions are made of. */
static gboolean
draw_random (McGroup *self, guint8 *seed, GError **error)
{
  guint8 *id = self->membership.own_id;

  return hein_get_random (id, MC_SENDER_ID_SIZE, error) &&
         hein_get_random (seed, MC_OPENER_SEED_SIZE, error);
}

static gboolean
make_sealer (McGroup *self, GError **error)
{
  McKey *key = self->ring != NULL ? mc_key_ring_get_sending (self->ring) : NULL;

  self->sealer =
    mc_sealer_new (self->suite, key, self->membership.own_id, error);
  return self->sealer != NULL;
}

static McGroup *
make_group (HeinTransport *transport,
            McSocket *socket,
            const McGroupOptions *options,
            gint64 now_us)
{
  McGroup *self = g_new0 (McGroup, 1);

  self->transport = transport;
  self->socket = socket;
  self->suite = options->suite;
  self->watch = options->watch;
  if (options->ring != NULL)
    self->ring = mc_key_ring_ref (options->ring);
  self->name = g_strdup (options->name);
  self->instance = g_strdup (options->instance);
  mc_answer_limit_init (&self->answers, hein_get_random_int (), now_us);
  mc_bucket_init (&self->questions, QUESTIONS_RATE, QUESTIONS_BURST, now_us);
  self->members = g_hash_table_new_full (hash_id, is_equal_id, NULL,
                                         (GDestroyNotify) mc_member_free);
  join (self, options);
  return self;
}

McFormat
mc_group_new (HeinTransport *transport,
              McSocket *socket,
              const McGroupOptions *options,
              gint64 now_us,
              GError **error)
{
  g_autoptr (McGroup) self = make_group (transport, socket, options, now_us);
  guint8 seed[MC_OPENER_SEED_SIZE];

  if (!draw_random (self, seed, error) || !mc_group_check_key (self, error) ||
      !make_sealer (self, error))
    return (McFormat){ NULL, NULL };
  self->opener = mc_opener_new (self->ring, MC_ADMISSION_ASK, seed);
  mc_opener_set_own_id (self->opener, self->membership.own_id);
  make_sender (self, now_us);
  mc_group_hold (self, now_us + MEETING_US);
  return (McFormat){ &funcs, g_steal_pointer (&self) };
}

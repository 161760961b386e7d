/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-group.h"

#include <string.h>
#include <sys/random.h>

#include "mc-member.h"
#include "mc-message.h"
#include "mc-pack.h"

#define MISSING_US G_USEC_PER_SEC
/* So long nobody must have asked for a repair before a sender goes. */
#define REPAIR_US   (300 * 1000)
#define MEMBERS_MAX 1024
/* Members ask a newcomer for a proof first, and hold what it says for so long;
 * so it says nothing before it has met somebody, and then leaves the others a
 * little more time. */
#define MEETING_US (500 * 1000)
#define OTHERS_US  (50 * 1000)
#define TEXT_MAX   255

typedef struct
{
  McMembership membership;
  HeinTransport *transport; /* borrowed */
  McSocket *socket;         /* borrowed */
  McSuite suite;
  McKeyRing *ring; /* owned, nullable */
  McSealer *sealer;
  McOpener *opener;
  McSender *sender;
  McPacker *packer;
  GHashTable *members; /* borrowed id -> owned McMember */
  char *name;
  char *instance;
  gboolean is_paused;
  gint64 met_us;     /* when it begins to speak */
  gint64 missing_us; /* when gaps are counted next */
  gboolean has_sent; /* since the last tick */
  gint64 asked_us;   /* when something was sent, or a repair was asked for */
  guint8 *inner;     /* what a datagram says, while it is looked at */
} McGroup;

/* ---- sealing ---- */

/* FALSE: it is the time of no key of the ring. */
static gboolean
has_key (McGroup *self)
{
  return self->ring == NULL || mc_key_ring_get_sending (self->ring) != NULL;
}

static gboolean
check_key (McGroup *self, GError **error)
{
  if (has_key (self))
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                       "it is the time of no key of the ring: add one");
  return FALSE;
}

static void
put (gpointer data, const McInner *inner, GBytes *payload, const McAddress *to)
{
  McGroup *self = data;
  g_autoptr (GError) error = NULL;
  gsize payload_size;
  const guint8 *bytes = g_bytes_get_data (payload, &payload_size);
  const gsize inner_size = MC_INNER_SIZE + payload_size;
  const gsize room = mc_suite_get_sealed_size (self->suite, inner_size);
  guint8 *datagram;
  gsize size;

  if (!has_key (self))
    return;
  datagram = mc_socket_reserve (self->socket, room);
  mc_inner_put (inner, datagram + MC_HEADER_SIZE);
  if (payload_size > 0)
    memcpy (datagram + MC_HEADER_SIZE + MC_INNER_SIZE, bytes, payload_size);
  size = mc_sealer_seal (self->sealer, datagram + MC_HEADER_SIZE, inner_size,
                         datagram, room, &error);
  if (size > 0)
    mc_socket_commit (self->socket, to, size);
  else
    hein_transport_fail (self->transport, error);
}

static void
emit (const McInner *inner, GBytes *payload, gpointer data)
{
  put (data, inner, payload, NULL);
}

static void
put_typed (McGroup *self,
           McType type,
           const guint8 *data,
           gsize size,
           const McAddress *to)
{
  const McInner inner = { .type = type };
  g_autoptr (GBytes) payload = g_bytes_new (data, size);

  put (self, &inner, payload, to);
}

/* ---- sending ---- */

static gboolean
fail_full (GError **error)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
                       "more waits for the group than may");
  return FALSE;
}

static gboolean
flush_packer (McGroup *self, gint64 now_us)
{
  g_autoptr (GBytes) block = NULL;

  /* what was accepted is not lost: it waits in the packer */
  if (!mc_sender_has_room (self->sender, mc_packer_get_size (self->packer)))
    return mc_packer_is_empty (self->packer);
  block = mc_packer_take (self->packer);
  return block == NULL || mc_sender_send (self->sender, block, TRUE, now_us);
}

/* Of what does not fit the block of the packer. */
static gboolean
send_apart (McGroup *self, HeinMessage *message, gsize size, GError **error)
{
  const gint64 now_us = g_get_monotonic_time ();
  g_autoptr (GBytes) bytes = NULL;
  guint8 *to;

  if (!flush_packer (self, now_us))
    return fail_full (error);
  to = mc_packer_reserve (self->packer, size);
  if (to != NULL)
    {
      mc_message_put (message, to);
      return TRUE;
    }
  bytes = mc_message_encode (message, size);
  return mc_sender_send (self->sender, bytes, FALSE, now_us) ||
         fail_full (error);
}

/* Small ones share a datagram until the turn ends. */
static gboolean
send_to_all (McGroup *self, HeinMessage *message, gsize size, GError **error)
{
  guint8 *to = mc_packer_reserve (self->packer, size);

  if (to == NULL)
    return send_apart (self, message, size, error);
  mc_message_put (message, to);
  return TRUE;
}

static McMember *
find_member (McGroup *self, HeinPeer *peer)
{
  GHashTableIter iter;
  gpointer member;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &member))
    if (((McMember *) member)->peer == peer)
      return member;
  return NULL;
}

static gboolean
check_size (McGroup *self, HeinMessage *message, GError **error)
{
  const gsize size = hein_message_get_size (message);

  if (size <= self->membership.max_message_size)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "a message of %" G_GSIZE_FORMAT
               " bytes is over the %" G_GSIZE_FORMAT " of a group",
               size, self->membership.max_message_size);
  return FALSE;
}

static gboolean
mc_group_send (gpointer data,
               HeinPeer *peer,
               HeinMessage *message,
               GError **error)
{
  McGroup *self = data;
  g_autoptr (GBytes) bytes = NULL;
  McMember *member;
  gsize size;

  if (!check_key (self, error) || !check_size (self, message, error))
    return FALSE;
  size = mc_message_measure (message, error);
  if (size == 0)
    return FALSE;
  self->has_sent = TRUE;
  if (peer == NULL)
    return send_to_all (self, message, size, error);
  member = find_member (self, peer);
  if (member != NULL)
    {
      bytes = mc_message_encode (message, size);
      return mc_member_send (member, bytes, g_get_monotonic_time ()) ||
             fail_full (error);
    }
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_NO_PEER, "%s is gone",
               hein_peer_get_name (peer));
  return FALSE;
}

/* ---- who is there ---- */

static gint64
get_age_us (McMember *self, gint64 now_us)
{
  return now_us - self->heard_us;
}

/* A member that was restarted comes back before the bus has missed it. */
static void
make_way (McGroup *self, McMember *newcomer, gint64 now_us)
{
  GHashTableIter iter;
  gpointer data;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &data))
    {
      McMember *member = data;

      if (member != newcomer && member->peer != NULL &&
          g_str_equal (member->name, newcomer->name) &&
          get_age_us (member, now_us) > MC_SILENCE_US / 2)
        mc_member_leave (member, "another one has its name, and it is silent");
    }
}

static void
enter (McGroup *self, McMember *member, gint64 now_us)
{
  if (!mc_member_enter (member))
    make_way (self, member, now_us);
  mc_member_enter (member);
}

static void
forget_silent (McGroup *self)
{
  GHashTableIter iter;
  gpointer data;
  McMember *oldest = NULL;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &data))
    if (oldest == NULL || ((McMember *) data)->heard_us < oldest->heard_us)
      oldest = data;
  if (oldest != NULL)
    g_hash_table_remove (self->members, oldest->id);
}

static void
hold (McGroup *self, gint64 until_us)
{
  self->met_us = until_us;
  mc_sender_hold (self->sender, until_us);
}

/* "name", NUL, instance */
static McMember *
add_member (McGroup *self,
            const guint8 *id,
            const McAddress *from,
            const char *text,
            gsize size,
            gint64 now_us)
{
  const char *end = memchr (text, '\0', size);
  g_autofree char *instance = NULL;
  McMember *member;

  if (end == NULL || end == text || end - text > TEXT_MAX ||
      !g_utf8_validate (text, end - text, NULL) || size - (end - text) != 33)
    return NULL;
  instance = g_strndup (end + 1, 32);
  if (g_hash_table_size (self->members) >= MEMBERS_MAX)
    forget_silent (self);
  member = mc_member_new (&self->membership, id, from, text, instance, now_us);
  g_hash_table_insert (self->members, member->id, member);
  enter (self, member, now_us);
  if (now_us + OTHERS_US < self->met_us)
    hold (self, now_us + OTHERS_US);
  return member;
}

/* ---- receiving ---- */

/* Its NAKs are about what others said: to us, or to those that hear with us. */
static void
hear_nak (McGroup *self,
          McMember *member,
          const McInner *inner,
          GBytes *payload,
          gint64 now_us)
{
  const guint8 *about = mc_nak_get_sender (payload);
  McMember *other;

  if (about == NULL)
    return;
  if (memcmp (about, self->membership.own_id, MC_SENDER_ID_SIZE) != 0)
    {
      other = g_hash_table_lookup (self->members, about);
      if (other != NULL && inner->channel == MC_CHANNEL_ALL)
        mc_receiver_hear (other->all, inner, payload, now_us);
      return;
    }
  self->asked_us = now_us;
  if (inner->channel == MC_CHANNEL_ALL)
    mc_sender_hear_nak (self->sender, member->id, inner, payload, now_us);
  else if (member->to != NULL)
    mc_sender_hear_nak (member->to, member->id, inner, payload, now_us);
}

/* What an admitted member says. */
static void
hear (McGroup *self,
      McMember *member,
      const McInner *inner,
      const guint8 *payload,
      gsize size,
      gint64 now_us)
{
  g_autoptr (GBytes) bytes = NULL;

  member->heard_us = now_us;
  if (member->peer == NULL)
    enter (self, member, now_us);
  switch ((McType) inner->type)
    {
    case MC_DATA:
    case MC_REPAIR:
    case MC_HEARTBEAT:
    case MC_LOST:
      bytes = g_bytes_new (payload, size);
      mc_member_hear (member, inner, bytes, now_us);
      break;
    case MC_NAK:
      bytes = g_bytes_new (payload, size);
      hear_nak (self, member, inner, bytes, now_us);
      break;
    case MC_BYE:
      mc_opener_end (self->opener, member->id);
      g_hash_table_remove (self->members, member->id);
      break;
    case MC_HELLO:
    case MC_ADMIT:
    case MC_KEY:
    default:
      break;
    }
}

static void
hear_bytes (McGroup *self,
            McMember *member,
            const guint8 *data,
            gsize size,
            gint64 now_us)
{
  McInner inner;

  if (mc_inner_get (data, size, &inner))
    hear (self, member, &inner, data + MC_INNER_SIZE, size - MC_INNER_SIZE,
          now_us);
  else
    hein_transport_drop (self->transport, member->peer, HEIN_DROP_INVALID, 1,
                         size);
}

/* Somebody wants to know whether we live, and where we are. */
static void
answer (McGroup *self, const McAddress *from, const guint8 *payload, gsize size)
{
  const McPosition lead = mc_sender_get_lead (self->sender);
  McInner inner = { .type = MC_ADMIT };
  g_autoptr (GByteArray) answer = NULL;
  g_autoptr (GBytes) bytes = NULL;
  guint8 head[MC_ADMIT_SIZE];
  McHello hello;
  McAdmit admit;

  if (!mc_hello_get (payload, size, &hello) ||
      memcmp (hello.sender_id, self->membership.own_id, MC_SENDER_ID_SIZE) != 0)
    return;
  memcpy (admit.nonce, hello.nonce, MC_NONCE_SIZE);
  admit.seq = mc_sealer_get_seq (self->sealer);
  mc_admit_put (&admit, head);
  answer = g_byte_array_new ();
  g_byte_array_append (answer, head, sizeof head);
  g_byte_array_append (answer, (const guint8 *) self->name,
                       strlen (self->name) + 1);
  g_byte_array_append (answer, (const guint8 *) self->instance,
                       strlen (self->instance));
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&answer));
  mc_inner_set_position (&inner, &lead);
  put (self, &inner, bytes, from);
}

/* A sender has proved that it lives: what was held of it is heard. From where
 * it is now on, all that does not come is missing. */
static void
admit (McGroup *self,
       const McOpened *opened,
       const McAddress *from,
       const McInner *inner,
       const guint8 *payload,
       gsize size,
       gint64 now_us)
{
  g_autoptr (GPtrArray) held = NULL;
  const McPosition lead = mc_inner_get_position (inner);
  McMember *member;
  McAdmit admit;

  if (size < MC_ADMIT_SIZE || lead.dseq == 0 ||
      !mc_admit_get (payload, MC_ADMIT_SIZE, &admit))
    return;
  held = mc_opener_admit (self->opener, opened, &admit);
  if (held == NULL)
    return;
  member = add_member (self, opened->header.sender_id, from,
                       (const char *) payload + MC_ADMIT_SIZE,
                       size - MC_ADMIT_SIZE, now_us);
  for (guint i = 0; member != NULL && i < held->len; i++)
    {
      McHeld *one = g_ptr_array_index (held, i);
      gsize held_size;
      const guint8 *said = g_bytes_get_data (one->inner, &held_size);

      hear_bytes (self, member, said, held_size, now_us);
      member = g_hash_table_lookup (self->members, opened->header.sender_id);
    }
  if (member != NULL)
    mc_receiver_begin (member->all, &lead);
}

static void
hear_pending (McGroup *self,
              const McOpened *opened,
              const McAddress *from,
              gint64 now_us)
{
  const guint8 *payload = self->inner + MC_INNER_SIZE;
  McInner inner;

  if (!mc_inner_get (self->inner, opened->size, &inner))
    return;
  if (inner.type == MC_HELLO)
    answer (self, from, payload, opened->size - MC_INNER_SIZE);
  else if (inner.type == MC_ADMIT)
    admit (self, opened, from, &inner, payload, opened->size - MC_INNER_SIZE,
           now_us);
  else
    mc_opener_hold (self->opener, opened, self->inner);
}

static void
hear_admitted (McGroup *self,
               const McOpened *opened,
               const McAddress *from,
               gint64 now_us)
{
  McMember *member =
    g_hash_table_lookup (self->members, opened->header.sender_id);
  McInner inner;

  if (mc_inner_get (self->inner, opened->size, &inner) &&
      inner.type == MC_HELLO)
    answer (self, from, self->inner + MC_INNER_SIZE,
            opened->size - MC_INNER_SIZE);
  if (member == NULL)
    return;
  member->address = *from; /* it may have another one by now */
  hear_bytes (self, member, self->inner, opened->size, now_us);
}

/* What is no fault of anybody is not counted as lost. */
static gboolean
is_lost (McDrop drop)
{
  return drop != MC_DROP_OWN && drop != MC_DROP_REPLAY && drop != MC_DROP_ENDED;
}

static void
mc_group_receive (gpointer data,
                  const McAddress *from,
                  const guint8 *datagram,
                  gsize size,
                  gint64 now_us)
{
  McGroup *self = data;
  McOpened opened;
  McDrop drop = mc_opener_open (self->opener, datagram, size, now_us,
                                self->inner, MC_DATAGRAM_MAX, &opened);

  if (drop != MC_OPENED)
    {
      if (is_lost (drop))
        {
          g_debug ("a datagram is dropped: %s", mc_drop_get_text (drop));
          hein_transport_drop (self->transport, NULL, HEIN_DROP_INVALID, 1,
                               size);
        }
      return;
    }
  if (opened.state == MC_SENDER_PENDING)
    hear_pending (self, &opened, from, now_us);
  else
    hear_admitted (self, &opened, from, now_us);
}

/* ---- time ---- */

static gint64
tick_admission (McGroup *self, gint64 now_us)
{
  McHello hello;
  guint8 payload[MC_HELLO_SIZE];

  while (mc_opener_next_hello (self->opener, now_us, &hello))
    {
      mc_hello_put (&hello, payload);
      put_typed (self, MC_HELLO, payload, sizeof payload, NULL);
    }
  mc_opener_expire (self->opener, now_us);
  return mc_opener_get_due (self->opener);
}

static gint64
tick_members (McGroup *self, gint64 now_us)
{
  const gboolean counts = now_us >= self->missing_us;
  GHashTableIter iter;
  gpointer data;
  gint64 due_us = G_MAXINT64;

  if (counts)
    self->missing_us = now_us + MISSING_US;
  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &data))
    {
      McMember *member = data;

      mc_receiver_set_group_size (member->all,
                                  g_hash_table_size (self->members));
      due_us = MIN (due_us, mc_member_tick (member, now_us));
      if (counts)
        mc_member_count_missing (member);
      if (self->is_paused)
        continue;
      if (get_age_us (member, now_us) < MC_SILENCE_US)
        {
          due_us = MIN (due_us, member->heard_us + MC_SILENCE_US);
          continue;
        }
      mc_member_leave (member, "nothing was heard of it for 15 s");
      g_hash_table_iter_remove (&iter);
    }
  return g_hash_table_size (self->members) > 0 ? MIN (due_us, self->missing_us)
                                               : due_us;
}

/* Another key of the ring may be due; it is asked each time. */
static void
tick_keys (McGroup *self)
{
  if (self->ring == NULL ||
      !mc_key_ring_set_time (self->ring, g_get_real_time () / G_USEC_PER_SEC))
    return;
  mc_opener_set_ring (self->opener, self->ring);
  if (mc_key_ring_get_sending (self->ring) != NULL)
    mc_sealer_set_key (self->sealer, mc_key_ring_get_sending (self->ring));
}

static gint64
mc_group_tick (gpointer data, gint64 now_us)
{
  McGroup *self = data;
  gint64 due_us;

  tick_keys (self);
  if (self->has_sent)
    self->asked_us = now_us;
  self->has_sent = FALSE;
  flush_packer (self, now_us);
  mc_sender_tick (self->sender, now_us);
  due_us = mc_sender_get_deadline (self->sender);
  due_us = MIN (due_us, tick_members (self, now_us));
  return MIN (due_us, tick_admission (self, now_us));
}

/* ---- the object ---- */

static void
mc_group_pause (gpointer data, gboolean paused, gint64 now_us)
{
  McGroup *self = data;
  GHashTableIter iter;
  gpointer member;

  self->is_paused = paused;
  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &member))
    ((McMember *) member)->heard_us = now_us;
}

static gboolean
has_sent_all (McGroup *self)
{
  GHashTableIter iter;
  gpointer data;

  if (!mc_packer_is_empty (self->packer) ||
      mc_sender_get_queued_bytes (self->sender) > 0)
    return FALSE;
  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &data))
    {
      McMember *member = data;

      if (member->to != NULL && mc_sender_get_queued_bytes (member->to) > 0)
        return FALSE;
    }
  return TRUE;
}

/* Heartbeats 20, 40, 80 ms after the last word tell those who have missed it;
 * as long as any of them asks, we stay. */
static gboolean
mc_group_is_done (gpointer data, gint64 now_us)
{
  McGroup *self = data;

  flush_packer (self, now_us);
  if (!has_sent_all (self))
    {
      self->asked_us = now_us;
      return FALSE;
    }
  return !self->membership.is_reliable || self->asked_us == 0 ||
         g_hash_table_size (self->members) == 0 ||
         now_us >= self->asked_us + REPAIR_US;
}

static void
mc_group_finish (gpointer data)
{
  McGroup *self = data;
  const gint64 now_us = g_get_monotonic_time ();
  gsize n_bytes;

  hold (self, now_us); /* better too early than never */
  flush_packer (self, now_us);
  mc_sender_tick (self->sender, now_us);
  n_bytes = mc_sender_get_queued_bytes (self->sender);
  if (n_bytes > 0)
    hein_transport_drop (self->transport, NULL, HEIN_DROP_CLOSED, 1, n_bytes);
  put_typed (self, MC_BYE, NULL, 0, NULL);
  g_hash_table_remove_all (self->members);
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
  g_free (self->inner);
  g_free (self->name);
  g_free (self->instance);
  g_free (self);
}

static const McFormatFuncs funcs = {
  .send = mc_group_send,
  .receive = mc_group_receive,
  .tick = mc_group_tick,
  .pause = mc_group_pause,
  .is_done = mc_group_is_done,
  .finish = mc_group_finish,
  .free = mc_group_free,
};

static guint
hash_id (gconstpointer id)
{
  guint hash;

  memcpy (&hash, id, sizeof hash); /* it is random */
  return hash;
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
  membership->is_reliable = options->is_reliable;
  membership->fragment_size =
    options->mtu - mc_suite_get_sealed_size (options->suite, MC_INNER_SIZE);
  membership->rate = options->rate;
  membership->max_message_size = options->max_message_size;
  membership->budget = (McBudget) MC_BUDGET_INIT;
  membership->put = put;
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
    .emit = emit,
    .user_data = self,
  };

  memcpy (options.id, membership->own_id, sizeof options.id);
  self->sender = mc_sender_new (&options, now_us);
  self->packer = mc_packer_new (membership->fragment_size);
}

McFormat
mc_group_new (HeinTransport *transport,
              McSocket *socket,
              const McGroupOptions *options,
              gint64 now_us,
              GError **error)
{
  McFormat none = { NULL, NULL };
  McGroup *self = g_new0 (McGroup, 1);
  McFormat format = { &funcs, self };
  guint8 seed[MC_OPENER_SEED_SIZE];

  self->transport = transport;
  self->socket = socket;
  self->suite = options->suite;
  if (options->ring != NULL)
    self->ring = mc_key_ring_ref (options->ring);
  self->name = g_strdup (options->name);
  self->instance = g_strdup (options->instance);
  self->inner = g_malloc (MC_DATAGRAM_MAX);
  self->members = g_hash_table_new_full (hash_id, is_equal_id, NULL,
                                         (GDestroyNotify) mc_member_free);
  join (self, options);
  if (getrandom (self->membership.own_id, MC_SENDER_ID_SIZE, 0) !=
        MC_SENDER_ID_SIZE ||
      getrandom (seed, sizeof seed, 0) != sizeof seed)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                           "the system gives no random numbers");
      mc_group_free (self);
      return none;
    }
  if (!check_key (self, error))
    {
      mc_group_free (self);
      return none;
    }
  self->sealer =
    mc_sealer_new (options->suite,
                   self->ring != NULL ? mc_key_ring_get_sending (self->ring)
                                      : NULL,
                   self->membership.own_id, error);
  if (self->sealer == NULL)
    {
      mc_group_free (self);
      return none;
    }
  self->opener = mc_opener_new (self->ring, MC_ADMISSION_ASK, seed);
  mc_opener_set_own_id (self->opener, self->membership.own_id);
  make_sender (self, now_us);
  hold (self, now_us + MEETING_US);
  return format;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-group-hear.h"

#include <string.h>

#include "mc-group-admit.h"
#include "mc-group-members.h"

/*
 * What becomes of a datagram that came: opened, dropped and counted, held since
 * its sender is not admitted, or given to the member that said it.
 */

/* The least room for what a datagram says; more than a frame of Ethernet. */
#define INNER_MIN 2048

/* ---- what members say ---- */

/* A NAK of @member asks for what somebody sent: this end, which repairs it,
 * or another member, of which this end may miss the same and then need not
 * ask. */
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

/* All members must have the same `reliable`: what one of the other mode sends
 * can neither be put in order nor counted. */
static gboolean
check_mode (McGroup *self, McMember *member, const McInner *inner, gsize size)
{
  const gboolean is_reliable = (inner->flags & MC_RELIABLE) != 0;

  if (is_reliable == self->membership.is_reliable)
    return TRUE;
  hein_transport_drop (self->transport, member->peer, HEIN_DROP_REASON_INVALID,
                       1, size);
  /* where it is to be sent to may not be proved yet */
  mc_trouble_count (&self->trouble, MC_TROUBLE_MODE, &member->seen);
  return FALSE;
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
    mc_group_enter (self, member, now_us);
  switch ((McType) inner->type)
    {
    case MC_DATA:
    case MC_REPAIR:
    case MC_HEARTBEAT:
    case MC_LOST:
      if (!check_mode (self, member, inner, size))
        break;
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
    hein_transport_drop (self->transport, member->peer,
                         HEIN_DROP_REASON_INVALID, 1, size);
}

/* A sender has proved that it lives: its held datagrams are heard. From now on,
 * whatever does not arrive is missing. One that was a member before its key was
 * taken out goes on as that member. */
static void
admit (McGroup *self,
       const McOpened *opened,
       const McAddress *from,
       const McInner *inner,
       const guint8 *payload,
       gsize size,
       gint64 now_us)
{
  const McPosition lead = mc_inner_get_position (inner);
  g_autoptr (GPtrArray) held = NULL;
  McMember *member;

  if (lead.dseq != 0)
    held = mc_group_admit (self, opened, from, payload, size, now_us);
  if (held == NULL)
    return;
  member = g_hash_table_lookup (self->members, opened->header.sender_id);
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

/* A datagram for one member names it in the header: nobody else takes it. */
static gboolean
is_for_us (const McOpened *opened, const McInner *inner)
{
  return inner->channel != MC_CHANNEL_ONE || opened->header.is_for_one;
}

static void
hear_pending (McGroup *self,
              const McOpened *opened,
              const McInner *inner,
              const McAddress *from,
              gint64 now_us)
{
  const guint8 *payload = self->inner + MC_INNER_SIZE;
  const gsize size = opened->size - MC_INNER_SIZE;
  guint8 where[MC_WHERE_SIZE];

  mc_address_put_bytes (from, where);
  mc_opener_set_where (self->opener, opened, where);
  if (inner->type == MC_HELLO)
    mc_group_answer (self, opened, from, payload, size, now_us);
  else if (inner->type == MC_ADMIT)
    admit (self, opened, from, inner, payload, size, now_us);
  else
    mc_opener_hold (self->opener, opened, self->inner);
}

static void
hear_admitted (McGroup *self,
               const McOpened *opened,
               const McInner *inner,
               const McAddress *from,
               gint64 now_us)
{
  const guint8 *payload = self->inner + MC_INNER_SIZE;
  const gsize size = opened->size - MC_INNER_SIZE;
  McMember *member =
    g_hash_table_lookup (self->members, opened->header.sender_id);

  if (inner->type == MC_HELLO)
    mc_group_answer (self, opened, from, payload, size, now_us);
  if (member == NULL)
    return;
  if (inner->type == MC_ADMIT)
    mc_group_confirm (self, member, from, payload, size);
  else if (opened->is_newest && !mc_address_equal (from, &member->address))
    mc_group_follow (self, member, from, now_us);
  hear (self, member, inner, payload, size, now_us);
}

/* ---- what does not fit ---- */

static McTroubleKind
explain_suite (McGroup *self, McSuite suite)
{
  if (suite == MC_SUITE_NONE)
    return MC_TROUBLE_NOT_ENCRYPTED;
  return self->ring == NULL ? MC_TROUBLE_NO_KEY : MC_TROUBLE_CIPHER;
}

/* MC_N_TROUBLES: nobody has set up anything wrong. */
static McTroubleKind
explain (McGroup *self, McDrop drop, const guint8 *datagram)
{
  switch (drop)
    {
    case MC_DROP_SHORT:
    case MC_DROP_LONG:
    case MC_DROP_MAGIC:
    case MC_DROP_FLAGS:
    case MC_DROP_SEQ:
      return MC_TROUBLE_FORMAT;
    case MC_DROP_VERSION:
      return MC_TROUBLE_VERSION;
    case MC_DROP_SUITE:
      return explain_suite (self, datagram[2] & 15);
    case MC_DROP_UNKNOWN_KEY:
      return self->ring != NULL ? MC_TROUBLE_OTHER_KEY : MC_TROUBLE_FORMAT;
    case MC_DROP_WORN_KEY:
      return MC_TROUBLE_WORN_KEY;
    case MC_DROP_FORGED:
      return MC_TROUBLE_TAG;
    case MC_OPENED:
    case MC_DROP_OWN:
    case MC_DROP_OTHER:
    case MC_DROP_REPLAY:
    case MC_DROP_TOO_OLD:
    case MC_DROP_ENDED:
    case MC_DROP_LIMIT:
    case MC_DROP_UNANSWERED:
    case MC_N_DROPS:
    default:
      return MC_N_TROUBLES;
    }
}

/* Whether a datagram that was dropped is counted as `invalid`. One's own, one
 * for another member, and one that comes twice or too late are no fault of anybody:
 * a message in the latter is counted as lost, where its number is missing. */
static gboolean
is_invalid (McDrop drop)
{
  return drop != MC_DROP_OWN && drop != MC_DROP_OTHER &&
         drop != MC_DROP_REPLAY && drop != MC_DROP_TOO_OLD &&
         drop != MC_DROP_ENDED;
}

static void
count_drop (McGroup *self,
            McDrop drop,
            const McAddress *from,
            const guint8 *datagram,
            gsize size)
{
  const McTroubleKind kind = explain (self, drop, datagram);

  if (is_invalid (drop))
    {
      g_debug ("a datagram is dropped: %s", mc_drop_get_text (drop));
      hein_transport_drop (self->transport, NULL, HEIN_DROP_REASON_INVALID, 1,
                           size);
    }
  if (kind != MC_N_TROUBLES)
    mc_trouble_count (&self->trouble, kind, from);
}

/* Most datagrams have the size of a frame of the network; few groups ever hear
 * one of 64 KiB. */
static void
reserve_inner (McGroup *self, gsize size)
{
  if (G_LIKELY (size <= self->inner_size))
    return;
  self->inner_size = INNER_MIN;
  while (self->inner_size < size && self->inner_size < MC_DATAGRAM_MAX)
    self->inner_size *= 2;
  g_free (self->inner);
  self->inner = g_malloc (self->inner_size);
}

void
mc_group_receive (gpointer data,
                  const McAddress *from,
                  const guint8 *datagram,
                  gsize size,
                  gint64 now_us)
{
  McGroup *self = data;
  McOpened opened;
  McInner inner;
  McDrop drop;

  reserve_inner (self, size);
  drop = mc_opener_open (self->opener, datagram, size, now_us, self->inner,
                         self->inner_size, &opened);
  if (drop != MC_OPENED)
    count_drop (self, drop, from, datagram, size);
  else if (!mc_inner_get (self->inner, opened.size, &inner) ||
           !is_for_us (&opened, &inner))
    hein_transport_drop (self->transport, NULL, HEIN_DROP_REASON_INVALID, 1,
                         size);
  else if (opened.state == MC_SENDER_PENDING)
    hear_pending (self, &opened, &inner, from, now_us);
  else
    hear_admitted (self, &opened, &inner, from, now_us);
}

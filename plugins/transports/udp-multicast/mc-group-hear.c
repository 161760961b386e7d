/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-group-private.h"

#include <string.h>

/* ---- what members say ---- */

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

/* All members have the same: nothing can be made of what another one sends. */
static gboolean
check_mode (McGroup *self, McMember *member, const McInner *inner, gsize size)
{
  const gboolean is_reliable = (inner->flags & MC_RELIABLE) != 0;

  if (is_reliable == self->membership.is_reliable)
    return TRUE;
  hein_transport_drop (self->transport, member->peer, HEIN_DROP_INVALID, 1,
                       size);
  mc_trouble_count (&self->trouble, MC_TROUBLE_MODE, &member->address);
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
  mc_group_put (self, &inner, bytes, from);
}

/* A sender has proved that it lives: what was held of it is heard. From where
 * it is now on, all that does not come is missing. One that was a member before
 * its key was taken out goes on as that. */
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
  member = g_hash_table_lookup (self->members, opened->header.sender_id);
  if (member == NULL)
    member = mc_group_add_member (self, opened->header.sender_id, from,
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
    case MC_DROP_VERSION:
    case MC_DROP_FLAGS:
    case MC_DROP_SEQ:
      return MC_TROUBLE_FORMAT;
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

/* What is no fault of anybody is not counted. */
static gboolean
is_invalid (McDrop drop)
{
  return drop != MC_DROP_OWN && drop != MC_DROP_REPLAY && drop != MC_DROP_ENDED;
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
      hein_transport_drop (self->transport, NULL, HEIN_DROP_INVALID, 1, size);
    }
  if (kind != MC_N_TROUBLES)
    mc_trouble_count (&self->trouble, kind, from);
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
  McDrop drop = mc_opener_open (self->opener, datagram, size, now_us,
                                self->inner, MC_DATAGRAM_MAX, &opened);

  if (drop != MC_OPENED)
    {
      count_drop (self, drop, from, datagram, size);
      return;
    }
  if (opened.state == MC_SENDER_PENDING)
    hear_pending (self, &opened, from, now_us);
  else
    hear_admitted (self, &opened, from, now_us);
}

gint64
mc_group_tick_admission (McGroup *self, gint64 now_us)
{
  McHello hello;
  guint8 payload[MC_HELLO_SIZE];

  while (mc_opener_next_hello (self->opener, now_us, &hello))
    {
      mc_hello_put (&hello, payload);
      mc_group_put_typed (self, MC_HELLO, payload, sizeof payload, NULL);
    }
  mc_opener_expire (self->opener, now_us);
  return mc_opener_get_due (self->opener);
}

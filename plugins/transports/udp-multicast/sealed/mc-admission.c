/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-admission.h"

#include <string.h>

/*
 * The bytes of HELLO and ADMIT, and the datagrams of a sender that are held
 * until it has proved that it lives.
 */

/* What GLib allocates for a datagram that is held, beside its bytes. */
#define HELD_COST 112

/* Nobody is answered with more than was sent: header, tag and inner header of
 * both are equal but for the recipient of an ADMIT. */
G_STATIC_ASSERT (MC_HELLO_SIZE >=
                 MC_ADMIT_SIZE + MC_NAMES_MAX + MC_SENDER_ID_SIZE);

/* ---- what is said ---- */

void
mc_hello_put (const McHello *self, guint8 *to)
{
  memset (to, 0, MC_HELLO_SIZE);
  memcpy (to, self->sender_id, MC_SENDER_ID_SIZE);
  memcpy (to + 16, self->nonce, MC_NONCE_SIZE);
  memcpy (to + 32, self->where, MC_WHERE_SIZE);
  to[50] = self->wants_all;
}

gboolean
mc_hello_get (const guint8 *payload, gsize size, McHello *self)
{
  if (size != MC_HELLO_SIZE)
    return FALSE;
  memcpy (self->sender_id, payload, MC_SENDER_ID_SIZE);
  memcpy (self->nonce, payload + 16, MC_NONCE_SIZE);
  memcpy (self->where, payload + 32, MC_WHERE_SIZE);
  self->wants_all = payload[50] != 0;
  return TRUE;
}

void
mc_admit_put (const McAdmit *self, guint8 *to)
{
  guint64 seq = GUINT64_TO_BE (self->seq);

  memcpy (to, self->nonce, MC_NONCE_SIZE);
  memcpy (to + 16, &seq, sizeof seq);
  memcpy (to + 24, self->where, MC_WHERE_SIZE);
}

gboolean
mc_admit_get (const guint8 *payload, gsize size, McAdmit *self)
{
  if (size < MC_ADMIT_SIZE)
    return FALSE;
  memcpy (self->nonce, payload, MC_NONCE_SIZE);
  memcpy (&self->seq, payload + 16, sizeof self->seq);
  self->seq = GUINT64_FROM_BE (self->seq);
  memcpy (self->where, payload + 24, MC_WHERE_SIZE);
  return TRUE;
}

gboolean
mc_admit_has_where (const McAdmit *self)
{
  static const guint8 none[MC_WHERE_SIZE];

  return memcmp (self->where, none, MC_WHERE_SIZE) != 0;
}

/* ---- what waits ---- */

void
mc_held_free (McHeld *self)
{
  g_bytes_unref (self->inner);
  g_free (self);
}

McPending *
mc_pending_new (const guint8 *nonce, gint64 now_us)
{
  McPending *self = g_new0 (McPending, 1);

  memcpy (self->nonce, nonce, MC_NONCE_SIZE);
  self->since_us = now_us;
  self->due_us = now_us;
  self->held = g_ptr_array_new_with_free_func ((GDestroyNotify) mc_held_free);
  return self;
}

void
mc_pending_free (McPending *self)
{
  g_ptr_array_unref (self->held);
  g_free (self);
}

/* Held datagrams are heard late: a round trip measured with them would be too
 * long, and all repairs would be slow for a while. */
static void
forget_clock (guint8 *bytes, gsize size)
{
  McInner inner;

  if (!mc_inner_get (bytes, size, &inner) ||
      (inner.type != MC_HEARTBEAT && inner.type != MC_NAK))
    return;
  inner.message_size = 0;
  mc_inner_put (&inner, bytes);
}

gboolean
mc_pending_hold (McPending *self, guint64 seq, const guint8 *inner, gsize size)
{
  McHeld *held;
  guint8 *copy;

  if (self->held->len >= MC_PENDING_DATAGRAMS ||
      self->n_bytes + size > MC_PENDING_BYTES)
    return FALSE;
  copy = g_memdup2 (inner, size);
  forget_clock (copy, size);
  held = g_new (McHeld, 1);
  held->seq = seq;
  held->inner = g_bytes_new_take (copy, size);
  g_ptr_array_add (self->held, held);
  self->n_bytes += size;
  return TRUE;
}

gsize
mc_pending_get_memory (const McPending *self)
{
  return self->n_bytes + self->held->len * HELD_COST;
}

gint64
mc_pending_get_due (const McPending *self)
{
  gint64 end_us = self->since_us + MC_PENDING_TOTAL_US;

  return self->n_tries < MC_PENDING_TRIES ? MIN (self->due_us, end_us) : end_us;
}

gboolean
mc_pending_ask (McPending *self, gint64 now_us)
{
  if (self->n_tries >= MC_PENDING_TRIES || now_us < self->due_us)
    return FALSE;
  self->due_us = now_us + MC_PENDING_RETRY_US * (self->n_tries == 0 ? 1 : 2);
  self->n_tries++;
  return TRUE;
}

gboolean
mc_pending_is_over (const McPending *self, gint64 now_us)
{
  return now_us >= self->since_us + MC_PENDING_TOTAL_US;
}

static int
compare_held (gconstpointer a, gconstpointer b)
{
  const McHeld *left = *(McHeld *const *) a;
  const McHeld *right = *(McHeld *const *) b;

  return (left->seq > right->seq) - (left->seq < right->seq);
}

GPtrArray *
mc_pending_release (McPending *self, guint64 floor)
{
  GPtrArray *held = g_steal_pointer (&self->held);
  guint n_old = 0;

  self->held = g_ptr_array_new_with_free_func ((GDestroyNotify) mc_held_free);
  self->n_bytes = 0;
  g_ptr_array_sort (held, compare_held);
  while (n_old < held->len && ((McHeld *) held->pdata[n_old])->seq <= floor)
    n_old++;
  if (n_old > 0)
    g_ptr_array_remove_range (held, 0, n_old);
  return held;
}

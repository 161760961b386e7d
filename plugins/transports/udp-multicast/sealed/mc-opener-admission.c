/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <sodium.h>

#include "mc-opener-private.h"

/*
 * The part of the opener that lets senders in: what is held, asked, answered,
 * given up, ended.
 */

McSenderState
mc_opener_get_state (McOpener *self, const guint8 *sender_id, guint32 key_id)
{
  McKnownSender *sender =
    mc_known_senders_find (&self->senders, sender_id, key_id);

  if (sender != NULL)
    return sender->pending != NULL ? MC_SENDER_PENDING : MC_SENDER_ADMITTED;
  return mc_known_senders_find_tombstone (&self->senders, sender_id) != NULL
           ? MC_SENDER_BURIED
           : MC_SENDER_UNKNOWN;
}

static McKnownSender *
find_pending (McOpener *self, const McOpened *opened)
{
  McKnownSender *sender =
    mc_known_senders_find (&self->senders, opened->header.sender_id,
                           opened->header.key_id);

  return sender != NULL && sender->pending != NULL ? sender : NULL;
}

void
mc_opener_set_where (McOpener *self,
                     const McOpened *opened,
                     const guint8 *where)
{
  McKnownSender *sender = find_pending (self, opened);

  if (sender != NULL && sender->pending->n_tries == 0)
    memcpy (sender->pending->where, where, MC_WHERE_SIZE);
}

gboolean
mc_opener_hold (McOpener *self, const McOpened *opened, const guint8 *inner)
{
  McKnownSender *sender = find_pending (self, opened);

  if (sender != NULL && !self->is_tight &&
      mc_pending_hold (sender->pending, opened->header.seq, inner,
                       opened->size))
    return TRUE;
  self->counts[MC_DROP_LIMIT]++;
  return FALSE;
}

GPtrArray *
mc_opener_admit (McOpener *self, const McOpened *opened, McAdmit *admit)
{
  McKnownSender *sender = find_pending (self, opened);
  guint n_held;
  GPtrArray *held;

  if (sender == NULL || admit->seq > opened->header.seq ||
      sodium_memcmp (admit->nonce, sender->pending->nonce, MC_NONCE_SIZE) != 0)
    return NULL;
  if (!mc_known_senders_make_room (&self->senders, mc_opener_get_epoch (self)))
    {
      self->counts[MC_DROP_LIMIT]++;
      return NULL;
    }
  if (memcmp (admit->where, sender->pending->where, MC_WHERE_SIZE) != 0)
    memset (admit->where, 0, MC_WHERE_SIZE);
  n_held = sender->pending->held->len;
  held = mc_pending_release (sender->pending, admit->seq < MC_WINDOW_SIZE
                                                ? 0
                                                : admit->seq - MC_WINDOW_SIZE);
  self->counts[MC_DROP_TOO_OLD] += n_held - held->len;
  mc_known_senders_admit (&self->senders, sender);
  mc_window_raise_floor (&sender->window, admit->seq);
  return held;
}

gboolean
mc_opener_next_hello (McOpener *self, gint64 now_us, McHello *hello)
{
  for (GList *l = self->senders.pending.tail; l != NULL; l = l->prev)
    {
      McKnownSender *sender = l->data;

      if (mc_pending_is_over (sender->pending, now_us) ||
          !mc_pending_ask (sender->pending, now_us))
        continue;
      memcpy (hello->sender_id, sender->key.id, MC_SENDER_ID_SIZE);
      memcpy (hello->nonce, sender->pending->nonce, MC_NONCE_SIZE);
      memcpy (hello->where, sender->pending->where, MC_WHERE_SIZE);
      hello->wants_all = sender->pending->n_tries > 1;
      return TRUE;
    }
  return FALSE;
}

void
mc_opener_expire (McOpener *self, gint64 now_us)
{
  McKnownSender *oldest;

  while ((oldest = mc_known_senders_get_oldest_pending (&self->senders)) !=
           NULL &&
         mc_pending_is_over (oldest->pending, now_us))
    {
      self->counts[MC_DROP_UNANSWERED] += oldest->pending->held->len;
      mc_known_senders_remove (&self->senders, oldest);
    }
}

gint64
mc_opener_get_due (McOpener *self)
{
  gint64 due_us = G_MAXINT64;

  for (GList *l = self->senders.pending.head; l != NULL; l = l->next)
    {
      McKnownSender *sender = l->data;

      due_us = MIN (due_us, mc_pending_get_due (sender->pending));
    }
  return due_us;
}

void
mc_opener_set_tight (McOpener *self, gboolean is_tight)
{
  self->is_tight = is_tight;
}

gsize
mc_opener_get_memory (McOpener *self)
{
  gsize memory = 0;

  for (GList *l = self->senders.pending.head; l != NULL; l = l->next)
    memory += mc_pending_get_memory (((McKnownSender *) l->data)->pending);
  return memory;
}

/* Under each key. If there is no more room for tombstones, the senders stay,
 * and accept nothing any more. */
static void
end_all (McOpener *self, GQueue *queue, const guint8 *sender_id, gboolean stays)
{
  for (GList *l = queue->head; l != NULL;)
    {
      McKnownSender *sender = l->data;

      l = l->next;
      if (memcmp (sender->key.id, sender_id, MC_SENDER_ID_SIZE) != 0)
        continue;
      mc_window_raise_floor (&sender->window, MC_SEQ_END);
      if (!stays)
        mc_known_senders_remove (&self->senders, sender);
    }
}

void
mc_opener_end (McOpener *self, const guint8 *sender_id)
{
  gboolean is_buried =
    mc_known_senders_bury (&self->senders, sender_id, MC_SEQ_END,
                           mc_opener_get_epoch (self));

  end_all (self, &self->senders.admitted, sender_id, !is_buried);
  end_all (self, &self->senders.pending, sender_id, !is_buried);
}

void
mc_opener_forget (McOpener *self, const guint8 *sender_id)
{
  for (GList *l = self->senders.admitted.head; l != NULL;)
    {
      McKnownSender *sender = l->data;

      l = l->next;
      if (memcmp (sender->key.id, sender_id, MC_SENDER_ID_SIZE) == 0 &&
          mc_known_senders_bury (&self->senders, sender_id, sender->window.max,
                                 mc_opener_get_epoch (self)))
        mc_known_senders_remove (&self->senders, sender);
    }
}

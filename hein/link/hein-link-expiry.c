/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-link-expiry.h"

#include "hein-link-backlog.h"
#include "hein-link-overflow.h"
#include "hein-link-state.h"
#include "hein-losses.h"
#include "message/hein-message-memory.h"

/* Drops messages of backlogs when they expire, so that they make room although
 * the peer takes nothing. What is in a queue was encoded when it was about to
 * be written, and stays. */

static void
plan (HeinLinkHost *host, gint64 due_us)
{
  HeinLinkExpiry *expiry = &host->expiry;

  if (expiry->timer.position > 0 && expiry->timer.due_us <= due_us)
    return;
  hein_loop_arm (host->loop, &expiry->timer, due_us);
  hein_link_host_want_turn (host); /* so that the descriptor wakes for it */
}

/* Returns when the next one of the backlogs expires. */
static gint64
drop_expired (HeinLink *self, gint64 now_us)
{
  HeinLinkAhead *ahead = hein_link_get_ahead (self);
  guint64 n_messages = 0;
  guint64 n_bytes = 0;
  gint64 next_us =
    hein_backlog_drop_expired (&self->backlog, now_us, &n_messages, &n_bytes);

  if (ahead != NULL)
    next_us = MIN (next_us, hein_backlog_drop_expired (&ahead->backlog, now_us,
                                                       &n_messages, &n_bytes));
  if (n_messages == 0)
    return next_us;
  hein_losses_count (self->host, self->peer, HEIN_DROP_REASON_EXPIRED,
                     n_messages, n_bytes);
  hein_link_count_cost (self);
  hein_link_review_room (self);
  return next_us;
}

void
hein_link_forget_expiring (HeinLink *self)
{
  HeinLinkExpiry *expiry = &self->host->expiry;
  gpointer place;

  if (expiry->links != NULL &&
      g_hash_table_steal_extended (expiry->links, self, NULL, &place))
    g_queue_delete_link (&expiry->row, place);
}

static void
on_timer (HeinTimer *timer, gint64 now_us)
{
  HeinLinkHost *host = HEIN_CONTAINER (timer, HeinLinkHost, expiry.timer);
  gint64 next_us = G_MAXINT64;
  GList *next;

  for (GList *l = host->expiry.row.head; l != NULL; l = next)
    {
      HeinLink *link = l->data;
      gint64 due_us;

      next = l->next;
      due_us = drop_expired (link, now_us);
      if (due_us == G_MAXINT64)
        hein_link_forget_expiring (link);
      next_us = MIN (next_us, due_us);
    }
  if (next_us < G_MAXINT64)
    plan (host, MAX (next_us, now_us + HEIN_EXPIRY_LOOK_US));
}

void
hein_link_expiry_init (HeinLinkHost *host)
{
  host->expiry.timer.expired = on_timer;
}

void
hein_link_note_expiring (HeinLink *self, HeinMessage *message)
{
  HeinLinkHost *host = self->host;

  if (host->expiry.links == NULL)
    host->expiry.links = g_hash_table_new (NULL, NULL);
  if (!g_hash_table_contains (host->expiry.links, self))
    {
      g_queue_push_tail (&host->expiry.row, self);
      g_hash_table_insert (host->expiry.links, self, host->expiry.row.tail);
    }
  plan (host, hein_message_get_expires_us (message));
}

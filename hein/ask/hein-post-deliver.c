/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-post-deliver.h"

#include <hein/hein-bus.h>
#include <hein/hein-receipt.h>

#include "core/hein-calls.h"
#include "core/hein-peers-private.h"
#include "core/hein-send.h"
#include "hein-deliverer.h"
#include "hein-post-verdict.h"
#include "hein-receipt-private.h"
#include "io/hein-world.h"
#include "link/hein-losses.h"
#include "message/hein-message-memory.h"

/* Delivers what is in the spool, in order, and as often as it takes: as an
 * application would that delivers a message, waits for the receipt, and tries
 * again. */

/* So many are being delivered, and so many bytes of them, unless it is a single
 * one. */
#define FLYING_MAX      1024
#define FLYING_SIZE_MAX (8 * 1024 * 1024)

/* So many are looked at in a turn. */
#define TRIED_MAX 256

/* While peers are there, but none for a message: they may subscribe to it. */
#define PAUSE_MAX_US (1000 * 1000)

static void
settle (HeinPoster *self, HeinPost *post)
{
  hein_post_groups_remove (&self->groups, post);
  hein_spool_settle (self->spool, post->entry);
  hein_post_forget (self, post);
  hein_poster_want_job (self);
}

/* @message NULL: it cannot be read any more. */
static void
drop (HeinPoster *self,
      HeinPost *post,
      HeinMessage *message,
      HeinDropReason reason)
{
  hein_losses_count (&self->core->host, NULL, reason, 1,
                     message != NULL ? hein_message_size (message) : 0);
  settle (self, post);
}

/* ---- telling the application ---- */

typedef struct
{
  HeinPoster *poster;
  HeinPost *post;       /* while it is being delivered */
  HeinMessage *message; /* owned */
} Flight;

static void
tell (HeinCore *core, HeinMessage *message, HeinReceipt *receipt)
{
  core->funcs->settled (core, message, receipt);
}

/* A receipt of nobody, for what was not delivered to anyone. */
static void
tell_expired (HeinCore *core, HeinMessage *message)
{
  g_autoptr (HeinReceipt) receipt = hein_receipt_new (1);

  hein_receipt_set (receipt, 0, NULL, HEIN_OUTCOME_FAILED,
                    g_error_new_literal (HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                                         "the message has expired in the "
                                         "spool"));
  tell (core, message, receipt);
}

static void
on_expired (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Flight *flight = data;
  g_autoptr (HeinMessage) message = flight->message;

  tell_expired (flight->poster->core, message);
}

/* Tells it in its place among the events, as all that the application hears. */
static void
drop_expired (HeinPoster *self, HeinPost *post, HeinMessage *message)
{
  Flight *flight = g_new (Flight, 1);
  HeinCall *call = hein_calls_begin_of (self->core, self->source, drop_expired,
                                        NULL, on_expired, flight);

  *flight = (Flight){ self, NULL, hein_message_ref (message) };
  drop (self, post, message, HEIN_DROP_REASON_EXPIRED);
  hein_call_set_result (call, NULL, NULL);
  hein_calls_end (self->core, call);
}

/* ---- delivering ---- */

static void
pause_group (HeinPoster *self, HeinPostGroup *group)
{
  HeinCore *core = self->core;

  hein_post_groups_block (&self->groups, group);
  if (self->retry.position != 0)
    return;
  hein_loop_arm (core->host.loop, &self->retry,
                 hein_loop_get_now_us (core->host.loop) + self->pause_us);
  self->pause_us = MIN (2 * self->pause_us, PAUSE_MAX_US);
}

static void
on_collected (GObject *source, GAsyncResult *result, gpointer data)
{
  HeinPoster *self = ((HeinCore *) data)->poster;

  if (self == NULL)
    return;
  self->is_collecting = FALSE;
  hein_poster_want_job (self);
}

/* What has come back from the same peer at the same time is in the row of
 * events by now: this goes behind it. */
static void
collect (HeinPoster *self)
{
  HeinCall *mark;

  if (self->is_collecting)
    return;
  self->is_collecting = TRUE;
  mark = hein_calls_begin_of (self->core, self->source, collect, NULL,
                              on_collected, self->core);
  hein_call_set_result (mark, NULL, NULL);
  hein_calls_end (self->core, mark);
}

static void
bring_back (HeinPoster *self, HeinPost *post, HeinVerdict verdict)
{
  HeinPostGroup *group = post->group;

  hein_post_groups_bring_back (&self->groups, post);
  if (self->is_ended)
    return;
  if (verdict != HEIN_VERDICT_AGAIN)
    pause_group (self, group);
  collect (self);
}

static void
end_flight (HeinPoster *self,
            HeinPost *post,
            HeinMessage *message,
            HeinReceipt *receipt,
            HeinVerdict verdict)
{
  HeinCore *core = self->core;

  switch (verdict)
    {
    case HEIN_VERDICT_SETTLED:
      self->pause_us = HEIN_POST_PAUSE_MIN_US;
      settle (self, post);
      tell (core, message, receipt);
      break;
    case HEIN_VERDICT_REFUSED:
      drop (self, post, message, HEIN_DROP_REASON_UNSENDABLE);
      tell (core, message, receipt);
      break;
    case HEIN_VERDICT_EXPIRED:
      drop (self, post, message, HEIN_DROP_REASON_EXPIRED);
      if (receipt != NULL)
        tell (core, message, receipt);
      else
        tell_expired (core, message);
      break;
    case HEIN_VERDICT_AGAIN:
    case HEIN_VERDICT_NOBODY:
    case HEIN_VERDICT_PAUSE:
      bring_back (self, post, verdict);
      break;
    }
}

/* Another bus may open the spool when nothing more is written to it. */
void
hein_poster_check_ended (HeinCore *core)
{
  HeinPoster *self = core->poster;

  if (self != NULL && self->is_ended && self->n_flying == 0 &&
      self->spool != NULL)
    hein_spool_free (g_steal_pointer (&self->spool), FALSE);
}

static void
on_landed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Flight *flight = data;
  g_autoptr (HeinMessage) message = flight->message;
  HeinPoster *self = flight->poster;
  HeinCore *core = self->core;
  HeinPost *post = flight->post;
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinReceipt) receipt =
    hein_call_finish (HEIN_CALL (result), &error);
  HeinVerdict verdict = hein_verdict_of (receipt, error);

  self->n_flying--;
  self->flying_size -= post->entry->size;
  if (self->is_ended && verdict != HEIN_VERDICT_SETTLED)
    verdict = HEIN_VERDICT_AGAIN;
  end_flight (self, post, message, receipt, verdict);
  hein_poster_check_ended (core);
}

/* The strategy may close the bus, but a reference to it is held. */
static void
launch (HeinPoster *self, HeinPost *post, HeinMessage *message)
{
  HeinCore *core = self->core;
  const HeinSending sending = { .message = message,
                                .key = post->group->to,
                                .is_named = post->group->to != NULL };
  Flight *flight = g_new (Flight, 1);

  *flight = (Flight){ self, post, hein_message_ref (message) };
  hein_post_groups_take_off (&self->groups, post);
  self->n_flying++;
  self->flying_size += post->entry->size;
  hein_deliverer_deliver_posted (core,
                                 hein_calls_begin_of (core, self->source,
                                                      launch, NULL, on_landed,
                                                      flight),
                                 &sending);
}

static void
plan_expiry (HeinPoster *self, gint64 expires_ms)
{
  HeinLoop *loop = self->core->host.loop;
  const gint64 left_ms = expires_ms - hein_world_get_real_us () / 1000;
  const gint64 due_us =
    hein_loop_get_now_us (loop) + CLAMP (left_ms, 0, G_MAXINT) * 1000;

  if (self->expiry.position == 0 || self->expiry.due_us > due_us)
    hein_loop_arm (loop, &self->expiry, due_us);
}

/* Reads the message of a post, and puts it into its group if it is in none.
 * FALSE: it is over. */
static gboolean
read_post (HeinPoster *self, HeinPost *post, HeinSpooled *spooled)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = hein_spool_read (self->spool, post->entry, &error);

  if (body == NULL ||
      !hein_spool_message_read (spooled, g_bytes_get_data (body, NULL),
                                g_bytes_get_size (body)))
    {
      g_warning ("%s", error != NULL ? error->message
                                     : "a message in the spool is damaged");
      drop (self, post, NULL, HEIN_DROP_REASON_LOST);
      return FALSE;
    }
  if (spooled->has_expired)
    {
      drop_expired (self, post, spooled->message);
      return FALSE;
    }
  if (post->group != NULL)
    return TRUE;
  g_queue_unlink (&self->groups.unread, &post->in_row);
  hein_post_groups_add (&self->groups, post, spooled->to,
                        hein_message_get_topic (spooled->message));
  post->expires_ms = spooled->expires_ms;
  if (post->expires_ms > 0)
    plan_expiry (self, post->expires_ms);
  return TRUE;
}

static gboolean
is_there_anybody (HeinPoster *self)
{
  return self->core->roster.targets->array->len > 0;
}

static gboolean
has_room (HeinPoster *self)
{
  return self->n_flying == 0 ||
         (self->n_flying < FLYING_MAX && self->flying_size < FLYING_SIZE_MAX);
}

static void
try_next (HeinPoster *self, HeinPost *post)
{
  g_auto (HeinSpooled) spooled = { 0 };

  if (!read_post (self, post, &spooled))
    return;
  /* what was not read before may not be the next one any more */
  if (is_there_anybody (self) && has_room (self) &&
      hein_post_groups_peek (&self->groups) == post)
    launch (self, post, spooled.message);
}

/* Returns the post to be tried next; NULL: none for now. While nobody is there,
 * all are read once, so that those expire whose time is over. */
static HeinPost *
choose_next (HeinPoster *self)
{
  HeinPost *post = hein_post_groups_peek (&self->groups);

  if (post == NULL || post->group == NULL)
    return post;
  if (!is_there_anybody (self))
    return g_queue_peek_head (&self->groups.unread);
  return has_room (self) ? post : NULL;
}

void
hein_poster_run (HeinJob *job)
{
  HeinPoster *self = HEIN_CONTAINER (job, HeinPoster, job);
  HeinCore *core = self->core;
  g_autoptr (HeinBus) bus = core->bus != NULL ? g_object_ref (core->bus) : NULL;
  HeinPost *post = NULL;

  for (guint n = 0; n < TRIED_MAX; n++)
    {
      if (self->is_ended || self->is_collecting)
        return;
      post = choose_next (self);
      if (post == NULL)
        return;
      try_next (self, post);
    }
  hein_poster_want_job (self);
}

void
hein_poster_retry_all (HeinPoster *self)
{
  hein_post_groups_unblock_all (&self->groups);
  hein_poster_want_job (self);
}

void
hein_poster_retry (HeinTimer *timer, gint64 now_us)
{
  hein_poster_retry_all (HEIN_CONTAINER (timer, HeinPoster, retry));
}

/* ---- what expires while nobody is there ---- */

static void
drop_expired_of (HeinPoster *self, HeinPostGroup *group, gint64 now_ms)
{
  GList *link = group->row.head;
  gint64 next_ms = 0;
  guint n_left = group->row.length;

  while (n_left-- > 0)
    {
      HeinPost *post = link->data;
      g_auto (HeinSpooled) spooled = { 0 };

      link = link->next;
      if (post->expires_ms > now_ms)
        next_ms =
          next_ms == 0 ? post->expires_ms : MIN (next_ms, post->expires_ms);
      else if (post->expires_ms > 0)
        read_post (self, post, &spooled); /* the last one frees the group */
    }
  if (next_ms > 0)
    plan_expiry (self, next_ms);
}

void
hein_poster_expire (HeinTimer *timer, gint64 now_us)
{
  HeinPoster *self = HEIN_CONTAINER (timer, HeinPoster, expiry);
  const gint64 now_ms = hein_world_get_real_us () / 1000;
  GList *next;

  for (GList *l = self->groups.all.head; l != NULL; l = next)
    {
      next = l->next; /* a group may go with its last message */
      drop_expired_of (self, l->data, now_ms);
    }
}

/* ---- what is new ---- */

/* It is on the disk: if it is next, what is in memory is delivered at once. */
void
hein_post_begin (HeinPoster *self, HeinPost *post, GBytes *body)
{
  g_auto (HeinSpooled) spooled = { 0 };

  if (self->groups.unread.length > 0 || self->is_ended ||
      !hein_spool_message_read (&spooled, g_bytes_get_data (body, NULL),
                                g_bytes_get_size (body)))
    {
      g_queue_push_tail_link (&self->groups.unread, &post->in_row);
      return;
    }
  hein_post_groups_add (&self->groups, post, spooled.to,
                        hein_message_get_topic (spooled.message));
  post->expires_ms = spooled.expires_ms;
  if (post->expires_ms > 0)
    plan_expiry (self, post->expires_ms);
  if (!self->is_collecting && !spooled.has_expired && is_there_anybody (self) &&
      has_room (self) && hein_post_groups_peek (&self->groups) == post)
    launch (self, post, spooled.message);
}

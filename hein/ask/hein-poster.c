/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-poster.h"

#include <hein/hein-bus.h>
#include <hein/hein-receipt.h>

#include "core/hein-budget.h"
#include "core/hein-calls.h"
#include "core/hein-core-guard.h"
#include "core/hein-send.h"
#include "hein-post-deliver.h"
#include "io/hein-world.h"
#include "link/hein-losses.h"
#include "message/hein-message-memory.h"

/*
 * Puts messages into the spool of a bus: each is written first, and delivered
 * when it is on the disk. It gets an id, so that a receiver that has handled it
 * acknowledges it, and does not handle it again.
 */

static void
on_joined (HeinPeerWatch *watch, HeinPeer *peer)
{
  HeinPoster *self = HEIN_CONTAINER (watch, HeinPoster, watch);

  self->pause_us = HEIN_POST_PAUSE_MIN_US;
  if (!self->is_ended)
    hein_poster_retry_all (self);
}

/* ---- posting ---- */

/* It is written nevertheless. */
static void
cancel (HeinCall *call, GError *error)
{
  ((HeinPost *) call->subject)->call = NULL;
  hein_calls_fail (call->owner, call, error);
}

static gboolean
check (HeinCore *core, HeinMessage *message, GError **error)
{
  if (core->poster == NULL)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                         "the bus has no spool: hein_bus_open_spool opens one");
  else if (hein_message_has_expired (message, hein_world_get_us ()))
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                         "the message has expired");
  else if (hein_budget_is_over (core) ||
           core->poster->writing_size >= core->host.settings.memory_limit / 8)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
                         "the bus has no memory for more messages");
  else
    return hein_send_check_size (core, message, error) &&
           hein_spool_message_check (message, error);
  return FALSE;
}

static void
post_message (HeinPoster *self,
              HeinCall *call,
              const char *to,
              HeinMessage *message)
{
  g_autofree char *id = g_strdup_printf ("%s/%" G_GUINT64_FORMAT, self->run_id,
                                         hein_spool_get_next (self->spool));
  HeinPost *post = hein_post_new (self);
  GError *error = NULL;

  post->body = hein_spool_message_write (message, to, id);
  post->entry = hein_spool_append (self->spool, post->body, post, &error);
  if (post->entry == NULL)
    {
      hein_post_forget (self, post);
      hein_calls_fail (self->core, call, error);
      return;
    }
  post->number = post->entry->number;
  post->call = call;
  call->subject = post;
  hein_calls_pend (self->core, call, cancel, FALSE);
  self->writing_size += post->entry->size;
  g_atomic_pointer_add (&self->core->asks_cost, post->entry->size);
}

void
hein_poster_post (HeinCore *core,
                  HeinCall *call,
                  const char *to,
                  HeinMessage *message)
{
  GError *error = NULL;

  if (check (core, message, &error))
    post_message (core->poster, call, to, message);
  else
    hein_calls_fail (core, call, error);
}

/* @call NULL: it was cancelled. */
static void
end_call (HeinCore *core, HeinCall *call, GError *error)
{
  if (call == NULL)
    {
      g_clear_error (&error);
      return;
    }
  call->subject = NULL;
  if (error != NULL)
    hein_call_set_error (call, error);
  else
    hein_call_set_result (call, GINT_TO_POINTER (TRUE), NULL);
  hein_calls_end (core, call);
}

static void
take_done (HeinPoster *self, HeinPost *post, GError *error)
{
  HeinCore *core = self->core;
  HeinCall *call = g_steal_pointer (&post->call);
  g_autoptr (GBytes) body = g_steal_pointer (&post->body);
  const gsize size = HEIN_SPOOL_RECORD_SIZE + g_bytes_get_size (body);

  self->writing_size -= size;
  g_atomic_pointer_add (&core->asks_cost, -(gssize) size);
  if (error != NULL)
    {
      hein_post_forget (self, post);
      end_call (core, call, error);
      return;
    }
  end_call (core, call, NULL);
  hein_post_begin (self, post, body);
}

static void
take_all_done (HeinPoster *self)
{
  HeinPost *post;
  GError *error = NULL;

  while ((post = hein_spool_take_done (self->spool, &error)) != NULL)
    take_done (self, post, g_steal_pointer (&error));
  if (!self->is_ended)
    hein_poster_want_job (self);
}

void
hein_poster_hear (HeinCore *core)
{
  g_autoptr (HeinBus) bus = core->bus != NULL ? g_object_ref (core->bus) : NULL;

  if (core->poster != NULL && core->poster->spool != NULL)
    take_all_done (core->poster);
}

/* ---- the whole ---- */

/* On the thread of the writer. */
static void
on_told (gpointer data)
{
  hein_loop_tell (data, HEIN_NEWS_SPOOLED);
}

static void
tell_stock (HeinPoster *self, const HeinSpoolStock *stock)
{
  const char *path = hein_spool_get_path (self->spool);

  if (stock->n_torn > 0)
    g_info ("spool %s: %" G_GSIZE_FORMAT " bytes were being written when it "
            "was used last, and were never accepted",
            path, stock->n_torn);
  if (stock->n_damaged == 0)
    return;
  g_warning ("spool %s: %" G_GSIZE_FORMAT
             " bytes are damaged; %" G_GUINT64_FORMAT " messages are lost",
             path, stock->n_damaged, stock->n_missing);
  if (stock->n_missing > 0)
    hein_losses_count (&self->core->host, NULL, HEIN_DROP_REASON_LOST,
                       stock->n_missing, 0);
}

static gboolean
add_stock (HeinPoster *self, const HeinSpoolStock *stock, GError **error)
{
  const guint64 max =
    self->core->host.settings.memory_limit / 2 / HEIN_POST_COST;

  if (stock->entries->len > max)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                   "spool %s has %u messages: memory-limit is too low for that",
                   hein_spool_get_path (self->spool), stock->entries->len);
      return FALSE;
    }
  for (guint i = 0; i < stock->entries->len; i++)
    {
      HeinPost *post = hein_post_new (self);

      post->entry = g_ptr_array_index (stock->entries, i);
      post->entry->data = post;
      post->number = post->entry->number;
      g_queue_push_tail_link (&self->groups.unread, &post->in_row);
    }
  return TRUE;
}

static void
begin (HeinPoster *self, HeinCore *core)
{
  g_snprintf (self->run_id, sizeof self->run_id, "%016" G_GINT64_MODIFIER "x",
              hein_world_draw_number ());
  self->source = g_object_new (G_TYPE_OBJECT, NULL);
  self->pause_us = HEIN_POST_PAUSE_MIN_US;
  self->retry.expired = hein_poster_retry;
  self->expiry.expired = hein_poster_expire;
  self->watch.joined = on_joined;
  self->watch.in_bus.data = &self->watch;
  self->job.run = hein_poster_run;
  g_queue_push_tail_link (&core->roster.watches, &self->watch.in_bus);
  core->poster = self;
  hein_poster_want_job (self);
}

static void
free_all (HeinPoster *self, gboolean is_fork)
{
  hein_post_groups_clear (&self->groups);
  if (self->spool != NULL)
    hein_spool_free (self->spool, is_fork);
  hein_loop_unref (self->loop);
  g_clear_object (&self->source);
  g_free (self);
}

gboolean
hein_poster_open (HeinCore *core,
                  const char *path,
                  guint64 limit,
                  GError **error)
{
  g_auto (HeinSpoolStock) stock = { 0 };
  HeinPoster *self;

  if (core->poster != NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "the bus has a spool already: %s",
                   hein_poster_get_path (core));
      return FALSE;
    }
  self = g_new0 (HeinPoster, 1);
  self->core = core;
  self->loop = hein_loop_ref (core->host.loop);
  self->spool =
    hein_spool_open (path, limit, &stock, on_told, self->loop, error);
  if (self->spool == NULL)
    {
      hein_loop_unref (self->loop);
      g_free (self);
      return FALSE;
    }
  hein_post_groups_init (&self->groups);
  if (!add_stock (self, &stock, error))
    {
      free_all (self, FALSE);
      return FALSE;
    }
  begin (self, core);
  tell_stock (self, &stock);
  return TRUE;
}

void
hein_poster_end (HeinCore *core)
{
  HeinPoster *self = core->poster;

  if (self == NULL || self->is_ended)
    return;
  self->is_ended = TRUE;
  hein_loop_disarm (core->host.loop, &self->retry);
  hein_loop_disarm (core->host.loop, &self->expiry);
  hein_loop_cancel (core->host.loop, &self->job);
  hein_spool_flush (self->spool);
  take_all_done (self);
  hein_poster_check_ended (core);
}

static void
free_posts (HeinPoster *self)
{
  GList *link;

  while ((link = g_queue_pop_head_link (&self->groups.unread)) != NULL)
    hein_post_forget (self, link->data);
  for (GList *l = self->groups.all.head; l != NULL; l = l->next)
    while ((link = g_queue_pop_head_link (&((HeinPostGroup *) l->data)->row)) !=
           NULL)
      hein_post_forget (self, link->data);
}

void
hein_poster_free (HeinCore *core)
{
  HeinPoster *self = g_steal_pointer (&core->poster);

  if (self == NULL)
    return;
  g_queue_unlink (&core->roster.watches, &self->watch.in_bus);
  hein_loop_cancel (core->host.loop, &self->job);
  free_posts (self);
  free_all (self, hein_core_is_forked (core));
}

guint
hein_poster_count (HeinCore *core)
{
  return core->poster != NULL ? core->poster->n : 0;
}

const char *
hein_poster_get_path (HeinCore *core)
{
  return core->poster != NULL && core->poster->spool != NULL
           ? hein_spool_get_path (core->poster->spool)
           : NULL;
}

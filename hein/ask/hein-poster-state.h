/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"
#include "hein-post-groups.h"

/* The spool of a bus and its messages, for the files that post and deliver
 * them. */

G_BEGIN_DECLS

/* The memory of a message that is in the spool. */
#define HEIN_POST_COST 320

/* How long messages wait for which nobody is there, while others are. */
#define HEIN_POST_PAUSE_MIN_US (50 * 1000)

struct _HeinPoster
{
  HeinCore *core;
  HeinSpool *spool; /* owned; NULL once it is closed */
  HeinLoop *loop;   /* owned: the writer tells it, also while the bus ends */
  GObject *source;  /* owned: of deliveries, which do not keep the bus alive */
  HeinPostGroups groups;
  guint n; /* that are not settled; those being written, too */
  guint n_flying;
  gsize flying_size;
  gsize writing_size;
  char run_id[17];   /* begins the ids that messages get */
  gboolean is_ended; /* the bus is closing: nothing is delivered any more */
  /* some have come back from a peer that is gone, and others may be on their
   * way: those go first when all are back */
  gboolean is_collecting;
  gint64 pause_us;
  HeinTimer retry;
  HeinTimer expiry;
  HeinPeerWatch watch;
  HeinJob job;
};

static inline void
hein_poster_want_job (HeinPoster *self)
{
  if (self->is_ended)
    return;
  hein_loop_defer (self->core->host.loop, &self->job);
  hein_core_want_turn (self->core);
}

/* Makes a post that is not settled. */
static inline HeinPost *
hein_post_new (HeinPoster *self)
{
  HeinPost *post = g_new0 (HeinPost, 1);

  post->in_row.data = post;
  self->n++;
  g_atomic_pointer_add (&self->core->asks_cost, HEIN_POST_COST);
  return post;
}

static inline void
hein_post_forget (HeinPoster *self, HeinPost *post)
{
  self->n--;
  g_atomic_pointer_add (&self->core->asks_cost, -(gssize) HEIN_POST_COST);
  g_clear_pointer (&post->body, g_bytes_unref);
  g_free (post);
}

G_END_DECLS

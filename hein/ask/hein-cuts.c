/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-cuts.h"

#include <hein/hein-hash.h>

#include "link/hein-peer-state.h"

/* Waits for peers that were cut off, for both sides of deliveries. */

void
hein_cuts_init (HeinCuts *self, HeinCore *core, void (*over) (HeinCut *cut))
{
  self->core = core;
  self->over = over;
}

void
hein_cuts_remove (HeinCut *cut)
{
  HeinCuts *self = cut->cuts;

  hein_loop_disarm (self->core->host.loop, &cut->window);
  g_queue_unlink (&self->row, &cut->in_row);
  g_hash_table_remove (self->by_key, cut->who.key);
}

static void
end (HeinCut *cut)
{
  HeinCuts *self = cut->cuts;

  hein_cuts_remove (cut);
  self->over (cut);
}

static void
on_window_over (HeinTimer *timer, gint64 now_us)
{
  end (HEIN_CONTAINER (timer, HeinCut, window));
}

void
hein_cuts_end_first (HeinCuts *self)
{
  end (g_queue_peek_head (&self->row));
}

void
hein_cuts_clear (HeinCuts *self)
{
  while (self->row.length > 0)
    hein_cuts_end_first (self);
  g_clear_pointer (&self->by_key, g_hash_table_unref);
}

void
hein_cuts_add (HeinCuts *self, HeinCut *cut)
{
  HeinLoop *loop = self->core->host.loop;
  HeinCut *old;

  if (self->by_key == NULL)
    self->by_key = g_hash_table_new (hein_hash_text, g_str_equal);
  old = g_hash_table_lookup (self->by_key, cut->who.key);
  if (old != NULL)
    end (old);
  cut->cuts = self;
  cut->in_row.data = cut;
  cut->window.expired = on_window_over;
  g_hash_table_insert (self->by_key, cut->who.key, cut);
  g_queue_push_tail_link (&self->row, &cut->in_row);
  hein_loop_arm (loop, &cut->window,
                 hein_loop_get_now_us (loop) +
                   (gint64) self->core->host.settings.resume_ms * 1000);
}

HeinCut *
hein_cuts_find (HeinCuts *self, HeinPeer *peer)
{
  g_autofree char *key = NULL;

  if (self->row.length == 0 || peer->link == NULL)
    return NULL;
  key = hein_resumption_dup_key (peer);
  return g_hash_table_lookup (self->by_key, key);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-endpoint.h>
#include <hein/hein-hash.h>

#include "hein-budget.h"
#include "hein-carrier.h"
#include "hein-core.h"
#include "hein-held.h"
#include "hein-news.h"
#include "hein-peers-private.h"
#include "hein-retry.h"
#include "hein-run.h"
#include "hein-subscriptions.h"
#include "hein-takers.h"
#include "io/hein-input.h"
#include "io/hein-world.h"
#include "link/hein-link-expiry.h"
#include "link/hein-link-state.h"
#include "message/hein-message-memory.h"
#include "plugin-api/hein-selection-private.h"

/* Sets up the parts of a core, and frees them. */

static void
make_instance (char *instance)
{
  guint8 bytes[16];

  hein_world_draw_any (bytes, sizeof bytes);
  for (guint i = 0; i < sizeof bytes; i++)
    g_snprintf (instance + 2 * i, 3, "%02x", bytes[i]);
}

static void
free_shared (gpointer data)
{
  HeinShared *self = data;

  hein_encoder_clear (&self->encoder);
  g_free (self);
}

static void
init_host (HeinLinkHost *self)
{
  make_instance (self->instance);
  self->loop = hein_loop_new ();
  self->fork_generation = hein_fork_generation;
  self->segments = hein_segment_pool_new ();
  self->blocks = hein_block_pool_new ();
  hein_encoder_init (&self->encoding.encoder, self->segments);
  self->encoding.shared = g_ptr_array_new_with_free_func (free_shared);
}

static void
init_roster (HeinRoster *self)
{
  self->media = hein_carrier_array_new ();
  self->peers = hein_peers_new (HEIN_PEERS_TOLD);
  self->targets = hein_peers_new (HEIN_PEERS_TARGETS);
  self->names = g_hash_table_new (hein_hash_text, g_str_equal);
  self->instances = g_hash_table_new (hein_hash_text, g_str_equal);
  for (guint i = 0; i < G_N_ELEMENTS (self->entering); i++)
    self->entering[i] = g_hash_table_new (hein_hash_text, g_str_equal);
  self->seen =
    g_hash_table_new_full (hein_hash_text, g_str_equal, NULL, g_free);
}

static void
on_spares_due (HeinTimer *timer, gint64 now_us)
{
  hein_block_trim (now_us);
}

void
hein_core_init (HeinCore *self, HeinBus *bus)
{
  self->bus = bus;
  self->owner = hein_thread_ref (hein_thread_self ());
  self->context = g_main_context_ref_thread_default ();
  g_mutex_init (&self->lock);
  g_mutex_init (&self->cancelled.lock);
  init_host (&self->host);
  init_roster (&self->roster);
  hein_link_expiry_init (&self->host);
  hein_held_init (self);
  hein_retry_init (self);
  self->sender.selection = hein_selection_new ();
  hein_run_init (self);
  self->spares_timer.expired = on_spares_due;
  self->endpoints = g_list_store_new (HEIN_TYPE_ENDPOINT);
  self->finishing = g_ptr_array_new_with_free_func (g_object_unref);
  self->hosts =
    g_hash_table_new_full (hein_hash_text, g_str_equal, g_free, NULL);
}

static void
clear_news (HeinCore *self)
{
  hein_news_clear_events (self);
  g_queue_clear_full (&self->news.inbox, (GDestroyNotify) hein_message_unref);
  g_queue_clear_full (&self->news.ahead, (GDestroyNotify) hein_message_unref);
  g_clear_pointer (&self->news.taken, g_ptr_array_unref);
  g_clear_pointer (&self->news.received_topics, hein_topics_free);
}

static void
clear_held (HeinHeldQueue *self)
{
  hein_held_clear_row (&self->ingress);
  hein_held_clear_row (&self->tried);
  hein_held_clear_row (&self->row);
  hein_held_clear_row (&self->later);
  g_clear_pointer (&self->ways, g_hash_table_unref);
  g_clear_pointer (&self->stuck, g_ptr_array_unref);
}

static void
clear_sender (HeinSender *self)
{
  g_clear_pointer (&self->filters, g_ptr_array_unref);
  g_clear_pointer (&self->sent_topics, hein_topics_free);
  g_clear_object (&self->selection);
  g_clear_pointer (&self->old_strategies, g_ptr_array_unref);
}

static void
clear_roster (HeinRoster *self)
{
  g_hash_table_unref (self->names);
  g_hash_table_unref (self->instances);
  for (guint i = 0; i < G_N_ELEMENTS (self->entering); i++)
    g_hash_table_unref (self->entering[i]);
  g_hash_table_unref (self->seen);
  g_ptr_array_unref (self->media);
  g_object_unref (self->peers);
  g_object_unref (self->targets);
}

/* What this bus has set free is spare for others, too; who needs it takes new
 * memory. The end of a simulation frees that of its buses. */
static void
free_spares (HeinCore *self)
{
  hein_loop_disarm (self->host.loop, &self->spares_timer);
  if (G_LIKELY (hein_world == NULL))
    hein_block_trim_all ();
}

/* What is kept beside what is in use is within memory-limit, too. Spare blocks
 * are those of all buses; each bus bounds them by what it has left itself, so
 * that together they never need more than all limits. */
static void
bound_spares (HeinCore *self)
{
  const guint64 limit = self->host.settings.memory_limit;
  const guint64 left = limit - MIN (limit, hein_budget_get_used (self));

  hein_block_bound_spares (MIN (left, G_MAXSIZE));
}

void
hein_core_watch_spares (HeinCore *self)
{
  bound_spares (self);
  /* Virtual time does not say for how long memory was spare, and a timer would
   * let what happened before, or in other threads, change a simulation. */
  if (self->spares_timer.position == 0 && hein_world == NULL)
    hein_loop_arm (self->host.loop, &self->spares_timer,
                   hein_loop_get_now_us (self->host.loop) + HEIN_BLOCK_KEEP_US);
}

void
hein_core_close_engine (HeinCore *self)
{
  self->host.is_disposed = TRUE;
  g_clear_pointer (&self->host.encoding.shared, g_ptr_array_unref);
  g_clear_pointer (&self->news.changed, g_array_unref);
  hein_encoder_clear (&self->host.encoding.encoder);
  g_clear_pointer (&self->host.segments, hein_segment_pool_free);
  g_clear_pointer (&self->host.blocks, hein_block_pool_free);
  free_spares (self);
  hein_loop_disarm (self->host.loop, &self->host.expiry.timer);
  hein_loop_disarm (self->host.loop, &self->held.expiry);
  hein_loop_close (self->host.loop);
}

void
hein_core_clear (HeinCore *self)
{
  clear_news (self);
  hein_call_pool_clear (&self->spare_calls);
  clear_held (&self->held);
  clear_sender (&self->sender);
  hein_takers_clear (self);
  hein_subscriptions_clear (self);
  clear_roster (&self->roster);
  g_clear_pointer (&self->host.losses.drops, g_hash_table_unref);
  g_clear_pointer (&self->host.expiry.links, g_hash_table_unref);
  g_queue_clear (&self->host.expiry.row);
  g_clear_error (&self->host.close_error);
  g_hash_table_unref (self->hosts);
  g_ptr_array_unref (self->finishing);
  g_object_unref (self->endpoints);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->cancelled.lock);
  g_mutex_clear (&self->lock);
  hein_loop_unref (self->host.loop);
  hein_thread_unref (self->owner);
  g_free (self->host.name);
}

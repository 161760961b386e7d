/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-core-state.h"
#include "hein-notify.h"
#include "io/hein-world.h"
#include "link/hein-peer-state.h"

/*
 * Properties notify at the end of a turn, after its messages and events have
 * been delivered, so that handlers may call anything. An object that nobody
 * watches costs one look.
 */

static const char *const names[] = {
  "is-closed", "is-up", "accepts-messages", "has-room",      "rtt-us",
  "state",     "error", "bound-uri",        "n-connections",
};

/* An object with changes that are to be notified. */
typedef struct
{
  GObject *object; /* owned; NULL: the bus */
  guint *changes;  /* in the object */
} HeinChanged;

static void
clear_changed (gpointer data)
{
  HeinChanged *self = data;

  g_clear_object (&self->object);
}

static gboolean
is_watched (gpointer object)
{
  const guint notify_id = g_signal_lookup ("notify", G_TYPE_OBJECT);

  /* searching by signal id alone also finds handlers for a single property */
  return g_signal_handler_find (object, G_SIGNAL_MATCH_ID, notify_id, 0, NULL,
                                NULL, NULL) != 0;
}

/* Holds a reference to the object, except to the bus: that would keep the bus
 * alive after its last reference is gone. */
static void
keep (HeinCore *core, gpointer object, guint *kept)
{
  const HeinChanged changed = {
    .object = object == core->bus ? NULL : g_object_ref (object),
    .changes = kept,
  };

  if (core->news.changed == NULL)
    {
      core->news.changed = g_array_new (FALSE, FALSE, sizeof (HeinChanged));
      g_array_set_clear_func (core->news.changed, clear_changed);
    }
  g_array_append_val (core->news.changed, changed);
}

void
hein_notify_mark (HeinCore *core, gpointer object, guint *kept, guint changes)
{
  if ((*kept & changes) == changes || core->host.is_disposed ||
      !is_watched (object))
    return;
  if (*kept == 0)
    keep (core, object, kept);
  *kept |= changes;
  hein_core_want_turn (core);
}

void
hein_notify_bus (HeinCore *self, guint changes)
{
  hein_notify_mark (self, self->bus, &self->news.changes, changes);
}

void
hein_notify_peer (HeinPeer *self, guint changes)
{
  if (self->core != NULL)
    hein_notify_mark (self->core, self, &self->changes, changes);
}

static void
tell (gpointer object, guint *kept)
{
  const guint changes = *kept;

  *kept = 0;
  g_object_freeze_notify (object);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (changes & (1u << i))
      g_object_notify (object, names[i]);
  g_object_thaw_notify (object);
}

/* Those that are left come before those that handlers have changed meanwhile.
 * Takes ownership of @all. */
static void
put_back (HeinCore *self, GArray *all, guint n_told)
{
  GArray *later = g_steal_pointer (&self->news.changed);

  g_array_remove_range (all, 0, n_told);
  if (later != NULL)
    {
      g_array_append_vals (all, later->data, later->len);
      g_array_set_clear_func (later, NULL);
      g_array_unref (later);
    }
  self->news.changed = all;
}

void
hein_notify_tell (HeinCore *self, gint64 end_us)
{
  g_autoptr (GArray) all = g_steal_pointer (&self->news.changed);

  for (guint i = 0; i < all->len; i++)
    {
      HeinChanged *changed = &g_array_index (all, HeinChanged, i);

      if (i > 0 && !self->host.is_disposed && hein_world_get_us () >= end_us)
        {
          put_back (self, g_steal_pointer (&all), i);
          return;
        }
      tell (changed->object != NULL ? changed->object : (gpointer) self->bus,
            changed->changes);
    }
}

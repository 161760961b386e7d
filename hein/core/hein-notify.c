/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-bus-state.h"
#include "hein-notify.h"
#include "link/hein-peer-state.h"
#include "transport/hein-endpoint-state.h"

/*
 * Properties notify when a turn ends: behind the messages and events that came
 * before, when handlers may call anything. What nobody watches costs a look.
 */

static const char *const names[] = {
  "is-closed", "is-up", "accepts-messages", "has-room",      "rtt-us",
  "state",     "error", "bound-uri",        "n-connections",
};

static gboolean
is_watched (gpointer object)
{
  const guint notify_id = g_signal_lookup ("notify", G_TYPE_OBJECT);

  /* by id alone it also finds who watches one property */
  return g_signal_handler_find (object, G_SIGNAL_MATCH_ID, notify_id, 0, NULL,
                                NULL, NULL) != 0;
}

static void
mark (HeinBus *bus, gpointer object, guint *kept, guint changes)
{
  if ((*kept & changes) == changes || bus->is_disposed || !is_watched (object))
    return;
  if (bus->changed == NULL)
    bus->changed = g_ptr_array_new_with_free_func (g_object_unref);
  /* a bus that held itself would not go with its last reference */
  if (*kept == 0 && object != bus)
    g_ptr_array_add (bus->changed, g_object_ref (object));
  *kept |= changes;
  hein_bus_want_turn (bus);
}

void
hein_notify_bus (HeinBus *self, guint changes)
{
  mark (self, self, &self->changes, changes);
}

void
hein_notify_peer (HeinPeer *self, guint changes)
{
  if (self->bus != NULL)
    mark (self->bus, self, &self->changes, changes);
}

void
hein_notify_endpoint (HeinEndpoint *self, guint changes)
{
  if (self->bus != NULL)
    mark (self->bus, self, &self->changes, changes);
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

void
hein_notify_tell (HeinBus *self)
{
  g_autoptr (GPtrArray) changed = g_steal_pointer (&self->changed);

  for (guint i = 0; i < changed->len; i++)
    {
      gpointer object = g_ptr_array_index (changed, i);

      tell (object, HEIN_IS_PEER (object) ? &HEIN_PEER (object)->changes
                                          : &HEIN_ENDPOINT (object)->changes);
    }
  tell (self, &self->changes);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-bridge-state.h"

/* What became of messages, and of the bridge. */

void
hein_bridge_count_passed (HeinBridge *self)
{
  self->n_passed++;
}

void
hein_bridge_fail (HeinBridge *self, HeinMessage *message, const GError *error)
{
  self->n_failed++;
  g_signal_emit_by_name (self, "failed", message, error);
}

void
hein_bridge_end (HeinBridge *self)
{
  if (self->is_closed)
    return;
  self->is_closed = TRUE;
  for (guint i = 0; i < self->served->len; i++)
    hein_bus_unserve (self->source, g_ptr_array_index (self->served, i));
  g_cancellable_cancel (self->cancellable);
  g_object_notify (G_OBJECT (self), "is-closed");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-bridge.h>
#include <hein/hein-bus.h>
#include <hein/hein-message.h>

/* A bridge, what it has passed on, and its end. */

G_BEGIN_DECLS

struct _HeinBridge
{
  GObject parent_instance;

  /* set at construction */
  HeinBus *source; /* owned */
  HeinBus *target; /* owned */
  char *id;

  GPtrArray *prefixes; /* owned */
  GPtrArray *patterns; /* owned */
  GPtrArray *served;   /* owned patterns */
  GCancellable *cancellable;
  HeinMessage *message; /* owned, nullable: waits for room */
  gboolean is_closed;
  guint64 n_passed;
  guint64 n_failed;
};

void hein_bridge_count_passed (HeinBridge *self);
/* Counts one that did not get to the other side, and tells the program.
 * @message: nullable. */
void
hein_bridge_fail (HeinBridge *self, HeinMessage *message, const GError *error);
void hein_bridge_end (HeinBridge *self);

G_END_DECLS

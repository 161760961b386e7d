/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"

G_BEGIN_DECLS

/* Property notifications, collected until the end of a turn. */

/* Properties that change by themselves, as bits. */
typedef enum
{
  HEIN_CHANGE_IS_CLOSED = 1 << 0,
  HEIN_CHANGE_IS_UP = 1 << 1,
  HEIN_CHANGE_ACCEPTS_MESSAGES = 1 << 2,
  HEIN_CHANGE_HAS_ROOM = 1 << 3,
  HEIN_CHANGE_RTT_US = 1 << 4,
  HEIN_CHANGE_STATE = 1 << 5,
  HEIN_CHANGE_ERROR = 1 << 6,
  HEIN_CHANGE_BOUND_URI = 1 << 7,
  HEIN_CHANGE_N_CONNECTIONS = 1 << 8
} HeinChange;

/* Notes that properties of @object have changed; @kept, a field of @object,
 * holds the changes until they are notified: once at the end of the turn, or of
 * the next one when no turn is running. */
void
hein_notify_mark (HeinCore *core, gpointer object, guint *kept, guint changes);
void hein_notify_bus (HeinCore *self, guint changes);
void hein_notify_peer (HeinPeer *self, guint changes);
/* Emits the notifications, those of one object at least, until @end_us. The
 * rest and what handlers change is notified in the next turn. */
void hein_notify_tell (HeinCore *self, gint64 end_us);

G_END_DECLS

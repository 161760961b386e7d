/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

/* The peers of a bus: adding, removing, and what they can take. */

/* Tells the watches of @peer that it gave a sign of life, or is gone. */
void hein_roster_settle (HeinCore *self, HeinPeer *peer, gboolean is_alive);
void hein_roster_add (HeinCore *self, HeinPeer *peer);
void hein_roster_remove (HeinCore *self, HeinPeer *peer, const GError *error);
void hein_roster_set_accepts (HeinCore *self, HeinPeer *peer, gboolean accepts);
/* To be called before and after a change of the peer's subscriptions. */
void hein_roster_begin_filter (HeinCore *self, HeinPeer *peer);
void hein_roster_end_filter (HeinCore *self, HeinPeer *peer);
void hein_roster_set_full (HeinCore *self, HeinPeer *peer, gboolean is_full);

G_END_DECLS

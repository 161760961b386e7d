/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

/* Who is there. */

/* @peer has answered, or is gone: who watches it hears of that. */
void hein_roster_settle (HeinBus *self, HeinPeer *peer, gboolean is_alive);
void hein_roster_add (HeinBus *self, HeinPeer *peer);
void hein_roster_remove (HeinBus *self, HeinPeer *peer, const GError *error);
void hein_roster_set_accepts (HeinBus *self, HeinPeer *peer, gboolean accepts);
/* Before and after its filter or subscriptions change. */
void hein_roster_begin_filter (HeinBus *self, HeinPeer *peer);
void hein_roster_end_filter (HeinBus *self, HeinPeer *peer);
void hein_roster_set_full (HeinBus *self, HeinPeer *peer, gboolean is_full);

G_END_DECLS

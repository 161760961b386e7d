/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

/* The peers of a bus: adding, removing, and what they can take. */

/* Tells the watches of @peer that it gave a sign of life, or is gone. */
void hein_roster_settle (HeinCore *self, HeinPeer *peer, gboolean is_alive);
void hein_roster_add (HeinCore *self, HeinPeer *peer);
void hein_roster_remove (HeinCore *self, HeinPeer *peer, const GError *error);
/* Adds the counters of a peer that is gone for good to those of all such
 * peers. */
void hein_roster_keep_counts (HeinCore *self, HeinPeer *peer);
void hein_roster_set_accepts (HeinCore *self, HeinPeer *peer, gboolean accepts);
/* What the peer's prefixes are compared with. */
void hein_roster_set_match (HeinCore *self, HeinPeer *peer, HeinMatch match);
/* The peer has all subscriptions of the bus of when it was asked with
 * @number. */
void hein_roster_confirm (HeinCore *self, HeinPeer *peer, guint number);
/* The same errors as hein_prefixes_add. */
gboolean hein_roster_subscribe (HeinCore *self,
                                HeinPeer *peer,
                                const guint8 *prefix,
                                gsize size,
                                GError **error);
/* The same with a pattern, and FAILED when it is none. @gets_retained: what is
 * retained is sent, where it is new to the peer. */
gboolean hein_roster_subscribe_pattern (HeinCore *self,
                                        HeinPeer *peer,
                                        const guint8 *pattern,
                                        gsize size,
                                        gboolean gets_retained,
                                        GError **error);
void hein_roster_unsubscribe_pattern (HeinCore *self,
                                      HeinPeer *peer,
                                      const guint8 *pattern,
                                      gsize size);
void hein_roster_unsubscribe (HeinCore *self,
                              HeinPeer *peer,
                              const guint8 *prefix,
                              gsize size);
void hein_roster_set_full (HeinCore *self, HeinPeer *peer, gboolean is_full);

G_END_DECLS

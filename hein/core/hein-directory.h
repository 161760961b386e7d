/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

/* The directory of names and instances of peers. */

G_BEGIN_DECLS

void hein_directory_add (HeinCore *self, HeinPeer *peer);
/* Removes @peer, and remembers its name for a while. */
void hein_directory_remove (HeinCore *self, HeinPeer *peer);
/* @peer is admitted, and not up yet; it is the last one of its instance that
 * is found, of those that this bus has dialled, or of the others. */
void hein_directory_enter (HeinCore *self, HeinPeer *peer, gboolean is_dialled);
/* @peer comes up, or never will. */
void hein_directory_end_entry (HeinCore *self, HeinPeer *peer);
/* @instance: nullable. Returns NULL when there is none. */
HeinPeer *hein_directory_find_entering (HeinCore *self,
                                        const char *instance,
                                        gboolean is_dialled);
/* Finds a peer that is up by its name; NULL: there is none. */
HeinPeer *hein_directory_find (HeinCore *self, const char *name);
gboolean hein_directory_was_seen (HeinCore *self, const char *name);

G_END_DECLS

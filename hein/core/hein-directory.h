/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

void hein_directory_add (HeinCore *self, HeinPeer *peer);
/* It goes, and its name is remembered for a while. */
void hein_directory_remove (HeinCore *self, HeinPeer *peer);
/* A peer that is up and has the name, or NULL. */
HeinPeer *hein_directory_find (HeinCore *self, const char *name);
gboolean hein_directory_was_seen (HeinCore *self, const char *name);

G_END_DECLS

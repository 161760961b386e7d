/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* How many messages were lost, and why. */

G_BEGIN_DECLS

/* All that a bus has dropped. */
guint64 monitor_losses_count (HeinBus *bus);
/* Such as "12 overflow, 3 expired"; NULL: none. */
char *monitor_losses_dup_of_peer (HeinPeer *peer);

G_END_DECLS

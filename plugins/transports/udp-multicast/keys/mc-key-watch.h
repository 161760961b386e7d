/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-key-ring.h"

G_BEGIN_DECLS

/*
 * The file of a group's keys, which may change while the group is open. It is
 * looked at now and then, and read when it is another one, or has been written
 * or given another mode, and has then stayed as it is for a while: who writes
 * it may not be done. Times are handed in, as for a ring.
 */
#define MC_KEY_WATCH_INTERVAL_US (2 * G_USEC_PER_SEC)
#define MC_KEY_WATCH_SETTLE_US   (G_USEC_PER_SEC / 2)
/* A file that cannot be used is tried, and reported, again after this time. */
#define MC_KEY_WATCH_RETRY_US (60 * G_USEC_PER_SEC)
/* A new key is not used for sending for this long after it was read, if there
 * is another one: all members have to read it first. */
#define MC_KEY_WATCH_PAUSE 5 /* s */

typedef struct _McKeyWatch McKeyWatch;

/* @is_ring: its lines are those of a ring; or else it is one key. */
McKeyWatch *mc_key_watch_new (const char *path, gboolean is_ring);
void mc_key_watch_free (McKeyWatch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (McKeyWatch, mc_key_watch_free)

/* The ring to begin with; @now are seconds since 1970. */
McKeyRing *mc_key_watch_read (McKeyWatch *self, gint64 now, GError **error);

/*
 * The ring to go on with instead of @ring, or NULL: that one stays. Then, if
 * @error is set, the file has changed and is of no use; that is said at most
 * once a minute.
 */
McKeyRing *mc_key_watch_check (
  McKeyWatch *self, McKeyRing *ring, gint64 now_us, gint64 now, GError **error);
/* When to check. */
gint64 mc_key_watch_get_due (const McKeyWatch *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

/* Limits on connections that are still in the handshake. */

G_BEGIN_DECLS

typedef struct _HeinLink HeinLink;

#define HEIN_HANDSHAKES_MAX    1024
#define HEIN_HANDSHAKES_OF_ONE 256 /* from one address that is not local */

/*
 * Accepted connections in the handshake, oldest first. When there are too many,
 * further connections stay in the backlog as long as the oldest handshake is
 * young: many clients may dial at the same moment, and all will be served. An
 * older one is closed to make room, so that half-open connections cannot keep
 * others out. All operations take constant time.
 *
 * Dialled connections are in a list of their own, which has no limit.
 */
void hein_handshakes_add (HeinLink *link);
/* To be called when the link is up, or gone. */
void hein_handshakes_remove (HeinLink *link);
/* Returns whether the host of @link has too many handshakes: no single host
 * must use up what all share. */
gboolean hein_handshakes_is_greedy (HeinLink *link);
/* Returns whether a dialled link has not learned yet which bus is at the other
 * end. */
gboolean hein_handshakes_has_open_dial (HeinCore *core);
/* Returns whether accepting has to pause. */
gboolean hein_handshakes_must_wait (HeinCore *core);
/* Closes the oldest handshake if there are too many. */
void hein_handshakes_make_room (HeinCore *core);

G_END_DECLS

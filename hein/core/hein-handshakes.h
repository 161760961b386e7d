/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

typedef struct _HeinLink HeinLink;

#define HEIN_HANDSHAKES_MAX    1024
#define HEIN_HANDSHAKES_OF_ONE 256 /* from one address that is not local */

/*
 * Accepted connections that are not up, oldest first. When there are too many,
 * the next ones wait where the system keeps them, as long as the oldest is
 * young: many may dial at once, and all will be served. One that has been
 * there for longer makes room, so that half-open ones cannot keep others out.
 * Nothing here takes longer when there are more.
 *
 * Those that were dialled stand in a row of their own, which has no limit.
 */
void hein_handshakes_add (HeinLink *link);
/* It is up, or gone. */
void hein_handshakes_remove (HeinLink *link);
/* One host must not use up what all share. */
gboolean hein_handshakes_is_greedy (HeinLink *link);
/* One that was dialled waits for the other side to say which bus it is. */
gboolean hein_handshakes_has_open_dial (HeinCore *core);
/* Accepting has to wait for a moment. */
gboolean hein_handshakes_must_wait (HeinCore *core);
/* The oldest goes, if there are too many. */
void hein_handshakes_make_room (HeinCore *core);

G_END_DECLS

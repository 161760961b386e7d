/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

/* Limits on connections that are still in the handshake. */

G_BEGIN_DECLS

typedef struct _HeinLink HeinLink;

/* Without TLS a handshake costs little, so that many may be under way; a
 * newcomer comes in the sooner, the more of those that say nothing are closed
 * together. One of TLS costs up to 18 KiB and a millisecond. */
#define HEIN_HANDSHAKES_MAX        1024
#define HEIN_HANDSHAKES_SEALED_MAX 128
#define HEIN_HANDSHAKES_OF_ONE     64 /* from one address that is not local */

/*
 * Accepted connections in the handshake, oldest first: of a bus at most
 * HEIN_HANDSHAKES_MAX without TLS, and HEIN_HANDSHAKES_SEALED_MAX with it.
 * Further ones stay in the backlog of their listener, where they cost this
 * process nothing, until one of those is done: so many clients may dial at the
 * same moment, and all will be served. A
 * connection that takes long is closed for the next one, so that half-open ones
 * cannot keep others out: after 100 ms when it has not said anything whole yet,
 * or when its address has more than HEIN_HANDSHAKES_OF_ONE; else after 1 s, and
 * sooner, down to 100 ms, when many were closed so; never when it has proved to
 * have a key: then handshake-timeout-ms alone bounds it.
 *
 * Dialled connections are in a list of their own, which has no limit, until the
 * other end has said who it is.
 */
void hein_handshakes_add (HeinLink *link);
/* To be called when the link is up, or gone. */
void hein_handshakes_remove (HeinLink *link);
/* The other end has said which bus it is, or what its name is without that: a
 * dialled link leaves its list. */
void hein_handshakes_note_answer (HeinLink *link);
/* Returns whether a dialled link has not learned yet which bus is at the other
 * end. */
gboolean hein_handshakes_has_open_dial (HeinCore *core);
/* Returns whether one more connection may be accepted. @is_sealed: by TLS */
gboolean hein_handshakes_have_room (HeinCore *core, gboolean is_sealed);
/* The same for a connection that waits, for which a stalled one is closed where
 * that is needed. Looks at HEIN_HANDSHAKES_MAX at most. */
gboolean hein_handshakes_make_room (HeinCore *core, gboolean is_sealed);

G_END_DECLS

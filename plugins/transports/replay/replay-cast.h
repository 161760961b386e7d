/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* The peers of a recording: whoever sent something in it, by the name they had. */

G_BEGIN_DECLS

typedef struct _ReplayCast ReplayCast;

/* @transport: borrowed; @name: of the peer that sends what nobody else does. */
ReplayCast *replay_cast_new (HeinTransport *transport, const char *name);
/* The peers are gone, too; @reason: nullable, why. */
void replay_cast_free (ReplayCast *self, const GError *reason);
/* Finds the peer that sends what @sender sent, and brings it in where it is not
 * there. NULL: the bus takes no peer, with @error unless it has just ended all
 * of this. */
HeinPeer *
replay_cast_find (ReplayCast *self, const char *sender, GError **error);
/* Takes @peer out; what its sender sends next brings it in again. */
void replay_cast_remove (ReplayCast *self, HeinPeer *peer);

G_END_DECLS

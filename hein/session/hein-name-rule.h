/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "link/hein-link-state.h"

/* Which name a peer gets, and whether another peer may have it already. */

G_BEGIN_DECLS

/* Chooses a name for the peer whose protocol has made an offer: the offered
 * one, one derived from it, or one that is made up. It need not be valid. */
char *hein_name_rule_choose (HeinLink *self);
/* A peer whose stream has proved a name gets that name: it may claim no other,
 * and a made-up name is replaced by it. FALSE when it claims another. */
gboolean hein_name_rule_take_proof (HeinLink *self, char **name);
/* Finds another peer that is up, of the same bus or with the same unique
 * name. */
HeinPeer *hein_name_rule_find_holder (HeinLink *self);
/* Finds another peer of the same bus that is admitted, and may come up before
 * what it has said arrives. */
HeinPeer *hein_name_rule_find_entering (HeinLink *self);

G_END_DECLS

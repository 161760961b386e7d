/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "explorer-party.h"

/* Retained values of the explorer: whoever comes has the last one of each topic
 * first, then what is newer, and never an older one again. */

G_BEGIN_DECLS

/* Begins to look at what @self hears of values, and ends it. */
void value_begin (Party *self);
void value_end (Party *self);
/* Sends the next version of one of the values, or of all. */
void value_send_one (Party *self);
void value_send_all (Party *self);
/* Returns whether @text is a value. */
gboolean value_hear (Party *self, HeinPeer *peer, const char *text);
/* The connection to @peer is over. */
void value_forget (Party *self, HeinPeer *peer);
/* Whether @self has heard the last version of each value of @other, on the
 * connection that there is now. */
gboolean value_has_all (const Party *self, const Party *other);

G_END_DECLS

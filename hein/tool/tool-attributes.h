/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* The options --attribute and --expires. */

G_BEGIN_DECLS

/* Complains about what is wrong with them, and returns FALSE. @pairs:
 * NAME=VALUE, nullable */
gboolean tool_attributes_check (char **pairs, int expires_ms);
/* Gives them, which were checked, to a new message. */
void tool_attributes_set (HeinMessage *message, char **pairs, int expires_ms);
/* Says when the peer got messages without them. */
void tool_attributes_complain (HeinPeer *peer);

G_END_DECLS

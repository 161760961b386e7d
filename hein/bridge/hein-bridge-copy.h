/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-message.h>

/* The message that goes on. */

G_BEGIN_DECLS

/* Returns the message for the other side, which names the bridge @id. (transfer
 * full) NULL with @error: it has come through it, or through too many. */
HeinMessage *
hein_bridge_copy (HeinMessage *message, const char *id, GError **error);

G_END_DECLS

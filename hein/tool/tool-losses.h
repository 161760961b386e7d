/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* What a command has not received, or not sent. */

G_BEGIN_DECLS

/* Reports lost and unusable messages, which the user would not notice
 * otherwise. */
void tool_losses_tell (HeinBus *bus);
/* The same for what did not reach a peer, and @n_expired messages that the bus
 * never got; returns how many in all. */
guint64
tool_losses_tell_unsent (HeinBus *bus, guint64 n_expired, gboolean is_verbose);

G_END_DECLS

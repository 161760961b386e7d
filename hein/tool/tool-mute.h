/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Addresses of commands that only send. */

G_BEGIN_DECLS

/* The address to dial for a command that takes no messages: where the protocol
 * has an option `subscribe`, and @uri does not say it, with subscribe=no.
 * (transfer full) */
char *tool_mute_address (const char *uri);

G_END_DECLS

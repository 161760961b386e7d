/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Checks that constructors of messages share. */

G_BEGIN_DECLS

/* Returns whether a topic is valid; NULL counts as empty. */
gboolean hein_message_is_topic (const char *topic);

G_END_DECLS

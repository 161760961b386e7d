/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* NULL is the empty topic. */
gboolean hein_message_is_topic (const char *topic);

G_END_DECLS

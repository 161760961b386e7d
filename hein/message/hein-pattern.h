/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Patterns of topics, whose levels a "/" parts: "*" stands for one level, "**" for
 * any number of them, none among these.
 */

/* FALSE with TOO_LARGE over 255 bytes, FAILED when it is not UTF-8 or a star is
 * part of a level. */
gboolean hein_pattern_check (const char *pattern, GError **error);
/* Whether it has a star, or stands for one topic alone. */
gboolean hein_pattern_is_wild (const char *pattern);
/* @topic need not be terminated. */
gboolean
hein_pattern_match (const char *pattern, const char *topic, gsize size);

G_END_DECLS

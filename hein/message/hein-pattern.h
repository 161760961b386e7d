/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Patterns of topics with levels separated by "/": "*" stands for one level,
 * "**" for any number of levels, including none.
 */

/* Checks a pattern. FALSE with TOO_LARGE above 255 bytes, FAILED when it is not
 * UTF-8 or a star is only part of a level. */
gboolean hein_pattern_check (const char *pattern, GError **error);
/* Returns whether the pattern has a star; otherwise it is a single topic. */
gboolean hein_pattern_is_wild (const char *pattern);
/* Returns whether a topic matches; @topic need not be terminated. */
gboolean
hein_pattern_match (const char *pattern, const char *topic, gsize size);

G_END_DECLS

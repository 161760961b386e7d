/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Guessing what a misspelt word was meant to be. */

G_BEGIN_DECLS

/* Returns which of @names, a NULL-terminated array, is most similar to @word;
 * NULL: none is similar. */
const char *hein_suggestion_find (const char *word, const char *const *names);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* Suggesting what a user meant by an unknown word. */

G_BEGIN_DECLS

/* Returns which of @names, a NULL-terminated array, is most similar to @word;
 * NULL: none is similar. */
const char *tool_suggest (const char *word, const char *const *names);
/* Returns " (did you mean 'tcp'?)", with the plugin or scheme that is most
 * similar to @name; "": none is similar. */
char *tool_suggest_plugin (const char *name);

G_END_DECLS

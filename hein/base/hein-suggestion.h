/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Which of @names was meant by @word; NULL: nobody knows. @names ends with
 * NULL. */
const char *hein_suggestion_find (const char *word, const char *const *names);

G_END_DECLS

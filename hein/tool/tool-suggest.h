/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* Which of @names was meant by @word; NULL: nobody knows. @names ends with NULL. */
const char *tool_suggest (const char *word, const char *const *names);

G_END_DECLS

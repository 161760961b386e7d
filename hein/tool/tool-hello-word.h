/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Texts of the other side that become part of a command somebody pastes. */

/* Returns @text when it is one word of letters, digits, '.', ':', '_', '-',
 * '@' and '%' that does not look like an option, else @otherwise. */
const char *tool_hello_word (const char *text, const char *otherwise);
/* The same for several such words between single spaces. */
const char *tool_hello_words (const char *text, const char *otherwise);

G_END_DECLS

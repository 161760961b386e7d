/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * Typed JSON: every leaf is a string that begins with the letter of its type.
 *
 *   b bool (0, 1)  i integer  f float  n nothing  u text  s text of Python 2
 *   y bytes  Y its own kind of bytes  t date and time  D date  T time
 *
 * The first six have their like in JSON; what holds one of the others stays
 * typed.
 */

/* Appends plain JSON, which has been checked, as typed JSON without blanks. */
void soc_json_append_typed (GString *to, const char *json, gsize size);
/* Appends typed JSON as plain JSON. FALSE when it is not typed JSON, or has
 * leaves that plain JSON lacks; the appended text is unusable then. */
gboolean soc_json_append_plain (GString *to, const char *json, gsize size);

G_END_DECLS

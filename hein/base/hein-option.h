/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* What an error shows of a text that may hold anything. */
char *hein_option_dup_printable (const char *text);
/* Whether the value of an option of this name must not be shown. */
gboolean hein_option_is_secret (const char *name);
/* Parses @text by the type of the writable property @name of @class into
 * @value (zeroed): yes/no, numbers within the property's range, nicks of
 * enums, strings. BAD_ADDRESS names the option, the value and the choices. */
gboolean hein_option_parse (GObjectClass *class,
                            const char *name,
                            const char *text,
                            GValue *value,
                            GError **error);
/* Names of the properties of @class that an address may set: writable, and not
 * construct-only object references. */
char **hein_option_dup_names (GObjectClass *class);
/* What @pspec takes: "0 to 65535", "yes, no", the nicks of an enum, "text". */
char *hein_option_dup_choices (GParamSpec *pspec);

G_END_DECLS

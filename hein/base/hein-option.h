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
/* Moves those that an address may set, writable and of a type that a text can
 * say, to the begin of @pspecs; returns how many they are. */
guint hein_option_keep (GParamSpec **pspecs, guint n_pspecs);
/* The names of those of @class. */
char **hein_option_dup_names (GObjectClass *class);

G_END_DECLS

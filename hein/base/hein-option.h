/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

/* Options of addresses: writable properties whose values are given as text. */

G_BEGIN_DECLS

/* Returns a text that may come from anywhere in a form that is safe to
 * print. */
char *hein_option_dup_printable (const char *text);
/* Returns whether the value of an option of this name must be hidden. */
gboolean hein_option_is_secret (const char *name);
/* Parses @text by the type of the writable property @name of @class into
 * @value, which is zeroed: yes/no, numbers within the property's range, nicks
 * of enums, strings. The BAD_ADDRESS error names the option, the value and the
 * choices. */
gboolean hein_option_parse (GObjectClass *class,
                            const char *name,
                            const char *text,
                            GValue *value,
                            GError **error);
/* Moves the properties that an address may set (writable, and of a type that
 * can be written as text) to the front of @pspecs; returns their number. */
guint hein_option_keep (GParamSpec **pspecs, guint n_pspecs);
/* Returns whether @class has such a property of this name. */
gboolean hein_option_is_of (GObjectClass *class, const char *name);
/* Returns the names of such properties of @class. */
char **hein_option_dup_names (GObjectClass *class);

G_END_DECLS

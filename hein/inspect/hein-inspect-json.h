/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Members of the objects that a bus says. */

G_BEGIN_DECLS

/* Appends a name, after a comma where one is needed. */
void hein_inspect_append_name (GString *text, const char *name);
/* @value: nullable; what is not UTF-8 is made it. */
void
hein_inspect_append_text (GString *text, const char *name, const char *value);
void
hein_inspect_append_number (GString *text, const char *name, guint64 value);
void hein_inspect_append_flag (GString *text, const char *name, gboolean value);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-error.h>

G_BEGIN_DECLS

/*
 * What strangers, files and plugins say gets into errors, and these into logs
 * and terminals: an error that comes from a plugin is made printable where the
 * core takes it, so that no plugin has to think of it.
 */

/* Valid UTF-8 without control and format characters and ends of lines; @text
 * need not end with a NUL. */
gboolean hein_text_is_printable (const char *text, gsize size);
/* In place. */
void hein_error_make_printable (GError *error);
/* (transfer full) */
GError *hein_error_copy_printable (const GError *error);
/* At level info: "@who: " and what is wrong; @who may be NULL. */
void hein_error_log (const char *who, const GError *error);

G_END_DECLS

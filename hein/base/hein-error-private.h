/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-error.h>

G_BEGIN_DECLS

/*
 * Making errors printable. Texts of peers, files and plugins get into errors,
 * and errors into logs and terminals. The core makes an error of a plugin
 * printable when it receives it, so that plugins need not care.
 */

/* Returns whether a text is valid UTF-8 without control characters, format
 * characters and line ends; @text need not be terminated. */
gboolean hein_text_is_printable (const char *text, gsize size);
/* Replaces characters of the message in place. */
void hein_error_make_printable (GError *error);
/* Returns a printable copy. (transfer full) */
GError *hein_error_copy_printable (const GError *error);
/* Logs an error at level info, prefixed by "@who: "; @who may be NULL. */
void hein_error_log (const char *who, const GError *error);

G_END_DECLS

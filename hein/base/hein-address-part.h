/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* What all parts of an address have in common. */

G_BEGIN_DECLS

/* Says that @part of an address, with this @value, is at fault. */
void hein_address_set_error (GError **error,
                             const char *part,
                             const char *value,
                             const char *format,
                             ...) G_GNUC_PRINTF (4, 5);
/* Decodes %XX in [text, text + size). (transfer full) */
char *hein_address_decode (const char *part,
                           const char *text,
                           gsize size,
                           GError **error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* QR codes in a terminal. */

G_BEGIN_DECLS

/* (transfer full) (nullable): lines that show @text; NULL: built without
 * libqrencode, or the terminal has no UTF-8. */
char *tool_qr_dup (const char *text);

G_END_DECLS

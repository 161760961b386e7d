/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* A command as it lies in a frame, whatever it says. */

void
zmtp_word_put (HeinWire *wire, const char *name, const void *data, gsize size);
/* The same, with the name in @body. */
void zmtp_word_put_body (HeinWire *wire, const guint8 *body, gsize size);
gboolean zmtp_word_is (const guint8 *body, gsize size, const char *name);

G_END_DECLS

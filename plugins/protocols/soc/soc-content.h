/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "soc-frames.h"

G_BEGIN_DECLS

/*
 * Between the content type of a message and the key of a frame; README.md has
 * the table.
 */
typedef struct
{
  char key[4];
  gboolean unpack;
} SocContent;

/* The body of a frame, not escaped yet; NULL with @error: there is no way to
 * send @message. (transfer full) */
GBytes *soc_content_encode (HeinMessage *message,
                            SocDialect dialect,
                            SocContent *content,
                            GError **error);
/* The content type of a frame whose body, unescaped, is *body; replaces that by
 * the payload. (transfer full) (nullable) */
char *
soc_content_decode (const SocFrame *frame, SocDialect dialect, GBytes **body);

G_END_DECLS

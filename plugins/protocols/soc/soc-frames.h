/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * A frame:   dialect C   __key__ tag ':' unpack ':' body  AC 96 AC 96
 *            dialect B   __key__ body                     AC 96 AC 96
 *
 * The key has three characters, unpack is 1 or 0. AC 96 within a body is
 * written AC 96 EE.
 */
#define SOC_KEY_SIZE 7
#define SOC_END_SIZE 4
#define SOC_TAG_MAX  15
/* Key, tag, unpack and the end: what a frame has beside its body. */
#define SOC_OVERHEAD_MAX (SOC_KEY_SIZE + SOC_TAG_MAX + 3 + SOC_END_SIZE)

typedef struct
{
  char key[4]; /* without the underscores, with a NUL */
  const char *tag;
  gsize tag_size;
  gboolean unpack;
  const guint8 *body; /* still escaped */
  gsize body_size;
} SocFrame;

extern const guint8 soc_end[SOC_END_SIZE];

/* Where the end begins in @data, from @from on; -1: it is not there. */
gssize soc_frame_find_end (const guint8 *data, gsize size, gsize from);
/* @data: a frame without its end. FALSE with @error: it is none. */
gboolean soc_frame_parse (const guint8 *data,
                          gsize size,
                          gboolean has_tag,
                          SocFrame *frame,
                          GError **error);
/* (transfer full) */
GBytes *soc_unescape (const guint8 *data, gsize size);
/* @bytes themselves when there is nothing to escape. (transfer full) */
GBytes *soc_escape (GBytes *bytes);
/* At most 15 characters, of which letters, digits, '.', '-', '_' and blanks
 * stay. @to has room for SOC_TAG_MAX + 1. */
void soc_clean_tag (const char *tag, char *to);

G_END_DECLS

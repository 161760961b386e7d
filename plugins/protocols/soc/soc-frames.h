/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

typedef enum
{
  SOC_DIALECT_A, /* 0.1.0 to 0.1.7: acknowledges by AA */
  SOC_DIALECT_B, /* 0.1.8 to 0.1.13 */
  SOC_DIALECT_C  /* 0.2: frames have a tag */
} SocDialect;

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

/* Whether @key begins with three letters or digits. */
gboolean soc_is_key (const char *key);
/* Where the end begins in @data, from @from on; -1: it is not there. */
gssize soc_frame_find_end (const guint8 *data, gsize size, gsize from);
/* @data: a frame without its end mark. FALSE with @error when it is not a
 * frame. */
gboolean soc_frame_parse (const guint8 *data,
                          gsize size,
                          gboolean has_tag,
                          SocFrame *frame,
                          GError **error);
/* @data with every @from in it written as @to. (transfer full) */
GBytes *soc_replace (const guint8 *data,
                     gsize size,
                     const guint8 *from,
                     gsize from_size,
                     const guint8 *to,
                     gsize to_size);
/* (transfer full) */
GBytes *soc_unescape (const guint8 *data, gsize size);
/* @bytes themselves when there is nothing to escape. (transfer full) */
GBytes *soc_escape (GBytes *bytes);
/* At most 15 characters, of which letters, digits, '.', '-', '_' and blanks
 * stay. @to has room for SOC_TAG_MAX + 1. */
void soc_clean_tag (const char *tag, char *to);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/uio.h>

#include <glib.h>

/* A position in an array of vectors that are to be written. */

G_BEGIN_DECLS

typedef struct
{
  const struct iovec *vectors;
  guint n;
  gsize offset; /* in the first of them */
} HeinCursor;

/* Returns the bytes that lie together at the position, and sets their number;
 * NULL at the end. */
static inline const guint8 *
hein_cursor_look (HeinCursor *self, gsize *size)
{
  while (self->n > 0 && self->offset == self->vectors->iov_len)
    {
      self->vectors++;
      self->n--;
      self->offset = 0;
    }
  *size = self->n > 0 ? self->vectors->iov_len - self->offset : 0;
  return self->n > 0 ? (const guint8 *) self->vectors->iov_base + self->offset
                     : NULL;
}

/* Goes on by at most what hein_cursor_look has found. */
static inline void
hein_cursor_step (HeinCursor *self, gsize size)
{
  self->offset += size;
}

/* Returns how many bytes are left. */
static inline gsize
hein_cursor_count (const HeinCursor *self)
{
  gsize size = 0;

  for (guint i = 0; i < self->n; i++)
    size += self->vectors[i].iov_len;
  return size - self->offset;
}

G_END_DECLS

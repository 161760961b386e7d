/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/* Copies a topic, a header or the like: without a call up to 32 bytes, whose
 * two halves overlap. */
static inline void
hein_copy_short (void *to, const void *from, gsize size)
{
  guint8 *last = (guint8 *) to + size;
  const guint8 *last_from = (const guint8 *) from + size;

  if (size > 32)
    memcpy (to, from, size);
  else if (size >= 16)
    {
      memcpy (to, from, 16);
      memcpy (last - 16, last_from - 16, 16);
    }
  else if (size >= 8)
    {
      memcpy (to, from, 8);
      memcpy (last - 8, last_from - 8, 8);
    }
  else if (size >= 4)
    {
      memcpy (to, from, 4);
      memcpy (last - 4, last_from - 4, 4);
    }
  else
    for (gsize i = 0; i < size; i++)
      ((guint8 *) to)[i] = ((const guint8 *) from)[i];
}

G_END_DECLS

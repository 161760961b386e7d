/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <string.h>

/* Inline copies and comparisons that are faster than a call for short data. */

G_BEGIN_DECLS

/* Copies the first and the last @part bytes; the two may overlap. */
#define HEIN_COPY_ENDS(to, from, size, part)                                   \
  (memcpy (to, from, part),                                                    \
   memcpy ((guint8 *) (to) + (size) - (part),                                  \
           (const guint8 *) (from) + (size) - (part), part))

/* Copies a topic, a header or the like; up to 32 bytes without a function call.
 * With a size of 0 both pointers may be NULL: the function does no arithmetic
 * on them, which would be undefined, even for an offset of 0. */
static inline void
hein_copy_short (void *to, const void *from, gsize size)
{
  if (size > 32)
    memcpy (to, from, size);
  else if (size >= 16)
    HEIN_COPY_ENDS (to, from, size, 16);
  else if (size >= 8)
    HEIN_COPY_ENDS (to, from, size, 8);
  else if (size >= 4)
    HEIN_COPY_ENDS (to, from, size, 4);
  else
    for (gsize i = 0; i < size; i++)
      ((guint8 *) to)[i] = ((const guint8 *) from)[i];
}

/* Returns whether two topics or the like are equal. */
static inline gboolean
hein_equal_short (const void *a, const void *b, gsize size)
{
  const guint8 *left = a;
  const guint8 *right = b;

  if (size > 32)
    return memcmp (a, b, size) == 0;
  for (; size >= 8; size -= 8, left += 8, right += 8)
    {
      guint64 x;
      guint64 y;

      memcpy (&x, left, 8);
      memcpy (&y, right, 8);
      if (x != y)
        return FALSE;
    }
  while (size > 0 && *left == *right)
    {
      left++;
      right++;
      size--;
    }
  return size == 0;
}

G_END_DECLS

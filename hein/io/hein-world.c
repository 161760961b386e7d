/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-world.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* Time and random numbers, of the real world or of a simulated one. */

_Thread_local HeinWorld *hein_world;

/* SplitMix64 (Steele, Lea and Flood, 2014): small, and the same everywhere. */
static guint64
roll (HeinWorld *self)
{
  guint64 z = self->dice += 0x9e3779b97f4a7c15ull;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ z >> 27) * 0x94d049bb133111ebull;
  return z ^ z >> 31;
}

/* Bytes in an order of their own, so that all machines draw the same. */
static void
roll_bytes (HeinWorld *self, guint8 *bytes, gsize size)
{
  guint64 number = 0;

  for (gsize i = 0; i < size; i++)
    {
      if (i % sizeof number == 0)
        number = roll (self);
      bytes[i] = number >> i % sizeof number * 8;
    }
}

gboolean
hein_world_draw (gpointer bytes, gsize size)
{
  guint8 *place = bytes;

  if (G_UNLIKELY (hein_world != NULL))
    {
      roll_bytes (hein_world, bytes, size);
      return TRUE;
    }
  /* a signal may cut more than 256 bytes short */
  while (size > 0)
    {
      const gssize n = getrandom (place, size, 0);

      if (n < 0 && errno != EINTR)
        return FALSE;
      place += MAX (n, 0);
      size -= MAX (n, 0);
    }
  return TRUE;
}

void
hein_world_draw_any (gpointer bytes, gsize size)
{
  guint8 *place = bytes;

  if (G_LIKELY (hein_world_draw (bytes, size)))
    return;
  for (gsize i = 0; i < size; i++)
    place[i] = (guint8) g_random_int ();
}

guint64
hein_world_draw_number (void)
{
  guint64 number;

  hein_world_draw_any (&number, sizeof number);
  return G_UNLIKELY (hein_world != NULL) ? GUINT64_FROM_LE (number) : number;
}

double
hein_world_draw_part (void)
{
  /* 53 bits are what a double holds */
  return (double) (hein_world_draw_number () >> 11) / (double) (1ull << 53);
}

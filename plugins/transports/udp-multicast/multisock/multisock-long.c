/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "multisock-long.h"

#include <string.h>

/*
 * Long division by hand, nine digits at a time: numbers are a few hundred bytes
 * at most, and a library for them would be one more dependency.
 */

/* Nine digits at once: the carry of a byte fits into 64 bits. */
#define CHUNK        G_GUINT64_CONSTANT (1000000000)
#define CHUNK_DIGITS 9
/* log10 (256) is below 2.41. */
#define DIGITS_MAX (MULTISOCK_LONG_MAX * 241 / 100 + 1)

gsize
multisock_long_trim (const guint8 *bytes, gsize size)
{
  while (size > 1)
    {
      const guint8 sign = bytes[size - 2] & 0x80 ? 0xff : 0x00;

      if (bytes[size - 1] != sign)
        break;
      size--;
    }
  return size;
}

static void
negate (guint8 *bytes, gsize size)
{
  guint carry = 1;

  for (gsize i = 0; i < size; i++)
    {
      carry += (guint8) ~bytes[i];
      bytes[i] = carry;
      carry >>= 8;
    }
}

/* Leaves the quotient; returns the remainder. */
static guint64
divide (guint8 *bytes, gsize size)
{
  guint64 rest = 0;

  for (gsize i = size; i > 0; i--)
    {
      rest = rest << 8 | bytes[i - 1];
      bytes[i - 1] = rest / CHUNK;
      rest %= CHUNK;
    }
  return rest;
}

/* Without a sign, so that the highest bit is a digit, too. */
static gsize
trim_zeros (const guint8 *bytes, gsize size)
{
  while (size > 0 && bytes[size - 1] == 0)
    size--;
  return size;
}

char *
multisock_long_to_decimal (const guint8 *bytes, gsize size)
{
  const gboolean is_negative = bytes[size - 1] & 0x80;
  g_autofree guint8 *rest = g_memdup2 (bytes, size);
  char text[DIGITS_MAX + CHUNK_DIGITS + 2];
  char *begin = text + sizeof text;

  *--begin = '\0';
  if (is_negative)
    negate (rest, size);
  do
    {
      guint64 chunk = divide (rest, size);

      size = trim_zeros (rest, size);
      for (guint i = 0; i < CHUNK_DIGITS && (size > 0 || chunk > 0); i++)
        {
          *--begin = '0' + chunk % 10;
          chunk /= 10;
        }
    }
  while (size > 0);
  if (*begin == '\0')
    *--begin = '0';
  if (is_negative)
    *--begin = '-';
  return g_strdup (begin);
}

/* FALSE: it takes more bytes. */
static gboolean
multiply_and_add (guint8 *bytes, guint factor, guint summand)
{
  guint carry = summand;

  for (gsize i = 0; i < MULTISOCK_LONG_MAX; i++)
    {
      carry += bytes[i] * factor;
      bytes[i] = carry;
      carry >>= 8;
    }
  return carry == 0;
}

/* FALSE: the magnitude needs the bit that is the sign. */
static gboolean
set_sign (guint8 *bytes, gboolean is_negative)
{
  if (trim_zeros (bytes, MULTISOCK_LONG_MAX) == 0)
    return TRUE;
  if (is_negative)
    negate (bytes, MULTISOCK_LONG_MAX);
  return (bytes[MULTISOCK_LONG_MAX - 1] >= 0x80) == is_negative;
}

gsize
multisock_long_from_decimal (const char *decimal,
                             gsize size,
                             guint8 *to,
                             GError **error)
{
  const gboolean is_negative = size > 0 && decimal[0] == '-';
  gboolean fits = size <= DIGITS_MAX + 1;

  memset (to, 0, MULTISOCK_LONG_MAX);
  for (gsize i = is_negative ? 1 : 0; i < size && fits; i++)
    fits = multiply_and_add (to, 10, decimal[i] - '0');
  if (fits && set_sign (to, is_negative))
    return multisock_long_trim (to, MULTISOCK_LONG_MAX);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "an integer of more than %d bytes", MULTISOCK_LONG_MAX);
  return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-secret-key.h"

#include <string.h>

#include <hein/hein.h>

/* Parses keys in constant time. */

#define HEX_SIZE (2 * HEIN_SECRET_KEY_SIZE)

/* Returns -1 for what is not a digit. Takes the same time for every
 * character. */
static int
get_digit (guint8 c)
{
  const int digit = c - '0';
  const int letter = (c | 0x20) - 'a';

  return ((digit + 1) * (guint) (digit >= 0) * (guint) (digit < 10) +
          (letter + 11) * (guint) (letter >= 0) * (guint) (letter < 6)) -
         1;
}

gboolean
hein_secret_key_is_zero (const guint8 *key)
{
  guint8 any = 0;

  for (guint i = 0; i < HEIN_SECRET_KEY_SIZE; i++)
    any |= key[i];
  return any == 0;
}

static gboolean
parse_digits (const char *hex, gsize n, guint8 *key)
{
  int bad = 0;

  if (n != HEX_SIZE)
    return FALSE;
  for (guint i = 0; i < HEIN_SECRET_KEY_SIZE; i++)
    {
      const int high = get_digit (hex[2 * i]);
      const int low = get_digit (hex[2 * i + 1]);

      bad |= high | low;
      key[i] = (guint8) ((guint) high << 4 | (guint) low);
    }
  return bad >= 0;
}

gboolean
hein_secret_parse_hex (const char *hex, gsize n, guint8 *key)
{
  if (parse_digits (hex, n, key))
    return TRUE;
  explicit_bzero (key, HEIN_SECRET_KEY_SIZE);
  return FALSE;
}

/* The digits of a key that was copied on Windows are followed by CR and LF. */
static gsize
chomp (const char *text, gsize size)
{
  if (size > HEX_SIZE && text[size - 1] == '\n')
    size--;
  if (size > HEX_SIZE && text[size - 1] == '\r')
    size--;
  return size;
}

gboolean
hein_secret_parse_key (
  const char *name, const char *text, gsize size, guint8 *key, GError **error)
{
  gboolean is_key = TRUE;

  if (size == HEIN_SECRET_KEY_SIZE)
    memcpy (key, text, size);
  else
    is_key = parse_digits (text, chomp (text, size), key);
  if (is_key && !hein_secret_key_is_zero (key))
    return TRUE;
  explicit_bzero (key, HEIN_SECRET_KEY_SIZE);
  if (is_key)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "%s: a key of zeros is not a key: make a random one", name);
  else
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "%s: is neither %d bytes nor %d hex digits", name,
                 HEIN_SECRET_KEY_SIZE, HEX_SIZE);
  return FALSE;
}

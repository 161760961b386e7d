/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-pairing-code.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* Makes the codes of pairings, and reads them as people type them. */

static const char alphabet[] = "ABCDEFGHJKMNPQRTUVWXY234579";

#define N_LETTERS (sizeof alphabet - 1)
/* The largest multiple of it that a byte holds: what is above is drawn again,
 * so that all letters are as likely. */
#define FAIR (256 / N_LETTERS * N_LETTERS)

static gboolean
draw (char *letter)
{
  guint8 byte = FAIR;

  while (byte >= FAIR)
    if (getrandom (&byte, 1, 0) < 0 && errno != EINTR)
      return FALSE;
  *letter = alphabet[byte % N_LETTERS];
  return TRUE;
}

gboolean
hein_pairing_code_make (HeinPairingCode *self, GError **error)
{
  for (guint i = 0; i < HEIN_PAIRING_LETTERS; i++)
    if (!draw (&self->letters[i]))
      {
        g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                     "the system has no random bytes: %s", g_strerror (errno));
        return FALSE;
      }
  self->letters[HEIN_PAIRING_LETTERS] = '\0';
  return TRUE;
}

/* What is meant by a character; 0: nothing. */
static char
read_letter (char c)
{
  static const char alike[][2] = {
    { 'Z', '2' }, { 'S', '5' }, { '6', 'G' }, { '8', 'B' }
  };

  c = g_ascii_toupper (c);
  for (guint i = 0; i < G_N_ELEMENTS (alike); i++)
    if (c == alike[i][0])
      c = alike[i][1];
  return c != '\0' && strchr (alphabet, c) != NULL ? c : '\0';
}

gboolean
hein_pairing_code_parse (HeinPairingCode *self,
                         const char *text,
                         GError **error)
{
  guint n = 0;
  gboolean is_one = TRUE;

  for (; *text != '\0' && is_one; text++)
    {
      if (strchr (" -\t\r\n", *text) != NULL)
        continue;
      is_one = n < HEIN_PAIRING_LETTERS &&
               (self->letters[n++] = read_letter (*text)) != '\0';
    }
  if (is_one && n == HEIN_PAIRING_LETTERS)
    {
      self->letters[n] = '\0';
      return TRUE;
    }
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "this is no code, which has %d of the letters and digits %s",
               HEIN_PAIRING_LETTERS, alphabet);
  return FALSE;
}

void
hein_pairing_code_print (const HeinPairingCode *self, char *text)
{
  for (guint i = 0; i < HEIN_PAIRING_LETTERS; i++)
    {
      if (i > 0 && i % 4 == 0)
        *text++ = '-';
      *text++ = self->letters[i];
    }
  *text = '\0';
}

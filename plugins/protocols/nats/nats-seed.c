/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-seed.h"

#include <string.h>

#include "secret/hein-secret-password.h"

/* The kinds, as the first five bits of a key; 32 letters and digits stand for them. */
#define KIND_SEED ('S' - 'A')
#define KIND_USER ('U' - 'A')
#define N_CHECKED (2 + NATS_SEED_SIZE) /* bytes of a seed before its checksum */
#define SEED_TEXT 58

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* CRC-16/XMODEM */
static guint16
checksum (const guint8 *data, gsize size)
{
  guint crc = 0;

  while (size-- > 0)
    {
      crc ^= (guint) *data++ << 8;
      for (guint bit = 0; bit < 8; bit++)
        crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
    }
  return crc & 0xffff;
}

/* Reads whole bytes; what is left of the last character does not count. FALSE: a
 * character is none of base32. */
static gboolean
decode (guint8 *to, const char *text, gsize size)
{
  guint bits = 0;
  guint n_bits = 0;

  for (gsize i = 0; i < size; i++)
    {
      const char *found = text[i] != '\0' ? strchr (alphabet, text[i]) : NULL;

      if (found == NULL)
        return FALSE;
      bits = (bits << 5 | (guint) (found - alphabet)) & 0xfff;
      n_bits += 5;
      if (n_bits >= 8)
        {
          n_bits -= 8;
          *to++ = bits >> n_bits & 0xff;
        }
    }
  return TRUE;
}

static void
encode (char *to, const guint8 *data, gsize size)
{
  guint bits = 0;
  guint n_bits = 0;

  for (gsize i = 0; i < size; i++)
    {
      bits = (bits << 8 | data[i]) & 0xfff;
      n_bits += 8;
      while (n_bits >= 5)
        {
          n_bits -= 5;
          *to++ = alphabet[bits >> n_bits & 31];
        }
    }
  *to = '\0';
}

static const char *
check (const guint8 *raw)
{
  const guint kind = (raw[0] & 7) << 2 | raw[1] >> 6;

  if (checksum (raw, N_CHECKED) !=
      (raw[N_CHECKED] | (guint) raw[N_CHECKED + 1] << 8))
    return "its checksum is wrong: a character is another one";
  if (raw[0] >> 3 != KIND_SEED)
    return "is no seed of NATS, which begins with SU";
  if (kind != KIND_USER || (raw[1] & 0x38) != 0)
    return "is not the seed of a user, which begins with SU, but that of "
           "somebody else, as an account (SA) or an operator (SO)";
  return NULL;
}

const char *
nats_seed_read (guint8 seed[NATS_SEED_SIZE], const char *text, gsize size)
{
  guint8 raw[N_CHECKED + 2];
  const char *why;

  if (size == NATS_PUBLIC_KEY_TEXT && *text != 'S')
    return "is no seed, which begins with SU, but looks like a public key";
  if (size != SEED_TEXT)
    return "is no seed of NATS, which has 58 characters and begins with SU";
  if (decode (raw, text, size))
    why = check (raw);
  else
    why = "is no seed of NATS: it has other characters than A to Z, 2 to 7";
  if (why == NULL)
    memcpy (seed, raw + 2, NATS_SEED_SIZE);
  hein_secret_erase (raw, sizeof raw);
  return why;
}

void
nats_seed_write_public (char to[NATS_PUBLIC_KEY_TEXT + 1],
                        const guint8 key[NATS_SEED_SIZE])
{
  guint8 raw[1 + NATS_SEED_SIZE + 2] = { KIND_USER << 3 };
  guint16 crc;

  memcpy (raw + 1, key, NATS_SEED_SIZE);
  crc = checksum (raw, 1 + NATS_SEED_SIZE);
  raw[1 + NATS_SEED_SIZE] = crc & 0xff;
  raw[2 + NATS_SEED_SIZE] = crc >> 8;
  encode (to, raw, sizeof raw);
}

/* ---- credentials ---- */

/* The next line, without its end and blanks around it; FALSE: there is none. */
static gboolean
take_line (const char **p, const char *end, NatsSpan *line)
{
  const char *line_end;

  if (*p == end)
    return FALSE;
  line_end = memchr (*p, '\n', end - *p);
  if (line_end == NULL)
    line_end = end;
  *line = (NatsSpan){ *p, line_end - *p };
  *p = line_end < end ? line_end + 1 : end;
  while (line->size > 0 && g_ascii_isspace (line->data[line->size - 1]))
    line->size--;
  while (line->size > 0 && g_ascii_isspace (*line->data))
    {
      line->data++;
      line->size--;
    }
  return TRUE;
}

static gboolean
is_border (const NatsSpan *line)
{
  return line->size >= 3 && memcmp (line->data, "---", 3) == 0;
}

/* The line between two borders; those between pairs of them are for people. */
static gboolean
find_between (const char **p, const char *end, NatsSpan *found)
{
  NatsSpan line;

  while (take_line (p, end, &line))
    {
      if (!is_border (&line))
        continue;
      do
        if (!take_line (p, end, found))
          return FALSE;
      while (found->size == 0);
      return take_line (p, end, &line) && is_border (&line);
    }
  return FALSE;
}

/* What a JWT has: nothing that would have to be escaped in JSON. */
static gboolean
is_jwt (const NatsSpan *text)
{
  guint n_dots = 0;

  for (gsize i = 0; i < text->size; i++)
    {
      const char c = text->data[i];

      if (c == '.')
        n_dots++;
      else if (!g_ascii_isalnum (c) && c != '-' && c != '_')
        return FALSE;
    }
  return n_dots == 2;
}

gboolean
nats_seed_find_credentials (const char *text,
                            gsize size,
                            NatsSpan *jwt,
                            NatsSpan *seed)
{
  const char *p = text;
  const char *end = text + size;

  return find_between (&p, end, jwt) && is_jwt (jwt) &&
         find_between (&p, end, seed);
}

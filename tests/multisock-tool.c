/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../plugins/transports/udp-multicast/multisock/multisock-crypter.h"
#include "../plugins/transports/udp-multicast/multisock/multisock-pickle.h"

/*
 * For multisock-vectors.py. Reads lines of a command and its arguments, all in
 * hexadecimal digits ("-": none), and answers each with a line: "ok" and the
 * result, or "error" and its text.
 */

#define JSON_MAX 1000000

static GBytes *
from_hex (const char *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; g_ascii_isxdigit (hex[0]) && g_ascii_isxdigit (hex[1]); hex += 2)
    {
      const guint8 byte =
        g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]);

      g_byte_array_append (bytes, &byte, 1);
    }
  return g_byte_array_free_to_bytes (bytes);
}

static char *
text_from_hex (const char *hex)
{
  g_autoptr (GBytes) bytes = from_hex (hex);

  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
answer (const char *note, GBytes *bytes)
{
  static const char digits[] = "0123456789abcdef";
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  g_autoptr (GString) line = g_string_new ("ok");

  g_string_append (line, note);
  g_string_append_c (line, ' ');
  for (gsize i = 0; i < size; i++)
    {
      g_string_append_c (line, digits[data[i] >> 4]);
      g_string_append_c (line, digits[data[i] & 15]);
    }
  puts (line->str);
}

static void
answer_error (const GError *error)
{
  printf ("error %s\n", error->message);
}

static MultisockCrypter *
open_crypter (char **words, GError **error)
{
  g_autofree char *key = text_from_hex (words[1]);
  g_autofree char *iv = text_from_hex (words[2]);

  return words[0][0] == 'k' ? multisock_crypter_new_k (key, iv, error)
                            : multisock_crypter_new_d (key, iv, 4, error);
}

/* k-encrypt KEY IV DATA RANDOM, k-decrypt KEY IV DATA; the same with d. */
static GBytes *
crypt_line (char **words, const char **note, GError **error)
{
  static const char *const notes[] = { " none", " letters", " bytes" };
  g_autoptr (MultisockCrypter) crypter = open_crypter (words, error);
  g_autoptr (GBytes) data = from_hex (words[3]);
  g_autoptr (GBytes) random = from_hex (words[4] != NULL ? words[4] : "");
  MultisockFront front;
  GBytes *plain;

  if (crypter == NULL)
    return NULL;
  if (strstr (words[0], "encrypt") != NULL)
    return multisock_crypter_encrypt (crypter, g_bytes_get_data (data, NULL),
                                      g_bytes_get_size (data),
                                      g_bytes_get_size (random) == 16
                                        ? g_bytes_get_data (random, NULL)
                                        : NULL);
  plain = multisock_crypter_decrypt (crypter, g_bytes_get_data (data, NULL),
                                     g_bytes_get_size (data), &front, error);
  *note = notes[front];
  return plain;
}

/* load PICKLE, dump JSON, and load-object, dump-object with base64. */
static GBytes *
convert_line (char **words, GError **error)
{
  g_autoptr (GBytes) bytes = from_hex (words[1]);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (g_str_equal (words[0], "load"))
    return multisock_pickle_to_json (data, size, JSON_MAX, error);
  if (g_str_equal (words[0], "load-object"))
    return multisock_object_to_json (data, size, JSON_MAX, error);
  if (g_str_equal (words[0], "dump"))
    return multisock_pickle_from_json ((const char *) data, size, error);
  return multisock_object_from_json ((const char *) data, size, error);
}

static void
run_line (const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  const char *note = "";
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) result = NULL;

  if (words[0][1] == '-')
    result = crypt_line (words, &note, &error);
  else
    result = convert_line (words, &error);
  if (result != NULL)
    answer (note, result);
  else
    answer_error (error);
  fflush (stdout);
}

int
main (void)
{
  char *line = NULL;
  size_t room = 0;
  ssize_t size;

  while ((size = getline (&line, &room, stdin)) > 0)
    {
      line[strcspn (line, "\n")] = '\0';
      run_line (line);
    }
  free (line);
  return 0;
}

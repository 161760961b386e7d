/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-key-file.h"

#include <hein/hein.h>
#include <sodium.h>

#include "secret/hein-secret-key.h"
#include "secret/hein-secret.h"

/*
 * Reads the file of a key, after a look at whose it is and who else may read
 * it. What is read lies in locked memory from the first byte on.
 */

G_STATIC_ASSERT (MC_KEY_SIZE == HEIN_SECRET_KEY_SIZE);

char *
mc_key_read_file (const char *path, gsize max_size, gsize *size, GError **error)
{
  char *text;
  gssize n;

  g_assert (sodium_init () >= 0);
  text = sodium_malloc (max_size + 1);
  if (text == NULL)
    g_error ("no memory for a key");
  n = hein_secret_read_file (path, text, max_size + 1, error);
  if (n > (gssize) max_size)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "%s: is not a key file, which has at most %" G_GSIZE_FORMAT
                 " bytes",
                 path, max_size);
  if (n < 0 || n > (gssize) max_size)
    {
      sodium_free (text);
      return NULL;
    }
  text[n] = '\0';
  *size = n;
  return text;
}

McKey *
mc_key_new_from_hex (const char *hex, gsize n)
{
  guint8 bytes[MC_KEY_SIZE];
  McKey *self = NULL;

  if (hein_secret_parse_hex (hex, n, bytes))
    self = mc_key_new (bytes);
  sodium_memzero (bytes, sizeof bytes);
  return self;
}

McKey *
mc_key_new_from_text (const char *name,
                      const char *text,
                      gsize size,
                      GError **error)
{
  guint8 bytes[MC_KEY_SIZE];
  McKey *self = NULL;

  if (hein_secret_parse_key (name, text, size, bytes, error))
    self = mc_key_new (bytes);
  sodium_memzero (bytes, sizeof bytes);
  return self;
}

McKey *
mc_key_new_from_file (const char *path, GError **error)
{
  gsize size;
  char *text = mc_key_read_file (path, HEIN_SECRET_KEY_TEXT_MAX, &size, error);
  McKey *self;

  if (text == NULL)
    return NULL;
  self = mc_key_new_from_text (path, text, size, error);
  sodium_free (text);
  return self;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-pair-card.h"

#include <string.h>

#include <hein/hein.h>

/* Reads and writes what two sides say while they pair. */

static gboolean
fail (GError **error, const char *text)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "what the other side says of itself is no card: %s", text);
  return FALSE;
}

static gboolean
read_name (TlsPairCard *self,
           const guint8 *data,
           gsize size,
           gsize *used,
           GError **error)
{
  const gsize n = size > 0 ? data[0] : 0;

  if (n == 0 || n > size - 1)
    return fail (error, "it has no name");
  if (!hein_name_is_valid ((const char *) data + 1, n))
    return fail (error, "the name is not one that a bus can have");
  memcpy (self->name, data + 1, n);
  self->name[n] = '\0';
  *used = 1 + n;
  return TRUE;
}

gboolean
tls_pair_card_parse (TlsPairCard *self,
                     const guint8 *data,
                     gsize size,
                     GError **error)
{
  gsize used;

  if (!read_name (self, data, size, &used, error))
    return FALSE;
  data += used;
  size -= used;
  if (size < 2)
    return fail (error, "it has no key");
  self->key_size = (gsize) data[0] << 8 | data[1];
  data += 2;
  size -= 2;
  if (self->key_size == 0 || self->key_size > MIN (size, TLS_PAIR_KEY_MAX))
    return fail (error, "it has no key");
  self->key = data;
  self->signature = data + self->key_size;
  self->signature_size = size - self->key_size;
  if (self->signature_size == 0 ||
      self->signature_size > TLS_PAIR_SIGNATURE_MAX)
    return fail (error, "it has no signature");
  return TRUE;
}

GByteArray *
tls_pair_card_write (const TlsPairCard *self)
{
  const guint8 n = strlen (self->name);
  const guint8 size[] = { self->key_size >> 8, self->key_size & 0xff };
  GByteArray *body = g_byte_array_new ();

  g_byte_array_append (body, &n, 1);
  g_byte_array_append (body, (const guint8 *) self->name, n);
  g_byte_array_append (body, size, sizeof size);
  g_byte_array_append (body, self->key, self->key_size);
  g_byte_array_append (body, self->signature, self->signature_size);
  return body;
}

gboolean
tls_pair_head_parse (const guint8 *head, gsize *size)
{
  *size = (gsize) head[1] << 8 | head[2];
  return memchr ("CADR", head[0], 4) != NULL && *size <= TLS_PAIR_BODY_MAX;
}

void
tls_pair_head_write (guint8 *head, char letter, gsize size)
{
  head[0] = letter;
  head[1] = size >> 8;
  head[2] = size & 0xff;
}

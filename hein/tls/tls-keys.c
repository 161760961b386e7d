/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-keys.h"

#include <string.h>

#include <hein/hein.h>

#include "secret/hein-secret-key.h"
#include "secret/hein-secret.h"
#include "tls-lines.h"

/* Parses files of one key, and key rings. */

#define FILE_MAX (1024 * 1024)

struct _TlsKeys
{
  GPtrArray *keys; /* owned TlsKey */
  gboolean is_ring;
};

static TlsKeys *
keys_new (gboolean is_ring)
{
  TlsKeys *self = g_new0 (TlsKeys, 1);

  self->is_ring = is_ring;
  self->keys = g_ptr_array_new_with_free_func ((GDestroyNotify) tls_key_unref);
  return self;
}

void
tls_keys_free (TlsKeys *self)
{
  g_ptr_array_unref (self->keys);
  g_free (self);
}

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED, text);
  return FALSE;
}

/* ---- one key ---- */

static gboolean
add_only (
  TlsKeys *self, const char *path, const char *text, gsize size, GError **error)
{
  g_autofree char *name = hein_secret_dup_name (path);
  guint8 bytes[TLS_KEY_SIZE];
  gboolean ok = hein_secret_parse_key (path, text, size, bytes, error);

  if (ok)
    g_ptr_array_add (self->keys, tls_key_new (name, bytes));
  explicit_bzero (bytes, sizeof bytes);
  return ok;
}

/* ---- a ring ---- */

static gboolean
add_line (gpointer data, const char *name, const guint8 *bytes, GError **error)
{
  TlsKeys *self = data;
  g_autoptr (TlsKey) key = tls_key_new (name, bytes);

  if (tls_keys_have (self, key))
    return fail (error, "the same name and key once more");
  if (self->keys->len == TLS_KEYS_MAX)
    return fail (error,
                 "more than " G_STRINGIFY (TLS_KEYS_MAX) " keys in a file");
  g_ptr_array_add (self->keys, g_steal_pointer (&key));
  return TRUE;
}

/* Errors about a line must not show the key. */
static gboolean
add_lines (TlsKeys *self, char *text, gsize size, GError **error)
{
  static const TlsLineRule rule = { "key", FALSE };
  const int n = tls_lines_read (&rule, text, size, add_line, self, error);

  return n > 0 || (n == 0 && fail (error, "has no key"));
}

/* ---- the file ---- */

TlsKeys *
tls_keys_new_from_text (
  const char *name, char *text, gsize size, gboolean is_ring, GError **error)
{
  g_autoptr (TlsKeys) self = keys_new (is_ring);

  if (!is_ring)
    return add_only (self, name, text, size, error) ? g_steal_pointer (&self)
                                                    : NULL;
  if (add_lines (self, text, size, error))
    return g_steal_pointer (&self);
  g_prefix_error (error, "%s: ", name);
  return NULL;
}

TlsKeys *
tls_keys_new_from_file (const char *path, gboolean is_ring, GError **error)
{
  const gsize most = is_ring ? FILE_MAX : HEIN_SECRET_KEY_TEXT_MAX;
  g_autofree char *text = g_malloc (most + 1);
  gssize size = hein_secret_read_file (path, text, most + 1, error);
  TlsKeys *self = NULL;

  if (size > (gssize) most)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "%s: is not a file of keys, which has at most %" G_GSIZE_FORMAT
                 " bytes",
                 path, most);
  else if (size >= 0)
    {
      text[size] = '\0';
      self = tls_keys_new_from_text (path, text, size, is_ring, error);
    }
  /* what was read before it failed is not told */
  explicit_bzero (text, size < 0 ? most + 1 : (gsize) size);
  return self;
}

/* ---- lookup ---- */

gboolean
tls_keys_are_named (const TlsKeys *self)
{
  return self->is_ring;
}

TlsKey *
tls_keys_find (const TlsKeys *self, const TlsIdentity *identity)
{
  for (guint i = 0; i < self->keys->len; i++)
    {
      TlsKey *key = self->keys->pdata[i];

      if (key->id == identity->key_id &&
          (!self->is_ring || g_str_equal (key->name, identity->name)))
        return key;
    }
  return NULL;
}

TlsKey *
tls_keys_get_own (const TlsKeys *self, GError **error)
{
  TlsKey *last = self->keys->pdata[self->keys->len - 1];

  for (guint i = 0; i < self->keys->len; i++)
    {
      const TlsKey *key = self->keys->pdata[i];

      if (g_str_equal (key->name, last->name))
        continue;
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                   "the ring has keys of \"%s\" and of \"%s\": to dial, it "
                   "must have only that of the bus that is dialled",
                   key->name, last->name);
      return NULL;
    }
  return last;
}

gboolean
tls_keys_have (const TlsKeys *self, const TlsKey *wanted)
{
  for (guint i = 0; i < self->keys->len; i++)
    if (tls_key_is_same (self->keys->pdata[i], wanted))
      return TRUE;
  return FALSE;
}

gboolean
tls_keys_are_within (const TlsKeys *self, const TlsKeys *other)
{
  for (guint i = 0; i < self->keys->len; i++)
    if (!tls_keys_have (other, self->keys->pdata[i]))
      return FALSE;
  return tls_key_is_same (self->keys->pdata[self->keys->len - 1],
                          other->keys->pdata[other->keys->len - 1]);
}

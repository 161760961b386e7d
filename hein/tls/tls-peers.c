/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-peers.h"

#include <string.h>

#include <hein/hein.h>

#include "secret/hein-secret.h"
#include "tls-lines.h"

/* The peers that are known by the fingerprints of their keys. */

struct _TlsPeers
{
  GHashTable *names; /* owned pin -> owned name */
};

/* A fingerprint is as good as random already. */
static guint
hash_pin (gconstpointer pin)
{
  guint hash;

  memcpy (&hash, pin, sizeof hash);
  return hash;
}

static gboolean
are_same_pins (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, TLS_PIN_SIZE) == 0;
}

void
tls_peers_free (TlsPeers *self)
{
  g_hash_table_unref (self->names);
  g_free (self);
}

static gboolean
add_line (gpointer data, const char *name, const guint8 *pin, GError **error)
{
  TlsPeers *self = data;
  const char *other = tls_peers_find (self, pin);

  if (other != NULL)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "the fingerprint is that of \"%s\" already: each has a key "
                 "of its own",
                 other);
  else if (g_hash_table_size (self->names) == TLS_PEERS_MAX)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                         "more than " G_STRINGIFY (TLS_PEERS_MAX) " peers in "
                                                                  "a file");
  else
    return g_hash_table_insert (self->names, g_memdup2 (pin, TLS_PIN_SIZE),
                                g_strdup (name));
  return FALSE;
}

/* A file without lines is no error: nobody is known yet. */
TlsPeers *
tls_peers_new_from_text (const char *name,
                         char *text,
                         gsize size,
                         GError **error)
{
  static const TlsLineRule rule = { "fingerprint", TRUE };
  g_autoptr (TlsPeers) self = g_new0 (TlsPeers, 1);

  self->names = g_hash_table_new_full (hash_pin, are_same_pins, g_free, g_free);
  if (tls_lines_read (&rule, text, size, add_line, self, error) >= 0)
    return g_steal_pointer (&self);
  g_prefix_error (error, "%s: ", name);
  return NULL;
}

TlsPeers *
tls_peers_new_from_file (const char *path, GError **error)
{
  g_autofree char *text = g_malloc (TLS_PEERS_FILE_MAX + 1);
  const gssize size =
    hein_secret_read_list (path, text, TLS_PEERS_FILE_MAX + 1, error);

  if (size > TLS_PEERS_FILE_MAX)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "%s: is not a file of peers, which has at most %d bytes", path,
                 TLS_PEERS_FILE_MAX);
  if (size < 0 || size > TLS_PEERS_FILE_MAX)
    return NULL;
  text[size] = '\0';
  return tls_peers_new_from_text (path, text, size, error);
}

const char *
tls_peers_find (const TlsPeers *self, const guint8 *pin)
{
  return g_hash_table_lookup (self->names, pin);
}

gboolean
tls_peers_have_name (const TlsPeers *self, const char *name)
{
  GHashTableIter iter;
  gpointer other;

  g_hash_table_iter_init (&iter, self->names);
  while (g_hash_table_iter_next (&iter, NULL, &other))
    if (g_str_equal (other, name))
      return TRUE;
  return FALSE;
}

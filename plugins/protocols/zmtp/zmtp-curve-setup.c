/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-curve-setup.h"

#include <string.h>

#include <hein/hein.h>

#include "secret/hein-secret-stamp.h"
#include "zmtp-curve-peers.h"

#define ANY "any"

/* A certificate in a file, which may change. */
typedef struct
{
  char *path; /* NULL when it is not a file */
  gboolean is_secret;
  HeinSecretStamp stamp;
  CurveCertificate *certificate; /* owned */
  gint64 due_us;
} Source;

struct _CurveSetup
{
  char *id; /* in `setups` */
  guint refs;
  CurvePeers *peers; /* owned: of a server that does not take any */
  gboolean is_server;

  GMutex lock;
  Source own;
  Source server;              /* of a client */
  guint8 key[CURVE_KEY_SIZE]; /* the same, where the address has it */
};

G_LOCK_DEFINE_STATIC (setups);
static GHashTable *setups; /* borrowed id -> borrowed CurveSetup */

/* ---- certificates ---- */

static gboolean
read_source (Source *self, GError **error)
{
  const HeinSecretStamp stamp = hein_secret_stamp_look (self->path);
  CurveCertificate *certificate =
    self->is_secret ? curve_certificate_new_secret (self->path, error)
                    : curve_certificate_new_public (self->path, error);

  self->stamp = stamp;
  if (certificate == NULL)
    return FALSE;
  g_clear_pointer (&self->certificate, curve_certificate_unref);
  self->certificate = certificate;
  return TRUE;
}

/* Settings that cannot be read any more stay as they were. */
static void
review_source (Source *self, gint64 now_us)
{
  g_autoptr (GError) error = NULL;
  HeinSecretStamp stamp;

  if (self->path == NULL || now_us < self->due_us)
    return;
  self->due_us = now_us + CURVE_PEERS_INTERVAL_US;
  stamp = hein_secret_stamp_look (self->path);
  if (hein_secret_stamp_is_same (&stamp, &self->stamp))
    return;
  if (!read_source (self, &error))
    g_warning ("the certificate stays as it was: %s", error->message);
}

static void
clear_source (Source *self)
{
  g_free (self->path);
  g_clear_pointer (&self->certificate, curve_certificate_unref);
}

/* ---- making one ---- */

static gboolean
check_options (const char *key_file,
               const char *peers,
               const char *server,
               GError **error)
{
  const char *trouble = NULL;

  if (key_file == NULL)
    trouble = "curve-key=FILE is missing, the certificate of this side";
  else if (peers == NULL && server == NULL)
    trouble = "CURVE needs to know whom to trust: the server, mostly the "
              "listener, says curve-peers=FOLDER (or \"any\"), and the client "
              "says curve-server=FILE (or a key in Z85)";
  else if (peers != NULL && server != NULL)
    trouble = "curve-peers is for the server and curve-server for the client; "
              "one side cannot be both";
  if (trouble != NULL)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS, trouble);
  return trouble == NULL;
}

static gboolean
read_peers (CurveSetup *self, const char *peers, GError **error)
{
  self->is_server = TRUE;
  if (strcmp (peers, ANY) == 0)
    return TRUE;
  self->peers = curve_peers_new (peers, error);
  return self->peers != NULL;
}

static gboolean
read_server (CurveSetup *self, const char *server, GError **error)
{
  if (curve_key_parse (server, self->key))
    return TRUE;
  self->server.path = g_strdup (server);
  if (read_source (&self->server, error))
    return TRUE;
  g_prefix_error (error, "curve-server is neither a key of 40 characters in "
                         "Z85, nor a certificate: ");
  return FALSE;
}

static void
setup_free (CurveSetup *self)
{
  g_clear_pointer (&self->peers, curve_peers_free);
  clear_source (&self->own);
  clear_source (&self->server);
  g_mutex_clear (&self->lock);
  g_free (self->id);
  g_free (self);
}

static CurveSetup *
setup_new (const char *key_file,
           const char *peers,
           const char *server,
           GError **error)
{
  CurveSetup *self = g_new0 (CurveSetup, 1);

  g_mutex_init (&self->lock);
  self->refs = 1;
  self->own.path = g_strdup (key_file);
  self->own.is_secret = TRUE;
  if (read_source (&self->own, error) &&
      (peers != NULL ? read_peers (self, peers, error)
                     : read_server (self, server, error)))
    return self;
  setup_free (self);
  return NULL;
}

static CurveSetup *
find (const char *id)
{
  CurveSetup *found = NULL;

  G_LOCK (setups);
  if (setups != NULL)
    found = g_hash_table_lookup (setups, id);
  if (found != NULL)
    found->refs++;
  G_UNLOCK (setups);
  return found;
}

/* Somebody else may have made the same meanwhile. */
static CurveSetup *
share (CurveSetup *self, char *id)
{
  CurveSetup *found;

  self->id = id;
  G_LOCK (setups);
  if (setups == NULL)
    setups = g_hash_table_new (g_str_hash, g_str_equal);
  found = g_hash_table_lookup (setups, id);
  if (found == NULL)
    g_hash_table_insert (setups, self->id, self);
  else
    found->refs++;
  G_UNLOCK (setups);
  if (found == NULL)
    return self;
  setup_free (self);
  return found;
}

CurveSetup *
curve_setup_get (const char *key_file,
                 const char *peers,
                 const char *server,
                 GError **error)
{
  g_autofree char *id = NULL;
  CurveSetup *self;

  if (!check_options (key_file, peers, server, error))
    return NULL;
  id = g_strdup_printf ("%s\n%s\n%s", key_file, peers != NULL ? peers : "",
                        server != NULL ? server : "");
  self = find (id);
  if (self == NULL)
    self = setup_new (key_file, peers, server, error);
  else
    return self;
  return self != NULL ? share (self, g_steal_pointer (&id)) : NULL;
}

CurveSetup *
curve_setup_ref (CurveSetup *self)
{
  G_LOCK (setups);
  self->refs++;
  G_UNLOCK (setups);
  return self;
}

void
curve_setup_unref (CurveSetup *self)
{
  gboolean is_last;

  G_LOCK (setups);
  is_last = --self->refs == 0;
  if (is_last)
    g_hash_table_remove (setups, self->id);
  if (is_last && g_hash_table_size (setups) == 0)
    g_clear_pointer (&setups, g_hash_table_unref);
  G_UNLOCK (setups);
  if (is_last)
    setup_free (self);
}

/* ---- what connections ask ---- */

gboolean
curve_setup_is_server (CurveSetup *self)
{
  return self->is_server;
}

CurveCertificate *
curve_setup_get_own (CurveSetup *self, gint64 now_us)
{
  CurveCertificate *own;

  g_mutex_lock (&self->lock);
  review_source (&self->own, now_us);
  own = curve_certificate_ref (self->own.certificate);
  g_mutex_unlock (&self->lock);
  return own;
}

static const guint8 *
find_server (CurveSetup *self, gint64 now_us)
{
  review_source (&self->server, now_us);
  return self->server.certificate != NULL
           ? self->server.certificate->keys.public_key
           : self->key;
}

void
curve_setup_get_server (CurveSetup *self,
                        gint64 now_us,
                        guint8 key[CURVE_KEY_SIZE])
{
  g_mutex_lock (&self->lock);
  memcpy (key, find_server (self, now_us), CURVE_KEY_SIZE);
  g_mutex_unlock (&self->lock);
}

/* The server that is dialled. */
static gboolean
is_server_now (CurveSetup *self, const guint8 *key, gint64 now_us, char **name)
{
  gboolean is_it;

  g_mutex_lock (&self->lock);
  is_it = memcmp (key, find_server (self, now_us), CURVE_KEY_SIZE) == 0;
  if (is_it && self->server.certificate != NULL)
    *name = g_strdup (self->server.certificate->name);
  g_mutex_unlock (&self->lock);
  return is_it;
}

gboolean
curve_setup_admits (CurveSetup *self,
                    const guint8 key[CURVE_KEY_SIZE],
                    gint64 now_us,
                    char **name)
{
  *name = NULL;
  if (!self->is_server)
    return is_server_now (self, key, now_us, name);
  return self->peers == NULL ||
         curve_peers_find (self->peers, key, now_us, name);
}

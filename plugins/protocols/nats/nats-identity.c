/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-identity.h"

#include <string.h>

#include <hein/hein.h>

#include "json/hein-json.h"
#include "nats-nkey.h"
#include "nats-seed.h"
#include "secret/hein-secret-password.h"
#include "secret/hein-secret.h"

/* A file has less, and so leaves room for the signature in what one may take. */
#define FILE_MAX (NATS_IDENTITY_MAX - 1024)
/* Servers say 15 characters. */
#define NONCE_MAX 64

gboolean
nats_identity_is_set (const NatsIdentity *self)
{
  return self->nkey_file != NULL || self->creds_file != NULL;
}

/* ---- what the server says ---- */

/*
 * Whatever is signed here can be used where this user is asked for its signature, and
 * a stranger may have chosen it. So it is what servers say, random bytes in base64,
 * and nothing that could be read as something else, such as a JWT, which has dots.
 */
static gboolean
is_nonce (const char *text, gsize size)
{
  if (size == 0 || size > NONCE_MAX)
    return FALSE;
  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isalnum (text[i]) && strchr ("-_+/=", text[i]) == NULL)
      return FALSE;
  return TRUE;
}

gboolean
nats_identity_take_info (NatsIdentity *self,
                         const NatsSpan *json,
                         GError **error)
{
  HeinJsonSpan nonce;

  if (!nats_identity_is_set (self))
    return TRUE;
  if (!hein_json_find (json->data, json->size, "nonce", &nonce) ||
      (nonce.size == 2 && nonce.data[0] == '"'))
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                           "the server says no nonce to be signed: it knows no "
                           "users by nkey or creds");
      return FALSE;
    }
  if (nonce.data[0] != '"' || !is_nonce (nonce.data + 1, nonce.size - 2))
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                           "\"nonce\" of INFO is not 1 to 64 characters of "
                           "base64, and nothing else is signed");
      return FALSE;
    }
  g_free (self->nonce);
  self->nonce = g_strndup (nonce.data + 1, nonce.size - 2);
  return TRUE;
}

/* ---- the file ---- */

/* What a file has; all of it is to be erased. */
typedef struct
{
  char text[FILE_MAX + 1];
  NatsSpan jwt; /* empty: none */
  guint8 seed[NATS_SEED_SIZE];
} Secrets;

static void
secrets_free (Secrets *self)
{
  hein_secret_erase (self, sizeof *self);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Secrets, secrets_free)

static const char *
find (Secrets *self, gboolean has_jwt, gsize size)
{
  NatsSpan seed = { self->text, strcspn (self->text, " \t\r\n") };

  if (size > FILE_MAX - 1 || strlen (self->text) != size)
    return "is no text of less than 31 KiB";
  if (has_jwt &&
      !nats_seed_find_credentials (self->text, size, &self->jwt, &seed))
    return "is no file of credentials: a JWT and a seed, each between two "
           "lines "
           "that begin with \"---\"";
  return nats_seed_read (self->seed, seed.data, seed.size);
}

static gboolean
read_file (Secrets *self, const NatsIdentity *identity, GError **error)
{
  const gboolean has_jwt = identity->creds_file != NULL;
  const char *path = has_jwt ? identity->creds_file : identity->nkey_file;
  const gssize size = hein_secret_read_file (path, self->text, FILE_MAX, error);
  const char *why;

  if (size < 0)
    return FALSE;
  why = find (self, has_jwt, size);
  if (why == NULL)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "%s: %s", path, why);
  return FALSE;
}

static const NatsNkeyModule *
find_module (GError **error)
{
  const NatsNkeyModule *module =
    hein_plugin_find_module (NATS_NKEY_MODULE, NATS_NKEY_MODULE_ABI,
                             sizeof *module, error);

  if (module == NULL)
    g_prefix_error (error, "nkey and creds need the module of signatures: ");
  return module;
}

gboolean
nats_identity_check (const NatsIdentity *self, GError **error)
{
  g_autoptr (Secrets) secrets = NULL;

  if (!nats_identity_is_set (self))
    return TRUE;
  secrets = g_new0 (Secrets, 1);
  return find_module (error) != NULL && read_file (secrets, self, error);
}

/* ---- CONNECT ---- */

/* Base64 as in URLs, without padding. */
static void
append_signature (GString *line, const guint8 signature[NATS_SIGNATURE_SIZE])
{
  g_autofree char *text = g_base64_encode (signature, NATS_SIGNATURE_SIZE);

  g_strdelimit (text, "=", '\0');
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  g_string_append_printf (line, ",\"sig\":\"%s\"", text);
}

gboolean
nats_identity_put (const NatsIdentity *self, GString *line, GError **error)
{
  g_autoptr (Secrets) secrets = NULL;
  const NatsNkeyModule *module;
  guint8 public_key[NATS_SEED_SIZE];
  guint8 signature[NATS_SIGNATURE_SIZE];
  char text[NATS_PUBLIC_KEY_TEXT + 1];

  if (!nats_identity_is_set (self))
    return TRUE;
  secrets = g_new0 (Secrets, 1);
  module = find_module (error);
  if (module == NULL || !read_file (secrets, self, error))
    return FALSE;
  module->sign (secrets->seed, self->nonce, strlen (self->nonce), public_key,
                signature);
  if (secrets->jwt.size > 0)
    {
      g_string_append (line, ",\"jwt\":\"");
      g_string_append_len (line, secrets->jwt.data, secrets->jwt.size);
      g_string_append_c (line, '"');
    }
  else
    {
      nats_seed_write_public (text, public_key);
      g_string_append_printf (line, ",\"nkey\":\"%s\"", text);
    }
  append_signature (line, signature);
  return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-key.h"

#include <string.h>

#include "secret/hein-secret-key.h"
#include "secret/hein-secret.h"

/*
 * Compares keys without showing them. A proof is HMAC-SHA-256, with the key, of
 * a text and the random numbers of both sides, cut to 16 bytes: it cannot be
 * used again, nor shown by somebody who has only heard it. Keys are of 256
 * random bits, so that it helps nobody to guess them; passphrases, which it
 * would help to guess, are not compared.
 */

#define KEYS_MAX 64
#define FILE_MAX 16384 /* bytes of a ring */
#define PURPOSE  "hein doctor --hello 1"

struct _ToolHelloKeys
{
  ToolHelloKey kind;
  guint n; /* the last is the one to prove with */
  guint8 keys[KEYS_MAX][HEIN_SECRET_KEY_SIZE];
};

static const struct
{
  const char *option;
  ToolHelloKey kind;
} options[] = {
  { "key-file", TOOL_HELLO_KEY },
  { "key-ring-file", TOOL_HELLO_RING },
  { "passphrase-file", TOOL_HELLO_PASSPHRASE },
  { "identity", TOOL_HELLO_IDENTITY },
  { "curve-key", TOOL_HELLO_CURVE },
};

/* ---- reading ---- */

static gboolean
take_file (
  ToolHelloKeys *self, const char *path, char *text, gsize size, GError **error)
{
  if (!hein_secret_parse_key (path, text, size, self->keys[0], error))
    return FALSE;
  self->n = 1;
  return TRUE;
}

/* The second word of each line is a key: of "epoch key from until", as groups
 * have it, and of "name key", as streams do. */
static gboolean
take_ring (
  ToolHelloKeys *self, const char *path, char *text, gsize size, GError **error)
{
  const char *end = text + size;

  for (const char *line = text; line < end && self->n < KEYS_MAX;)
    {
      const char *stop = memchr (line, '\n', end - line);
      const char *key = line;

      stop = stop != NULL ? stop : end;
      while (key < stop && !g_ascii_isspace (*key))
        key++;
      while (key < stop && g_ascii_isspace (*key))
        key++;
      if (line[0] != '#' && stop - key >= 2 * HEIN_SECRET_KEY_SIZE &&
          hein_secret_parse_hex (key, 2 * HEIN_SECRET_KEY_SIZE,
                                 self->keys[self->n]))
        self->n++;
      line = stop + 1;
    }
  if (self->n == 0)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "%s: has no key", path);
  return self->n > 0;
}

static void
read_keys (ToolHelloKeys *self, const char *path, GError **error)
{
  g_autofree char *text = g_malloc (FILE_MAX);
  const gssize size = hein_secret_read_file (path, text, FILE_MAX, error);

  if (size >= 0 && self->kind == TOOL_HELLO_KEY)
    take_file (self, path, text, size, error);
  else if (size >= 0)
    take_ring (self, path, text, size, error);
  explicit_bzero (text, FILE_MAX);
}

ToolHelloKeys *
tool_hello_keys_new (ToolDoctor *doctor, GError **error)
{
  ToolHelloKeys *self = g_new0 (ToolHelloKeys, 1);
  const char *path = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (options) && path == NULL; i++)
    {
      path = tool_doctor_get (doctor, options[i].option);
      self->kind = path != NULL ? options[i].kind : TOOL_HELLO_NO_KEY;
    }
  if (self->kind == TOOL_HELLO_KEY || self->kind == TOOL_HELLO_RING)
    read_keys (self, path, error);
  return self;
}

void
tool_hello_keys_free (ToolHelloKeys *self)
{
  explicit_bzero (self->keys, sizeof self->keys);
  g_free (self);
}

ToolHelloKey
tool_hello_keys_get_kind (const ToolHelloKeys *self)
{
  return self->kind;
}

/* ---- proofs ---- */

static void
make_proof (const guint8 *key,
            const guint8 *from,
            const guint8 *to,
            guint8 *proof)
{
  g_autoptr (GHmac) hmac =
    g_hmac_new (G_CHECKSUM_SHA256, key, HEIN_SECRET_KEY_SIZE);
  guint8 digest[32];
  gsize size = sizeof digest;

  g_hmac_update (hmac, (const guint8 *) PURPOSE, sizeof PURPOSE);
  g_hmac_update (hmac, from, TOOL_HELLO_ID);
  g_hmac_update (hmac, to, TOOL_HELLO_ID);
  g_hmac_get_digest (hmac, digest, &size);
  memcpy (proof, digest, TOOL_HELLO_PROOF);
}

void
tool_hello_keys_prove (const ToolHelloKeys *self, ToolHelloEvidence *mine)
{
  if (self->n > 0)
    make_proof (self->keys[self->n - 1], mine->id, mine->partner, mine->proof);
}

ToolHelloProof
tool_hello_keys_check (const ToolHelloKeys *self,
                       const ToolHelloEvidence *mine,
                       const ToolHelloEvidence *theirs)
{
  static const guint8 none[TOOL_HELLO_PROOF];
  guint8 proof[TOOL_HELLO_PROOF];

  if (self->n == 0 || memcmp (theirs->proof, none, sizeof none) == 0 ||
      memcmp (theirs->partner, mine->id, TOOL_HELLO_ID) != 0)
    return TOOL_HELLO_UNPROVED;
  for (guint i = 0; i < self->n; i++)
    {
      make_proof (self->keys[i], theirs->id, mine->id, proof);
      if (memcmp (proof, theirs->proof, sizeof proof) == 0)
        return TOOL_HELLO_SAME_KEY;
    }
  return TOOL_HELLO_OTHER_KEY;
}

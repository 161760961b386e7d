/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-plain.h"

#include <string.h>

#include "secret/hein-secret-password.h"
#include "secret/hein-secret-users.h"
#include "secret/hein-secret.h"
#include "zmtp-word.h"

#define WORD_MAX 255 /* bytes of a name, and of a password */
#define FILE_MAX 65536

typedef enum
{
  PLAIN_WANTS_HELLO, /* the server */
  PLAIN_WANTS_INITIATE,
  PLAIN_WANTS_WELCOME, /* the client */
  PLAIN_WANTS_READY,
  PLAIN_UP
} PlainState;

struct _ZmtpPlain
{
  gboolean is_server;
  PlainState state;
  char *username; /* owned: own, or of the other side once it has proved it */
  char *secret;   /* owned: the password of the client */
  gsize secret_size;
  HeinSecretUsers users; /* of the server */
};

static char *
read_file (const char *path, gsize *size, GError **error)
{
  char *text = g_malloc0 (FILE_MAX + 1);
  gssize n = hein_secret_read_file (path, text, FILE_MAX, error);

  if (n >= 0 && n < FILE_MAX)
    {
      *size = n;
      return text;
    }
  if (n == FILE_MAX)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "%s: is over 64 KiB, so it is not a file of passwords", path);
  hein_secret_erase (text, FILE_MAX);
  g_free (text);
  return NULL;
}

ZmtpPlain *
zmtp_plain_new_client (const char *username,
                       const char *password_file,
                       GError **error)
{
  ZmtpPlain *self;
  gsize size;
  char *text = read_file (password_file, &size, error);
  gsize length;

  if (text == NULL)
    return NULL;
  length = strcspn (text, "\r\n");
  if (length == 0 || length > WORD_MAX || strlen (username) > WORD_MAX)
    {
      g_set_error (
        error, HEIN_ERROR, HEIN_ERROR_FAILED,
        "%s: its first line is not a password of 1 to %d bytes, or the "
        "username is longer",
        password_file, WORD_MAX);
      hein_secret_erase (text, size);
      g_free (text);
      return NULL;
    }
  self = g_new0 (ZmtpPlain, 1);
  self->state = PLAIN_WANTS_WELCOME;
  self->username = g_strdup (username);
  self->secret = text;
  self->secret_size = length;
  return self;
}

ZmtpPlain *
zmtp_plain_new_server (const char *users_file, GError **error)
{
  HeinSecretUsers users = { 0 };
  ZmtpPlain *self;

  if (!hein_secret_users_read (&users, users_file, error))
    return NULL;
  self = g_new0 (ZmtpPlain, 1);
  self->is_server = TRUE;
  self->users = users;
  return self;
}

static void
forget_secret (ZmtpPlain *self)
{
  hein_secret_users_clear (&self->users);
  if (self->secret == NULL)
    return;
  hein_secret_erase (self->secret, self->secret_size);
  g_clear_pointer (&self->secret, g_free);
}

void
zmtp_plain_free (ZmtpPlain *self)
{
  forget_secret (self);
  g_free (self->username);
  g_free (self);
}

gboolean
zmtp_plain_is_server (const ZmtpPlain *self)
{
  return self->is_server;
}

/* ---- the server ---- */

typedef struct
{
  const char *text;
  gsize size;
} Word;

static ZmtpStep
fail (GError **error, int code, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, code, text);
  return ZMTP_STEP_FAILED;
}

/* Reads a length and so many bytes. */
static gboolean
next_word (const guint8 **data, gsize *size, Word *word)
{
  if (*size < 1 || **data > *size - 1)
    return FALSE;
  *word = (Word){ (const char *) *data + 1, **data };
  *data += 1 + word->size;
  *size -= 1 + word->size;
  return TRUE;
}

static ZmtpStep
take_hello (ZmtpPlain *self,
            HeinWire *wire,
            const guint8 *data,
            gsize size,
            GError **error)
{
  Word username;
  Word password;

  if (!next_word (&data, &size, &username) ||
      !next_word (&data, &size, &password) || size > 0)
    return fail (error, HEIN_ERROR_PROTOCOL,
                 "HELLO of PLAIN is not a username and a password");
  if (!hein_secret_users_check (&self->users, username.text, username.size,
                                password.text, password.size))
    return fail (error, HEIN_ERROR_REFUSED,
                 "its username and password are not among plain-users");
  self->username = g_strndup (username.text, username.size);
  forget_secret (self);
  zmtp_word_put (wire, "WELCOME", NULL, 0);
  self->state = PLAIN_WANTS_INITIATE;
  return ZMTP_STEP_WAIT;
}

/* ---- both ---- */

void
zmtp_plain_start (ZmtpPlain *self, HeinWire *wire)
{
  guint8 words[2 * (1 + WORD_MAX)];
  const gsize size = self->is_server ? 0 : strlen (self->username);

  if (self->is_server)
    return;
  words[0] = size;
  memcpy (words + 1, self->username, size);
  words[1 + size] = self->secret_size;
  memcpy (words + 2 + size, self->secret, self->secret_size);
  zmtp_word_put (wire, "HELLO", words, 2 + size + self->secret_size);
  hein_secret_erase ((char *) words, sizeof words);
  forget_secret (self);
}

static ZmtpStep
take_pairs (ZmtpPlain *self, const guint8 *data, gsize size, GByteArray **pairs)
{
  *pairs = g_byte_array_new ();
  g_byte_array_append (*pairs, data, size);
  self->state = PLAIN_UP;
  return ZMTP_STEP_HEARD;
}

ZmtpStep
zmtp_plain_take (ZmtpPlain *self,
                 HeinWire *wire,
                 const guint8 *body,
                 gsize size,
                 GByteArray **pairs,
                 GError **error)
{
  *pairs = NULL;
  if (self->state == PLAIN_WANTS_HELLO && zmtp_word_is (body, size, "HELLO"))
    return take_hello (self, wire, body + 6, size - 6, error);
  if (self->state == PLAIN_WANTS_WELCOME && size == 8 &&
      zmtp_word_is (body, size, "WELCOME"))
    {
      self->state = PLAIN_WANTS_READY;
      return ZMTP_STEP_SPEAK;
    }
  if (self->state == PLAIN_WANTS_INITIATE &&
      zmtp_word_is (body, size, "INITIATE"))
    return take_pairs (self, body + 9, size - 9, pairs);
  if (self->state == PLAIN_WANTS_READY && zmtp_word_is (body, size, "READY"))
    return take_pairs (self, body + 6, size - 6, pairs);
  return fail (error, HEIN_ERROR_PROTOCOL,
               "a command of PLAIN is not the expected one");
}

void
zmtp_plain_put_pairs (ZmtpPlain *self,
                      HeinWire *wire,
                      const guint8 *pairs,
                      gsize size)
{
  zmtp_word_put (wire, self->is_server ? "READY" : "INITIATE", pairs, size);
}

char *
zmtp_plain_dup_security (const ZmtpPlain *self)
{
  return self->is_server ? g_strconcat ("plain:", self->username, NULL) : NULL;
}

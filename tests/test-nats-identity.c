/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../plugins/protocols/nats/nats-nkey.h"
#include "../plugins/protocols/nats/nats-seed.h"
#include "nats-recorder.h"
#include "plugin/hein-plugin-module.h"

#include <glib/gstdio.h>
#include <string.h>

/* Users by nkey and creds: what is read from files, and what is signed. */

extern const NatsNkeyModule hein_nkey_module;

/* A pair of the documentation of NATS. */
#define SEED       "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
#define PUBLIC_KEY "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"

#define JWT "eyJ0eXAi-_.eyJqdGki.c2ln"
#define CREDS                                                                  \
  "-----BEGIN NATS USER JWT-----\n" JWT "\n"                                   \
  "------END NATS USER JWT------\n\n"                                          \
  "************************* IMPORTANT *************************\n"            \
  "NKEYs are sensitive and should be treated as secrets.\n\n"                  \
  "-----BEGIN USER NKEY SEED-----\n" SEED "\n"                                 \
  "------END USER NKEY SEED------\n"
#define INFO_NONCE(nonce) "INFO {\"proto\":1,\"nonce\":" nonce "}\r\n"

/* ---- the pieces ---- */

/* The second test of RFC 8032, 7.1. */
static void
test_sign (void)
{
  static const guint8 seed[] = {
    0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3,
    0x46, 0xec, 0x11, 0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab,
    0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb,
  };
  static const guint8 expected[] = {
    0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82,
    0x0b, 0x5f, 0x64, 0x25, 0x40, 0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50,
    0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda, 0x08,
    0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13,
    0xd0, 0xf1, 0x1d, 0x8c, 0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a,
    0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00,
  };
  guint8 public_key[NATS_SEED_SIZE];
  guint8 signature[NATS_SIGNATURE_SIZE];

  hein_nkey_module.sign (seed, "r", 1, public_key, signature);
  g_assert_cmpmem (signature, sizeof signature, expected, sizeof expected);
}

static void
test_seed (void)
{
  guint8 seed[NATS_SEED_SIZE];
  guint8 public_key[NATS_SEED_SIZE];
  guint8 signature[NATS_SIGNATURE_SIZE];
  char text[NATS_PUBLIC_KEY_TEXT + 1];

  g_assert_null (nats_seed_read (seed, SEED, strlen (SEED)));
  hein_nkey_module.sign (seed, "", 0, public_key, signature);
  nats_seed_write_public (text, public_key);
  g_assert_cmpstr (text, ==, PUBLIC_KEY);
}

/* Each character counts, but for two bits of the last one. */
static void
test_seed_changed (void)
{
  guint8 seed[NATS_SEED_SIZE];

  for (guint i = 0; i < strlen (SEED); i++)
    {
      g_autofree char *text = g_strdup (SEED);

      text[i] = text[i] == 'I' ? 'M' : 'I';
      g_assert_nonnull (nats_seed_read (seed, text, strlen (SEED)));
      text[i] = '\0';
      g_assert_nonnull (nats_seed_read (seed, text, strlen (SEED)));
      g_assert_nonnull (nats_seed_read (seed, SEED, i));
    }
}

static void
test_seed_bad (void)
{
  static const struct
  {
    const char *text;
    const char *why;
  } cases[] = {
    { "", "58 characters" },
    { "secret", "58 characters" },
    { SEED "A", "58 characters" },
    { PUBLIC_KEY, "public key" },
    { "suacssl3uahudxkfsnvuzrf5uhpmwz6bfdtj7m6usdxiednppqyyycu3vy",
      "other characters" },
    { "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VI",
      "checksum" },
    /* of an account */
    { "SAAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4HYMHI", "user" },
  };
  guint8 seed[NATS_SEED_SIZE];

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *why =
        nats_seed_read (seed, cases[i].text, strlen (cases[i].text));

      if (why == NULL || strstr (why, cases[i].why) == NULL)
        g_error ("\"%s\": %s", cases[i].text, why);
    }
}

static void
assert_credentials (const char *text, gboolean good)
{
  NatsSpan jwt;
  NatsSpan seed;

  g_assert_cmpint (nats_seed_find_credentials (text, strlen (text), &jwt,
                                               &seed),
                   ==, good);
  if (!good)
    return;
  g_assert_cmpmem (jwt.data, jwt.size, JWT, strlen (JWT));
  g_assert_cmpmem (seed.data, seed.size, SEED, strlen (SEED));
}

static void
test_credentials (void)
{
  g_auto (GStrv) lines = g_strsplit (CREDS, "\n", -1);
  g_autofree char *windows = g_strjoinv ("\r\n", lines);

  assert_credentials (CREDS, TRUE);
  assert_credentials (windows, TRUE);
  assert_credentials ("---\n" JWT "\n---\n---\n\n " SEED " \n---", TRUE);
  assert_credentials ("", FALSE);
  assert_credentials (SEED, FALSE);
  assert_credentials ("---", FALSE);
  assert_credentials ("---\n---\n---\n---\n", FALSE);
  assert_credentials ("---\n" JWT "\n---\n", FALSE);
  assert_credentials ("---\n" JWT "\n---\n---\n" SEED "\n", FALSE);
  assert_credentials ("---\n" SEED "\n---\n---\n" SEED "\n---\n", FALSE);
  assert_credentials ("---\na.b\".c\n---\n---\n" SEED "\n---\n", FALSE);
}

/* ---- on the wire ---- */

static char *
write_file (const char *text, int mode)
{
  char *path = NULL;
  const int fd = g_file_open_tmp ("hein-nkey-XXXXXX", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_cmpint (g_chmod (path, mode), ==, 0);
  return path;
}

static Recorder *
open_with (const char *option, const char *path)
{
  return recorder_new (g_object_new (HEIN_TYPE_NATS, option, path, NULL), TRUE,
                       "spock", NULL);
}

/* What comes behind the name in CONNECT. (transfer full) */
static char *
take_proof (Recorder *self)
{
  static const char name[] = "\"name\":\"spock\",";
  g_autoptr (GBytes) bytes = recorder_take_written (self);
  g_autofree char *text =
    g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  const char *found = strstr (text, name);

  g_assert_nonnull (found);
  return g_strdup (found + strlen (name));
}

/* (transfer full) */
static char *
sign (const char *nonce)
{
  guint8 seed[NATS_SEED_SIZE];
  guint8 public_key[NATS_SEED_SIZE];
  guint8 signature[NATS_SIGNATURE_SIZE];
  char *text;

  g_assert_null (nats_seed_read (seed, SEED, strlen (SEED)));
  hein_nkey_module.sign (seed, nonce, strlen (nonce), public_key, signature);
  text = g_base64_encode (signature, sizeof signature);
  *strchr (text, '=') = '\0';
  g_strdelimit (text, "+", '-');
  return g_strdelimit (text, "/", '_');
}

static void
test_nkey (void)
{
  g_autofree char *path = write_file (SEED "\n", 0600);
  g_autoptr (Recorder) self = open_with ("nkey", path);
  g_autofree char *signature = sign ("PXoWU7zWAMt75FY");
  g_autofree char *expected =
    g_strdup_printf ("\"nkey\":\"" PUBLIC_KEY "\",\"sig\":\"%s\"}\r\nPING\r\n",
                     signature);
  g_autofree char *proof = NULL;

  FEED (self, INFO_NONCE ("\"PXoWU7zWAMt75FY\""));
  proof = take_proof (self);
  g_assert_cmpstr (proof, ==, expected);
  FEED (self, PONG);
  g_assert_true (self->is_ready);
  /* a later one needs none */
  FEED (self, INFO);
  g_assert_no_error (self->failure);
  g_unlink (path);
}

static void
test_creds (void)
{
  g_autofree char *path = write_file (CREDS, 0400);
  g_autoptr (Recorder) self = open_with ("creds", path);
  g_autofree char *signature = sign ("r");
  g_autofree char *expected =
    g_strdup_printf ("\"jwt\":\"" JWT "\",\"sig\":\"%s\"}\r\nPING\r\n",
                     signature);
  g_autofree char *proof = NULL;

  FEED (self, INFO_NONCE ("\"r\""));
  proof = take_proof (self);
  g_assert_cmpstr (proof, ==, expected);
  g_unlink (path);
}

/* Behind TLS it is the nonce that INFO had. */
static void
test_tls (void)
{
  g_autofree char *path = write_file (SEED, 0600);
  g_autoptr (Recorder) self = open_with ("nkey", path);
  g_autofree char *signature = sign ("r");
  g_autofree char *proof = NULL;

  self->lacks_security = TRUE;
  FEED (self, "INFO {\"proto\":1,\"tls_required\":true,\"nonce\":\"r\"}\r\n");
  WRITTEN (self, "");
  HEIN_PROTOCOL_GET_CLASS (self->protocol)
    ->secured (self->protocol, self->wire);
  proof = take_proof (self);
  g_assert_nonnull (strstr (proof, signature));
  g_unlink (path);
}

/* A stranger gets nothing signed that could serve elsewhere. */
static void
test_nonce_bad (void)
{
#define EIGHT   "abcdefgh"
#define SIXTEEN EIGHT EIGHT
  static const struct
  {
    const char *info;
    HeinError code;
    const char *why;
  } cases[] = {
    { INFO, HEIN_ERROR_REFUSED, "no nonce" },
    { INFO_NONCE ("\"\""), HEIN_ERROR_REFUSED, "no nonce" },
    { INFO_NONCE ("7"), HEIN_ERROR_PROTOCOL, "base64" },
    { INFO_NONCE ("null"), HEIN_ERROR_PROTOCOL, "base64" },
    { INFO_NONCE ("[\"r\"]"), HEIN_ERROR_PROTOCOL, "base64" },
    { INFO_NONCE ("\"" JWT "\""), HEIN_ERROR_PROTOCOL, "base64" },
    { INFO_NONCE ("\"\\u0072\""), HEIN_ERROR_PROTOCOL, "base64" },
    { INFO_NONCE ("\"a b\""), HEIN_ERROR_PROTOCOL, "base64" },
    { INFO_NONCE ("\"" SIXTEEN SIXTEEN SIXTEEN SIXTEEN "i\""),
      HEIN_ERROR_PROTOCOL, "base64" },
  };
  g_autofree char *path = write_file (SEED, 0600);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Recorder) self = open_with ("nkey", path);

      recorder_feed (self, (const guint8 *) cases[i].info,
                     strlen (cases[i].info));
      recorder_assert_failed (self, cases[i].code, cases[i].why);
      WRITTEN (self, "");
    }
  g_unlink (path);
}

/* Who has no such option signs nothing. */
static void
test_not_asked (void)
{
  g_autoptr (Recorder) self = nats_recorder_new ();
  g_autofree char *begin = NULL;

  FEED (self, INFO_NONCE ("[\"a.b.c\"]"));
  begin = g_strndup ((const char *) self->written->data, self->written->len);
  g_assert_null (strstr (begin, "sig"));
  g_assert_true (g_str_has_suffix (begin, "\"name\":\"spock\"}\r\nPING\r\n"));
}

/* ---- what an address cannot have ---- */

static void
assert_unusable (const char *option,
                 const char *path,
                 const char *user,
                 int code,
                 const char *why)
{
  g_autoptr (HeinProtocol) self =
    g_object_new (HEIN_TYPE_NATS, option, path, "token-file", user, NULL);
  HeinSecrecy secrecy = HEIN_SECRECY_NONE;
  g_autoptr (GError) error = NULL;

  g_assert_false (HEIN_PROTOCOL_GET_CLASS (self)->prepare (self, HEIN_ROLE_DIAL,
                                                           &secrecy, &error));
  g_assert_error (error, HEIN_ERROR, code);
  if (strstr (error->message, why) == NULL)
    g_error ("no \"%s\" in \"%s\"", why, error->message);
  g_assert_null (strstr (error->message, SEED));
}

static void
assert_bad_file (const char *option,
                 const char *text,
                 int mode,
                 const char *why)
{
  g_autofree char *path = write_file (text, mode);

  assert_unusable (option, path, NULL,
                   mode == 0644 ? HEIN_ERROR_INSECURE : HEIN_ERROR_FAILED, why);
  g_unlink (path);
}

static void
test_options_bad (void)
{
  g_autofree char *large = g_strnfill (40000, 'x');
  g_autofree char *good = write_file (SEED, 0600);

  assert_bad_file ("nkey", SEED, 0644, "others have read");
  assert_bad_file ("creds", CREDS, 0644, "others have read");
  assert_bad_file ("nkey", CREDS, 0600, "is no seed");
  assert_bad_file ("creds", SEED, 0600, "no file of credentials");
  assert_bad_file ("nkey", large, 0600, "31 KiB");
  assert_bad_file ("creds", large, 0600, "31 KiB");
  assert_bad_file ("nkey", PUBLIC_KEY, 0600, "public key");
  assert_unusable ("nkey", good, good, HEIN_ERROR_BAD_ADDRESS, "either");
  g_unlink (good);
}

/* A file that is gone, or another one, when the server is there. */
static void
test_file_gone (void)
{
  g_autofree char *path = write_file ("x", 0600);
  g_autoptr (Recorder) self = open_with ("nkey", path);

  FEED (self, INFO_NONCE ("\"r\""));
  recorder_assert_failed (self, HEIN_ERROR_FAILED, "no seed");
  WRITTEN (self, "");
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  hein_plugin_set_module (NATS_NKEY_MODULE, &hein_nkey_module);
#define ADD(path, test) g_test_add_func ("/nats/identity/" path, test)
  ADD ("sign", test_sign);
  ADD ("seed", test_seed);
  ADD ("seed-changed", test_seed_changed);
  ADD ("seed-bad", test_seed_bad);
  ADD ("credentials", test_credentials);
  ADD ("nkey", test_nkey);
  ADD ("creds", test_creds);
  ADD ("tls", test_tls);
  ADD ("nonce-bad", test_nonce_bad);
  ADD ("not-asked", test_not_asked);
  ADD ("options-bad", test_options_bad);
  ADD ("file-gone", test_file_gone);
  return g_test_run ();
}

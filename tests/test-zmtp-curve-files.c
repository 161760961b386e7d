/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <glib/gstdio.h>
#include <sodium.h>

#include "../plugins/protocols/zmtp/hein-zmtp.h"
#include "../plugins/protocols/zmtp/zmtp-certificate.h"
#include "../plugins/protocols/zmtp/zmtp-curve-box.h"
#include "../plugins/protocols/zmtp/zmtp-curve-peers.h"
#include "curve-ends.h"

/* The files and words that options of CURVE and PLAIN name: what they may say, and
 * what becomes of connections when they change. */

/* ---- rotation ---- */

static void
test_taken_away (void)
{
  g_auto (CurveEnds) self = { 0 };

  curve_ends_init (&self, "");
  curve_meet (&self);
  recorder_pass_time (self.server, 1000);
  curve_assert_up (&self);
  curve_files_throw_out (self.files, "client");
  recorder_pass_time (self.server, 500);
  g_assert_error (self.server->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
}

static void
test_let_in_later (void)
{
  g_auto (CurveEnds) self = { 0 };

  curve_ends_init (&self, "");
  curve_files_make (self.files, "second", "");
  curve_meet (&self);
  recorder_pass_time (self.server, 1000);
  curve_files_let_in (self.files, "second");
  recorder_pass_time (self.server, 500);
  {
    g_autofree char *key =
      curve_files_dup_path (self.files, "second.key_secret");
    g_autofree char *server = curve_files_dup_path (self.files, "server.key");

    recorder_free (self.client);
    self.client = curve_make (TRUE, key, "curve-server", server, "kirk");
  }
  /* the connection that is there keeps what the files say */
  {
    g_autoptr (Recorder) first = g_steal_pointer (&self.server);

    self.server = curve_make_server (self.files);
    self.server->now_us = first->now_us;
    curve_meet (&self);
    curve_assert_up (&self);
  }
}

/* Half a file is that of somebody who writes it. */
static void
test_half_written (void)
{
  g_autoptr (CurveFiles) files = curve_files_new ();
  g_autofree char *folder = curve_files_dup_path (files, "peers");
  g_autofree char *path = curve_files_dup_path (files, "peers/kirk.key");
  g_autofree char *text = NULL;
  g_autofree char *key = NULL;
  g_autofree char *name = NULL;
  g_autoptr (CurvePeers) peers = NULL;
  guint8 bytes[CURVE_KEY_SIZE];

  curve_files_make (files, "kirk", "");
  curve_files_let_in (files, "kirk");
  key = curve_files_dup_key (files, "kirk");
  g_assert_true (curve_key_parse (key, bytes));
  peers = curve_peers_new (folder, NULL);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  curve_files_write (files, "peers/kirk.key", 0644, "curve\n    pub");
  g_assert_true (curve_peers_find (peers, bytes, 0, &name));
  curve_files_write (files, "peers/kirk.key", 0644, text);
  g_assert_true (
    curve_peers_find (peers, bytes, CURVE_PEERS_INTERVAL_US, &name));
  curve_files_write (files, "peers/kirk.key", 0644, "curve\n    pub");
  g_assert_true (
    curve_peers_find (peers, bytes, 2 * CURVE_PEERS_INTERVAL_US, &name));
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING,
                         "*nobody is let in by it*");
  g_assert_false (
    curve_peers_find (peers, bytes, 3 * CURVE_PEERS_INTERVAL_US, &name));
  g_test_assert_expected_messages ();
}

/* ---- certificates ---- */

#define PUBLIC "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define SECRET "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

/* The pair of the manual of zmq_curve_keypair. */
static void
test_certificates (void)
{
  static const char *const good[] = {
    "curve\n    public-key = \"" PUBLIC "\"\n    secret-key = \"" SECRET "\"",
    "curve\r\n\tpublic-key = \"" PUBLIC "\"\r\n",
    "# c\nmetadata\n    name = kirk # of the ship\n    public-key = no\n"
    "curve\n    public-key = '" PUBLIC "'\nother\n    secret-key = x\n",
    "curve\n  public-key=" PUBLIC "\n",
  };
  static const char *const bad[] = {
    "",
    "curve\n",
    "metadata\n    public-key = \"" PUBLIC "\"\n",
    "curve\n    public-key = \"Yne@\"\n",
    "curve\n    public-key = \"~ne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\"\n",
    "curve\n    public-key = \"#####w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\"\n",
    "curve\n    public-key = \"" SECRET "\"\n    secret-key = \"" SECRET "\"\n",
    "metadata\n    name = \"\"\ncurve\n    public-key = \"" PUBLIC "\"\n",
    "metadata\n    name = a\tb\ncurve\n    public-key = \"" PUBLIC "\"\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CurveCertificate) certificate =
        curve_certificate_parse ("f", good[i], strlen (good[i]), &error);
      char text[CURVE_Z85_SIZE + 1];

      g_assert_no_error (error);
      curve_key_write (certificate->keys.public_key, text);
      g_assert_cmpstr (text, ==, PUBLIC);
      g_assert_cmpint (certificate->has_secret, ==, i == 0);
      g_assert_cmpstr (certificate->name, ==, i == 2 ? "kirk" : NULL);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (
        curve_certificate_parse ("f", bad[i], strlen (bad[i]), &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
    }
}

/* ---- what an address may say ---- */

typedef struct
{
  const char *options[8]; /* names and values, of files here; NULL */
  int code;
  const char *words;
} Address;

static gboolean
prepare (CurveFiles *files,
         const Address *address,
         HeinSecrecy *secrecy,
         GError **error)
{
  g_autoptr (HeinProtocol) protocol = g_object_new (HEIN_TYPE_ZMTP, NULL);

  for (guint i = 0; address->options[i] != NULL; i += 2)
    {
      const char *value = address->options[i + 1];
      g_autofree char *path = g_build_filename (files->folder, value, NULL);

      g_object_set (protocol, address->options[i],
                    strchr (value, '.') != NULL || strcmp (value, "peers") == 0
                      ? path
                      : value,
                    NULL);
    }
  return HEIN_PROTOCOL_GET_CLASS (protocol)->prepare (protocol,
                                                      HEIN_ROLE_LISTEN, secrecy,
                                                      error);
}

static void
test_addresses (void)
{
  static const Address bad[] = {
    { { "curve-key", "a.key_secret" },
      HEIN_ERROR_BAD_ADDRESS,
      "whom to trust" },
    { { "curve-peers", "any" }, HEIN_ERROR_BAD_ADDRESS, "curve-key=FILE" },
    { { "curve-key", "a.key_secret", "curve-peers", "peers", "curve-server",
        "a.key" },
      HEIN_ERROR_BAD_ADDRESS,
      "cannot be both" },
    { { "curve-key", "public.key", "curve-peers", "peers" },
      HEIN_ERROR_INSECURE,
      "mode is 0644" },
    { { "curve-key", "open.key_secret", "curve-peers", "peers" },
      HEIN_ERROR_INSECURE,
      "chmod 600" },
    { { "curve-key", "half.key_secret", "curve-peers", "peers" },
      HEIN_ERROR_FAILED,
      "no line curve/secret-key" },
    { { "curve-key", "a.key_secret", "curve-server", "tooshort" },
      0,
      "neither a key" },
    { { "plain-username", "kirk" }, HEIN_ERROR_BAD_ADDRESS, "PLAIN takes" },
    { { "plain-username", "kirk", "plain-password-file", "a.key" },
      HEIN_ERROR_INSECURE,
      "mode is 0644" },
    { { "plain-users", "a.key_secret", "curve-key", "a.key_secret",
        "curve-peers", "any" },
      HEIN_ERROR_BAD_ADDRESS,
      "not both" },
  };
  static const Address good[] = {
    { { "curve-key", "a.key_secret", "curve-peers", "peers" },
      HEIN_SECRECY_PROVIDED,
      NULL },
    { { "curve-key", "a.key", "curve-peers", "any" },
      HEIN_SECRECY_PROVIDED,
      NULL },
    { { "curve-key", "a.key_secret", "curve-server", "a.key" },
      HEIN_SECRECY_PROVIDED,
      NULL },
    { { "curve-key", "a.key_secret", "curve-server", PUBLIC },
      HEIN_SECRECY_PROVIDED,
      NULL },
    { { "plain-users", "a.key_secret" }, HEIN_SECRECY_NEEDED, NULL },
    { { NULL }, HEIN_SECRECY_NONE, NULL },
  };
  g_autoptr (CurveFiles) files = curve_files_new ();

  curve_files_make (files, "a", "");
  curve_files_write (files, "public.key", 0644,
                     "curve\n    public-key = \"" PUBLIC "\"\n");
  curve_files_write (files, "half.key_secret", 0600,
                     "curve\n    public-key = \"" PUBLIC "\"\n");
  curve_files_write (files, "open.key_secret", 0644,
                     "curve\n    public-key = \"" PUBLIC "\"\n");
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      HeinSecrecy secrecy = HEIN_SECRECY_NONE;

      g_assert_false (prepare (files, &bad[i], &secrecy, &error));
      if (bad[i].code != 0)
        g_assert_error (error, HEIN_ERROR, bad[i].code);
      if (strstr (error->message, bad[i].words) == NULL)
        g_error ("no \"%s\" in: %s", bad[i].words, error->message);
    }
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      HeinSecrecy secrecy = HEIN_SECRECY_NONE;

      g_assert_true (prepare (files, &good[i], &secrecy, &error));
      g_assert_no_error (error);
      g_assert_cmpint (secrecy, ==, good[i].code);
    }
}

static void
test_open_folder (void)
{
  g_autoptr (CurveFiles) files = curve_files_new ();
  g_autofree char *peers = curve_files_dup_path (files, "peers");
  const Address address = {
    { "curve-key", "a.key_secret", "curve-peers", "peers" }, 0, NULL
  };
  HeinSecrecy secrecy;
  g_autoptr (GError) error = NULL;

  curve_files_make (files, "a", "");
  g_assert_cmpint (g_chmod (peers, 0777), ==, 0);
  g_assert_false (prepare (files, &address, &secrecy, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_clear_error (&error);
  g_assert_cmpint (g_rmdir (peers), ==, 0);
  g_assert_false (prepare (files, &address, &secrecy, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* ---- PLAIN ---- */

static void
plain_init (CurveEnds *self, const char *username, const char *password)
{
  g_autofree char *users = NULL;
  g_autofree char *secret = NULL;

  self->files = curve_files_new ();
  users = curve_files_dup_path (self->files, "users");
  secret = curve_files_dup_path (self->files, "password");
  curve_files_write (self->files, "users", 0600,
                     "# who may come in\nspock  live long\n\nkirk\tBoldly go\n"
                     "nobody\nempty \n");
  curve_files_write (self->files, "password", 0600, password);
  self->server =
    recorder_new (g_object_new (HEIN_TYPE_ZMTP, "plain-users", users, NULL),
                  FALSE, "spock", NULL);
  self->client =
    recorder_new (g_object_new (HEIN_TYPE_ZMTP, "plain-username", username,
                                "plain-password-file", secret, NULL),
                  TRUE, "kirk", NULL);
}

static void
test_plain (void)
{
  g_auto (CurveEnds) self = { 0 };

  plain_init (&self, "kirk", "Boldly go\nsecond line\n");
  curve_meet (&self);
  curve_assert_up (&self);
  recorder_assert_logged (self.server, "security plain:kirk\n");
  curve_exchange (self.client, self.server);
  curve_exchange (self.server, self.client);
}

static void
test_plain_refused (void)
{
  static const char *const wrong[][2] = {
    { "kirk", "boldly go" }, { "kirk", "Boldly go " },
    { "kirk", "Boldly" },    { "spock", "Boldly go" },
    { "nobody", "x" },       { "#", "who may come in" },
    { "Kirk", "Boldly go" }, { "", "Boldly go" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_auto (CurveEnds) self = { 0 };

      plain_init (&self, wrong[i][0], wrong[i][1]);
      curve_meet (&self);
      curve_assert_refused (self.server, HEIN_ERROR_REFUSED, "plain-users");
      g_assert_false (self.client->is_ready);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define TEST(name) g_test_add_func ("/zmtp-curve-files/" #name, test_##name)
  TEST (taken_away);
  TEST (let_in_later);
  TEST (half_written);
  TEST (certificates);
  TEST (addresses);
  TEST (open_folder);
  TEST (plain);
  TEST (plain_refused);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <unistd.h>

#include <string.h>

#include "curve-files.h"
#include "hein-test.h"
#include "raw-peer.h"

/*
 * CURVE between buses: all that works without it works, and who has no right to
 * come in never is a peer.
 */

#define LOOPBACK "tcp://127.0.0.1:0"

typedef struct
{
  CurveFiles *files;
  HeinTestBus *hub;
  HeinTestBus *client;
  char *uri; /* of the client */
} Pair;

static void
open_hub (Pair *self, const char *base)
{
  g_autofree char *uri = NULL;

  self->files = curve_files_new ();
  curve_files_make (self->files, "server", "");
  curve_files_make (self->files, "client", "");
  curve_files_let_in (self->files, "client");
  uri = curve_files_dup_server (self->files, base, "server");
  self->hub = hein_test_bus_new ("spock");
  self->client = hein_test_bus_new ("kirk");
  g_object_set (self->hub->bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  g_object_set (self->client->bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  self->uri = curve_files_dup_client (self->files,
                                      hein_endpoint_get_bound_uri (
                                        hein_test_bus_listen (self->hub, uri)),
                                      "client", "server");
}

static void
pair_init (Pair *self, const char *base)
{
  open_hub (self, base);
  hein_test_bus_dial (self->client, self->uri);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1 &&
                  hein_test_bus_count_peers (self->client) == 1);
}

static void
pair_clear (Pair *self)
{
  hein_test_bus_free (self->client);
  hein_test_bus_free (self->hub);
  curve_files_free (self->files);
  g_free (self->uri);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

/* ---- as without ---- */

static void
exchange (HeinTestBus *from, HeinTestBus *to)
{
  g_autofree char *large = g_strnfill (300000, 'l');
  g_autofree char *got = NULL;
  const guint before = to->messages->len;

  hein_test_bus_send (from, NULL, "topic", "payload");
  hein_test_bus_send (from, NULL, "", "");
  hein_test_bus_send (from, NULL, "topic", large);
  hein_test_wait (to->messages->len == before + 3);
  got = hein_test_bus_dup_text (to, before + 2);
  g_assert_cmpstr (got, ==, large);
}

static void
test_messages (gconstpointer base)
{
  g_auto (Pair) self = { 0 };
  g_autofree char *key = NULL;
  g_autofree char *security = NULL;

  pair_init (&self, base);
  exchange (self.client, self.hub);
  exchange (self.hub, self.client);
  key = curve_files_dup_key (self.files, "client");
  security = g_strconcat ("curve:", key, NULL);
  g_assert_cmpstr (hein_peer_get_security (self.hub->added->pdata[0]), ==,
                   security);
}

static void
on_ping (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  hein_peer_ping_finish (HEIN_PEER (source), result, &error);
  g_assert_no_error (error);
  *(gboolean *) data = TRUE;
}

static void
test_ping (void)
{
  g_auto (Pair) self = { 0 };
  gboolean is_done = FALSE;

  pair_init (&self, LOOPBACK);
  hein_peer_ping_async (self.hub->added->pdata[0], 5000, NULL, on_ping,
                        &is_done);
  hein_test_wait (is_done);
}

static void
test_prefixes (void)
{
  g_auto (Pair) self = { 0 };

  open_hub (&self, LOOPBACK);
  g_assert_true (hein_bus_subscribe (self.client->bus, "news.", NULL));
  hein_test_bus_dial (self.client, self.uri);
  hein_test_wait (hein_test_bus_count_peers (self.hub) == 1);
  hein_test_bus_send (self.hub, NULL, "weather", "rain");
  hein_test_bus_send (self.hub, NULL, "news.today", "sun");
  hein_test_wait (self.client->messages->len == 1);
  g_assert_cmpstr (hein_message_get_topic (self.client->messages->pdata[0]), ==,
                   "news.today");
}

/* Much more than the sockets hold, to somebody who reads late: what is sealed
 * waits, and is neither lost nor mixed up. */
static void
test_slow_reader (void)
{
  g_auto (Pair) self = { 0 };
  guint32 n_sent = 0;

  pair_init (&self, LOOPBACK);
  hein_test_bus_hold_up (self.client);
  for (guint quiet = 0; quiet < 50; quiet++)
    {
      while (hein_test_bus_send_number (self.hub, "n", n_sent, 5000))
        {
          n_sent++;
          quiet = 0;
        }
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpuint (n_sent, >, 1000);
  g_object_set (self.client->bus, "receive-limit", (guint64) 1 << 30, NULL);
  hein_test_bus_set_takes (self.client, TRUE);
  hein_test_wait (self.client->messages->len == n_sent);
  for (guint i = 0; i < n_sent; i++)
    g_assert_cmpuint (hein_test_get_number (self.client->messages->pdata[i]),
                      ==, i);
}

/* What was sent before an end in order comes, and a goodbye behind it. */
static void
test_goodbye (void)
{
  g_auto (Pair) self = { 0 };

  pair_init (&self, LOOPBACK);
  for (guint i = 0; i < 1000; i++)
    g_assert_true (hein_test_bus_send_number (self.hub, "n", i, 100));
  hein_bus_close (self.hub->bus);
  hein_test_wait (self.client->removed->len == 1);
  g_assert_no_error (self.client->reason);
  hein_test_wait (self.client->messages->len == 1000);
  g_assert_cmpuint (hein_test_bus_count_dropped (self.hub), ==, 0);
}

static void
test_many_peers (void)
{
  g_auto (Pair) self = { 0 };
  HeinTestBus *others[3];

  pair_init (&self, LOOPBACK);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("crew-%u", i);

      others[i] = hein_test_bus_new (name);
      hein_test_bus_dial (others[i], self.uri);
    }
  hein_test_wait (hein_test_bus_count_peers (self.hub) == 4);
  for (guint i = 0; i < 500; i++)
    g_assert_true (hein_test_bus_send_number (self.hub, "n", i, 50));
  for (guint i = 0; i < 3; i++)
    {
      hein_test_wait (others[i]->messages->len == 500);
      hein_test_bus_free (others[i]);
    }
  hein_test_wait (self.client->messages->len == 500);
}

/* ---- who may not come in ---- */

static void
assert_failure (HeinTestBus *self, int code, const char *words)
{
  g_assert_error (self->failure, HEIN_ERROR, code);
  if (strstr (self->failure->message, words) == NULL)
    g_error ("no \"%s\" in: %s", words, self->failure->message);
}

static void
test_plain_dialler (void)
{
  g_auto (Pair) self = { 0 };

  open_hub (&self, LOOPBACK);
  self.uri[strcspn (self.uri, "?")] = '\0';
  hein_test_bus_dial (self.client, self.uri);
  hein_test_wait (self.client->n_failed == 1);
  assert_failure (self.client, HEIN_ERROR_PROTOCOL,
                  "wants the security mechanism \"CURVE\"");
  g_assert_cmpuint (self.hub->added->len, ==, 0);
}

static void
test_plain_listener (void)
{
  g_autoptr (CurveFiles) files = curve_files_new ();
  g_autofree char *uri = NULL;
  HeinTestBus *hub = hein_test_bus_new ("spock");
  HeinTestBus *client = hein_test_bus_new ("kirk");

  curve_files_make (files, "server", "");
  curve_files_make (files, "client", "");
  uri = curve_files_dup_client (files,
                                hein_endpoint_get_bound_uri (
                                  hein_test_bus_listen (hub, LOOPBACK)),
                                "client", "server");
  hein_test_bus_dial (client, uri);
  hein_test_wait (client->n_failed == 1);
  assert_failure (client, HEIN_ERROR_PROTOCOL, "does not encrypt");
  g_assert_cmpuint (client->added->len, ==, 0);
  hein_test_bus_free (client);
  hein_test_bus_free (hub);
}

/* Who is unknown comes in as soon as its certificate is there, and goes when that
 * goes. */
static void
test_rotation (void)
{
  g_auto (Pair) self = { 0 };
  g_autofree char *key = NULL;

  open_hub (&self, LOOPBACK);
  curve_files_throw_out (self.files, "client");
  hein_test_bus_dial (self.client, self.uri);
  g_object_set (self.client->bus, "reconnect-failed-ms", 20u, NULL);
  hein_test_wait (self.client->n_failed == 1);
  assert_failure (self.client, HEIN_ERROR_REFUSED,
                  "the other side refused: no");
  g_assert_cmpuint (self.hub->added->len, ==, 0);
  hein_test_wait (self.hub->n_failed == 1); /* who listens is told whose key */
  key = curve_files_dup_key (self.files, "client");
  assert_failure (self.hub, HEIN_ERROR_REFUSED, key);
  assert_failure (self.hub, HEIN_ERROR_REFUSED, "a connection from 127.0.0.1:");
  curve_files_let_in (self.files, "client");
  hein_test_wait (self.hub->added->len == 1);
  curve_files_throw_out (self.files, "client");
  hein_test_wait (self.hub->removed->len == 1);
  g_assert_error (self.hub->reason, HEIN_ERROR, HEIN_ERROR_REFUSED);
}

/* Many strangers that begin and do not go on: a good peer comes in all the
 * same. */
static void
test_half_handshakes (void)
{
  g_auto (Pair) self = { 0 };
  g_autoptr (GPtrArray) strangers =
    g_ptr_array_new_with_free_func ((GDestroyNotify) raw_peer_free);

  open_hub (&self, LOOPBACK);
  for (guint i = 0; i < 300; i++)
    {
      RawPeer *stranger = raw_peer_new (self.hub, self.uri);

      raw_peer_send (stranger, "\xff\0\0\0\0\0\0\0\0\x7f\3\1CURVE", 17);
      g_ptr_array_add (strangers, stranger);
      g_main_context_iteration (NULL, FALSE);
    }
  hein_test_bus_dial (self.client, self.uri);
  hein_test_wait (self.hub->added->len == 1);
}

/* Nor do those who say it byte by byte, however long they take. */
static void
test_dripping (void)
{
  g_auto (Pair) self = { 0 };
  g_autoptr (GPtrArray) strangers =
    g_ptr_array_new_with_free_func ((GDestroyNotify) raw_peer_free);
  guint8 greeting[64] = { 0xff, [9] = 0x7f, 3, 1, 'C', 'U', 'R', 'V', 'E' };

  open_hub (&self, LOOPBACK);
  for (guint i = 0; i < 20; i++)
    g_ptr_array_add (strangers, raw_peer_new (self.hub, self.uri));
  /* and the header of a HELLO, of which nothing follows */
  for (guint at = 0; at < sizeof greeting + 2; at++)
    for (guint i = 0; i < strangers->len; i++)
      {
        raw_peer_send (strangers->pdata[i],
                       at < sizeof greeting    ? (const char *) greeting + at
                       : at == sizeof greeting ? "\4"
                                               : "\xc8",
                       1);
        g_main_context_iteration (NULL, FALSE);
      }
  hein_test_bus_dial (self.client, self.uri);
  hein_test_wait (self.hub->added->len == 1);
  g_object_set (self.hub->bus, "handshake-timeout-ms", 50u, NULL);
  for (guint i = 0; i < strangers->len; i++)
    {
      RawPeer *stranger = strangers->pdata[i];

      raw_peer_wait (stranger, stranger->is_eof);
      /* at most its greeting */
      g_assert_cmpuint (stranger->got->len, <=, sizeof greeting);
    }
  g_assert_cmpuint (self.hub->added->len, ==, 1);
}

/* ---- addresses ---- */

static void
refuse_listen (const char *uri, int code, const char *words)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("spock");
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_listen (bus, uri, &error));
  g_assert_error (error, HEIN_ERROR, code);
  if (strstr (error->message, words) == NULL)
    g_error ("no \"%s\" in: %s", words, error->message);
}

/* No plaintext=yes is needed for what is encrypted; and a password needs more
 * than that. */
static void
test_network (void)
{
  g_autoptr (CurveFiles) files = curve_files_new ();
  g_autofree char *uri = NULL;
  g_autofree char *users = NULL;
  HeinTestBus *hub = hein_test_bus_new ("spock");

  curve_files_make (files, "server", "");
  uri = curve_files_dup_server (files, "tcp://*:0", "server");
  hein_test_bus_listen (hub, uri);
  refuse_listen ("tcp://*:0", HEIN_ERROR_INSECURE, "plaintext=yes");
  users = g_strdup_printf ("tcp://*:0?plaintext=yes&plain-users=%s/"
                           "server.key_secret",
                           files->folder);
  refuse_listen (users, HEIN_ERROR_INSECURE, "a password would go");
  hein_test_bus_free (hub);
}

static void
test_plain (void)
{
  g_autoptr (CurveFiles) files = curve_files_new ();
  HeinTestBus *hub = hein_test_bus_new ("spock");
  HeinTestBus *client = hein_test_bus_new ("kirk");
  g_autofree char *uri = NULL;
  const char *bound;

  curve_files_write (files, "users", 0600, "kirk Boldly go\n");
  curve_files_write (files, "password", 0600, "Boldly go\n");
  uri = g_strdup_printf (LOOPBACK "?plain-users=%s/users", files->folder);
  bound = hein_endpoint_get_bound_uri (hein_test_bus_listen (hub, uri));
  g_free (uri);
  uri = g_strdup_printf ("%.*s?plain-username=kirk&plain-password-file=%s/"
                         "password",
                         (int) strcspn (bound, "?"), bound, files->folder);
  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1 &&
                  hein_test_bus_count_peers (client) == 1);
  exchange (client, hub);
  exchange (hub, client);
  g_assert_cmpstr (hein_peer_get_security (hub->added->pdata[0]), ==,
                   "plain:kirk");
  hein_test_bus_free (client);
  hein_test_bus_free (hub);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/curve/messages/tcp", LOOPBACK, test_messages);
  g_test_add_data_func_full ("/curve/messages/unix",
                             g_strdup_printf ("unix:@hein-test-curve-%d",
                                              (int) getpid ()),
                             test_messages, g_free);
  g_test_add_func ("/curve/ping", test_ping);
  g_test_add_func ("/curve/prefixes", test_prefixes);
  g_test_add_func ("/curve/slow-reader", test_slow_reader);
  g_test_add_func ("/curve/goodbye", test_goodbye);
  g_test_add_func ("/curve/many-peers", test_many_peers);
  g_test_add_func ("/curve/plain-dialler", test_plain_dialler);
  g_test_add_func ("/curve/plain-listener", test_plain_listener);
  g_test_add_func ("/curve/rotation", test_rotation);
  g_test_add_func ("/curve/half-handshakes", test_half_handshakes);
  g_test_add_func ("/curve/dripping", test_dripping);
  g_test_add_func ("/curve/network", test_network);
  g_test_add_func ("/curve/plain", test_plain);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "trust-ends.h"

#include <string.h>

#include <glib/gstdio.h>

void
trust_ends_set_up (TrustEnds *self, gconstpointer data)
{
  self->folder = g_dir_make_tmp ("hein-trust-XXXXXX", NULL);
  self->hub = hein_test_bus_new ("hub");
  self->kirk = hein_test_bus_new ("kirk");
}

void
trust_ends_tear_down (TrustEnds *self, gconstpointer data)
{
  g_autofree char *command = g_strdup_printf ("rm -r %s", self->folder);

  hein_test_bus_free (self->kirk);
  hein_test_bus_free (self->hub);
  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  g_free (self->folder);
}

/* ---- files ---- */

char *
trust_ends_dup_path (TrustEnds *self, const char *name)
{
  return g_build_filename (self->folder, name, NULL);
}

void
trust_ends_write (TrustEnds *self, const char *name, const char *text, int mode)
{
  g_autofree char *path = trust_ends_dup_path (self, name);
  g_autoptr (GError) error = NULL;

  g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT,
                            0600, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (path, mode), ==, 0);
}

char *
trust_ends_make_identity (TrustEnds *self, const char *name)
{
  g_autofree char *file = g_strconcat (name, ".id", NULL);
  g_autofree char *path = trust_ends_dup_path (self, file);
  g_autoptr (GError) error = NULL;
  char *pin = hein_identity_make (path, name, &error);

  g_assert_no_error (error);
  return pin;
}

void
trust_ends_make_files (TrustEnds *self)
{
  g_autofree char *hub = trust_ends_make_identity (self, "hub");
  g_autofree char *kirk = trust_ends_make_identity (self, "kirk");
  g_autofree char *of_hub = g_strdup_printf ("kirk %s\n", kirk);
  g_autofree char *of_kirk = g_strdup_printf ("hub %s\n", hub);

  trust_ends_write (self, "hub.peers", of_hub, 0600);
  trust_ends_write (self, "kirk.peers", of_kirk, 0600);
  trust_ends_write (self, "lamps.key",
                    "00112233445566778899aabbccddeeff"
                    "00112233445566778899aabbccddeeff",
                    0600);
}

/* ---- ends ---- */

/* With the question mark, if there are any. */
static char *
dup_query (TrustEnds *self, const char *query)
{
  g_auto (GStrv) parts = g_strsplit (query, "%s", -1);
  g_autofree char *options = g_strjoinv (self->folder, parts);

  return g_strconcat (query[0] != '\0' ? "?" : "", options, NULL);
}

void
trust_ends_listen (TrustEnds *self, const char *query)
{
  g_autofree char *options = dup_query (self, query);
  g_autofree char *uri =
    g_strconcat (self->scheme != NULL ? self->scheme : "tcp", "://127.0.0.1:0",
                 options, NULL);

  self->endpoint = hein_test_bus_listen (self->hub, uri);
}

static void
certify (TrustEnds *self, const char *authority, const char *name)
{
  g_autofree char *file = g_strconcat (name, ".id", NULL);
  g_autofree char *path = trust_ends_dup_path (self, file);
  g_autoptr (GError) error = NULL;

  hein_identity_certify (authority, path, name, 1, &error);
  g_assert_no_error (error);
}

void
trust_ends_make_authority (TrustEnds *self)
{
  g_autofree char *authority = trust_ends_dup_path (self, "fleet");
  g_autoptr (GError) error = NULL;

  hein_identity_make_authority (authority, "fleet", &error);
  g_assert_no_error (error);
  certify (self, authority, "hub");
  certify (self, authority, "kirk");
}

guint16
trust_ends_get_port (TrustEnds *self)
{
  const char *bound = hein_endpoint_get_bound_uri (self->endpoint);

  return atoi (strrchr (bound, ':') + 1);
}

void
trust_ends_dial (TrustEnds *self, const char *query)
{
  const char *bound = hein_endpoint_get_bound_uri (self->endpoint);
  const guint16 port =
    self->port != 0 ? self->port : trust_ends_get_port (self);
  g_autofree char *place = g_strndup (bound, strrchr (bound, ':') - bound);
  g_autofree char *options = dup_query (self, query);
  g_autofree char *uri = g_strdup_printf ("%s:%u%s", place, port, options);

  self->dialled = hein_test_bus_dial (self->kirk, uri);
}

void
trust_ends_wait_for_both (TrustEnds *self)
{
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1 &&
                  hein_test_bus_count_peers (self->kirk) == 1);
}

void
trust_ends_exchange (TrustEnds *self)
{
  const guint n_up = self->hub->messages->len;
  const guint n_down = self->kirk->messages->len;

  hein_test_bus_send (self->hub, NULL, "t", "down");
  hein_test_bus_send (self->kirk, NULL, "t", "up");
  hein_test_wait (self->hub->messages->len == n_up + 1 &&
                  self->kirk->messages->len == n_down + 1);
}

/* ---- what became of it ---- */

void
trust_ends_assert_security (HeinTestBus *bus, const char *expected)
{
  g_autoptr (HeinPeer) peer =
    g_list_model_get_item (G_LIST_MODEL (hein_bus_get_peers (bus->bus)), 0);

  g_assert_cmpstr (hein_peer_get_security (peer), ==, expected);
}

static void
assert_has (const char *text, const char *words)
{
  if (strstr (text, words) == NULL)
    g_error ("\"%s\" is not in: %s", words, text);
}

void
trust_ends_assert_nobody (TrustEnds *self, const char *words)
{
  hein_test_wait (self->kirk->n_failed > 0);
  assert_has (self->kirk->failure->message, words);
  g_assert_error (self->kirk->failure, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_assert_cmpint (hein_endpoint_get_state (self->dialled), ==,
                   HEIN_ENDPOINT_STATE_WAITING);
  g_assert_cmpuint (self->hub->added->len, ==, 0);
  g_assert_cmpuint (self->kirk->added->len, ==, 0);
  g_assert_cmpuint (self->hub->messages->len, ==, 0);
  g_assert_cmpuint (self->kirk->messages->len, ==, 0);
}

void
trust_ends_wait_for_end (TrustEnds *self, const char *words)
{
  hein_test_wait (self->hub->removed->len == 1 &&
                  self->kirk->removed->len == 1);
  g_assert_error (self->hub->reason, HEIN_ERROR, HEIN_ERROR_INSECURE);
  assert_has (self->hub->reason->message, words);
}

void
trust_ends_refuse (TrustEnds *self,
                   HeinRole role,
                   const char *query,
                   HeinError code,
                   const char *words)
{
  g_autofree char *options = dup_query (self, query);
  g_autofree char *uri = g_strconcat ("tcp://127.0.0.1:0", options, NULL);
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint = role == HEIN_ROLE_LISTEN
                             ? hein_bus_listen (self->hub->bus, uri, &error)
                             : hein_bus_dial (self->hub->bus, uri, &error);

  g_assert_null (endpoint);
  g_assert_error (error, HEIN_ERROR, (int) code);
  assert_has (error->message, words);
}

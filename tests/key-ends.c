/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>

#include "key-ends.h"

/* Two buses, and files with the keys by which they meet. */

static char *folder;

char *
key_ends_make_file (const char *name, const char *text, int mode)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  g_unlink (path);
  g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600,
                            &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (path, mode), ==, 0);
  return path;
}

static void
set_up (KeyEnds *self, gconstpointer data)
{
  self->hub = hein_test_bus_new ("hub");
  self->kirk = hein_test_bus_new ("kirk");
  self->lamps = key_ends_make_file ("lamps.key", KEY_ENDS_LAMPS "\n", 0600);
  self->other = key_ends_make_file ("other.key", KEY_ENDS_OTHER, 0400);
  self->named =
    key_ends_make_file ("named.ring",
                        "# who is there\n\n"
                        "spock " KEY_ENDS_OTHER "\nkirk\t" KEY_ENDS_LAMPS "\n",
                        0600);
  self->hub_only =
    key_ends_make_file ("hub.ring", "hub " KEY_ENDS_LAMPS "\n", 0600);
}

static void
tear_down (KeyEnds *self, gconstpointer data)
{
  hein_test_bus_free (self->kirk);
  hein_test_bus_free (self->hub);
  g_free (self->lamps);
  g_free (self->other);
  g_free (self->named);
  g_free (self->hub_only);
}

char *
key_ends_dup_uri (const char *address, const char *option, const char *path)
{
  if (path == NULL)
    return g_strdup (address);
  return g_strdup_printf ("%s%s%s=%s", address,
                          strchr (address, '?') != NULL ? "&" : "?", option,
                          path);
}

/* Without the options of who listens. */
static char *
dup_place (HeinEndpoint *endpoint)
{
  const char *uri = hein_endpoint_get_bound_uri (endpoint);

  return g_strndup (uri, strcspn (uri, "?"));
}

guint16
key_ends_get_port (HeinEndpoint *endpoint)
{
  g_autofree char *place = dup_place (endpoint);

  return atoi (strrchr (place, ':') + 1);
}

HeinEndpoint *
key_ends_listen (HeinTestBus *bus,
                 const char *address,
                 const char *option,
                 const char *path)
{
  g_autofree char *uri = key_ends_dup_uri (address, option, path);

  return hein_test_bus_listen (bus, uri);
}

HeinEndpoint *
key_ends_dial (HeinTestBus *bus,
               HeinEndpoint *to,
               const char *option,
               const char *path)
{
  g_autofree char *place = dup_place (to);
  g_autofree char *uri = key_ends_dup_uri (place, option, path);

  return hein_test_bus_dial (bus, uri);
}

void
key_ends_assert_security (HeinTestBus *bus, const char *expected)
{
  g_autoptr (HeinPeer) peer =
    g_list_model_get_item (G_LIST_MODEL (hein_bus_get_peers (bus->bus)), 0);

  g_assert_cmpstr (hein_peer_get_security (peer), ==, expected);
}

void
key_ends_wait_for_both (KeyEnds *self)
{
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1 &&
                  hein_test_bus_count_peers (self->kirk) == 1);
}

void
key_ends_exchange (KeyEnds *self)
{
  g_autofree char *down = NULL;
  g_autofree char *up = NULL;

  hein_test_bus_send (self->hub, NULL, "t", "down");
  hein_test_bus_send (self->kirk, NULL, "t", "up");
  hein_test_wait (self->hub->messages->len == 1 &&
                  self->kirk->messages->len == 1);
  up = hein_test_bus_dup_text (self->hub, 0);
  down = hein_test_bus_dup_text (self->kirk, 0);
  g_assert_cmpstr (up, ==, "up");
  g_assert_cmpstr (down, ==, "down");
}

void
key_ends_assert_nobody (KeyEnds *self, HeinEndpoint *dialled, const char *words)
{
  g_autoptr (GError) error = NULL;

  hein_test_wait (self->kirk->n_failed == 1);
  g_assert_error (self->kirk->failure, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_assert_nonnull (strstr (self->kirk->failure->message, words));
  g_assert_cmpint (hein_endpoint_get_state (dialled), ==,
                   HEIN_ENDPOINT_STATE_WAITING);
  g_assert_cmpuint (self->hub->added->len, ==, 0);
  g_assert_cmpuint (hein_test_bus_count_peers (self->kirk), ==, 0);
}

/* Who listens is told, and goes on as before. */

char *
key_ends_dup_path (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

int
key_ends_run (void)
{
  g_autofree char *command = NULL;
  int status;

  folder = g_dir_make_tmp ("hein-tls-XXXXXX", NULL);
  status = g_test_run ();
  command = g_strdup_printf ("rm -r %s", folder);
  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  g_clear_pointer (&folder, g_free);
  return status;
}

void
key_ends_add (const char *path,
              gconstpointer data,
              void (*test) (KeyEnds *, gconstpointer))
{
  g_test_add (path, KeyEnds, data, set_up, test, tear_down);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>

#include "byte-proxy.h"
#include "hein-test.h"

/*
 * Somebody on the way does something at one byte after the other of an encrypted
 * session: what was sent arrives as it was, in order, or is counted, whatever happens.
 * A place out of some in make check, all in make check-long (-m thorough).
 */

#define KEY "b7f3d1c0a9e8476655443322110f0e0d0c0b0a09080706050403020100fedcba"
/* Sent at once: a few records, the largest in several. */
#define N_MESSAGES 12
#define STRIDE     97

static const gsize sizes[N_MESSAGES] = { 4, 9,   40,  4, 700, 4,
                                         5, 300, 150, 8, 4,   17 };

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *kirk;
  ByteProxy *proxy;
  char *path;
  guint32 number; /* of the next message */
} Fixture;

static void
wait_for_both (Fixture *self)
{
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1 &&
                  hein_test_bus_count_peers (self->kirk) == 1);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autofree char *listen = NULL;
  g_autofree char *dial = NULL;
  g_autofree char *bound = NULL;
  const char *uri;
  int fd = g_file_open_tmp ("hein-tls-XXXXXX", &self->path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, KEY, strlen (KEY)), ==, strlen (KEY));
  close (fd);
  self->hub = hein_test_bus_new ("hub");
  self->kirk = hein_test_bus_new ("kirk");
  listen = g_strdup_printf ("tcp://127.0.0.1:0?key-file=%s", self->path);
  uri = hein_endpoint_get_bound_uri (hein_test_bus_listen (self->hub, listen));
  bound = g_strndup (uri, strcspn (uri, "?"));
  self->proxy = byte_proxy_new (atoi (strrchr (bound, ':') + 1));
  dial = g_strdup_printf ("tcp://127.0.0.1:%u?key-file=%s", self->proxy->port,
                          self->path);
  g_object_set (self->kirk->bus, "reconnect-failed-ms", 10u, NULL);
  hein_test_bus_dial (self->kirk, dial);
  wait_for_both (self);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  byte_proxy_free (self->proxy);
  hein_test_bus_free (self->kirk);
  hein_test_bus_free (self->hub);
  g_unlink (self->path);
  g_free (self->path);
}

static void
send_all (Fixture *self)
{
  for (guint i = 0; i < N_MESSAGES; i++)
    g_assert_true (
      hein_test_bus_send_number (self->hub, "t", self->number + i, sizes[i]));
}

/* What arrived is the beginning of what was sent, as it was. */
static void
assert_beginning (Fixture *self)
{
  g_assert_cmpuint (self->kirk->messages->len, <=, N_MESSAGES);
  for (guint i = 0; i < self->kirk->messages->len; i++)
    {
      HeinMessage *message = self->kirk->messages->pdata[i];

      g_assert_cmpuint (hein_test_get_number (message), ==, self->number + i);
      g_assert_cmpuint (g_bytes_get_size (hein_message_get_payload (message)),
                        ==, sizes[i]);
    }
}

/* How many bytes go down for all of them. */
static gsize
measure (Fixture *self)
{
  const gsize before = self->proxy->n_passed[0];

  send_all (self);
  hein_test_wait (self->kirk->messages->len == N_MESSAGES);
  assert_beginning (self);
  g_ptr_array_set_size (self->kirk->messages, 0);
  self->number += N_MESSAGES;
  return self->proxy->n_passed[0] - before;
}

/* @place: counted from the next byte that goes down. */
static void
do_at (Fixture *self, ByteProxyDeed deed, gsize place)
{
  const guint n_before = self->proxy->n_deeds;
  const guint64 n_dropped = hein_test_bus_count_dropped (self->hub);
  const guint n_hub = self->hub->removed->len;
  const guint n_kirk = self->kirk->removed->len;
  guint64 n_lost;

  self->proxy->deed = deed;
  self->proxy->place = self->proxy->n_passed[0] + place;
  send_all (self);
  hein_test_wait (self->proxy->n_deeds > n_before);
  self->proxy->deed = BYTE_PROXY_PASS;
  byte_proxy_cut (self->proxy);
  hein_test_wait (self->hub->removed->len > n_hub &&
                  self->kirk->removed->len > n_kirk);
  assert_beginning (self);
  n_lost = hein_test_bus_count_dropped (self->hub) - n_dropped;
  g_assert_cmpuint (n_lost, <=, N_MESSAGES);
  g_assert_cmpuint (self->kirk->messages->len + n_lost, >=, N_MESSAGES);
  g_ptr_array_set_size (self->kirk->messages, 0);
  self->number += N_MESSAGES;
  wait_for_both (self);
}

static void
test_deed (Fixture *self, gconstpointer data)
{
  const gsize n_bytes = measure (self);
  const gsize stride = g_test_thorough () ? 1 : STRIDE;

  g_assert_cmpuint (n_bytes, >, 1200);
  /* what this connection has not confirmed would count as unknown, too */
  byte_proxy_cut (self->proxy);
  hein_test_wait (self->hub->removed->len == 1 &&
                  self->kirk->removed->len == 1);
  wait_for_both (self);
  for (gsize place = 0; place < n_bytes; place += stride)
    do_at (self, GPOINTER_TO_INT (data), place);
}

/* A byte at a time everything arrives. */
static void
test_drip (Fixture *self, gconstpointer data)
{
  self->proxy->deed = BYTE_PROXY_DRIP;
  measure (self);
  g_assert_cmpuint (self->kirk->removed->len, ==, 0);
  g_assert_cmpuint (hein_test_bus_count_dropped (self->hub), ==, 0);
}

static void
add (const char *path, int deed, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, GINT_TO_POINTER (deed), set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/tls-offsets/cut", BYTE_PROXY_CUT, test_deed);
  add ("/tls-offsets/reset", BYTE_PROXY_RESET, test_deed);
  add ("/tls-offsets/stall", BYTE_PROXY_STALL, test_deed);
  add ("/tls-offsets/flip", BYTE_PROXY_FLIP, test_deed);
  add ("/tls-offsets/drip", BYTE_PROXY_DRIP, test_drip);
  return g_test_run ();
}

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
/* Added to the number of a deed: who dials sends. */
#define UPWARD 0x100

static const gsize sizes[N_MESSAGES] = { 4, 9,   40,  4, 700, 4,
                                         5, 300, 150, 8, 4,   17 };

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *kirk;
  HeinTestBus *from;  /* borrowed: who sends, one of both */
  HeinTestBus *to;    /* borrowed: the other one */
  gboolean is_upward; /* from who dials to who listens */
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

/* Who sends, and who receives. */
static void
turn (Fixture *self, gconstpointer data)
{
  self->is_upward = (GPOINTER_TO_INT (data) & UPWARD) != 0;
  self->from = self->is_upward ? self->kirk : self->hub;
  self->to = self->is_upward ? self->hub : self->kirk;
}

static void
send_all (Fixture *self)
{
  for (guint i = 0; i < N_MESSAGES; i++)
    g_assert_true (
      hein_test_bus_send_number (self->from, "t", self->number + i, sizes[i]));
}

/* What arrived is the beginning of what was sent, as it was. */
static void
assert_beginning (Fixture *self)
{
  g_assert_cmpuint (self->to->messages->len, <=, N_MESSAGES);
  for (guint i = 0; i < self->to->messages->len; i++)
    {
      HeinMessage *message = self->to->messages->pdata[i];

      g_assert_cmpuint (hein_test_get_number (message), ==, self->number + i);
      g_assert_cmpuint (g_bytes_get_size (hein_message_get_payload (message)),
                        ==, sizes[i]);
    }
}

/* How many bytes go by for all of them. */
static gsize
measure (Fixture *self)
{
  const gsize before = self->proxy->n_passed[self->is_upward];

  send_all (self);
  hein_test_wait (self->to->messages->len == N_MESSAGES);
  assert_beginning (self);
  g_ptr_array_set_size (self->to->messages, 0);
  self->number += N_MESSAGES;
  return self->proxy->n_passed[self->is_upward] - before;
}

/* @place: counted from the next byte that goes that way. */
static void
do_at (Fixture *self, ByteProxyDeed deed, gsize place)
{
  const guint n_before = self->proxy->n_deeds;
  const guint64 n_dropped = hein_test_bus_count_dropped (self->from);
  const guint n_from = self->from->removed->len;
  const guint n_to = self->to->removed->len;
  guint64 n_lost;

  self->proxy->is_upward = self->is_upward;
  self->proxy->deed = deed;
  self->proxy->place = self->proxy->n_passed[self->is_upward] + place;
  send_all (self);
  hein_test_wait (self->proxy->n_deeds > n_before);
  self->proxy->deed = BYTE_PROXY_PASS;
  byte_proxy_cut (self->proxy);
  hein_test_wait (self->from->removed->len > n_from &&
                  self->to->removed->len > n_to);
  assert_beginning (self);
  n_lost = hein_test_bus_count_dropped (self->from) - n_dropped;
  g_assert_cmpuint (n_lost, <=, N_MESSAGES);
  g_assert_cmpuint (self->to->messages->len + n_lost, >=, N_MESSAGES);
  g_ptr_array_set_size (self->to->messages, 0);
  self->number += N_MESSAGES;
  wait_for_both (self);
}

static void
test_deed (Fixture *self, gconstpointer data)
{
  const int deed = GPOINTER_TO_INT (data) & ~UPWARD;
  gsize n_bytes;
  const gsize stride = g_test_thorough () ? 1 : STRIDE;

  turn (self, data);
  n_bytes = measure (self);
  g_assert_cmpuint (n_bytes, >, 1200);
  /* what this connection has not confirmed would count as unknown, too */
  byte_proxy_cut (self->proxy);
  hein_test_wait (self->from->removed->len == 1 && self->to->removed->len == 1);
  wait_for_both (self);
  for (gsize place = 0; place < n_bytes; place += stride)
    do_at (self, deed, place);
}

/* A byte at a time everything arrives. */
static void
test_drip (Fixture *self, gconstpointer data)
{
  turn (self, data);
  self->proxy->deed = BYTE_PROXY_DRIP;
  measure (self);
  g_assert_cmpuint (self->to->removed->len, ==, 0);
  g_assert_cmpuint (hein_test_bus_count_dropped (self->from), ==, 0);
}

/* What is cut during the handshake, within a record, too, is no refusal: it is
 * dialled again as after any other cut. */
static void
test_handshake (Fixture *self, gconstpointer data)
{
  self->proxy->is_once = TRUE;
  for (guint i = 0; i < 20; i++)
    {
      const guint n_before = self->proxy->n_deeds;

      self->proxy->deed = BYTE_PROXY_CUT;
      self->proxy->is_upward = i % 2;
      self->proxy->place = 1 + 7 * i;
      byte_proxy_cut (self->proxy);
      hein_test_wait (self->proxy->n_deeds > n_before);
      wait_for_both (self);
    }
  g_assert_cmpuint (self->kirk->n_failed, ==, 0);
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
  add ("/tls-offsets/handshake", 0, test_handshake);
  add ("/tls-offsets/cut", BYTE_PROXY_CUT, test_deed);
  add ("/tls-offsets/cut/upward", BYTE_PROXY_CUT | UPWARD, test_deed);
  add ("/tls-offsets/reset", BYTE_PROXY_RESET, test_deed);
  add ("/tls-offsets/reset/upward", BYTE_PROXY_RESET | UPWARD, test_deed);
  add ("/tls-offsets/stall", BYTE_PROXY_STALL, test_deed);
  add ("/tls-offsets/stall/upward", BYTE_PROXY_STALL | UPWARD, test_deed);
  add ("/tls-offsets/flip", BYTE_PROXY_FLIP, test_deed);
  add ("/tls-offsets/flip/upward", BYTE_PROXY_FLIP | UPWARD, test_deed);
  add ("/tls-offsets/drip", BYTE_PROXY_DRIP, test_drip);
  add ("/tls-offsets/drip/upward", BYTE_PROXY_DRIP | UPWARD, test_drip);
  return g_test_run ();
}

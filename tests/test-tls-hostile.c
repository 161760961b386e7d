/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "byte-proxy.h"
#include "key-ends.h"

/* Encrypted streams, with somebody on the way who changes them. */

typedef struct
{
  HeinEndpoint *dialled;
  ByteProxy *proxy;
} Way;

static Way
meet_through_proxy (KeyEnds *self)
{
  HeinEndpoint *endpoint =
    key_ends_listen (self->hub, "tcp://127.0.0.1:0", "key-file", self->lamps);
  Way way = { NULL, byte_proxy_new (key_ends_get_port (endpoint)) };
  g_autofree char *uri = g_strdup_printf ("tcp://127.0.0.1:%u?key-file=%s",
                                          way.proxy->port, self->lamps);

  way.dialled = hein_test_bus_dial (self->kirk, uri);
  return way;
}

/* An end that nobody has said is told from one that the other side has. */
static void
test_cut (KeyEnds *self, gconstpointer data)
{
  Way way = meet_through_proxy (self);

  key_ends_wait_for_both (self);
  key_ends_exchange (self);
  byte_proxy_cut (way.proxy);
  hein_test_wait (self->hub->removed->len == 1 &&
                  self->kirk->removed->len == 1);
  g_assert_error (self->hub->reason, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  g_assert_nonnull (strstr (self->hub->reason->message, "was cut"));
  byte_proxy_free (way.proxy);
}

/* A byte at a time is as good as all at once. */
static void
test_drip (KeyEnds *self, gconstpointer data)
{
  Way way = meet_through_proxy (self);

  way.proxy->deed = BYTE_PROXY_DRIP;
  key_ends_wait_for_both (self);
  key_ends_exchange (self);
  g_assert_cmpuint (way.proxy->n_connections, ==, 1);
  byte_proxy_free (way.proxy);
}

/* So that it tries again soon, whatever the reason was. */
static void
hurry (HeinTestBus *bus)
{
  g_object_set (bus->bus, "reconnect-failed-ms", 10u, NULL);
}

/* @data: a deed, done to a byte of the connection, one place after the other: no
 * peer and no message comes of it that is not what was sent, and the next connection
 * is good. There are some 25 places each way. */
static void
test_tampered (KeyEnds *self, gconstpointer data)
{
  Way way = meet_through_proxy (self);
  gsize n_bytes[2];
  guint n_deeds = 0;

  hurry (self->kirk);
  key_ends_wait_for_both (self);
  n_bytes[0] = way.proxy->n_passed[0];
  n_bytes[1] = way.proxy->n_passed[1];
  for (guint side = 0; side < 2; side++)
    for (gsize place = 0; place < n_bytes[side];
         place += 1 + n_bytes[side] / 25)
      {
        const guint n_before = way.proxy->n_deeds;

        way.proxy->deed = GPOINTER_TO_INT (data);
        way.proxy->is_upward = side;
        way.proxy->place = place;
        byte_proxy_cut (way.proxy);
        hein_test_wait (way.proxy->n_deeds > n_before);
        way.proxy->deed = BYTE_PROXY_PASS;
        n_deeds++;
        byte_proxy_cut (way.proxy);
        key_ends_wait_for_both (self);
      }
  g_assert_cmpuint (n_deeds, >, 40);
  g_assert_cmpuint (self->hub->messages->len, ==, 0);
  g_assert_cmpuint (self->kirk->messages->len, ==, 0);
  key_ends_exchange (self);
  byte_proxy_free (way.proxy);
}

/* One bit of a record of a session: nothing of it arrives. Type and version of a
 * record have no meaning once it is sealed (RFC 8446, 5.2): there it may arrive, as
 * it was sent. */
static void
test_flipped (KeyEnds *self, gconstpointer data)
{
  Way way = meet_through_proxy (self);

  hurry (self->kirk);
  hurry (self->hub);
  key_ends_wait_for_both (self);
  for (guint i = 0; i < 40; i++)
    {
      const guint n_before = way.proxy->n_deeds;
      const guint n_removed = self->hub->removed->len;

      way.proxy->deed = BYTE_PROXY_FLIP;
      way.proxy->is_upward = TRUE;
      way.proxy->place = way.proxy->n_passed[1] + i;
      hein_test_bus_send (self->kirk, NULL, "t", "it is worse than that");
      hein_test_wait (way.proxy->n_deeds > n_before);
      way.proxy->deed = BYTE_PROXY_PASS;
      byte_proxy_cut (way.proxy);
      hein_test_wait (self->hub->removed->len > n_removed);
      g_assert_nonnull (self->hub->reason);
      key_ends_wait_for_both (self);
    }
  g_assert_cmpuint (self->hub->messages->len, <=, 3);
  for (guint i = 0; i < self->hub->messages->len; i++)
    {
      g_autofree char *text = hein_test_bus_dup_text (self->hub, i);

      g_assert_cmpstr (text, ==, "it is worse than that");
    }
  byte_proxy_free (way.proxy);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  key_ends_add ("/tls-hostile/cut", NULL, test_cut);
  key_ends_add ("/tls-hostile/drip", NULL, test_drip);
  key_ends_add ("/tls-hostile/handshake/flip",
                GINT_TO_POINTER (BYTE_PROXY_FLIP), test_tampered);
  key_ends_add ("/tls-hostile/handshake/cut", GINT_TO_POINTER (BYTE_PROXY_CUT),
                test_tampered);
  key_ends_add ("/tls-hostile/handshake/reset",
                GINT_TO_POINTER (BYTE_PROXY_RESET), test_tampered);
  key_ends_add ("/tls-hostile/handshake/stall",
                GINT_TO_POINTER (BYTE_PROXY_STALL), test_tampered);
  key_ends_add ("/tls-hostile/flipped", NULL, test_flipped);
  return key_ends_run ();
}

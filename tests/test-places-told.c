/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gunixsocketaddress.h>

#include "transport/hein-stream-places.h"

/* Places that a peer has told, which may be anything. */

static const HeinPlace kirk = { (char *) "kirk", 4222 };

static void
set_up (HeinStreamPlaces *self, const char *address)
{
  g_autoptr (GSocketAddress) at =
    g_inet_socket_address_new_from_string (address, 4222);

  *self = (HeinStreamPlaces){ NULL };
  hein_stream_places_add (self, &kirk, g_network_address_new ("kirk", 4222));
  hein_stream_places_begin_round (self);
  hein_stream_places_note (self, at);
}

static void
tell (HeinStreamPlaces *self, const char *texts)
{
  g_auto (GStrv) all = g_strsplit (texts, " ", -1);

  hein_stream_places_tell (self, (const char *const *) all);
}

/* In the order in which they are dialled, from the one at hand. */
static void
assert_are (HeinStreamPlaces *self, const char *expected)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < self->all->len; i++)
    {
      const HeinStreamPlace *place =
        self->all->pdata[(self->at + i) % self->all->len];

      g_assert_true (G_IS_NETWORK_ADDRESS (place->target));
      g_string_append_printf (text, "%s%s:%d", i > 0 ? " " : "",
                              place->place->host, place->place->port);
    }
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_told (void)
{
  HeinStreamPlaces places;

  set_up (&places, "10.0.0.1");
  tell (&places, "10.0.0.2:4222 [2001:db8::2]:1 node_3.example.:65535");
  assert_are (&places,
              "kirk:4222 10.0.0.2:4222 2001:db8::2:1 node_3.example.:65535");
  /* those that are known are not there twice */
  tell (&places, "KIRK:4222 10.0.0.2:4222 10.0.0.2:4222 spock:4222");
  assert_are (&places, "kirk:4222 10.0.0.2:4222 spock:4222");
  tell (&places, "");
  assert_are (&places, "kirk:4222");
  hein_stream_places_clear (&places);
}

static void
test_garbage (void)
{
  static const char *const texts[] = {
    ":",          "a",      "a:",     "a:0",          "a:65536",
    "a:-1",       "a:1x",   "*:1",    ":1",           "a/b:1",
    "nats://a:1", "a,b:1",  "u@a:1",  "[::1:1",       "[a]:1",
    "::1:1",      "a%00:1", "a%0a:1", "a%2fb:1",      "\xff:1",
    "[]:1",       "a%zz:1", "a?b:1",  "h\xc3\xa4n:1", "a:1:2",
  };
  g_autofree char *name = g_strnfill (254, 'a');
  g_autofree char *text = g_strconcat (name, ":1", NULL);
  HeinStreamPlaces places;

  set_up (&places, "10.0.0.1");
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      const char *const told[] = { texts[i], NULL };

      hein_stream_places_tell (&places, told);
      assert_are (&places, "kirk:4222");
    }
  tell (&places, text);
  assert_are (&places, "kirk:4222");
  hein_stream_places_clear (&places);
}

static void
test_many (void)
{
  g_autoptr (GString) texts = g_string_new ("a:1");
  HeinStreamPlaces places;

  for (guint i = 2; i < 10000; i++)
    g_string_append_printf (texts, " a:%u", i);
  set_up (&places, "10.0.0.1");
  for (guint i = 0; i < 3; i++)
    {
      tell (&places, texts->str);
      g_assert_cmpuint (places.all->len, ==, 1 + HEIN_PLACES_MAX);
    }
  hein_stream_places_clear (&places);
}

/* The one that it is connected to stays, whatever it says of itself. */
static void
test_at_hand (void)
{
  HeinStreamPlaces places;

  set_up (&places, "10.0.0.1");
  tell (&places, "a:1 b:1");
  hein_stream_places_step (&places);
  assert_are (&places, "a:1 b:1 kirk:4222");
  tell (&places, "c:1");
  assert_are (&places, "a:1 c:1 kirk:4222");
  hein_stream_places_step (&places);
  tell (&places, "c:1");
  assert_are (&places, "c:1 kirk:4222");
  /* all of them are known by the host of the address */
  for (guint i = 0; i < places.all->len; i++)
    {
      const HeinStreamPlace *place = places.all->pdata[i];

      g_assert_cmpstr (place->told_at, ==, place->told != NULL ? "kirk" : NULL);
    }
  hein_stream_places_clear (&places);
}

/* Who always tells others would else be dialled without a pause. */
static void
test_round (void)
{
  HeinStreamPlaces places;

  set_up (&places, "10.0.0.1");
  for (guint i = 1; i < 10; i++)
    {
      g_autofree char *text = g_strdup_printf ("a:%u b:%u", i, i);

      tell (&places, text);
      g_assert_cmpuint (places.n_left, <=, 2);
      if (i == 1)
        g_assert_false (hein_stream_places_step (&places));
    }
  hein_stream_places_begin_round (&places);
  tell (&places, "a:1");
  g_assert_cmpuint (places.n_left, <, places.all->len);
  hein_stream_places_clear (&places);
}

/* ---- the addresses that are found ---- */

static gboolean
may_be (HeinStreamPlaces *self, const char *text)
{
  g_autoptr (GSocketAddress) address =
    g_inet_socket_address_new_from_string (text, 4222);
  g_autoptr (GError) error = NULL;
  const gboolean may = hein_stream_places_check (self, address, &error);

  g_assert_true (may == (error == NULL));
  return may;
}

static const char *const here[] = {
  "127.0.0.1",      "127.9.9.9", "::1",
  "0.0.0.0",        "::",        "169.254.0.1",
  "fe80::1",        "224.0.0.1", "::ffff:127.0.0.1",
  "::ffff:0.0.0.0", "ff02::1",   "::ffff:169.254.0.1",
};

static void
test_from_elsewhere (void)
{
  g_autoptr (GSocketAddress) local = g_unix_socket_address_new ("/run/x");
  HeinStreamPlaces places;

  set_up (&places, "10.0.0.1");
  /* the address itself may lead anywhere */
  for (guint i = 0; i < G_N_ELEMENTS (here); i++)
    g_assert_true (may_be (&places, here[i]));
  tell (&places, "a:1");
  hein_stream_places_step (&places);
  for (guint i = 0; i < G_N_ELEMENTS (here); i++)
    g_assert_false (may_be (&places, here[i]));
  g_assert_false (hein_stream_places_check (&places, local, NULL));
  g_assert_true (may_be (&places, "10.0.0.2"));
  g_assert_true (may_be (&places, "2001:db8::2"));
  g_assert_true (may_be (&places, "::ffff:10.0.0.2"));
  hein_stream_places_clear (&places);
}

static void
test_from_here (void)
{
  HeinStreamPlaces places;

  set_up (&places, "127.0.0.1");
  tell (&places, "a:1");
  hein_stream_places_step (&places);
  for (guint i = 0; i < G_N_ELEMENTS (here); i++)
    g_assert_true (may_be (&places, here[i]));
  hein_stream_places_clear (&places);
}

/* Where there are no hosts and ports, there is nothing to be told. */
static void
test_no_hosts (void)
{
  HeinStreamPlaces places = { NULL };

  tell (&places, "a:1"); /* it does not dial at all */
  hein_stream_places_add (&places, &kirk,
                          G_SOCKET_CONNECTABLE (
                            g_unix_socket_address_new ("/run/x")));
  tell (&places, "a:1");
  g_assert_cmpuint (places.all->len, ==, 1);
  hein_stream_places_clear (&places);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/places-told/told", test_told);
  g_test_add_func ("/places-told/garbage", test_garbage);
  g_test_add_func ("/places-told/many", test_many);
  g_test_add_func ("/places-told/at-hand", test_at_hand);
  g_test_add_func ("/places-told/round", test_round);
  g_test_add_func ("/places-told/from-elsewhere", test_from_elsewhere);
  g_test_add_func ("/places-told/from-here", test_from_here);
  g_test_add_func ("/places-told/no-hosts", test_no_hosts);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../plugins/transports/udp-multicast/format/mc-trouble.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* What is told of datagrams that do not fit, and how often. U1, U2: the faults
 * that it stands for. */

#define START_US  (G_GINT64_CONSTANT (5) * G_USEC_PER_SEC)
#define MINUTE_US (G_GINT64_CONSTANT (60) * G_USEC_PER_SEC)

static McAddress
make_address (guint16 port)
{
  McAddress self = { .size = sizeof (struct sockaddr_in) };
  struct sockaddr_in *in = (struct sockaddr_in *) &self.address.any;

  in->sin_family = AF_INET;
  in->sin_port = htons (port);
  g_assert_cmpint (inet_pton (AF_INET, "192.0.2.7", &in->sin_addr), ==, 1);
  return self;
}

static void
count (McTrouble *self, McTroubleKind kind, guint n)
{
  const McAddress from = make_address (4000 + kind);

  for (guint i = 0; i < n; i++)
    mc_trouble_count (self, kind, &from);
}

/* NULL: nothing is told. */
static void
assert_told (McTrouble *self, gint64 now_us, const char *expected)
{
  g_autoptr (GError) error = mc_trouble_take (self, now_us);

  g_assert_cmpstr (error != NULL ? error->message : NULL, ==, expected);
  if (error != NULL)
    g_assert_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
}

static void
test_text (void)
{
  McTrouble self = { .n = 0 };

  assert_told (&self, START_US, NULL);
  g_assert_cmpint (mc_trouble_get_due (&self), ==, G_MAXINT64);
  count (&self, MC_TROUBLE_OTHER_KEY, 1);
  assert_told (&self, START_US,
               "1 datagram does not fit this end, it came from "
               "192.0.2.7:4000: 1 encrypted with another key (unknown key id: "
               "compare the key on both ends)");
  count (&self, MC_TROUBLE_NO_KEY, 3);
  count (&self, MC_TROUBLE_TAG, 2);
  assert_told (&self, START_US + MINUTE_US,
               "5 more datagrams do not fit this end, the last came from "
               "192.0.2.7:4002: 2 damaged or forged (right key "
               "id, wrong tag); 3 encrypted, and this end has no key "
               "(key-file=)");
}

/* Each kind has a text of its own, which says what to compare or do. */
static void
test_kinds (void)
{
  g_autoptr (GHashTable) texts =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint kind = 0; kind < MC_N_TROUBLES; kind++)
    {
      McTrouble self = { .n = 0 };
      g_autoptr (GError) error = NULL;
      const char *text;

      count (&self, kind, 1);
      error = mc_trouble_take (&self, START_US);
      g_assert_nonnull (error);
      text = strstr (error->message, ": 1 ");
      g_assert_nonnull (text);
      g_assert_true (g_hash_table_add (texts, g_strdup (text)));
    }
}

/* At once, and then once a minute, however many come; nothing is left out. */
static void
test_is_rare (void)
{
  McTrouble self = { .n = 0 };
  guint n_told = 0;
  guint n_counted = 0;

  for (gint64 now_us = START_US; now_us < START_US + 10 * MINUTE_US;
       now_us += 10000)
    {
      g_autoptr (GError) error = NULL;

      count (&self, MC_TROUBLE_TAG, 3);
      g_assert_cmpint (mc_trouble_get_due (&self), <=,
                       now_us + MC_TROUBLE_INTERVAL_US);
      error = mc_trouble_take (&self, now_us);
      if (error == NULL)
        continue;
      n_told++;
      n_counted += atoi (error->message);
      g_assert_cmpint (mc_trouble_get_due (&self), ==, G_MAXINT64);
    }
  g_assert_cmpuint (n_told, ==, 10);
  g_assert_cmpuint (n_counted + self.n, ==, 10 * 6000 * 3);
}

/* What came after a report waits for its minute, and is told without more. */
static void
test_is_due (void)
{
  McTrouble self = { .n = 0 };
  g_autoptr (GError) error = NULL;

  count (&self, MC_TROUBLE_MODE, 1);
  error = mc_trouble_take (&self, START_US);
  g_assert_nonnull (error);
  count (&self, MC_TROUBLE_FORMAT, 1);
  g_assert_cmpint (mc_trouble_get_due (&self), ==, START_US + MINUTE_US);
  assert_told (&self, START_US + MINUTE_US - 1, NULL);
  assert_told (&self, START_US + MINUTE_US,
               "1 more datagram does not fit this end, it came from "
               "192.0.2.7:4006: 1 of another format, or damaged "
               "(compare format= on both ends)");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trouble/text", test_text);
  g_test_add_func ("/trouble/kinds", test_kinds);
  g_test_add_func ("/trouble/rare", test_is_rare);
  g_test_add_func ("/trouble/due", test_is_due);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "hein-test.h"

/*
 * The policy `disconnect`: a peer that has taken nothing for 30 s is cut, with
 * every transport, and a slow one is not. The clock is the test's: all of hein
 * reads the time and sets timers by the functions of clock.c.
 */

#define BLOCK_SIZE 60000
#define STEP_US    (4 * G_USEC_PER_SEC) /* shorter than the life signs' */

static const char *const uris[] = {
  "tcp://127.0.0.1:0",
  "channel://127.0.0.1:0?overflow=disconnect",
  "unix:@hein-stalled-%d",
  "inproc://stalled-%d",
};

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *client;    /* takes nothing by itself */
  HeinTestBus *neighbour; /* takes everything */
} Three;

static void
fill (Three *self)
{
  while (hein_test_bus_send_number (self->hub, "t", 0, BLOCK_SIZE))
    g_main_context_iteration (NULL, FALSE);
}

static void
three_init (Three *self, const char *format)
{
  g_autofree char *uri = g_strdup_printf (format, (int) getpid ());
  HeinEndpoint *endpoint;

  self->hub = hein_test_bus_new ("hub");
  self->client = hein_test_bus_new ("client");
  self->neighbour = hein_test_bus_new ("neighbour");
  g_object_set (self->hub->bus, "overflow", HEIN_OVERFLOW_DISCONNECT,
                "send-limit", (guint64) 1000000, NULL);
  hein_test_bus_hold_up (self->client);
  endpoint = hein_test_bus_listen (self->hub, uri);
  hein_test_bus_dial (self->client, hein_endpoint_get_bound_uri (endpoint));
  hein_test_bus_dial (self->neighbour, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 2);
  fill (self);
}

static void
three_clear (Three *self)
{
  hein_test_bus_free (self->neighbour);
  hein_test_bus_free (self->client);
  hein_test_bus_free (self->hub);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Three, three_clear)

static gboolean
has_come (Three *self, const char *topic)
{
  const guint n = self->neighbour->messages->len;

  return n > 0 && strcmp (hein_message_get_topic (
                            self->neighbour->messages->pdata[n - 1]),
                          topic) == 0;
}

/* A message for the neighbour shows that all have had their turn. */
static void
let_pass (Three *self, guint seconds)
{
  static guint n_passed;

  for (guint i = 0; i * STEP_US < seconds * G_USEC_PER_SEC; i++)
    {
      g_autofree char *topic = g_strdup_printf ("passed-%u", n_passed++);

      clock_advance (STEP_US);
      hein_test_bus_send (self->hub, "neighbour", topic, "");
      hein_test_wait (has_come (self, topic));
    }
}

static void
assert_cut (Three *self)
{
  hein_test_wait (self->hub->removed->len == 1);
  g_assert_error (self->hub->reason, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (self->hub->reason->message,
                            "took nothing of what is queued for 30000 ms"));
  g_assert_cmpstr (hein_peer_get_name (self->hub->removed->pdata[0]), ==,
                   "client");
}

static void
test_cut (gconstpointer uri)
{
  g_auto (Three) self = { 0 };

  three_init (&self, uri);
  let_pass (&self, 28);
  g_assert_cmpuint (self.hub->removed->len, ==, 0);
  let_pass (&self, 4);
  assert_cut (&self);
}

/* What is queued becomes less in each half minute. */
static void
test_slow (gconstpointer uri)
{
  g_auto (Three) self = { 0 };

  three_init (&self, uri);
  for (guint i = 0; i < 3; i++)
    {
      let_pass (&self, 24);
      hein_test_wait (
        (g_ptr_array_unref (hein_bus_take (self.client->bus, 1)),
         hein_test_bus_send_number (self.hub, "t", 0, BLOCK_SIZE)));
      fill (&self);
    }
  g_assert_cmpuint (self.hub->removed->len, ==, 0);
  let_pass (&self, 36);
  assert_cut (&self);
}

/* Nobody is cut for what there is room for. */
static void
test_idle (gconstpointer format)
{
  g_auto (Three) self = { 0 };

  three_init (&self, format);
  hein_test_wait ((g_ptr_array_unref (hein_bus_take (self.client->bus, 1)),
                   hein_test_bus_send_number (self.hub, "t", 1, BLOCK_SIZE)));
  hein_test_bus_set_takes (self.client, TRUE);
  let_pass (&self, 60);
  g_assert_cmpuint (self.hub->removed->len, ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      g_autofree char *name = g_strndup (uris[i], strcspn (uris[i], ":"));
      g_autofree char *cut = g_strconcat ("/stalled/cut/", name, NULL);
      g_autofree char *slow = g_strconcat ("/stalled/slow/", name, NULL);
      g_autofree char *idle = g_strconcat ("/stalled/idle/", name, NULL);

      g_test_add_data_func (cut, uris[i], test_cut);
      g_test_add_data_func (slow, uris[i], test_slow);
      g_test_add_data_func (idle, uris[i], test_idle);
    }
  return g_test_run ();
}

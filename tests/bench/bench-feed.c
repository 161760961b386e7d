/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include <hein/hein.h>

/* Feeds a script: says where it listens, waits for one peer, sends it numbered
 * messages without losing any, and ends when it leaves. */

#define TURN_MS 1000

static void
send_all (HeinBus *bus, guint64 count, gsize size, const char *topic)
{
  g_autofree guint8 *payload = g_malloc0 (size);
  for (guint64 i = 0; i < count; i++)
    {
      memcpy (payload, &i, sizeof i);
      g_autoptr (HeinMessage) message =
        hein_message_new_data (topic, payload, size);
      while (!hein_bus_send (bus, message, NULL))
        hein_bus_turn (bus, TURN_MS);
    }
}

static guint
count_peers (HeinBus *bus)
{
  return hein_peers_get_n_peers (hein_bus_get_peers (bus));
}

int
main (int argc, char **argv)
{
  guint64 count = argc > 1 ? g_ascii_strtoull (argv[1], NULL, 10) : 0;
  gsize size = argc > 2 ? g_ascii_strtoull (argv[2], NULL, 10) : 100;
  const char *topic = argc > 3 ? argv[3] : "bench";
  g_autoptr (HeinBus) bus = hein_bus_new ("feed");
  g_autoptr (GError) error = NULL;
  g_object_set (bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  HeinEndpoint *endpoint = hein_bus_listen (bus, "tcp://127.0.0.1:0", &error);
  if (endpoint == NULL || count == 0 || size < sizeof count)
    {
      g_printerr ("usage: bench-feed COUNT [SIZE [TOPIC]]: %s\n",
                  error != NULL ? error->message : "");
      return 2;
    }
  while (hein_endpoint_get_state (endpoint) == HEIN_ENDPOINT_STATE_OPENING)
    hein_bus_turn (bus, TURN_MS);
  puts (hein_endpoint_get_bound_uri (endpoint));
  fflush (stdout);
  while (count_peers (bus) == 0)
    hein_bus_turn (bus, TURN_MS);
  send_all (bus, count, size, topic);
  while (count_peers (bus) > 0)
    hein_bus_turn (bus, TURN_MS);
  return 0;
}

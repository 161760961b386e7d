/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus-ends.h"

/* Two buses over TCP, for the tests of what a bus does. */

char *
bus_ends_listen_at (HeinTestBus *bus)
{
  return g_strdup (
    hein_endpoint_get_bound_uri (hein_test_bus_listen (bus, LOOPBACK)));
}

void
bus_ends_meet (HeinTestBus *hub, HeinTestBus *client)
{
  g_autofree char *uri = bus_ends_listen_at (hub);

  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) > 0 &&
                  hein_test_bus_count_peers (client) > 0);
}

void
bus_ends_assert_text (HeinTestBus *bus, guint index, const char *expected)
{
  g_autofree char *text = hein_test_bus_dup_text (bus, index);

  g_assert_cmpstr (text, ==, expected);
}

HeinMessage *
bus_ends_make_block (gsize size)
{
  g_autofree guint8 *data = g_malloc0 (size);

  return hein_message_new_data ("block", data, size);
}

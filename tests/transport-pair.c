/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport-pair.h"

static void
open_hub (TransportPair *self, const HeinTransportSuite *suite)
{
  g_autofree char *uri = NULL;

  if (suite->line_uri != NULL)
    {
      self->line = transport_line_new ();
      self->uri = transport_line_dup_uri (self->line, suite->line_uri, 1);
      uri = transport_line_dup_uri (self->line, suite->line_uri, 0);
      self->listener = hein_test_bus_dial (self->hub, uri);
      return;
    }
  uri = suite->make_uri ();
  self->listener = hein_test_bus_listen (self->hub, uri);
  self->uri = g_strdup (hein_endpoint_get_bound_uri (self->listener));
}

TransportPair *
transport_pair_new (const HeinTransportSuite *suite)
{
  TransportPair *self = g_new0 (TransportPair, 1);

  self->hub = hein_test_bus_new ("hub");
  self->client = hein_test_bus_new ("client");
  open_hub (self, suite);
  g_assert_nonnull (self->uri);
  self->dialler = hein_test_bus_dial (self->client, self->uri);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1 &&
                  hein_test_bus_count_peers (self->client) == 1);
  return self;
}

void
transport_pair_free (TransportPair *self)
{
  hein_test_bus_free (self->client);
  hein_test_bus_free (self->hub);
  g_clear_pointer (&self->line, transport_line_free);
  g_free (self->uri);
  g_free (self);
}

void
transport_assert_text (HeinTestBus *bus, guint index, const char *expected)
{
  g_autofree char *text = hein_test_bus_dup_text (bus, index);

  g_assert_cmpstr (text, ==, expected);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

#include <string.h>

/* Three brokers in a ring of bridges, in virtual time: what goes round both ways
 * ends where it began. */

#define N_SITES     3
#define N_MESSAGES  10
#define MINUTE_MS   60000
#define ADDRESS(it) "tcp+mqtt://" it ":1883?plaintext=yes"

static const char *const sites[N_SITES] = { "north", "east", "west" };

/* A broker, a program that is its client, and the bridge to the next site. */
typedef struct
{
  HeinBus *broker;  /* owned */
  HeinBus *program; /* owned */
  HeinBus *ends[2]; /* owned: of the bridge, here and there */
  HeinBridge *ways[2];
  guint n_heard;  /* by the program */
  guint n_failed; /* by the bridge */
} Site;

typedef struct
{
  HeinSimulation *net; /* owned */
  Site sites[N_SITES];
} Ring;

static void
on_message (HeinBus *bus, HeinMessage *message, Site *site)
{
  site->n_heard++;
}

static void
on_failed (HeinBridge *bridge,
           HeinMessage *message,
           const GError *error,
           Site *site)
{
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED);
  site->n_failed++;
}

static HeinBus *
dial (HeinSimulation *net, const char *host, const char *name, guint place)
{
  g_autofree char *uri = g_strdup_printf (ADDRESS ("%s"), sites[place]);
  g_autoptr (GError) error = NULL;
  HeinBus *bus;

  hein_simulation_set_host (net, host);
  bus = hein_bus_new (name);
  hein_bus_dial (bus, uri, &error);
  g_assert_no_error (error);
  return bus;
}

static void
open_site (Ring *self, guint place)
{
  Site *site = &self->sites[place];
  g_autoptr (GError) error = NULL;

  hein_simulation_set_host (self->net, sites[place]);
  site->broker = hein_bus_new (sites[place]);
  hein_bus_listen (site->broker, ADDRESS ("*"), &error);
  g_assert_no_error (error);
  site->program = dial (self->net, sites[place], "program", place);
  g_signal_connect (site->program, "message", G_CALLBACK (on_message), site);
}

/* Both ways, to the next one. */
static void
build_bridge (Ring *self, guint place)
{
  Site *site = &self->sites[place];
  g_autofree char *host = g_strconcat ("bridge-", sites[place], NULL);

  for (guint i = 0; i < 2; i++)
    site->ends[i] = dial (self->net, host, host, (place + i) % N_SITES);
  for (guint i = 0; i < 2; i++)
    {
      site->ways[i] =
        hein_bridge_new (site->ends[i], site->ends[1 - i], host, NULL);
      g_signal_connect (site->ways[i], "failed", G_CALLBACK (on_failed), site);
    }
}

static void
ring_init (Ring *self)
{
  *self = (Ring){ .net = hein_simulation_new (5) };
  for (guint i = 0; i < N_SITES; i++)
    open_site (self, i);
  for (guint i = 0; i < N_SITES; i++)
    build_bridge (self, i);
  hein_simulation_run (self->net, MINUTE_MS);
}

static void
site_clear (Site *self)
{
  for (guint i = 0; i < 2; i++)
    {
      hein_bridge_close (self->ways[i]);
      g_object_unref (self->ways[i]);
    }
  for (guint i = 0; i < 2; i++)
    g_object_unref (self->ends[i]);
  g_object_unref (self->program);
  g_object_unref (self->broker);
}

static void
ring_clear (Ring *self)
{
  for (guint i = 0; i < N_SITES; i++)
    site_clear (&self->sites[i]);
  g_object_unref (self->net);
}

static void
publish (Ring *self, guint place)
{
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text ("lamps/1", "on");
      g_autoptr (GError) error = NULL;

      hein_bus_send (self->sites[place].program, message, &error);
      g_assert_no_error (error);
    }
}

/* Each hears it from both sides. Who has published it hears it from both sides,
 * too: where it began it ends, since the bridge there has passed it before. */
static void
test_ring (void)
{
  Ring ring;

  ring_init (&ring);
  publish (&ring, 0);
  for (guint i = 0; i < 10; i++)
    hein_simulation_run (ring.net, MINUTE_MS);
  for (guint i = 0; i < N_SITES; i++)
    {
      g_test_message ("%s: %u heard, %u not passed on", sites[i],
                      ring.sites[i].n_heard, ring.sites[i].n_failed);
      g_assert_cmpuint (ring.sites[i].n_heard, ==, 2 * N_MESSAGES);
    }
  ring_clear (&ring);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bridge-ring/ring", test_ring);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <poll.h>

#include "probe/hein-probe.h"
#include "random-deeds.h"

/*
 * Whatever is called, and whatever comes of it: when the call returns, the
 * descriptor of each bus is readable, or nothing is left to do. Buses that are
 * turned by their descriptors do things at random, and are looked into after
 * each. Protocols are called in the bus's own context meanwhile, whoever brought
 * it about.
 */

#define N_DEEDS 4000
/* Deeds until a rest, and turns until it has to come. */
#define N_BUSY      20
#define N_TURNS_MAX 20000
#define WAIT_MS     5
/* Where a turn takes longer than what is awaited in it, there is no rest. */
#define N_DEEDS_SLOW 200
#define N_TURNS_SLOW 20

static const struct
{
  const char *name;
  const char *uri;
} addresses[] = {
  { "tcp", "tcp://127.0.0.1:0" },
  { "unix", "unix:@hein-test-settled-%u" },
  { "inproc", "inproc://settled-%u" },
  { "channel", "channel://127.0.0.1:0" },
  { "aiomsg", "tcp+aiomsg://127.0.0.1:0?guarantee=at-least-once" },
  { "soc", "tcp+soc://127.0.0.1:0" },
  { "tinyproto", "tcp+tinyproto://127.0.0.1:0" },
  { "socketengine", "tcp+socketengine://127.0.0.1:0" },
};

/* ---- where protocols are called ---- */

/* What the classes were before they were wrapped, by type. */
static GHashTable *originals;

static HeinProtocolClass *
get_original (HeinProtocol *protocol)
{
  return g_hash_table_lookup (originals,
                              GSIZE_TO_POINTER (G_OBJECT_TYPE (protocol)));
}

/* The application's context is the thread's default one outside of the bus. */
static void
check_context (const char *slot)
{
  if (g_main_context_get_thread_default () == NULL)
    g_error ("%s is called outside of the bus's own context", slot);
}

static void
on_finish (HeinProtocol *protocol, HeinWire *wire)
{
  check_context ("finish");
  get_original (protocol)->finish (protocol, wire);
}

static void
on_lost (HeinProtocol *protocol, HeinWire *wire)
{
  check_context ("lost");
  get_original (protocol)->lost (protocol, wire);
}

static void
on_delivery_settled (HeinProtocol *protocol,
                     HeinWire *wire,
                     guint64 delivery,
                     const GError *failure)
{
  check_context ("settled");
  get_original (protocol)->settled (protocol, wire, delivery, failure);
}

static void
on_ping (HeinProtocol *protocol, HeinWire *wire)
{
  check_context ("ping");
  get_original (protocol)->ping (protocol, wire);
}

static void
on_subscription (HeinProtocol *protocol,
                 HeinWire *wire,
                 const char *prefix,
                 gboolean wanted)
{
  check_context ("subscription");
  get_original (protocol)->subscription (protocol, wire, prefix, wanted);
}

static gssize
on_consume (HeinProtocol *protocol,
            HeinWire *wire,
            GBytes *bytes,
            GError **error)
{
  check_context ("consume");
  return get_original (protocol)->consume (protocol, wire, bytes, error);
}

static gint64
on_tick (HeinProtocol *protocol, HeinWire *wire, gint64 now_us)
{
  check_context ("tick");
  return get_original (protocol)->tick (protocol, wire, now_us);
}

static void
on_admitted (HeinProtocol *protocol, HeinWire *wire, const GError *refusal)
{
  check_context ("admitted");
  get_original (protocol)->admitted (protocol, wire, refusal);
}

static void
wrap (GType type)
{
  HeinProtocolClass *class = g_type_class_ref (type);

  if (!g_hash_table_contains (originals, GSIZE_TO_POINTER (type)))
    {
      g_hash_table_insert (originals, GSIZE_TO_POINTER (type),
                           g_memdup2 (class, sizeof *class));
      class->is_pure = FALSE; /* on_consume and the others are not */
      class->consume = on_consume;
      class->tick = class->tick != NULL ? on_tick : NULL;
      class->admitted = class->admitted != NULL ? on_admitted : NULL;
      class->finish = class->finish != NULL ? on_finish : NULL;
      class->lost = class->lost != NULL ? on_lost : NULL;
      class->settled = class->settled != NULL ? on_delivery_settled : NULL;
      class->ping = class->ping != NULL ? on_ping : NULL;
      class->subscription =
        class->subscription != NULL ? on_subscription : NULL;
    }
  g_type_class_unref (class);
}

/* Those that are loaded by now; their classes stay. */
static void
wrap_protocols (void)
{
  guint n;
  g_autofree GType *types = g_type_children (HEIN_TYPE_PROTOCOL, &n);

  if (originals == NULL)
    originals = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  for (guint i = 0; i < n; i++)
    wrap (types[i]);
}

/* ---- the test ---- */

static void
check (RandomScene *self, const char *deed)
{
  for (guint i = 0; i < RANDOM_N_BUSES; i++)
    {
      const char *left = hein_probe_find_unsettled (self->parties[i].bus);

      if (left != NULL)
        g_error ("after %s, bus %u: %s", deed, i, left);
    }
}

/* As somebody does who polls the descriptors. */
static void
turn_all (RandomScene *self)
{
  for (guint i = 0; i < RANDOM_N_BUSES; i++)
    {
      hein_bus_turn (self->parties[i].bus, 0);
      check (self, "turn");
    }
}

static gboolean
is_slow (void)
{
  return g_getenv ("HEIN_TEST_SLOW") != NULL;
}

/* Waits now and then, for what takes its time. */
static gboolean
is_readable (RandomScene *self, gboolean waits)
{
  struct pollfd fds[RANDOM_N_BUSES];

  for (guint i = 0; i < RANDOM_N_BUSES; i++)
    fds[i] = (struct pollfd){ .fd = self->parties[i].fd, .events = POLLIN };
  return poll (fds, RANDOM_N_BUSES, waits ? WAIT_MS : 0) > 0;
}

/* And once nobody does anything, there is an end of it: none is readable for
 * nothing. */
static void
come_to_rest (RandomScene *self)
{
  guint n = 0;

  while (is_readable (self, n == 0 && random_draw (2) == 0))
    {
      turn_all (self);
      if (++n == N_TURNS_SLOW && is_slow ())
        break;
      g_assert_cmpuint (n, <, N_TURNS_MAX);
    }
}

static void
test_after_each_call (gconstpointer data)
{
  const guint n_deeds = is_slow () ? N_DEEDS_SLOW : N_DEEDS;
  RandomScene scene;

  random_scene_begin (&scene, data);
  wrap_protocols ();
  check (&scene, "open");
  for (guint i = 0; i < n_deeds || random_scene_count_received (&scene) == 0;
       i++)
    {
      g_assert_cmpuint (i, <, 10 * N_DEEDS);
      check (&scene, random_scene_act (&scene));
      if (i % N_BUSY == 0)
        come_to_rest (&scene);
      else if (random_draw (3) == 0)
        turn_all (&scene);
    }
  g_test_message ("%u messages came", random_scene_count_received (&scene));
  random_scene_end (&scene);
}

/* It can fail. */
static void
test_unsettled_is_found (void)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("a");

  hein_bus_get_fd (bus);
  hein_bus_turn (bus, 0);
  hein_bus_turn (bus, 0);
  g_assert_null (hein_probe_find_unsettled (bus));
  hein_probe_unsettle (bus);
  g_assert_nonnull (hein_probe_find_unsettled (bus));
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/settled/unsettled-is-found", test_unsettled_is_found);
  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/settled/after-each-call/%s", addresses[i].name);

      g_test_add_data_func (path, addresses[i].uri, test_after_each_call);
    }
  result = g_test_run ();
  g_clear_pointer (&originals, g_hash_table_unref);
  return result;
}

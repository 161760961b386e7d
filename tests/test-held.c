/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <unistd.h>

#include "hein-test.h"

/* Much that waits for a peer or for room is given in order, in many turns, and
 * is not tried again and again. */

#define MANY (256 * 1024 * 1024)

static char *
make_uri (void)
{
  static guint serial;

  return g_strdup_printf ("unix:@hein-held-%d-%u", (int) getpid (), serial++);
}

/* ---- a strategy that counts how often it is asked ---- */

#define TEST_TYPE_COUNTER (test_counter_get_type ())
G_DECLARE_FINAL_TYPE (TestCounter, test_counter, TEST, COUNTER, HeinStrategy)

struct _TestCounter
{
  HeinStrategy parent_instance;

  guint n_asked;
  guint n_chosen;
  HeinBus *closes; /* borrowed: when it has chosen n_until times */
  guint n_until;
};

G_DEFINE_FINAL_TYPE (TestCounter, test_counter, HEIN_TYPE_STRATEGY)

static void
test_counter_select (HeinStrategy *strategy,
                     HeinPeers *peers,
                     const char *key,
                     HeinMessage *message,
                     HeinSelection *selection)
{
  TestCounter *self = TEST_COUNTER (strategy);
  HeinPeer *peer = hein_peers_lookup (peers, "away");

  self->n_asked++;
  if (peer == NULL)
    {
      hein_selection_hold (selection);
      return;
    }
  hein_selection_add (selection, peer);
  if (++self->n_chosen == self->n_until)
    hein_bus_close (self->closes);
}

static void
test_counter_class_init (TestCounterClass *class)
{
  HEIN_STRATEGY_CLASS (class)->select = test_counter_select;
}

static void
test_counter_init (TestCounter *self)
{
}

/* ---- somebody who is away, and comes back ---- */

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *away;
  TestCounter *counter;
  char *uri;
} Scene;

static void
scene_init (Scene *self)
{
  self->uri = make_uri ();
  self->hub = hein_test_bus_new ("hub");
  self->counter = g_object_new (TEST_TYPE_COUNTER, NULL);
  g_object_set (self->hub->bus, "send-limit", (guint64) MANY, "memory-limit",
                (guint64) 4 * MANY, NULL);
  hein_test_bus_listen (self->hub, self->uri);
  self->away = hein_test_bus_new ("away");
  hein_test_bus_dial (self->away, self->uri);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1);
  g_clear_pointer (&self->away, hein_test_bus_free);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 0);
}

static void
scene_clear (Scene *self)
{
  g_clear_pointer (&self->away, hein_test_bus_free);
  g_clear_pointer (&self->hub, hein_test_bus_free);
  g_object_unref (self->counter);
  g_free (self->uri);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

static HeinMessage *
make_number (guint32 number)
{
  return hein_message_new_data ("n", (const guint8 *) &number, sizeof number);
}

/* By name, or by the strategy that counts. */
static void
send_numbers (Scene *self, guint32 n, gboolean is_named)
{
  for (guint32 i = 0; i < n; i++)
    {
      g_autoptr (HeinMessage) message = make_number (i);

      if (is_named)
        g_assert_true (
          hein_bus_send_to (self->hub->bus, "away", message, NULL));
      else
        g_assert_true (hein_bus_send_with (self->hub->bus,
                                           HEIN_STRATEGY (self->counter), NULL,
                                           message, NULL));
    }
}

static void
come_back (Scene *self)
{
  self->away = hein_test_bus_new ("away");
  hein_test_bus_dial (self->away, self->uri);
}

static void
assert_in_order (HeinTestBus *bus, guint32 n)
{
  g_assert_cmpuint (bus->messages->len, ==, n);
  for (guint32 i = 0; i < n; i++)
    g_assert_cmpuint (hein_test_get_number (
                        g_ptr_array_index (bus->messages, i)),
                      ==, i);
}

/* No turn gives all of it, whatever comes first. */
static void
test_many_turns (void)
{
  enum
  {
    N = 200000
  };
  g_auto (Scene) scene = { 0 };
  guint n_turns = 0;
  HeinPeer *peer;
  guint64 queued;

  scene_init (&scene);
  send_numbers (&scene, N, TRUE);
  come_back (&scene);
  hein_test_wait (hein_test_bus_count_peers (scene.hub) == 1);
  peer = hein_test_bus_find_peer (scene.hub, "away");
  /* which reads nothing meanwhile, so that all of it lies there in the end */
  do
    {
      queued = hein_peer_get_queued_bytes (peer);
      hein_bus_turn (scene.hub->bus, 0);
      n_turns++;
    }
  while (queued == 0 || hein_peer_get_queued_bytes (peer) > queued);
  g_assert_cmpuint (n_turns, >, 5);
  while (scene.away->messages->len < N)
    hein_test_turn (G_MAXINT64);
  assert_in_order (scene.away, N);
}

/* Nor is anything of it tried more than once or twice, also when there is a
 * reason to begin anew all the time. */
static void
test_linear (gconstpointer data)
{
  enum
  {
    N = 50000
  };
  const gboolean is_restless = GPOINTER_TO_INT (data);
  g_auto (Scene) scene = { 0 };

  scene_init (&scene);
  send_numbers (&scene, N, FALSE);
  g_assert_cmpuint (scene.counter->n_asked, ==, 1);
  come_back (&scene);
  while (scene.away->messages->len < N)
    {
      /* as if somebody had come or gone */
      if (is_restless)
        hein_bus_set_strategy (scene.hub->bus, NULL);
      hein_test_turn (G_MAXINT64);
    }
  assert_in_order (scene.away, N);
  g_assert_cmpuint (scene.counter->n_chosen, ==, N);
  g_assert_cmpuint (scene.counter->n_asked, <, 2 * N);
}

/* What is sent while it is being given goes behind it, without a turn, too. */
static void
test_sent_meanwhile (void)
{
  enum
  {
    N = 20000,
    N_MORE = 2000
  };
  g_auto (Scene) scene = { 0 };

  scene_init (&scene);
  send_numbers (&scene, N, FALSE);
  come_back (&scene);
  hein_test_wait (scene.counter->n_chosen > 0);
  for (guint32 i = 0; i < N_MORE; i++)
    {
      g_autoptr (HeinMessage) message = make_number (N + i);

      g_assert_true (hein_bus_send_to (scene.hub->bus, "away", message, NULL));
    }
  g_assert_cmpuint (scene.counter->n_chosen, ==, N);
  hein_test_wait (scene.away->messages->len == N + N_MORE);
  assert_in_order (scene.away, N + N_MORE);
}

/* Who closes the bus in the middle of it has sent all of it. */
static void
test_closed_meanwhile (void)
{
  enum
  {
    N = 100000
  };
  g_auto (Scene) scene = { 0 };

  scene_init (&scene);
  g_object_set (scene.hub->bus, "linger-ms", 60000u, NULL);
  send_numbers (&scene, N, FALSE);
  come_back (&scene);
  hein_test_wait (scene.counter->n_chosen > 0);
  hein_bus_close (scene.hub->bus);
  hein_test_wait (scene.away->messages->len == N);
  assert_in_order (scene.away, N);
  g_assert_cmpuint (hein_test_bus_count_dropped (scene.hub), ==, 0);
}

/* Where a strategy closes it, what was not given is counted. */
static void
test_closed_within (void)
{
  enum
  {
    N = 10000,
    N_GIVEN = 5000
  };
  g_auto (Scene) scene = { 0 };

  scene_init (&scene);
  g_object_set (scene.hub->bus, "linger-ms", 60000u, NULL);
  send_numbers (&scene, N, FALSE);
  scene.counter->closes = scene.hub->bus;
  scene.counter->n_until = N_GIVEN;
  come_back (&scene);
  hein_test_wait (scene.counter->n_chosen == N_GIVEN);
  hein_test_wait (
    hein_test_bus_count_dropped (scene.hub) + scene.away->messages->len == N);
  g_assert_cmpuint (scene.away->messages->len, >=, N_GIVEN - 1);
  assert_in_order (scene.away, scene.away->messages->len);
  g_assert_cmpuint (hein_bus_get_memory_used (scene.hub->bus), <, MANY);
}

/* ---- a new owner ---- */

#define TEST_TYPE_EAR (test_ear_get_type ())
G_DECLARE_FINAL_TYPE (TestEar, test_ear, TEST, EAR, GObject)

struct _TestEar
{
  GObject parent_instance;

  guint n;
};

static HeinMessage *
hear (HeinFilter *filter, HeinMessage *message, GError **error)
{
  TEST_EAR (filter)->n++;
  return hein_message_ref (message);
}

static void
filter_init (HeinFilterInterface *iface)
{
  iface->send = hear;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestEar,
                               test_ear,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (HEIN_TYPE_FILTER,
                                                      filter_init))

static void
test_ear_class_init (TestEarClass *class)
{
}

static void
test_ear_init (TestEar *self)
{
}

typedef struct
{
  HeinTestBus *hub;
  GCancellable *cancellable;
  TestEar *ear;
  guint n_sent;
  guint n_cancelled;
} Owning;

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  Owning *self = data;
  g_autoptr (GError) error = NULL;

  if (hein_bus_send_finish (HEIN_BUS (source), result, &error))
    self->n_sent++;
  else
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      self->n_cancelled++;
    }
}

#define N_POSTED 5000

static gpointer
post_and_own (gpointer data)
{
  Owning *self = data;

  for (guint32 i = 0; i < N_POSTED; i++)
    {
      g_autoptr (HeinMessage) message = make_number (i);

      g_assert_true (hein_bus_send (self->hub->bus, message, NULL));
    }
  g_assert_true (
    hein_bus_move_to_context (self->hub->bus, g_main_context_default (), NULL));
  for (guint32 i = 0; i < 3; i++)
    {
      g_autoptr (HeinMessage) message =
        make_number (i == 1 ? G_MAXUINT32 : N_POSTED + i / 2);

      hein_bus_send_async (self->hub->bus, message,
                           i == 1 ? self->cancellable : NULL, on_sent, self);
    }
  /* which is no time to take in all that waits */
  g_assert_cmpuint (self->ear->n, ==, 0);
  g_cancellable_cancel (self->cancellable);
  return NULL;
}

/* What a thread has sent before it became the owner goes before what it then
 * sends by a call, which is not the time to take in all of that. */
static void
test_new_owner_calls (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) good = hein_test_bus_new ("good");
  g_autofree char *uri = make_uri ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (TestEar) ear = g_object_new (TEST_TYPE_EAR, NULL);
  Owning owning = { hub, cancellable, ear, 0, 0 };

  hein_test_bus_listen (hub, uri);
  hein_test_bus_dial (good, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  hein_bus_add_filter (hub->bus, HEIN_FILTER (ear));
  g_thread_join (g_thread_new ("owner", post_and_own, &owning));
  g_assert_true (
    hein_bus_move_to_context (hub->bus, g_main_context_default (), NULL));
  hein_test_wait (owning.n_sent == 2 && owning.n_cancelled == 1);
  hein_test_wait (good->messages->len == N_POSTED + 2);
  assert_in_order (good, N_POSTED + 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/held/many-turns", test_many_turns);
  g_test_add_data_func ("/held/linear", GINT_TO_POINTER (FALSE), test_linear);
  g_test_add_data_func ("/held/linear-restless", GINT_TO_POINTER (TRUE),
                        test_linear);
  g_test_add_func ("/held/sent-meanwhile", test_sent_meanwhile);
  g_test_add_func ("/held/closed-meanwhile", test_closed_meanwhile);
  g_test_add_func ("/held/closed-within", test_closed_within);
  g_test_add_func ("/held/new-owner-calls", test_new_owner_calls);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <poll.h>

#include "hein-test.h"

/* What other threads do to a bus is seen, in each way in which it can be turned,
 * and whoever turns it: they send at odd moments, cancel, take it over, and drop
 * the last reference. */

#define N_THREADS  4
#define N_MESSAGES 3000
#define PAUSE_US   200
#define N_ROUNDS   40

/* ---- the three ways ---- */

typedef void (*Turn) (HeinBus *bus);

static void
turn_context (HeinBus *bus)
{
  g_assert_true (hein_test_turn (g_get_monotonic_time () + HEIN_TEST_WAIT_US));
}

static void
turn_by_itself (HeinBus *bus)
{
  hein_bus_turn (bus, (gint) (HEIN_TEST_WAIT_US / 1000));
}

static void
turn_when_readable (HeinBus *bus)
{
  struct pollfd fd = { .fd = hein_bus_get_fd (bus), .events = POLLIN };

  if (poll (&fd, 1, (int) (HEIN_TEST_WAIT_US / 1000)) == 1)
    hein_bus_turn (bus, 0);
}

static const struct
{
  const char *name;
  Turn turn;
} ways[] = {
  { "context", turn_context },
  { "turn", turn_by_itself },
  { "descriptor", turn_when_readable },
};

/* ---- sending ---- */

/* What is sent to nobody is counted when it is taken in, and then nothing else
 * is left to do: each message has to wake a bus that sleeps. */
static guint64
count_taken_in (HeinBus *bus)
{
  return hein_bus_get_n_dropped (bus, HEIN_DROP_REASON_NO_PEER);
}

static void
pause_for (gint64 us)
{
  gint64 end_us = g_get_monotonic_time () + us;

  while (g_get_monotonic_time () < end_us)
    g_thread_yield ();
}

static gpointer
send_at_odd_moments (gpointer data)
{
  HeinBus *bus = data;
  g_autoptr (GRand) rand = g_rand_new ();
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");

  for (guint i = 0; i < N_MESSAGES; i++)
    {
      /* not to wait for anything: so that the bus falls asleep at any moment */
      g_usleep (g_rand_int_range (rand, 0, PAUSE_US));
      g_assert_true (hein_bus_send (bus, message, NULL));
    }
  return NULL;
}

static void
test_send (gconstpointer data)
{
  const Turn turn = ways[GPOINTER_TO_SIZE (data)].turn;
  g_autoptr (HeinBus) bus = hein_bus_new ("a");
  GThread *threads[N_THREADS];
  guint64 n = 0;

  if (turn == turn_when_readable)
    hein_bus_get_fd (bus);
  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("sender", send_at_odd_moments, bus);
  while (n < N_THREADS * N_MESSAGES)
    {
      const gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;
      const guint64 before = n;

      /* a turn may be for nothing, but not until the end of all patience */
      while (n == before && g_get_monotonic_time () < end_us)
        {
          turn (bus);
          n = count_taken_in (bus);
        }
      g_assert_cmpuint (n, >, before);
    }
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (count_taken_in (bus), ==, N_THREADS * N_MESSAGES);
}

/* ---- cancelling ---- */

static void
on_received (GObject *source, GAsyncResult *result, gpointer data)
{
  GError **error = data;

  g_assert_null (hein_bus_receive_finish (HEIN_BUS (source), result, error));
}

static gpointer
cancel (gpointer data)
{
  g_cancellable_cancel (data);
  return NULL;
}

static void
test_cancel (gconstpointer data)
{
  const Turn turn = ways[GPOINTER_TO_SIZE (data)].turn;
  g_autoptr (HeinBus) bus = hein_bus_new ("a");

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;
      const gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;
      GThread *thread;

      hein_bus_receive_async (bus, 1, cancellable, on_received, &error);
      thread = g_thread_new ("canceller", cancel, cancellable);
      while (error == NULL && g_get_monotonic_time () < end_us)
        turn (bus);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_thread_join (thread);
    }
}

/* ---- taking over ---- */

/* Another thread that iterates the context of the bus. */
typedef struct
{
  GMainContext *context;
  GThread *thread;
  gint is_iterating; /* atomic */
  gint is_over;      /* atomic */
} Iterator;

static gpointer
iterate (gpointer data)
{
  Iterator *self = data;

  g_assert_true (g_main_context_acquire (self->context));
  g_atomic_int_set (&self->is_iterating, TRUE);
  while (!g_atomic_int_get (&self->is_over))
    g_main_context_iteration (self->context, TRUE);
  g_main_context_release (self->context);
  return NULL;
}

static void
iterator_start (Iterator *self, GMainContext *context)
{
  self->context = context;
  self->thread = g_thread_new ("iterator", iterate, self);
}

static void
iterator_end (Iterator *self)
{
  g_atomic_int_set (&self->is_over, TRUE);
  g_main_context_wakeup (self->context);
  g_thread_join (self->thread);
}

static gint n_came;

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  g_atomic_int_inc (&n_came);
}

/* The thread that made the bus sends, before, while and after another one begins
 * to iterate its context. */
static void
test_hand_over (void)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      HeinTestBus *a = hein_test_bus_new ("a");
      HeinTestBus *b = hein_test_bus_new ("b");
      Iterator iterator = { 0 };
      const gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;
      gint n_sent = 0;

      g_object_set (a->bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
      hein_test_bus_dial (a, hein_endpoint_get_bound_uri (
                               hein_test_bus_listen (b, "tcp://127.0.0.1:0")));
      hein_test_wait (hein_test_bus_count_peers (a) == 1 &&
                      hein_test_bus_count_peers (b) == 1);
      hein_bus_set_handler (b->bus, on_message, NULL, NULL);
      g_atomic_int_set (&n_came, 0);
      iterator_start (&iterator, g_main_context_default ());
      for (guint j = 0; j < N_MESSAGES; j++)
        n_sent += hein_bus_send (a->bus, message, NULL);
      while (g_atomic_int_get (&n_came) < n_sent &&
             g_get_monotonic_time () < end_us)
        g_thread_yield ();
      iterator_end (&iterator);
      g_assert_cmpint (g_atomic_int_get (&n_came), ==, n_sent);
      /* this thread takes them back */
      hein_bus_turn (a->bus, 0);
      hein_bus_turn (b->bus, 0);
      hein_test_bus_free (a);
      hein_test_bus_free (b);
    }
}

/* ---- a strategy that takes its time ---- */

static gint n_dropped; /* atomic: `dropped` came, so there was a turn */

static void
on_dropped (HeinBus *bus, HeinPeer *peer, guint reason, guint64 n)
{
  g_atomic_int_inc (&n_dropped);
}

static Iterator slow_iterator;

typedef HeinStrategy SlowStrategy;
typedef HeinStrategyClass SlowStrategyClass;

static GType slow_strategy_get_type (void);

G_DEFINE_TYPE (SlowStrategy, slow_strategy, HEIN_TYPE_STRATEGY)

static void
slow_strategy_select (HeinStrategy *strategy,
                      HeinPeers *peers,
                      const char *key,
                      HeinMessage *message,
                      HeinSelection *selection)
{
  iterator_start (&slow_iterator, g_main_context_default ());
  while (!g_atomic_int_get (&slow_iterator.is_iterating))
    g_thread_yield ();
  /* it has all the time that it takes to turn the bus under our feet */
  pause_for (100 * 1000);
  g_assert_cmpint (g_atomic_int_get (&n_dropped), ==, 0);
}

static void
slow_strategy_class_init (SlowStrategyClass *class)
{
  class->select = slow_strategy_select;
}

static void
slow_strategy_init (SlowStrategy *self)
{
}

/* Who takes the bus over waits until the old owner has left it. */
static void
test_hand_over_in_send (void)
{
  HeinBus *bus = hein_bus_new ("a");
  g_autoptr (HeinStrategy) slow =
    g_object_new (slow_strategy_get_type (), NULL);
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");
  const gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;

  g_signal_connect (bus, "dropped", G_CALLBACK (on_dropped), NULL);
  /* to nobody: a turn has to tell of it */
  g_assert_true (hein_bus_send (bus, message, NULL));
  g_assert_true (hein_bus_send_with (bus, slow, NULL, message, NULL));
  while (g_atomic_int_get (&n_dropped) == 0 && g_get_monotonic_time () < end_us)
    g_thread_yield ();
  iterator_end (&slow_iterator);
  g_assert_cmpint (g_atomic_int_get (&n_dropped), >, 0);
  hein_bus_turn (bus, 0);
  g_assert_finalize_object (bus);
}

/* ---- dropping the last reference ---- */

static void
on_gone (gpointer data, GObject *object)
{
  g_atomic_int_set ((gint *) data, TRUE);
}

static gpointer
drop (gpointer data)
{
  g_object_unref (data);
  return NULL;
}

/* The thread of the owner runs a main loop: it takes the bus apart. */
static void
test_drop_elsewhere (void)
{
  for (guint i = 0; i < N_ROUNDS; i++)
    {
      HeinBus *bus = hein_bus_new ("a");
      gint is_gone = FALSE;
      GThread *thread;

      g_object_weak_ref (G_OBJECT (bus), on_gone, &is_gone);
      /* held: as a main loop holds it */
      g_assert_true (g_main_context_acquire (NULL));
      thread = g_thread_new ("dropper", drop, bus);
      hein_test_wait (g_atomic_int_get (&is_gone));
      g_thread_join (thread);
      g_main_context_release (NULL);
    }
}

typedef struct
{
  const char *uri;
  HeinBus *bus;
} Visitor;

/* A thread that makes a bus, waits until it is connected, and ends. */
static gpointer
visit (gpointer data)
{
  Visitor *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GError) error = NULL;

  g_main_context_push_thread_default (context);
  self->bus = hein_bus_new ("visitor");
  hein_bus_dial (self->bus, self->uri, &error);
  g_assert_no_error (error);
  while (hein_peers_get_n_peers (hein_bus_get_peers (self->bus)) == 0)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  return NULL;
}

/* Nobody will ever turn it again: it goes at once, and its peer sees that. */
static void
test_drop_after_owner (void)
{
  g_autoptr (HeinTestBus) host = hein_test_bus_new ("host");
  Visitor visitor = { 0 };
  gint is_gone = FALSE;
  GThread *thread;

  visitor.uri = hein_endpoint_get_bound_uri (
    hein_test_bus_listen (host, "tcp://127.0.0.1:0"));
  thread = g_thread_new ("visitor", visit, &visitor);
  hein_test_wait (host->added->len == 1);
  g_thread_join (thread);
  g_object_weak_ref (G_OBJECT (visitor.bus), on_gone, &is_gone);
  g_object_unref (visitor.bus);
  g_assert_true (is_gone);
  hein_test_wait (host->removed->len == 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *send = g_strconcat ("/wake/send/", ways[i].name, NULL);
      g_autofree char *stop = g_strconcat ("/wake/cancel/", ways[i].name, NULL);

      g_test_add_data_func (send, GSIZE_TO_POINTER (i), test_send);
      g_test_add_data_func (stop, GSIZE_TO_POINTER (i), test_cancel);
    }
  g_test_add_func ("/wake/hand-over", test_hand_over);
  g_test_add_func ("/wake/hand-over/in-send", test_hand_over_in_send);
  g_test_add_func ("/wake/drop-elsewhere", test_drop_elsewhere);
  g_test_add_func ("/wake/drop-after-owner", test_drop_after_owner);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib-unix.h>

#include "hein-test.h"

/* One bus has one owner: another thread, or another context, takes it only
 * while nobody else turns it. */

/* Holds the default context, as a main loop of another thread does. */
typedef struct
{
  GThread *thread;
  GMutex lock;
  GCond cond;
  gboolean has_context;
  gboolean is_over;
} Holder;

static gpointer
hold (gpointer data)
{
  Holder *self = data;

  g_assert_true (g_main_context_acquire (NULL));
  g_mutex_lock (&self->lock);
  self->has_context = TRUE;
  g_cond_broadcast (&self->cond);
  while (!self->is_over)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
  g_main_context_release (NULL);
  return NULL;
}

static void
holder_start (Holder *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->thread = g_thread_new ("holder", hold, self);
  g_mutex_lock (&self->lock);
  while (!self->has_context)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
}

static void
holder_end (Holder *self)
{
  g_mutex_lock (&self->lock);
  self->is_over = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
}

/* While another thread has the context of a bus, nobody else gets it, and is
 * told so; a bus that was moved out of it before is of no concern to that
 * thread. */
static void
test_moved (void)
{
  g_autoptr (HeinBus) stays = hein_bus_new ("stays");
  g_autoptr (HeinBus) moved = hein_bus_new ("moved");
  g_autoptr (HeinMessage) message = NULL;
  GError *error = NULL;
  Holder holder = { 0 };

  g_assert_true (hein_bus_move_to_context (moved, NULL, &error));
  g_assert_no_error (error);
  holder_start (&holder);
  message = hein_bus_receive (stays, 0, &error);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "another thread turns the bus"));
  g_clear_error (&error);
  g_assert_false (hein_bus_move_to_context (stays, NULL, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_clear_error (&error);
  message = hein_bus_receive (moved, 0, &error);
  g_assert_null (message);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_clear_error (&error);
  holder_end (&holder);
}

static gpointer
check_elsewhere (gpointer data)
{
  GError *error = NULL;

  g_assert_false (hein_bus_check_thread (data, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_true (hein_bus_move_to_context (data, NULL, &error));
  g_assert_true (hein_bus_check_thread (data, &error));
  g_assert_no_error (error);
  return NULL;
}

/* It belongs to who moved it last. */
static void
test_taken (void)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("bus");
  GError *error = NULL;

  g_assert_true (hein_bus_check_thread (bus, &error));
  g_thread_join (g_thread_new ("taker", check_elsewhere, bus));
  g_assert_false (hein_bus_check_thread (bus, NULL));
  g_assert_true (hein_bus_move_to_context (bus, NULL, &error));
  g_assert_true (hein_bus_check_thread (bus, &error));
  g_assert_no_error (error);
}

static gpointer
take_within_turn (gpointer data)
{
  GError *error = NULL;

  g_assert_false (hein_bus_move_to_context (data, NULL, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "another thread turns"));
  g_clear_error (&error);
  return NULL;
}

/* A handler may move the bus, but only within its own thread. */
static void
on_ready (HeinBus *bus, gpointer data)
{
  gboolean *is_moved = data;
  GError *error = NULL;

  g_assert_true (hein_bus_move_to_context (bus, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (hein_bus_check_turn (bus, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "within a turn"));
  g_clear_error (&error);
  g_thread_join (g_thread_new ("taker", take_within_turn, bus));
  *is_moved = TRUE;
}

static void
test_within_turn (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  gboolean is_moved = FALSE;

  g_signal_connect (client->bus, "ready", G_CALLBACK (on_ready), &is_moved);
  hein_test_bus_dial (client,
                      hein_endpoint_get_bound_uri (
                        hein_test_bus_listen (hub, "tcp://127.0.0.1:0")));
  hein_test_wait (is_moved);
  /* nobody iterates its context any more */
  g_assert_true (
    hein_bus_move_to_context (client->bus, g_main_context_default (), NULL));
  hein_test_wait (client->added->len == 1);
}

/* In a context of another kind, the bus is turned there. */
static void
test_another_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (HeinBus) hub = hein_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;

  g_assert_true (hein_bus_move_to_context (hub, context, NULL));
  hein_test_bus_dial (client,
                      hein_endpoint_get_bound_uri (
                        hein_bus_listen (hub, "tcp://127.0.0.1:0", NULL)));
  while (hein_peers_get_n_peers (hein_bus_get_peers (hub)) == 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end_us);
      g_main_context_iteration (context, FALSE);
      g_main_context_iteration (NULL, FALSE);
    }
}

/* A signal of the operating system ends a wait that would last for ever: how a
 * script language gets to its handler. */
static gint has_alarm;
static gint has_ended;

static void
on_alarm (int number)
{
  g_atomic_int_set (&has_alarm, TRUE);
}

/* A wait that has not begun is not ended: again, until it has. */
static gpointer
raise_alarm (gpointer data)
{
  pthread_t *thread = data;

  while (!g_atomic_int_get (&has_ended))
    {
      pthread_kill (*thread, SIGUSR1);
      g_thread_yield ();
    }
  return NULL;
}

static void
test_interrupted (void)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("bus");
  struct sigaction action = { .sa_handler = on_alarm };
  struct sigaction old;
  pthread_t self = pthread_self ();
  GThread *thread;

  sigaction (SIGUSR1, &action, &old);
  hein_bus_turn (bus, 0);
  thread = g_thread_new ("alarm", raise_alarm, &self);
  hein_bus_turn (bus, -1);
  g_assert_true (g_atomic_int_get (&has_alarm));
  g_atomic_int_set (&has_ended, TRUE);
  g_thread_join (thread);
  sigaction (SIGUSR1, &old, NULL);
}

/* What subscribe refuses is an error, with a reason. */
static void
test_subscriptions (void)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("bus");
  g_autofree char *longest = g_strnfill (HEIN_TOPIC_MAX, 'x');
  g_autofree char *longer = g_strnfill (HEIN_TOPIC_MAX + 1, 'x');
  GError *error = NULL;

  g_assert_true (hein_bus_subscribe (bus, longest, &error));
  g_assert_no_error (error);
  g_assert_false (hein_bus_subscribe (bus, longer, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_assert_false (hein_bus_subscribe (bus, "\xff", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_clear_error (&error);
  for (guint i = 0; i < 99999; i++)
    {
      g_autofree char *prefix = g_strdup_printf ("%u", i);

      g_assert_true (hein_bus_subscribe (bus, prefix, &error));
    }
  g_assert_true (
    hein_bus_subscribe (bus, "7",
                        &error)); /* the same once more is no new one */
  g_assert_false (hein_bus_subscribe (bus, "new", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED);
  g_clear_error (&error);
  hein_bus_close (bus);
  g_assert_false (hein_bus_subscribe (bus, "7", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_clear_error (&error);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus-owner/moved", test_moved);
  g_test_add_func ("/bus-owner/taken", test_taken);
  g_test_add_func ("/bus-owner/within-turn", test_within_turn);
  g_test_add_func ("/bus-owner/another-context", test_another_context);
  g_test_add_func ("/bus-owner/interrupted", test_interrupted);
  g_test_add_func ("/bus-owner/subscriptions", test_subscriptions);
  return g_test_run ();
}

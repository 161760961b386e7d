/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus-ends.h"

/* The life of a bus: how it ends, in a handler, in a forked child, in another
 * thread; and within a loop of another kind. */

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  gboolean *is_done = data;

  g_assert_true (hein_bus_close_finish (HEIN_BUS (source), result, &error));
  g_assert_no_error (error);
  *is_done = TRUE;
}

static void
test_close_flushes (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  gboolean is_closed = FALSE;
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) message = bus_ends_make_block (50000);

  g_object_set (hub->bus, "linger-ms", 5000u, NULL);
  bus_ends_meet (hub, client);
  for (guint i = 0; i < 150; i++)
    g_assert_true (hein_bus_send (hub->bus, message, NULL));
  hein_bus_close_async (hub->bus, NULL, on_closed, &is_closed);
  g_assert_false (hein_bus_send (hub->bus, message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  hein_test_wait (is_closed && client->removed->len == 1);
  g_assert_cmpuint (client->messages->len, ==, 150);
  g_assert_no_error (client->reason);
}

static void
on_message_that_ends_it (HeinBus *bus, HeinMessage *message, gpointer data)
{
  HeinBus **owned = data;
  g_autoptr (HeinMessage) answer = hein_message_new_text ("t", "last words");

  g_assert_true (hein_bus_send (bus, answer, NULL));
  hein_bus_close (bus);
  g_clear_object (owned);
}

static void
test_ends_in_handler (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinBus *bus = hein_bus_new ("short-lived");
  gpointer weak = bus;
  g_autofree char *uri = bus_ends_listen_at (hub);

  g_object_add_weak_pointer (G_OBJECT (bus), &weak);
  g_signal_connect (bus, "message", G_CALLBACK (on_message_that_ends_it), &bus);
  g_assert_nonnull (hein_bus_dial (bus, uri, NULL));
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  hein_test_bus_send (hub, NULL, "t", "go");
  hein_test_wait (weak == NULL && hub->removed->len == 1);
  g_assert_null (bus);
  g_assert_cmpuint (hub->messages->len, ==, 1);
}

static void
test_forked_child (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  int status;
  pid_t pid;

  bus_ends_meet (hub, client);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text ("t", "child");
      g_autoptr (GError) error = NULL;
      gboolean sent = hein_bus_send (hub->bus, message, &error);

      g_main_context_iteration (NULL, FALSE);
      g_object_run_dispose (G_OBJECT (hub->bus));
      g_object_run_dispose (G_OBJECT (client->bus));
      /* not _exit: valgrind would call the parent's locals lost in here */
      if (!sent && g_error_matches (error, HEIN_ERROR, HEIN_ERROR_CLOSED))
        execlp ("true", "true", NULL);
      _exit (1);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  hein_test_bus_send (hub, NULL, "t", "parent");
  hein_test_wait (client->messages->len == 1);
  bus_ends_assert_text (client, 0, "parent");
  g_assert_cmpuint (client->removed->len, ==, 0);
}

static gpointer
drop_reference (gpointer bus)
{
  g_object_unref (bus);
  return NULL;
}

static void
test_unref_elsewhere (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinBus *bus = hein_bus_new ("collected");
  g_autofree char *uri = bus_ends_listen_at (hub);

  g_assert_nonnull (hein_bus_dial (bus, uri, NULL));
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  g_thread_join (g_thread_new ("collector", drop_reference, bus));
  hein_test_wait (hub->removed->len == 1);
}

static gpointer
send_many (gpointer data)
{
  HeinBus *bus = data;

  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");

      g_assert_true (hein_bus_send (bus, message, NULL));
    }
  return NULL;
}

/* S14 */
static void
test_threads (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  GThread *threads[4];

  bus_ends_meet (hub, client);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("sender", send_many, hub->bus);
  hein_test_wait (client->messages->len == 4000);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static gboolean
turn_when_readable (HeinBus *bus)
{
  struct pollfd fd = { .fd = hein_bus_get_fd (bus), .events = POLLIN };

  if (poll (&fd, 1, 5000) != 1)
    return FALSE;
  hein_bus_turn (bus, 0);
  return TRUE;
}

static gpointer
be_embedded (gpointer data)
{
  const char *uri = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (HeinBus) bus = NULL;
  GPtrArray *received = NULL;

  g_main_context_push_thread_default (context);
  bus = hein_bus_new ("embedded");
  g_assert_nonnull (hein_bus_dial (bus, uri, NULL));
  for (guint n = 0; n < 100; n += received->len)
    {
      g_clear_pointer (&received, g_ptr_array_unref);
      g_assert_true (turn_when_readable (bus));
      received = hein_bus_take (bus, 10);
    }
  g_ptr_array_unref (received);
  g_clear_object (&bus);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_embedded (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autofree char *uri = bus_ends_listen_at (hub);
  GThread *thread = g_thread_new ("embedded", be_embedded, uri);

  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  for (guint i = 0; i < 100; i++)
    hein_test_bus_send (hub, NULL, "t", "x");
  hein_test_wait (hub->removed->len == 1);
  g_thread_join (thread);
}

static gboolean
is_readable (HeinBus *bus)
{
  struct pollfd pollfd = { hein_bus_get_fd (bus), POLLIN, 0 };

  return poll (&pollfd, 1, 0) > 0;
}

/* A program may ask for the descriptor as often as it likes, and still sleeps
 * when there is nothing to do. */
static void
test_descriptor (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  const char uri[] = "inproc://bus-life-descriptor";

  hein_test_bus_listen (hub, uri);
  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  for (guint i = 0; is_readable (client->bus) && i < 100; i++)
    {
      hein_bus_turn (hub->bus, 0);
      hein_bus_turn (client->bus, 0);
    }
  for (guint i = 0; i < 10; i++)
    g_assert_false (is_readable (client->bus));
  hein_test_bus_send (hub, NULL, "t", "x");
  hein_bus_turn (hub->bus, 0);
  while (is_readable (client->bus))
    hein_bus_turn (client->bus, 0);
  g_assert_cmpuint (client->messages->len, ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus/life/close-flushes", test_close_flushes);
  g_test_add_func ("/bus/life/ends-in-handler", test_ends_in_handler);
  g_test_add_func ("/bus/life/forked-child", test_forked_child);
  g_test_add_func ("/bus/life/unref-elsewhere", test_unref_elsewhere);
  g_test_add_func ("/bus/life/threads", test_threads);
  g_test_add_func ("/bus/life/embedded", test_embedded);
  g_test_add_func ("/bus/life/descriptor", test_descriptor);
  return g_test_run ();
}

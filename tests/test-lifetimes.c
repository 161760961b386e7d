/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hein-test.h"

/* Who keeps what, and for how long: objects that go while they are used, calls
 * whose bus goes, one bus by two ways, and descriptors that nobody watches. */

#define N_ROUNDS  200
#define N_THREADS 2

static void
connect_by (HeinTestBus *a, HeinTestBus *b, const char *uri)
{
  HeinEndpoint *endpoint = hein_test_bus_listen (a, uri);

  hein_test_bus_dial (b, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (a) == 1 &&
                  hein_test_bus_count_peers (b) == 1);
}

/* ---- the bus goes while an endpoint closes ---- */

static void
unref_bus (GListModel *endpoints,
           guint position,
           guint n_removed,
           guint n_added,
           gpointer data)
{
  if (n_removed > 0)
    g_clear_object ((HeinBus **) data);
}

static void
dispose_bus (GListModel *endpoints,
             guint position,
             guint n_removed,
             guint n_added,
             gpointer data)
{
  if (n_removed > 0)
    g_object_run_dispose (*(GObject **) data);
}

static void
test_bus_goes_in_close (gconstpointer data)
{
  HeinBus *bus = hein_bus_new ("a");
  g_autoptr (HeinEndpoint) endpoint = NULL;
  g_autoptr (GListModel) endpoints = NULL;

  endpoint = g_object_ref (hein_bus_listen (bus, "tcp://127.0.0.1:0", NULL));
  endpoints = g_object_ref (hein_bus_get_endpoints (bus));
  g_signal_connect (endpoints, "items-changed", G_CALLBACK (data), &bus);
  hein_endpoint_close (endpoint);
  g_assert_null (hein_endpoint_get_bus (endpoint));
  g_signal_handlers_disconnect_by_data (endpoints, &bus);
  g_clear_object (&bus);
}

static void
close_first (GListModel *endpoints,
             guint position,
             guint n_removed,
             guint n_added,
             gpointer data)
{
  if (n_added > 0)
    {
      g_autoptr (HeinEndpoint) endpoint = g_list_model_get_item (endpoints, 0);

      hein_endpoint_close (endpoint);
    }
}

static void
on_dialled (GObject *source, GAsyncResult *result, gpointer data)
{
  GError **error = data;

  g_assert_null (hein_bus_dial_finish (HEIN_BUS (source), result, error));
  g_assert_nonnull (*error);
}

/* What listen and dial give is theirs to keep; a handler took it away already. */
static void
test_endpoint_goes_in_listen (void)
{
  g_autoptr (HeinTestBus) a = hein_test_bus_new ("a");
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) late = NULL;

  g_signal_connect (hein_bus_get_endpoints (a->bus), "items-changed",
                    G_CALLBACK (close_first), NULL);
  g_assert_null (hein_bus_listen (a->bus, "tcp://127.0.0.1:0", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  hein_bus_dial_async (a->bus, "tcp://127.0.0.1:1", NULL, on_dialled, &late);
  hein_test_wait (late != NULL);
  g_assert_error (late, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

/* ---- calls whose bus goes ---- */

typedef struct
{
  guint n_called;
  GError *error;
} Outcome;

static void
on_received (GObject *source, GAsyncResult *result, gpointer data)
{
  Outcome *outcome = data;

  g_clear_error (&outcome->error);
  g_assert_null (
    hein_bus_receive_finish (HEIN_BUS (source), result, &outcome->error));
  outcome->n_called++;
}

static void
on_waited (GObject *source, GAsyncResult *result, gpointer data)
{
  Outcome *outcome = data;

  g_clear_error (&outcome->error);
  g_assert_false (hein_bus_wait_for_peers_finish (HEIN_BUS (source), result,
                                                  &outcome->error));
  outcome->n_called++;
}

static void
test_dispose_ends_calls (void)
{
  HeinBus *bus = hein_bus_new ("a");
  Outcome outcome = { 0 };

  hein_bus_receive_async (bus, 1, NULL, on_received, &outcome);
  hein_bus_wait_for_peers_async (bus, 1, -1, NULL, on_waited, &outcome);
  g_object_run_dispose (G_OBJECT (bus));
  g_assert_cmpuint (outcome.n_called, ==, 2);
  g_assert_error (outcome.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  /* and what is called later is told so, too */
  hein_bus_receive_async (bus, 1, NULL, on_received, &outcome);
  hein_test_wait (outcome.n_called == 3);
  g_assert_error (outcome.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_clear_error (&outcome.error);
  g_assert_finalize_object (bus);
}

static void
on_received_twice (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GPtrArray) messages = NULL;
  g_autoptr (GError) error = NULL;
  gboolean *is_done = data;

  messages = hein_bus_receive_finish (HEIN_BUS (source), result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (messages->len, ==, 1);
  g_assert_null (hein_bus_receive_finish (HEIN_BUS (source), result, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  *is_done = TRUE;
}

/* NULL without an error would be taken for a result by other languages. */
static void
test_finish_twice (void)
{
  g_autoptr (HeinTestBus) a = hein_test_bus_new ("a");
  g_autoptr (HeinTestBus) b = hein_test_bus_new ("b");
  gboolean is_done = FALSE;

  connect_by (a, b, "inproc://twice");
  hein_test_bus_set_takes (a, FALSE);
  hein_bus_receive_async (a->bus, 1, NULL, on_received_twice, &is_done);
  hein_test_bus_send (b, NULL, "t", "x");
  hein_test_wait (is_done);
}

/* ---- a handler that replaces itself ---- */

typedef struct
{
  guint n_called;
  guint n_freed;
} Count;

static void
count_freed (gpointer data)
{
  Count **self = data;

  (*self)->n_freed++;
  g_free (self);
}

static void
replace_itself (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Count *count = *(Count **) data;

  hein_bus_set_handler (bus, NULL, NULL, NULL);
  /* the data is there until the function returns */
  g_assert_true (*(Count **) data == count);
  g_assert_cmpuint (count->n_freed, ==, 0);
  count->n_called++;
}

static void
test_set_handler_in_handler (void)
{
  g_autoptr (HeinTestBus) a = hein_test_bus_new ("a");
  g_autoptr (HeinTestBus) b = hein_test_bus_new ("b");
  Count count = { 0 };
  Count **data = g_new (Count *, 1);

  *data = &count;
  connect_by (a, b, "inproc://handler");
  hein_bus_set_handler (a->bus, replace_itself, data, count_freed);
  hein_test_bus_send (b, NULL, "t", "x");
  hein_test_wait (count.n_called == 1 && count.n_freed == 1);
}

/* ---- a message that two threads pass on ---- */

typedef struct
{
  HeinBus *bus;
  HeinMessage *message;
  gint *n_ready; /* atomic */
} Passer;

static gpointer
pass_on (gpointer data)
{
  Passer *self = data;

  /* both at once, as far as two threads can */
  g_atomic_int_inc (self->n_ready);
  while (g_atomic_int_get (self->n_ready) < N_THREADS)
    g_thread_yield (); /* the other one may want this core */
  g_assert_true (hein_bus_send (self->bus, self->message, NULL));
  return NULL;
}

/* In the handler the message is still the bus's, who lends its sender. */
static void
pass_on_twice (HeinBus *bus, HeinMessage *message, gpointer data)
{
  GThread *threads[N_THREADS];
  gint n_ready = 0;
  Passer passer = { data, message, &n_ready };

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("passer", pass_on, &passer);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
}

static void
test_pass_on_by_two_threads (void)
{
  HeinTestBus *a = hein_test_bus_new ("a");
  HeinTestBus *b = hein_test_bus_new ("b");
  HeinBus *other = hein_bus_new ("other");
  HeinPeer *peer;

  connect_by (a, b, "inproc://pass");
  peer = g_object_ref (g_ptr_array_index (a->added, 0));
  hein_bus_set_handler (a->bus, pass_on_twice, other, NULL);
  for (guint i = 0; i < N_ROUNDS; i++)
    hein_test_bus_send (b, NULL, "t", "x");
  hein_test_wait (hein_bus_get_n_dropped (other, HEIN_DROP_REASON_NO_PEER) ==
                  N_ROUNDS * N_THREADS);
  g_object_unref (other);
  hein_test_bus_free (b);
  hein_test_bus_free (a);
  /* no thread took a reference that nobody gives back */
  g_assert_finalize_object (peer);
}

/* ---- one bus by two ways ---- */

static void
two_ways (const char *first_uri)
{
  g_autoptr (HeinTestBus) a = hein_test_bus_new ("a");
  g_autoptr (HeinTestBus) b = hein_test_bus_new ("b");
  HeinEndpoint *listener;
  HeinEndpoint *first;
  HeinEndpoint *second;

  listener = hein_test_bus_listen (a, first_uri);
  first = hein_test_bus_dial (b, first_uri);
  hein_test_wait (hein_test_bus_count_peers (a) == 1 &&
                  hein_test_bus_count_peers (b) == 1);
  second =
    hein_test_bus_dial (b, hein_endpoint_get_bound_uri (
                             hein_test_bus_listen (a, "tcp://127.0.0.1:0")));
  hein_test_wait (hein_endpoint_get_state (second) ==
                  HEIN_ENDPOINT_STATE_DUPLICATE);
  g_assert_cmpuint (hein_test_bus_count_peers (a), ==, 1);
  hein_endpoint_close (first);
  hein_endpoint_close (listener);
  /* the second way is there when the first one goes */
  hein_test_wait (a->removed->len == 1 && b->removed->len == 1);
  hein_test_wait (hein_test_bus_count_peers (a) == 1 &&
                  hein_test_bus_count_peers (b) == 1);
  g_assert_cmpstr (hein_peer_get_transport_name (
                     g_ptr_array_index (a->added, 1)),
                   ==, "tcp");
  hein_endpoint_close (second);
  hein_test_wait (a->removed->len == 2 && b->removed->len == 2);
}

static void
test_two_ways (void)
{
  two_ways ("inproc://two-ways");
}

/* Where the first way is a connection, too. */
static void
test_two_streams (void)
{
  g_autofree char *uri =
    g_strdup_printf ("unix:@hein-two-ways-%d", (int) getpid ());

  two_ways (uri);
}

/* The other order: a transport of messages asks whether it is here already. */
static void
test_two_ways_back (void)
{
  g_autoptr (HeinTestBus) a = hein_test_bus_new ("a");
  g_autoptr (HeinTestBus) b = hein_test_bus_new ("b");

  connect_by (a, b, "tcp://127.0.0.1:0");
  hein_test_bus_listen (a, "inproc://two-ways-back");
  hein_test_bus_dial (b, "inproc://two-ways-back");
  hein_test_wait (a->n_failed + b->n_failed > 0);
  g_assert_cmpuint (hein_test_bus_count_peers (a), ==, 1);
  g_assert_cmpuint (hein_test_bus_count_peers (b), ==, 1);
}

/* ---- a main loop in a handler ---- */

static guint n_polls;

static gint
count_polls (GPollFD *fds, guint n_fds, gint timeout_ms)
{
  n_polls++;
  return g_poll (fds, n_fds, timeout_ms);
}

static gboolean
quit (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

static void
run_nested_loop (HeinBus *bus, HeinMessage *message, gpointer data)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  HeinTestBus *other = data;

  /* something that the bus may not look at now */
  hein_test_bus_send (other, NULL, "t", "y");
  hein_bus_turn (other->bus, 0);
  hein_bus_set_handler (bus, NULL, NULL, NULL);
  g_timeout_add (100, quit, loop);
  n_polls = 0;
  g_main_loop_run (loop);
}

static void
test_nested_loop (void)
{
  g_autoptr (HeinTestBus) a = hein_test_bus_new ("a");
  g_autoptr (HeinTestBus) b = hein_test_bus_new ("b");
  g_autoptr (HeinMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;

  connect_by (a, b, "tcp://127.0.0.1:0");
  g_main_context_set_poll_func (NULL, count_polls);
  hein_bus_set_handler (a->bus, run_nested_loop, b, NULL);
  hein_test_bus_send (b, NULL, "t", "x");
  hein_bus_turn (b->bus, 0);
  n_polls = 0;
  while (n_polls == 0 && g_get_monotonic_time () < end_us)
    hein_bus_turn (a->bus, (gint) (HEIN_TEST_WAIT_US / 1000));
  g_main_context_set_poll_func (NULL, NULL);
  g_assert_cmpuint (n_polls, >, 0);
  g_assert_cmpuint (n_polls, <, 20);
  /* afterwards the descriptor is looked at again */
  hein_test_wait (hein_bus_get_n_dropped (a->bus, HEIN_DROP_REASON_UNHANDLED) ==
                    0 &&
                  (message = hein_bus_receive (a->bus, 0, NULL)) != NULL);
}

static guint n_ready;

/* Counts the descriptors that were ready: also the one that wakes the loop up. */
static gint
count_ready (GPollFD *fds, guint n_fds, gint timeout_ms)
{
  int n = count_polls (fds, n_fds, timeout_ms);

  n_ready += MAX (n, 0);
  return n;
}

static void
note_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  (*(guint *) data)++;
}

/* The same in the bus's own loop; and that is woken once for a message, not by
 * itself as well. */
static void
test_main_loop (void)
{
  g_autoptr (HeinTestBus) a = hein_test_bus_new ("a");
  g_autoptr (HeinTestBus) b = hein_test_bus_new ("b");
  const guint n = 50;
  guint n_messages = 0;

  g_object_set (a->bus, "busy-poll-us", 0, NULL);
  g_object_set (b->bus, "busy-poll-us", 0, NULL);
  connect_by (a, b, "tcp://127.0.0.1:0");
  hein_bus_set_handler (a->bus, run_nested_loop, b, NULL);
  hein_test_bus_send (b, NULL, "t", "x");
  hein_bus_turn (b->bus, 0);
  g_main_context_set_poll_func (NULL, count_ready);
  n_polls = 0;
  hein_test_wait (n_polls > 0 && hein_peer_get_messages_received (
                                   hein_test_bus_find_peer (a, "b")) == 2);
  g_assert_cmpuint (n_polls, <, 20);
  hein_bus_set_handler (a->bus, note_message, &n_messages, NULL);
  hein_test_wait (n_messages == 1);
  n_ready = 0;
  while (n_messages <= n)
    {
      const guint before = n_messages;

      hein_test_bus_send (b, NULL, "t", "x");
      hein_bus_turn (b->bus, 0);
      hein_test_wait (n_messages > before);
    }
  g_main_context_set_poll_func (NULL, NULL);
  g_assert_cmpuint (n_ready, >=, n);
  g_assert_cmpuint (n_ready, <, n + n / 2);
}

/* ---- the bus goes while a filter runs ---- */

/* Disposes of the bus again and again, and lets everything through. */
typedef struct
{
  GObject parent_instance;
  HeinBus *bus; /* borrowed */
} Ender;

typedef GObjectClass EnderClass;

static GType ender_get_type (void);

static HeinMessage *
dispose_twice (HeinFilter *filter, HeinMessage *message, GError **error)
{
  Ender *self = (Ender *) filter;

  g_object_run_dispose (G_OBJECT (self->bus));
  g_object_run_dispose (G_OBJECT (self->bus));
  return hein_message_ref (message);
}

static void
ender_iface_init (HeinFilterInterface *iface)
{
  iface->send = dispose_twice;
}

G_DEFINE_TYPE_WITH_CODE (Ender,
                         ender,
                         G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (HEIN_TYPE_FILTER,
                                                ender_iface_init))

static void
ender_class_init (EnderClass *class)
{
}

static void
ender_init (Ender *self)
{
}

static void
on_gone (gpointer data, GObject *object)
{
  *(gboolean *) data = TRUE;
}

/* Whoever is left to the next turn is held once, however often it was left. */
static void
test_dispose_twice_in_filter (void)
{
  HeinBus *bus = hein_bus_new ("a");
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");
  Ender *ender = g_object_new (ender_get_type (), NULL);
  gboolean is_gone = FALSE;

  ender->bus = bus;
  hein_bus_add_filter (bus, (HeinFilter *) ender);
  g_object_weak_ref (G_OBJECT (bus), on_gone, &is_gone);
  hein_bus_send (bus, message, NULL);
  g_object_unref (bus);
  hein_test_wait (is_gone);
  g_assert_finalize_object (ender);
}

/* ---- no room for watches ---- */

static gint has_no_room; /* atomic */

/* The library's epoll_ctl (), too: a program's own comes before that of libc. */
int
epoll_ctl (int set, int operation, int fd, struct epoll_event *event)
{
  if (operation == EPOLL_CTL_ADD && g_atomic_int_get (&has_no_room))
    {
      errno = ENOSPC;
      return -1;
    }
  return (int) syscall (SYS_epoll_ctl, set, operation, fd, event);
}

static guint
count_descriptors (void)
{
  return hein_test_count_entries ("/proc/self/fd");
}

static void
test_no_room_to_listen (void)
{
  g_autoptr (HeinTestBus) a = hein_test_bus_new ("a");
  g_autoptr (GError) error = NULL;
  guint n_before;

  /* what GLib opens once */
  hein_endpoint_close (hein_test_bus_listen (a, "tcp://127.0.0.1:0"));
  n_before = count_descriptors ();
  g_atomic_int_set (&has_no_room, TRUE);
  g_assert_null (hein_bus_listen (a->bus, "tcp://127.0.0.1:0", &error));
  g_atomic_int_set (&has_no_room, FALSE);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_cmpuint (count_descriptors (), ==, n_before);
}

/* It is tried again, as whatever may heal, and comes up when there is room. */
static void
test_no_room_to_dial (gconstpointer uri)
{
  g_autoptr (HeinTestBus) a = hein_test_bus_new ("a");
  g_autoptr (HeinTestBus) b = hein_test_bus_new ("b");
  HeinEndpoint *listener = hein_test_bus_listen (a, uri);
  HeinEndpoint *dialled;
  guint n_before = count_descriptors ();

  g_atomic_int_set (&has_no_room, TRUE);
  dialled = hein_test_bus_dial (b, hein_endpoint_get_bound_uri (listener));
  hein_test_wait (hein_endpoint_get_error (dialled) != NULL);
  g_assert_error ((GError *) hein_endpoint_get_error (dialled), G_IO_ERROR,
                  G_IO_ERROR_NO_SPACE);
  hein_test_wait (count_descriptors () <= n_before);
  g_atomic_int_set (&has_no_room, FALSE);
  hein_test_wait (hein_test_bus_count_peers (a) == 1 &&
                  hein_test_bus_count_peers (b) == 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/lifetimes/unref-bus-in-close", unref_bus,
                        test_bus_goes_in_close);
  g_test_add_data_func ("/lifetimes/dispose-bus-in-close", dispose_bus,
                        test_bus_goes_in_close);
  g_test_add_func ("/lifetimes/close-endpoint-in-listen",
                   test_endpoint_goes_in_listen);
  g_test_add_func ("/lifetimes/dispose-ends-calls", test_dispose_ends_calls);
  g_test_add_func ("/lifetimes/finish-twice", test_finish_twice);
  g_test_add_func ("/lifetimes/set-handler-in-handler",
                   test_set_handler_in_handler);
  g_test_add_func ("/lifetimes/pass-on-by-two-threads",
                   test_pass_on_by_two_threads);
  g_test_add_func ("/lifetimes/two-ways", test_two_ways);
  g_test_add_func ("/lifetimes/two-ways-by-streams", test_two_streams);
  g_test_add_func ("/lifetimes/two-ways-back", test_two_ways_back);
  g_test_add_func ("/lifetimes/nested-loop", test_nested_loop);
  g_test_add_func ("/lifetimes/main-loop", test_main_loop);
  g_test_add_func ("/lifetimes/dispose-twice-in-filter",
                   test_dispose_twice_in_filter);
  g_test_add_func ("/lifetimes/no-room-to-listen", test_no_room_to_listen);
  g_test_add_data_func ("/lifetimes/no-room-to-dial/tcp", "tcp://127.0.0.1:0",
                        test_no_room_to_dial);
  g_test_add_data_func_full ("/lifetimes/no-room-to-dial/unix",
                             g_strdup_printf ("unix:@hein-test-no-room-%d",
                                              (int) getpid ()),
                             test_no_room_to_dial, g_free);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <glib/gstdio.h>

#include "deliver-ends.h"

/* Whom a delivery goes to, and what becomes of it when somebody goes. */

/* Nobody is there, or whoever is cannot acknowledge: an error at once. */
static void
test_nobody (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_auto (Delivered) nobody = { 0 };
  g_auto (Delivered) cannot = { 0 };
  g_auto (Delivered) named = { 0 };
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "");
  HeinEndpoint *endpoint;

  deliver (kirk, "t", "", &nobody);
  hein_test_wait (nobody.n_done == 1);
  g_assert_error (nobody.error, HEIN_ERROR, HEIN_ERROR_NO_PEER);
  endpoint = hein_test_bus_listen (spock, "tcp+tinyproto://127.0.0.1:0");
  hein_test_bus_dial (kirk, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1);
  deliver (kirk, "t", "", &cannot);
  hein_test_wait (cannot.n_done == 1);
  g_assert_error (cannot.error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (cannot.error->message, "cannot acknowledge"));
  g_assert_nonnull (strstr (cannot.error->message, "tinyproto"));
  hein_bus_deliver_to_async (kirk->bus, "uhura", message, -1, NULL,
                             delivered_on_done, &named);
  hein_test_wait (named.n_done == 1);
  g_assert_error (named.error, HEIN_ERROR, HEIN_ERROR_NO_PEER);
  g_assert_cmpuint (spock->messages->len, ==, 0);
}

static guint
find (HeinReceipt *receipt, const char *name)
{
  for (guint i = 0; i < hein_receipt_get_n_peers (receipt); i++)
    if (g_str_equal (hein_peer_get_name (hein_receipt_get_peer (receipt, i)),
                     name))
      return i;
  g_assert_not_reached ();
}

/* An outcome for each peer that has subscribed: one acknowledges, one cannot,
 * and one wants something else. */
static void
test_publish (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_autoptr (HeinTestBus) uhura = hein_test_bus_new ("uhura");
  g_autoptr (HeinTestBus) deaf = hein_test_bus_new ("deaf");
  g_auto (Delivered) delivered = { 0 };
  g_autofree char *uri = g_strdup (hein_endpoint_get_bound_uri (
    hein_test_bus_listen (kirk, "tcp://127.0.0.1:0")));
  HeinReceipt *receipt;

  hein_bus_subscribe (spock->bus, "job", NULL);
  hein_bus_subscribe (uhura->bus, "news", NULL);
  hein_test_bus_dial (spock, uri);
  hein_test_bus_dial (uhura, uri);
  hein_test_bus_dial (deaf,
                      hein_endpoint_get_bound_uri (
                        hein_test_bus_listen (kirk,
                                              "tcp+aiomsg://127.0.0.1:0")));
  hein_test_wait (hein_test_bus_count_peers (kirk) == 3);
  deliver (kirk, "job", "x", &delivered);
  hein_test_wait (delivered.n_done == 1);
  g_assert_no_error (delivered.error);
  receipt = delivered.receipt;
  g_assert_cmpuint (hein_receipt_get_n_peers (receipt), ==, 2);
  g_assert_cmpuint (hein_receipt_get_n_acknowledged (receipt), ==, 1);
  g_assert_cmpuint (hein_receipt_get_n_failed (receipt), ==, 1);
  g_assert_cmpint (hein_receipt_get_outcome (receipt, find (receipt, "spock")),
                   ==, HEIN_OUTCOME_ACKNOWLEDGED);
  g_assert_cmpint (hein_receipt_get_outcome (receipt, find (receipt, "deaf")),
                   ==, HEIN_OUTCOME_FAILED);
  g_assert_error ((GError *) hein_receipt_get_error (receipt,
                                                     find (receipt, "deaf")),
                  HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_cmpuint (spock->messages->len, ==, 1);
  g_assert_cmpuint (uhura->messages->len + deaf->messages->len, ==, 0);
}

static void
deliver_to_one (HeinTestBus *bus, const char *topic, HeinTestBus *expected)
{
  g_auto (Delivered) delivered = { 0 };

  deliver (bus, topic, "x", &delivered);
  hein_test_wait (delivered.n_done == 1);
  if (expected == NULL)
    {
      g_assert_error (delivered.error, HEIN_ERROR, HEIN_ERROR_NO_PEER);
      return;
    }
  assert_acknowledged (&delivered);
  g_assert_cmpstr (hein_peer_get_name (
                     hein_receipt_get_peer (delivered.receipt, 0)),
                   ==, hein_bus_get_name (expected->bus));
}

/* In one process: whoever dials or listens, prefixes and patterns, and as the
 * subscriptions are when the message is delivered. */
static void
test_publish_inproc (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_autoptr (HeinTestBus) uhura = hein_test_bus_new ("uhura");
  g_autoptr (HeinTestBus) sulu = hein_test_bus_new ("sulu");
  g_autoptr (HeinMessage) message = hein_message_new_text ("job", "");
  g_auto (Delivered) named = { 0 };

  hein_bus_subscribe (spock->bus, "job", NULL);
  hein_bus_subscribe (uhura->bus, "news", NULL);
  hein_bus_subscribe_pattern (sulu->bus, "*/course", NULL);
  hein_test_bus_listen (kirk, "inproc://deliver-whom");
  hein_test_bus_dial (spock, "inproc://deliver-whom");
  hein_test_bus_dial (uhura, "inproc://deliver-whom");
  hein_test_bus_listen (sulu, "inproc://deliver-whom/sulu");
  hein_test_bus_dial (kirk, "inproc://deliver-whom/sulu");
  hein_test_wait (hein_test_bus_count_peers (kirk) == 3);
  deliver_to_one (kirk, "job", spock);
  deliver_to_one (kirk, "new/course", sulu);
  deliver_to_one (kirk, "other", NULL);

  hein_bus_subscribe_pattern (uhura->bus, "other", NULL);
  deliver_to_one (kirk, "other", uhura);
  hein_bus_unsubscribe_pattern (uhura->bus, "other");
  deliver_to_one (kirk, "other", NULL);
  hein_bus_unsubscribe (spock->bus, "job");
  deliver_to_one (kirk, "other", spock); /* it wants everything now */
  hein_bus_subscribe (spock->bus, "job", NULL);

  /* a name is meant, whatever it has subscribed to */
  hein_bus_deliver_to_async (kirk->bus, "uhura", message, -1, NULL,
                             delivered_on_done, &named);
  hein_test_wait (named.n_done == 1);
  assert_acknowledged (&named);
  g_assert_cmpuint (spock->messages->len, ==, 2);
  g_assert_cmpuint (uhura->messages->len, ==, 2);
  g_assert_cmpuint (sulu->messages->len, ==, 1);
}

/* Peers in the process, and elsewhere. */
static void
test_publish_mixed (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) near = hein_test_bus_new ("near");
  g_autoptr (HeinTestBus) far = hein_test_bus_new ("far");
  g_auto (Delivered) both = { 0 };

  hein_bus_subscribe (near->bus, "near", NULL);
  hein_bus_subscribe (near->bus, "all", NULL);
  hein_bus_subscribe (far->bus, "far", NULL);
  hein_bus_subscribe (far->bus, "all", NULL);
  hein_test_bus_listen (kirk, "inproc://deliver-mixed");
  hein_test_bus_dial (near, "inproc://deliver-mixed");
  hein_test_bus_dial (far, hein_endpoint_get_bound_uri (
                             hein_test_bus_listen (kirk, "tcp://127.0.0.1:0")));
  hein_test_wait (hein_test_bus_count_peers (kirk) == 2);
  deliver_to_one (kirk, "near", near);
  deliver_to_one (kirk, "far", far);
  deliver (kirk, "all", "x", &both);
  hein_test_wait (both.n_done == 1);
  g_assert_no_error (both.error);
  g_assert_cmpuint (hein_receipt_get_n_acknowledged (both.receipt), ==, 2);
}

typedef struct
{
  GMainContext *context; /* owned */
  gboolean is_over;      /* in its thread */
} Elsewhere;

static gboolean
end_elsewhere (gpointer data)
{
  ((Elsewhere *) data)->is_over = TRUE;
  return G_SOURCE_REMOVE;
}

/* Subscribes to this and that, on and on. */
static gpointer
subscribe_elsewhere (gpointer data)
{
  Elsewhere *self = data;
  HeinTestBus *bus;

  g_main_context_push_thread_default (self->context);
  bus = hein_test_bus_new ("fickle");
  hein_bus_subscribe (bus->bus, "never", NULL);
  hein_test_bus_dial (bus, "inproc://deliver-thread");
  for (guint i = 0; !self->is_over; i++)
    {
      g_autofree char *prefix = g_strdup_printf ("never/%u", i % 1000);
      g_autofree char *pattern = g_strdup_printf ("never/*/%u", i % 1000);

      hein_bus_subscribe (bus->bus, prefix, NULL);
      hein_bus_subscribe_pattern (bus->bus, pattern, NULL);
      g_main_context_iteration (self->context, FALSE);
      hein_bus_unsubscribe (bus->bus, prefix);
      hein_bus_unsubscribe_pattern (bus->bus, pattern);
    }
  g_assert_cmpuint (bus->messages->len, ==, 0);
  hein_test_bus_free (bus);
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

/* A bus in another thread changes its subscriptions meanwhile. */
static void
test_publish_threads (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  Elsewhere elsewhere = { g_main_context_new (), FALSE };
  GThread *thread;

  hein_test_bus_listen (kirk, "inproc://deliver-thread");
  thread = g_thread_new ("fickle", subscribe_elsewhere, &elsewhere);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1);
  for (guint i = 0; i < 1000; i++)
    deliver_to_one (kirk, "job", NULL);
  g_main_context_invoke (elsewhere.context, end_elsewhere, &elsewhere);
  g_thread_join (thread);
  /* it is gone, and so are its subscriptions */
  hein_test_wait (hein_test_bus_count_peers (kirk) == 0);
  deliver_to_one (kirk, "job", NULL);
  g_main_context_unref (elsewhere.context);
}

/* Workers that take one job at a time, and acknowledge by hand. */
typedef struct
{
  HeinTestBus *bus;
  GPtrArray *jobs; /* owned HeinMessage */
} Worker;

static void
on_job (HeinBus *bus, HeinMessage *message, gpointer data)
{
  g_ptr_array_add (((Worker *) data)->jobs, hein_message_ref (message));
}

static void
worker_init (Worker *self, const char *name, guint credit)
{
  self->bus = hein_test_bus_new (name);
  self->jobs =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  hein_test_bus_set_takes (self->bus, FALSE);
  g_object_set (self->bus->bus, "acknowledge", HEIN_ACKNOWLEDGE_MANUAL,
                "credit", credit, NULL);
  g_signal_connect (self->bus->bus, "message", G_CALLBACK (on_job), self);
}

static void
worker_clear (Worker *self)
{
  if (self->bus != NULL)
    g_signal_handlers_disconnect_by_data (self->bus->bus, self);
  g_clear_pointer (&self->bus, hein_test_bus_free);
  g_clear_pointer (&self->jobs, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Worker, worker_clear)

typedef struct
{
  HeinTestBus *kirk;
  char *uri;
} Queue;

static void
queue_init (Queue *self, const char *strategy_name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinStrategy) strategy = hein_strategy_new (strategy_name, &error);

  g_assert_no_error (error);
  self->kirk = hein_test_bus_new ("kirk");
  hein_bus_set_strategy (self->kirk->bus, strategy);
  self->uri = g_strdup (hein_endpoint_get_bound_uri (
    hein_test_bus_listen (self->kirk, "tcp://127.0.0.1:0")));
}

static void
queue_clear (Queue *self)
{
  g_clear_pointer (&self->kirk, hein_test_bus_free);
  g_free (self->uri);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Queue, queue_clear)

static void
add_worker (Queue *self, Worker *worker, const char *name, guint credit)
{
  const guint n = hein_test_bus_count_peers (self->kirk);

  worker_init (worker, name, credit);
  hein_test_bus_dial (worker->bus, self->uri);
  hein_test_wait (hein_test_bus_count_peers (self->kirk) == n + 1);
}

static void
acknowledge_first (Worker *self)
{
  hein_message_acknowledge (g_ptr_array_index (self->jobs, 0));
  g_ptr_array_remove_index (self->jobs, 0);
}

/* Nobody gets more than he takes at a time; who is done gets the next, and a
 * worker that comes later its share of what waits. */
static void
test_credit (void)
{
  g_auto (Queue) queue = { 0 };
  g_auto (Worker) spock = { 0 };
  g_auto (Worker) uhura = { 0 };
  Delivered all[6] = { 0 };
  guint n_done = 0;

  queue_init (&queue, "round-robin");
  add_worker (&queue, &spock, "spock", 2);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      all[i].n_all = &n_done;
      deliver (queue.kirk, "job", "", &all[i]);
    }
  hein_test_wait (spock.jobs->len == 2);
  add_worker (&queue, &uhura, "uhura", 1);
  hein_test_wait (uhura.jobs->len == 1);
  g_assert_cmpuint (spock.jobs->len, ==, 2);
  acknowledge_first (&uhura);
  hein_test_wait (uhura.jobs->len == 1);
  acknowledge_first (&uhura);
  hein_test_wait (uhura.jobs->len == 1);
  g_assert_cmpuint (n_done, ==, 2);
  acknowledge_first (&spock);
  hein_test_wait (spock.jobs->len == 2);
  acknowledge_first (&uhura);
  acknowledge_first (&spock);
  acknowledge_first (&spock);
  hein_test_wait (n_done == G_N_ELEMENTS (all));
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      assert_acknowledged (&all[i]);
      delivered_clear (&all[i]);
    }
}

/* A worker goes: what it had is unknown, and is not given to others, who might
 * do it a second time; what waited for it goes to those who are left. When
 * nobody is left, what waits fails. */
static void
test_moved (void)
{
  g_auto (Queue) queue = { 0 };
  g_auto (Worker) spock = { 0 };
  g_auto (Worker) uhura = { 0 };
  Delivered all[5] = { 0 };
  guint n_done = 0;
  guint n_of[HEIN_OUTCOME_UNKNOWN + 1] = { 0 };

  queue_init (&queue, "round-robin");
  add_worker (&queue, &spock, "spock", 1);
  add_worker (&queue, &uhura, "uhura", 1);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      all[i].n_all = &n_done;
      deliver (queue.kirk, "job", "", &all[i]);
    }
  hein_test_wait (spock.jobs->len == 1 && uhura.jobs->len == 1);
  worker_clear (&spock);
  hein_test_wait (n_done == 1);
  acknowledge_first (&uhura);
  hein_test_wait (uhura.jobs->len == 1);
  acknowledge_first (&uhura);
  hein_test_wait (uhura.jobs->len == 1);
  worker_clear (&uhura);
  hein_test_wait (n_done == G_N_ELEMENTS (all));
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      g_assert_no_error (all[i].error);
      n_of[hein_receipt_get_outcome (all[i].receipt, 0)]++;
      delivered_clear (&all[i]);
    }
  g_assert_cmpuint (n_of[HEIN_OUTCOME_ACKNOWLEDGED], ==, 2);
  g_assert_cmpuint (n_of[HEIN_OUTCOME_UNKNOWN], ==, 2);
  g_assert_cmpuint (n_of[HEIN_OUTCOME_FAILED], ==, 1);
}

/* A peer that cannot acknowledge is passed over. */
static void
test_deaf (void)
{
  g_auto (Queue) queue = { 0 };
  g_auto (Worker) spock = { 0 };
  g_autoptr (HeinTestBus) deaf = hein_test_bus_new ("deaf");
  Delivered all[4] = { 0 };
  guint n_done = 0;

  queue_init (&queue, "round-robin");
  hein_test_bus_dial (deaf,
                      hein_endpoint_get_bound_uri (
                        hein_test_bus_listen (queue.kirk,
                                              "tcp+aiomsg://127.0.0.1:0")));
  hein_test_wait (hein_test_bus_count_peers (queue.kirk) == 1);
  add_worker (&queue, &spock, "spock", 1);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      all[i].n_all = &n_done;
      deliver (queue.kirk, "job", "", &all[i]);
    }
  while (n_done < G_N_ELEMENTS (all))
    {
      hein_test_wait (spock.jobs->len == 1 || n_done == G_N_ELEMENTS (all));
      if (spock.jobs->len > 0)
        acknowledge_first (&spock);
    }
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      assert_acknowledged (&all[i]);
      delivered_clear (&all[i]);
    }
  g_assert_cmpuint (deaf->messages->len, ==, 0);
}

/* What an access file does not allow fails on either side: what is sent there,
 * and what goes out to who may not receive it. */
static void
test_forbidden (void)
{
  g_autofree char *folder = g_dir_make_tmp ("hein-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "access", NULL);
  g_autofree char *uri =
    g_strdup_printf ("tcp://127.0.0.1:0?access-file=%s", file);
  g_autofree char *bound = NULL;
  g_auto (Delivered) allowed = { 0 };
  g_auto (Delivered) in = { 0 };
  g_auto (Delivered) out = { 0 };
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) secret = hein_message_new_text ("secret", "");
  char *end;

  g_file_set_contents (file, "allow anonymous publish good\n", -1, &error);
  g_assert_no_error (error);
  bound =
    g_strdup (hein_endpoint_get_bound_uri (hein_test_bus_listen (kirk, uri)));
  end = strchr (bound, '?');
  if (end != NULL)
    *end = '\0';
  hein_test_bus_dial (spock, bound);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1 &&
                  hein_test_bus_count_peers (spock) == 1);
  deliver (spock, "good", "", &allowed);
  deliver (spock, "bad", "", &in);
  hein_bus_deliver_to_async (kirk->bus, "spock", secret, -1, NULL,
                             delivered_on_done, &out);
  hein_test_wait (allowed.n_done == 1 && in.n_done == 1 && out.n_done == 1);
  assert_acknowledged (&allowed);
  assert_outcome (&in, HEIN_OUTCOME_FAILED, HEIN_ERROR_FORBIDDEN);
  assert_outcome (&out, HEIN_OUTCOME_FAILED, HEIN_ERROR_FORBIDDEN);
  g_assert_cmpuint (kirk->messages->len, ==, 1);
  g_assert_cmpuint (spock->messages->len, ==, 0);
  g_unlink (file);
  g_rmdir (folder);
}

/* Deliveries to a name, or to all, wait for their own peers, and fail when
 * those go before they were sent. */
static void
test_not_moved (void)
{
  g_auto (Queue) queue = { 0 };
  g_auto (Worker) spock = { 0 };
  g_auto (Worker) uhura = { 0 };
  g_auto (Delivered) first = { 0 };
  g_auto (Delivered) second = { 0 };
  g_autoptr (HeinMessage) message = hein_message_new_text ("job", "");

  queue_init (&queue, "publish");
  add_worker (&queue, &spock, "spock", 1);
  add_worker (&queue, &uhura, "uhura", 1);
  deliver (queue.kirk, "job", "", &first);
  hein_test_wait (spock.jobs->len == 1 && uhura.jobs->len == 1);
  hein_bus_deliver_to_async (queue.kirk->bus, "spock", message, -1, NULL,
                             delivered_on_done, &second);
  acknowledge_first (&uhura);
  worker_clear (&spock);
  hein_test_wait (first.n_done == 1 && second.n_done == 1);
  assert_outcome (&second, HEIN_OUTCOME_FAILED, HEIN_ERROR_CLOSED);
  g_assert_cmpuint (hein_receipt_get_n_acknowledged (first.receipt), ==, 1);
  g_assert_cmpuint (hein_receipt_get_n_unknown (first.receipt), ==, 1);
  g_assert_cmpuint (uhura.jobs->len, ==, 0);
}

/* A strategy that sticks to a peer is not led to another one, and what others
 * wait for is not held up by it. */
static void
test_sticky (void)
{
  enum
  {
    N = 200
  };
  g_auto (Queue) queue = { 0 };
  g_auto (Worker) spock = { 0 };
  g_auto (Worker) uhura = { 0 };
  g_autofree Delivered *all = g_new0 (Delivered, N);
  guint n_done = 0;
  guint n_seen[2] = { 0 };
  const Worker *workers[] = { &spock, &uhura };

  queue_init (&queue, "failover");
  add_worker (&queue, &spock, "spock", 1);
  add_worker (&queue, &uhura, "uhura", 1);
  for (guint i = 0; i < N; i++)
    {
      all[i].n_all = &n_done;
      deliver (queue.kirk, "job", "", &all[i]);
    }
  while (n_done < N)
    for (guint i = 0; i < 2; i++)
      {
        hein_test_wait (n_done == N || spock.jobs->len + uhura.jobs->len > 0);
        if (workers[i]->jobs->len > 0)
          {
            n_seen[i]++;
            acknowledge_first ((Worker *) workers[i]);
          }
      }
  g_assert_cmpuint (n_seen[0] + n_seen[1], ==, N);
  g_assert_true (n_seen[0] == 0 || n_seen[1] == 0);
  for (guint i = 0; i < N; i++)
    delivered_clear (&all[i]);
}

/* The time of one that waits is over: it was not sent, so it has failed. */
static void
test_not_sent_in_time (void)
{
  g_auto (Queue) queue = { 0 };
  g_auto (Worker) spock = { 0 };
  g_auto (Delivered) first = { 0 };
  g_auto (Delivered) second = { 0 };

  queue_init (&queue, "round-robin");
  add_worker (&queue, &spock, "spock", 1);
  deliver (queue.kirk, "job", "", &first);
  hein_test_wait (spock.jobs->len == 1);
  deliver_full (queue.kirk, "job", "", 1, NULL, &second);
  hein_test_wait (second.n_done == 1);
  assert_outcome (&second, HEIN_OUTCOME_FAILED, HEIN_ERROR_TIMED_OUT);
  acknowledge_first (&spock);
  hein_test_wait (first.n_done == 1);
  assert_acknowledged (&first);
}

/* The connection has no room: it is sent when there is some. */
static void
test_no_room (void)
{
  enum
  {
    N = 40,
    SIZE = 64 * 1024
  };
  g_auto (Queue) queue = { 0 };
  g_auto (Worker) spock = { 0 };
  Delivered all[N] = { 0 };
  guint n_done = 0;
  g_autofree char *text = g_strnfill (SIZE, 'x');

  queue_init (&queue, "round-robin");
  g_object_set (queue.kirk->bus, "send-limit", (guint64) SIZE, NULL);
  add_worker (&queue, &spock, "spock", N);
  for (guint i = 0; i < N; i++)
    {
      all[i].n_all = &n_done;
      deliver (queue.kirk, "job", text, &all[i]);
    }
  for (guint i = 0; i < N; i++)
    {
      hein_test_wait (spock.jobs->len > 0);
      acknowledge_first (&spock);
    }
  hein_test_wait (n_done == N);
  for (guint i = 0; i < N; i++)
    {
      assert_acknowledged (&all[i]);
      delivered_clear (&all[i]);
    }
}

/* What a process does that is only there to be killed: it takes what comes,
 * and acknowledges nothing. */
G_GNUC_NORETURN static void
take_for_ever (const char *uri)
{
  Worker worker = { 0 };

  worker_init (&worker, "child", 64);
  hein_test_bus_dial (worker.bus, uri);
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}

/* It is killed with jobs in hand. */
static void
test_killed (void)
{
  g_auto (Queue) queue = { 0 };
  g_autoptr (GSubprocess) child = NULL;
  Delivered all[3] = { 0 };
  guint n_done = 0;

  queue_init (&queue, "round-robin");
  child = hein_test_spawn ("--take", queue.uri);
  hein_test_wait (hein_test_bus_count_peers (queue.kirk) == 1);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      all[i].n_all = &n_done;
      deliver (queue.kirk, "job", "", &all[i]);
    }
  g_subprocess_force_exit (child);
  hein_test_wait (n_done == G_N_ELEMENTS (all));
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      assert_outcome (&all[i], HEIN_OUTCOME_UNKNOWN, HEIN_ERROR_CLOSED);
      delivered_clear (&all[i]);
    }
}

/* What waits for any worker goes to one also when a strategy that chooses all
 * has been set meanwhile. */
static void
test_other_strategy (void)
{
  g_auto (Queue) queue = { 0 };
  g_auto (Worker) spock = { 0 };
  g_auto (Worker) uhura = { 0 };
  Delivered delivered[3] = { 0 };
  g_autoptr (HeinStrategy) publish = hein_strategy_new ("publish", NULL);

  queue_init (&queue, "round-robin");
  add_worker (&queue, &spock, "spock", 1);
  add_worker (&queue, &uhura, "uhura", 1);
  for (guint i = 0; i < 3; i++)
    deliver (queue.kirk, "job", "x", &delivered[i]);
  hein_test_wait (spock.jobs->len == 1 && uhura.jobs->len == 1);
  hein_bus_set_strategy (queue.kirk->bus, publish);
  for (guint i = 0; i < 3; i++)
    {
      hein_test_wait (spock.jobs->len + uhura.jobs->len > 0);
      acknowledge_first (spock.jobs->len > 0 ? &spock : &uhura);
    }
  for (guint i = 0; i < 3; i++)
    {
      hein_test_wait (delivered[i].n_done == 1);
      assert_acknowledged (&delivered[i]);
      delivered_clear (&delivered[i]);
    }
}

int
main (int argc, char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--take"))
    take_for_ever (argv[2]);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/deliver-whom/nobody", test_nobody);
  g_test_add_func ("/deliver-whom/publish", test_publish);
  g_test_add_func ("/deliver-whom/publish-inproc", test_publish_inproc);
  g_test_add_func ("/deliver-whom/publish-mixed", test_publish_mixed);
  g_test_add_func ("/deliver-whom/publish-threads", test_publish_threads);
  g_test_add_func ("/deliver-whom/credit", test_credit);
  g_test_add_func ("/deliver-whom/moved", test_moved);
  g_test_add_func ("/deliver-whom/deaf", test_deaf);
  g_test_add_func ("/deliver-whom/forbidden", test_forbidden);
  g_test_add_func ("/deliver-whom/not-moved", test_not_moved);
  g_test_add_func ("/deliver-whom/sticky", test_sticky);
  g_test_add_func ("/deliver-whom/not-sent-in-time", test_not_sent_in_time);
  g_test_add_func ("/deliver-whom/no-room", test_no_room);
  g_test_add_func ("/deliver-whom/other-strategy", test_other_strategy);
  g_test_add_func ("/deliver-whom/killed", test_killed);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "hein-test.h"

/* Who gets a message that arrives: decided for each of them, and none vanishes
 * when the answer changes. */

#define N_MESSAGES 1000

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *client;
  char *uri;
  GString *told; /* topics of what handlers were told, in order */
  guint n_told;
  gulong id; /* of a handler */
} Pair;

static void
pair_init_at (Pair *self, const char *scheme, const char *options)
{
  static guint serial;

  self->uri = g_strdup_printf ("%s:@hein-delivery-%d-%u%s", scheme,
                               (int) getpid (), serial++, options);
  self->hub = hein_test_bus_new ("hub");
  self->client = hein_test_bus_new ("client");
  self->told = g_string_new (NULL);
  self->n_told = 0;
  self->id = 0;
  g_object_set (self->hub->bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  hein_test_bus_set_takes (self->client, FALSE);
  hein_test_bus_listen (self->hub, self->uri);
  hein_test_bus_dial (self->client, self->uri);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1);
  hein_test_wait (hein_test_bus_count_peers (self->client) == 1);
}

static void
pair_init (Pair *self)
{
  pair_init_at (self, "unix", "");
}

static void
pair_clear (Pair *self)
{
  g_free (self->uri);
  g_string_free (self->told, TRUE);
  hein_test_bus_free (self->client);
  hein_test_bus_free (self->hub);
}

static HeinPeer *
get_hub (Pair *self)
{
  return hein_test_bus_find_peer (self->client, "hub");
}

static void
send_topics (Pair *self, const char *topics)
{
  const guint64 before = hein_peer_get_messages_received (get_hub (self));

  for (const char *p = topics; *p != '\0'; p++)
    {
      const char topic[] = { *p, '\0' };

      hein_test_bus_send (self->hub, NULL, topic, "x");
    }
  hein_test_wait (hein_peer_get_messages_received (get_hub (self)) ==
                  before + strlen (topics));
}

static guint
take_all (Pair *self)
{
  g_autoptr (GPtrArray) messages = hein_bus_take (self->client->bus, G_MAXUINT);

  return messages->len;
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Pair *self = data;

  g_string_append (self->told, hein_message_get_topic (message));
  self->n_told++;
}

static void
on_once (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Pair *self = data;

  on_message (bus, message, data);
  g_signal_handler_disconnect (bus, self->id);
}

static void
on_first (HeinBus *bus, HeinMessage *message, gpointer data)
{
  on_message (bus, message, data);
  hein_bus_set_handler (bus, NULL, NULL, NULL);
}

static void
on_batch_once (HeinBus *bus, GPtrArray *messages, gpointer data)
{
  Pair *self = data;

  self->n_told += messages->len;
  g_signal_handler_disconnect (bus, self->id);
}

static void
send_many (Pair *self)
{
  for (guint i = 0; i < N_MESSAGES; i++)
    hein_test_bus_send (self->hub, NULL, "a", "x");
  hein_test_wait (hein_peer_get_messages_received (get_hub (self)) ==
                  N_MESSAGES);
  hein_test_wait (self->n_told > 0);
}

static guint
count_unhandled (Pair *self)
{
  return hein_bus_get_n_dropped (self->client->bus, HEIN_DROP_REASON_UNHANDLED);
}

static void
check_all_accounted (Pair *self)
{
  guint n = 0;

  /* what had not been told by then follows in later turns */
  hein_test_wait ((n += take_all (self)) + self->n_told +
                    count_unhandled (self) ==
                  N_MESSAGES);
}

static void
test_one_shot (void)
{
  Pair pair;

  pair_init (&pair);
  pair.id =
    g_signal_connect (pair.client->bus, "message", G_CALLBACK (on_once), &pair);
  send_many (&pair);
  g_assert_cmpuint (pair.n_told, ==, 1);
  check_all_accounted (&pair);
  g_assert_cmpuint (count_unhandled (&pair), ==, 0);
  pair_clear (&pair);
}

static void
test_one_shot_batch (void)
{
  Pair pair;

  pair_init (&pair);
  pair.id = g_signal_connect (pair.client->bus, "messages",
                              G_CALLBACK (on_batch_once), &pair);
  send_many (&pair);
  check_all_accounted (&pair);
  g_assert_cmpuint (count_unhandled (&pair), ==, 0);
  pair_clear (&pair);
}

static void
test_one_shot_function (void)
{
  Pair pair;

  pair_init (&pair);
  hein_bus_set_handler (pair.client->bus, on_first, &pair, NULL);
  send_many (&pair);
  g_assert_cmpuint (pair.n_told, ==, 1);
  check_all_accounted (&pair);
  pair_clear (&pair);
}

/* Another closure than one of a C function, as scripts have. */
static void
marshal_foreign (GClosure *closure,
                 GValue *result,
                 guint n_values,
                 const GValue *values,
                 gpointer hint,
                 gpointer data)
{
  Pair *self = closure->data;

  on_message (g_value_get_object (values), g_value_get_boxed (values + 1),
              self);
  if (self->id != 0)
    g_signal_handler_disconnect (self->client->bus, self->id);
}

static GClosure *
make_foreign (Pair *self)
{
  GClosure *closure = g_closure_new_simple (sizeof (GClosure), self);

  g_closure_set_marshal (closure, marshal_foreign);
  return closure;
}

static void
test_one_shot_foreign (void)
{
  Pair pair;

  pair_init (&pair);
  pair.id = g_signal_connect_closure (pair.client->bus, "message",
                                      make_foreign (&pair), FALSE);
  send_many (&pair);
  g_assert_cmpuint (pair.n_told, ==, 1);
  check_all_accounted (&pair);
  pair_clear (&pair);
}

/* One of C goes, one of another kind stays: it gets them all, and none twice. */
static void
test_mixed (void)
{
  Pair pair;
  Pair other = { 0 };

  pair_init (&pair);
  other.client = pair.client;
  other.told = g_string_new (NULL);
  pair.id =
    g_signal_connect (pair.client->bus, "message", G_CALLBACK (on_once), &pair);
  g_signal_connect_closure (pair.client->bus, "message", make_foreign (&other),
                            FALSE);
  send_many (&pair);
  hein_test_wait (other.n_told == N_MESSAGES);
  g_assert_cmpuint (pair.n_told, ==, 1);
  g_assert_cmpuint (take_all (&pair), ==, 0);
  g_assert_cmpuint (count_unhandled (&pair), ==, 0);
  g_string_free (other.told, TRUE);
  pair_clear (&pair);
}

static void
test_late_handler (void)
{
  Pair pair;

  pair_init (&pair);
  send_topics (&pair, "abc");
  g_signal_connect (pair.client->bus, "message", G_CALLBACK (on_message),
                    &pair);
  /* the loop turns for it, without anything that comes */
  hein_test_wait (pair.n_told == 3);
  send_topics (&pair, "de");
  hein_test_wait (pair.n_told == 5);
  g_assert_cmpstr (pair.told->str, ==, "abcde");
  g_assert_cmpuint (take_all (&pair), ==, 0);
  pair_clear (&pair);
}

static void
test_late_function (void)
{
  Pair pair;

  pair_init (&pair);
  send_topics (&pair, "abc");
  hein_bus_set_handler (pair.client->bus, on_message, &pair, NULL);
  hein_test_wait (pair.n_told == 3);
  g_assert_cmpstr (pair.told->str, ==, "abc");
  pair_clear (&pair);
}

/* Its inbox was full, and the peer was read no further: it is again. */
static void
test_late_handler_of_a_full_inbox (void)
{
  g_autofree char *text = g_strnfill (1000, 'x');
  g_autoptr (HeinMessage) message = hein_message_new_text ("a", text);
  guint n = 0;
  Pair pair;

  pair_init (&pair);
  g_object_set (pair.client->bus, "receive-limit", (guint64) 65536, NULL);
  g_object_set (pair.hub->bus, "send-limit", (guint64) 65536, NULL);
  while (hein_peer_get_has_room (hein_test_bus_find_peer (pair.hub, "client")))
    {
      n += hein_bus_send (pair.hub->bus, message, NULL);
      g_main_context_iteration (NULL, FALSE);
    }
  g_signal_connect (pair.client->bus, "message", G_CALLBACK (on_message),
                    &pair);
  hein_test_wait (pair.n_told == n);
  pair_clear (&pair);
}

static void
test_blocked (void)
{
  Pair pair;

  pair_init (&pair);
  pair.id = g_signal_connect (pair.client->bus, "message",
                              G_CALLBACK (on_message), &pair);
  g_signal_handler_block (pair.client->bus, pair.id);
  send_topics (&pair, "abc");
  g_assert_cmpuint (pair.n_told, ==, 0);
  g_signal_handler_unblock (pair.client->bus, pair.id);
  hein_test_wait (pair.n_told == 3);
  g_assert_cmpstr (pair.told->str, ==, "abc");
  g_assert_cmpuint (count_unhandled (&pair), ==, 0);
  pair_clear (&pair);
}

/* Who listens to one topic has said that it does not want the others. */
static void
test_topics (void)
{
  Pair pair;

  pair_init (&pair);
  send_topics (&pair, "ab");
  g_signal_connect (pair.client->bus, "message::b", G_CALLBACK (on_message),
                    &pair);
  send_topics (&pair, "babcb");
  hein_test_wait (pair.n_told == 4);
  g_assert_cmpstr (pair.told->str, ==, "bbbb");
  g_assert_cmpuint (count_unhandled (&pair), ==, 3);
  g_assert_cmpuint (take_all (&pair), ==, 0);
  pair_clear (&pair);
}

/* To GObject, who listens to every topic does not listen to each of them. */
static void
test_topic_that_is_a_quark (void)
{
  Pair pair;

  pair_init (&pair);
  g_quark_from_string ("q");
  g_signal_connect_closure (pair.client->bus, "message", make_foreign (&pair),
                            FALSE);
  send_topics (&pair, "qaq");
  hein_test_wait (pair.n_told == 3);
  g_assert_cmpstr (pair.told->str, ==, "qaq");
  g_assert_cmpuint (count_unhandled (&pair), ==, 0);
  pair_clear (&pair);
}

/* What was not handled is not acknowledged: it goes to who comes next. */
static void
test_take_one (void)
{
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", NULL);
  g_autoptr (HeinMessage) taken = NULL;
  HeinTestBus *next = hein_test_bus_new ("next");
  Pair pair;

  pair_init_at (&pair, "unix+aiomsg", "?guarantee=at-least-once");
  hein_bus_set_strategy (pair.hub->bus, strategy);
  for (guint i = 0; i < 3; i++)
    hein_test_bus_send (pair.hub, NULL, NULL, i == 0 ? "first" : "other");
  hein_test_wait (hein_peer_get_messages_received (get_hub (&pair)) == 3);
  hein_test_wait ((taken = hein_bus_take_one (pair.client->bus)) != NULL);
  hein_message_acknowledge (taken);
  hein_test_bus_dial (next, pair.uri);
  hein_test_wait (hein_test_bus_count_peers (pair.hub) == 2);
  g_clear_pointer (&taken, hein_message_unref);
  hein_test_bus_free (pair.client);
  hein_test_wait (next->messages->len == 2);
  g_free (pair.uri);
  g_string_free (pair.told, TRUE);
  hein_test_bus_free (next);
  hein_test_bus_free (pair.hub);
}

static void
on_topic (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Pair *self = data;

  self->n_told++;
}

static void
on_first_connect (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Pair *self = data;
  g_autofree char *signal = NULL;

  if (self->id != 0)
    return;
  signal = g_strdup_printf ("message::%s", hein_message_get_topic (message));
  self->id = g_signal_connect (bus, signal, G_CALLBACK (on_topic), self);
}

/* A handler for a topic that has come, and that nothing has named so far, is
 * called for it soon, though more of it is being told. */
static void
test_topic_within_a_handler (void)
{
  Pair pair = { 0 };
  g_autofree char *topics = g_strnfill (N_MESSAGES, '%');

  pair_init (&pair);
  send_topics (&pair, topics);
  g_signal_connect (pair.client->bus, "message", G_CALLBACK (on_first_connect),
                    &pair);
  g_assert_cmpuint (g_quark_try_string ("%"), ==, 0);
  hein_test_wait (pair.n_told > 0);
  while (hein_bus_get_memory_used (pair.client->bus) > 0)
    hein_test_turn (G_MAXINT64);
  g_assert_cmpuint (pair.n_told, >=, N_MESSAGES - 32);
  pair_clear (&pair);
}

static void
on_any (HeinBus *bus, gpointer what, gpointer data)
{
}

static void
on_function (HeinBus *bus, HeinMessage *message, gpointer data)
{
}

static void
on_received (GObject *bus, GAsyncResult *result, gpointer data)
{
  GError **error = data;

  g_assert_null (hein_bus_receive_finish (HEIN_BUS (bus), result, error));
}

static void
assert_cannot_receive (HeinBus *bus)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) later = NULL;

  g_assert_null (hein_bus_receive (bus, -1, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  hein_bus_receive_async (bus, 1, NULL, on_received, &later);
  hein_test_wait (later != NULL);
  g_assert_error (later, HEIN_ERROR, HEIN_ERROR_FAILED);
}

static void
assert_can_receive (HeinBus *bus)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_receive (bus, 0, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
}

/* Who receives beside a handler would wait in vain, and is told so. */
static void
test_receive_beside_handlers (void)
{
  static const char *const signals[] = { "message", "message::t", "messages" };
  g_autoptr (HeinBus) bus = hein_bus_new ("bus");

  assert_can_receive (bus);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      const gulong id =
        g_signal_connect (bus, signals[i], G_CALLBACK (on_any), NULL);

      assert_cannot_receive (bus);
      g_signal_handler_block (bus, id);
      assert_can_receive (bus);
      g_signal_handler_disconnect (bus, id);
      assert_can_receive (bus);
    }
  hein_bus_set_handler (bus, on_function, NULL, NULL);
  assert_cannot_receive (bus);
  hein_bus_set_handler (bus, NULL, NULL, NULL);
  assert_can_receive (bus);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/delivery/one-shot", test_one_shot);
  g_test_add_func ("/delivery/one-shot-batch", test_one_shot_batch);
  g_test_add_func ("/delivery/one-shot-function", test_one_shot_function);
  g_test_add_func ("/delivery/one-shot-foreign", test_one_shot_foreign);
  g_test_add_func ("/delivery/mixed", test_mixed);
  g_test_add_func ("/delivery/late-handler", test_late_handler);
  g_test_add_func ("/delivery/late-function", test_late_function);
  g_test_add_func ("/delivery/late-handler-of-a-full-inbox",
                   test_late_handler_of_a_full_inbox);
  g_test_add_func ("/delivery/blocked", test_blocked);
  g_test_add_func ("/delivery/topics", test_topics);
  g_test_add_func ("/delivery/topic-that-is-a-quark",
                   test_topic_that_is_a_quark);
  g_test_add_func ("/delivery/take-one", test_take_one);
  g_test_add_func ("/delivery/topic-within-a-handler",
                   test_topic_within_a_handler);
  g_test_add_func ("/delivery/receive-beside-handlers",
                   test_receive_beside_handlers);
  return g_test_run ();
}

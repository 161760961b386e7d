/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "deliver-ends.h"

/* When a message that was delivered counts as handled, for each way to receive:
 * the table in the documentation of HeinBus. */

typedef struct
{
  HeinTestBus *kirk;
  HeinTestBus *spock;
  Delivered first;
  Delivered second;
} Ends;

/* Both buses are of this thread, so nothing happens but what a test waits
 * for. */
static void
ends_init (Ends *self)
{
  self->kirk = hein_test_bus_new ("kirk");
  self->spock = hein_test_bus_new ("spock");
  hein_test_bus_set_takes (self->spock, FALSE);
  hein_test_bus_dial (self->kirk,
                      hein_endpoint_get_bound_uri (
                        hein_test_bus_listen (self->spock,
                                              "tcp://127.0.0.1:0")));
  hein_test_wait (hein_test_bus_count_peers (self->kirk) == 1);
}

static void
ends_clear (Ends *self)
{
  delivered_clear (&self->first);
  delivered_clear (&self->second);
  g_clear_pointer (&self->kirk, hein_test_bus_free);
  g_clear_pointer (&self->spock, hein_test_bus_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Ends, ends_clear)

static void
deliver_both (Ends *self)
{
  deliver (self->kirk, "t", "1", &self->first);
  deliver (self->kirk, "t", "2", &self->second);
}

/* A plain message makes the way there and back: had there been a receipt, it
 * would be here. */
static void
pass_on (Ends *self)
{
  const guint n = self->kirk->messages->len;

  hein_test_bus_send (self->spock, NULL, "t", "x");
  hein_test_wait (self->kirk->messages->len == n + 1);
}

typedef struct
{
  Ends *ends;
  GPtrArray *kept;
  guint n;
} Seen;

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Seen *self = data;

  self->n++;
  g_assert_true (hein_message_get_wants_receipt (message));
  if (self->kept != NULL)
    g_ptr_array_add (self->kept, hein_message_ref (message));
}

static void
on_messages (HeinBus *bus, GPtrArray *messages, gpointer data)
{
  for (guint i = 0; i < messages->len; i++)
    on_message (bus, g_ptr_array_index (messages, i), data);
}

/* Handlers, of whatever kind: when they have returned, although the program
 * keeps the message. */
static void
test_handlers (void)
{
  for (guint kind = 0; kind < 3; kind++)
    {
      g_auto (Ends) ends = { 0 };
      g_autoptr (GPtrArray) kept =
        g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
      Seen seen = { &ends, kept, 0 };

      ends_init (&ends);
      if (kind == 0)
        hein_bus_set_handler (ends.spock->bus, on_message, &seen, NULL);
      else if (kind == 1)
        g_signal_connect (ends.spock->bus, "messages", G_CALLBACK (on_messages),
                          &seen);
      else
        g_signal_connect (ends.spock->bus, "message::t",
                          G_CALLBACK (on_message), &seen);
      deliver_both (&ends);
      hein_test_wait (ends.first.n_done == 1 && ends.second.n_done == 1);
      assert_acknowledged (&ends.first);
      assert_acknowledged (&ends.second);
      g_assert_cmpuint (seen.n, ==, 2);
      g_assert_cmpuint (kept->len, ==, 2);
      g_assert_false (
        hein_message_get_wants_receipt (g_ptr_array_index (kept, 0)));
    }
}

/* Of two handlers, the last one's return counts. */
static void
test_two_handlers (void)
{
  g_auto (Ends) ends = { 0 };
  Seen seen[2] = { { &ends, NULL, 0 }, { &ends, NULL, 0 } };

  ends_init (&ends);
  g_signal_connect (ends.spock->bus, "messages", G_CALLBACK (on_messages),
                    &seen[0]);
  g_signal_connect (ends.spock->bus, "message", G_CALLBACK (on_message),
                    &seen[1]);
  deliver_both (&ends);
  hein_test_wait (ends.first.n_done == 1 && ends.second.n_done == 1);
  g_assert_cmpuint (seen[0].n, ==, 2);
  g_assert_cmpuint (seen[1].n, ==, 2);
  g_signal_handlers_disconnect_by_data (ends.spock->bus, &seen[0]);
  g_signal_handlers_disconnect_by_data (ends.spock->bus, &seen[1]);
}

static HeinMessage *
take (HeinBus *bus, guint way)
{
  g_autoptr (GPtrArray) array = NULL;

  if (way == 0)
    return hein_bus_receive (bus, 0, NULL);
  if (way == 1)
    return hein_bus_take_one (bus);
  /* one that is acknowledged comes alone, however many are asked for */
  array =
    way == 2 ? hein_bus_take (bus, 1) : hein_bus_take_ahead (bus, 100, NULL);
  return array->len > 0 ? g_ptr_array_steal_index (array, 0) : NULL;
}

/* What is taken is handled when the next is asked for, whether there is one or
 * not. */
static void
test_taken (void)
{
  for (guint way = 0; way < 4; way++)
    {
      g_auto (Ends) ends = { 0 };
      g_autoptr (HeinMessage) first = NULL;
      g_autoptr (HeinMessage) second = NULL;

      ends_init (&ends);
      deliver_both (&ends);
      while ((first = take (ends.spock->bus, way)) == NULL)
        hein_test_turn (g_get_monotonic_time () + 1000);
      g_assert_true (hein_message_get_wants_receipt (first));
      pass_on (&ends);
      g_assert_cmpuint (ends.first.n_done, ==, 0);
      while ((second = take (ends.spock->bus, way)) == NULL)
        hein_test_turn (g_get_monotonic_time () + 1000);
      hein_test_wait (ends.first.n_done == 1);
      assert_acknowledged (&ends.first);
      pass_on (&ends);
      g_assert_cmpuint (ends.second.n_done, ==, 0);
      g_assert_null (take (ends.spock->bus, way));
      hein_test_wait (ends.second.n_done == 1);
      assert_acknowledged (&ends.second);
    }
}

typedef struct
{
  GPtrArray *messages;
} Received;

static void
on_received (GObject *source, GAsyncResult *result, gpointer data)
{
  ((Received *) data)->messages =
    hein_bus_receive_finish (HEIN_BUS (source), result, NULL);
}

static void
test_async (void)
{
  g_auto (Ends) ends = { 0 };
  Received first = { 0 };
  Received second = { 0 };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  ends_init (&ends);
  hein_bus_receive_async (ends.spock->bus, 1, NULL, on_received, &first);
  deliver_both (&ends);
  hein_test_wait (first.messages != NULL);
  pass_on (&ends);
  g_assert_cmpuint (ends.first.n_done, ==, 0);
  hein_bus_receive_async (ends.spock->bus, 8, NULL, on_received, &second);
  hein_test_wait (second.messages != NULL && ends.first.n_done == 1);
  assert_acknowledged (&ends.first);
  g_clear_pointer (&first.messages, g_ptr_array_unref);
  /* this one takes none, and only waits */
  hein_bus_receive_async (ends.spock->bus, 0, cancellable, on_received, &first);
  pass_on (&ends);
  g_assert_cmpuint (ends.second.n_done, ==, 0);
  g_cancellable_cancel (cancellable);
  g_assert_null (hein_bus_take_one (ends.spock->bus));
  hein_test_wait (ends.second.n_done == 1);
  assert_acknowledged (&ends.second);
  g_clear_pointer (&second.messages, g_ptr_array_unref);
}

/* Who has taken it may say earlier that it is done, or that it is not. */
static void
test_said_earlier (void)
{
  g_auto (Ends) ends = { 0 };
  g_autoptr (HeinMessage) first = NULL;
  g_autoptr (HeinMessage) second = NULL;

  ends_init (&ends);
  deliver_both (&ends);
  while ((first = hein_bus_take_one (ends.spock->bus)) == NULL)
    hein_test_turn (g_get_monotonic_time () + 1000);
  hein_message_acknowledge (first);
  hein_test_wait (ends.first.n_done == 1);
  assert_acknowledged (&ends.first);
  while ((second = hein_bus_take_one (ends.spock->bus)) == NULL)
    hein_test_turn (g_get_monotonic_time () + 1000);
  hein_message_refuse (second, "no");
  g_assert_null (hein_bus_take_one (ends.spock->bus));
  hein_test_wait (ends.second.n_done == 1);
  assert_outcome (&ends.second, HEIN_OUTCOME_FAILED, HEIN_ERROR_REFUSED);
}

/* A program that takes a message and then closes its bus has not said that it
 * has handled it. */
static void
test_taken_and_closed (void)
{
  g_auto (Ends) ends = { 0 };
  g_autoptr (HeinMessage) message = NULL;

  ends_init (&ends);
  deliver (ends.kirk, "t", "", &ends.first);
  while ((message = hein_bus_take_one (ends.spock->bus)) == NULL)
    hein_test_turn (g_get_monotonic_time () + 1000);
  hein_test_bus_close (ends.spock);
  hein_test_wait (ends.first.n_done == 1);
  assert_outcome (&ends.first, HEIN_OUTCOME_UNKNOWN, HEIN_ERROR_CLOSED);
}

/* ---- messages that come again ---- */

static void
deliver_id (HeinTestBus *bus, const char *id, Delivered *delivered)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", id);

  g_assert_true (
    hein_message_set_attribute (message, HEIN_ATTRIBUTE_ID, id, NULL));
  hein_bus_deliver_async (bus->bus, message, -1, NULL, delivered_on_done,
                          delivered);
}

static const char *const places[] = { "tcp://127.0.0.1:0", "inproc://ids" };

/* A sender that delivers one message, and ends. */
static void
check_again (HeinEndpoint *endpoint,
             const char *name,
             const char *id,
             HeinOutcome outcome,
             HeinError code)
{
  g_autoptr (HeinTestBus) sender = hein_test_bus_new (name);
  g_auto (Delivered) delivered = { 0 };

  hein_test_bus_dial (sender, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (sender) == 1);
  deliver_id (sender, id, &delivered);
  hein_test_wait (delivered.n_done == 1);
  if (outcome == HEIN_OUTCOME_ACKNOWLEDGED)
    assert_acknowledged (&delivered);
  else
    assert_outcome (&delivered, outcome, code);
}

/* It is handled once, whoever of that name sends it again; others are not kept
 * out by that, and neither is what was not handled. */
static void
test_ids (gconstpointer place)
{
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  HeinEndpoint *endpoint = hein_test_bus_listen (spock, place);
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_auto (Delivered) delivered = { 0 };
  HeinMessage *job;

  check_again (endpoint, "bones", "7", HEIN_OUTCOME_ACKNOWLEDGED, 0);
  check_again (endpoint, "bones", "7", HEIN_OUTCOME_ACKNOWLEDGED, 0);
  g_assert_cmpuint (spock->messages->len, ==, 1);
  check_again (endpoint, "uhura", "7", HEIN_OUTCOME_ACKNOWLEDGED, 0);
  check_again (endpoint, "bones", "8", HEIN_OUTCOME_ACKNOWLEDGED, 0);
  g_assert_cmpuint (spock->messages->len, ==, 3);
  /* while it is being handled */
  g_object_set (spock->bus, "acknowledge", HEIN_ACKNOWLEDGE_MANUAL, NULL);
  hein_test_bus_dial (kirk, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1);
  deliver_id (kirk, "9", &delivered);
  hein_test_wait (spock->messages->len == 4);
  g_clear_pointer (&kirk, hein_test_bus_free);
  g_assert_cmpuint (delivered.n_done, ==, 1);
  check_again (endpoint, "kirk", "9", HEIN_OUTCOME_FAILED,
               HEIN_ERROR_WOULD_BLOCK);
  job = g_ptr_array_index (spock->messages, 3);
  hein_message_acknowledge (job);
  check_again (endpoint, "kirk", "9", HEIN_OUTCOME_ACKNOWLEDGED, 0);
  g_assert_cmpuint (spock->messages->len, ==, 4);
}

/* What was refused comes again. */
static void
test_refused_ids (void)
{
  g_auto (Ends) ends = { 0 };
  g_autoptr (HeinMessage) first = NULL;
  g_autoptr (HeinMessage) second = NULL;

  ends_init (&ends);
  deliver_id (ends.kirk, "7", &ends.first);
  while ((first = hein_bus_take_one (ends.spock->bus)) == NULL)
    g_main_context_iteration (NULL, TRUE);
  hein_message_refuse (first, "not now");
  hein_test_wait (ends.first.n_done == 1);
  assert_outcome (&ends.first, HEIN_OUTCOME_FAILED, HEIN_ERROR_REFUSED);
  deliver_id (ends.kirk, "7", &ends.second);
  while ((second = hein_bus_take_one (ends.spock->bus)) == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_null (hein_bus_take_one (ends.spock->bus));
  hein_test_wait (ends.second.n_done == 1);
  assert_acknowledged (&ends.second);
}

/* Of a sender without a name of its own no id is kept, and none is looked for
 * once its connection is gone. */
static void
test_ids_of_nobody (void)
{
  for (guint handled = 0; handled < 2; handled++)
    {
      g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
      HeinEndpoint *endpoint = hein_test_bus_listen (spock, places[0]);
      g_autoptr (HeinTestBus) nobody = hein_test_bus_new (NULL);
      g_auto (Delivered) delivered = { 0 };
      g_autofree char *uri =
        g_strconcat (hein_endpoint_get_bound_uri (endpoint), "?say-name=no",
                     NULL);
      HeinMessage *job;

      g_object_set (spock->bus, "acknowledge", HEIN_ACKNOWLEDGE_MANUAL, NULL);
      hein_test_bus_dial (nobody, uri);
      hein_test_wait (hein_test_bus_count_peers (nobody) == 1);
      deliver_id (nobody, "7", &delivered);
      hein_test_wait (spock->messages->len == 1);
      g_clear_pointer (&nobody, hein_test_bus_free);
      hein_test_wait (hein_test_bus_count_peers (spock) == 0);
      job = g_ptr_array_index (spock->messages, 0);
      g_assert_true (hein_message_get_wants_receipt (job));
      if (handled)
        hein_message_acknowledge (job);
      else
        hein_message_refuse (job, "too late");
      g_assert_false (hein_message_get_wants_receipt (job));
    }
}

/* What is remembered keeps within its share of the memory, and is counted. */
static void
test_many_ids (void)
{
  enum
  {
    MIB = 1024 * 1024,
    MAX = MIB / 16 / 96,
    N = 2 * MAX
  };
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  HeinEndpoint *endpoint = hein_test_bus_listen (spock, places[0]);
  g_autoptr (HeinTestBus) bones = hein_test_bus_new ("bones");
  g_autofree char *last = g_strdup_printf ("%u", N - 1);
  guint64 used;

  g_object_set (spock->bus, "memory-limit", (guint64) MIB, NULL);
  hein_test_bus_dial (bones, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (bones) == 1);
  used = hein_bus_get_memory_used (spock->bus);
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *id = g_strdup_printf ("%u", i);
      g_auto (Delivered) delivered = { 0 };

      deliver_id (bones, id, &delivered);
      hein_test_wait (delivered.n_done == 1);
    }
  used = hein_bus_get_memory_used (spock->bus) - used;
  g_assert_cmpuint (used, >=, MAX * 96 / 2);
  g_assert_cmpuint (used, <=, MIB / 8);
  /* the last is remembered, the first is not */
  g_clear_pointer (&bones, hein_test_bus_free);
  check_again (endpoint, "bones", last, HEIN_OUTCOME_ACKNOWLEDGED, 0);
  g_assert_cmpuint (spock->messages->len, ==, N);
  check_again (endpoint, "bones", "0", HEIN_OUTCOME_ACKNOWLEDGED, 0);
  g_assert_cmpuint (spock->messages->len, ==, N + 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/deliver-receive/handlers", test_handlers);
  g_test_add_func ("/deliver-receive/two-handlers", test_two_handlers);
  g_test_add_func ("/deliver-receive/taken", test_taken);
  g_test_add_func ("/deliver-receive/async", test_async);
  g_test_add_func ("/deliver-receive/said-earlier", test_said_earlier);
  g_test_add_func ("/deliver-receive/taken-and-closed", test_taken_and_closed);
  g_test_add_data_func ("/deliver-receive/ids/tcp", places[0], test_ids);
  g_test_add_data_func ("/deliver-receive/ids/inproc", places[1], test_ids);
  g_test_add_func ("/deliver-receive/ids/refused", test_refused_ids);
  g_test_add_func ("/deliver-receive/ids/of-nobody", test_ids_of_nobody);
  g_test_add_func ("/deliver-receive/ids/many", test_many_ids);
  return g_test_run ();
}

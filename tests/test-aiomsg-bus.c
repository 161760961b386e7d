/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "deliver-ends.h"

/* Whole buses that speak aiomsg. A… are the requirements of a test. */

#define ANY    "tcp+aiomsg://127.0.0.1:0"
#define N_MANY 200

static char *
listen_at (HeinTestBus *bus, const char *uri)
{
  g_auto (GStrv) halves =
    g_strsplit (hein_endpoint_get_bound_uri (hein_test_bus_listen (bus, uri)),
                "?", 2);

  return g_strdup (halves[0]);
}

static void
set_strategy (HeinTestBus *bus, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinStrategy) strategy = hein_strategy_new (name, &error);

  g_assert_no_error (error);
  hein_bus_set_strategy (bus->bus, strategy);
}

static void
send_numbers (HeinTestBus *bus, guint from, guint n)
{
  for (guint i = from; i < from + n; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      hein_test_bus_send (bus, NULL, "", text);
    }
}

static void
assert_numbers (HeinTestBus *bus, guint n)
{
  hein_test_wait (bus->messages->len >= n);
  g_assert_cmpuint (bus->messages->len, ==, n);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *expected = g_strdup_printf ("%u", i);
      g_autofree char *text = hein_test_bus_dup_text (bus, i);

      g_assert_cmpstr (text, ==, expected);
    }
}

/* A1, A2: one bus listens at two addresses and dials two others; by turns, to
 * all and to one, it makes no difference which end somebody is. */
static void
test_both_ends (void)
{
  static const char *const names[] = { "one", "two", "three", "four" };
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinTestBus *others[4];

  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *uri = NULL;

      others[i] = hein_test_bus_new (names[i]);
      uri = listen_at (i < 2 ? hub : others[i], ANY);
      hein_test_bus_dial (i < 2 ? others[i] : hub, uri);
    }
  hein_test_wait (hein_test_bus_count_peers (hub) == 4);
  hein_test_bus_send (hub, NULL, "", "to all");
  hein_test_bus_send (hub, "three", "", "to three");
  set_strategy (hub, "round-robin");
  send_numbers (hub, 0, 8);
  for (guint i = 0; i < 4; i++)
    {
      const guint n = i == 2 ? 4 : 3;

      hein_test_wait (others[i]->messages->len == n);
      hein_test_bus_send (others[i], "hub", "", "back");
    }
  hein_test_wait (hub->messages->len == 4);
  for (guint i = 0; i < 4; i++)
    hein_test_bus_free (others[i]);
}

/* A3: what is sent to nobody waits, in order, for the first who comes, and no
 * more of it than the limit that was set. */
static void
test_nobody_there (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autofree char *uri = listen_at (hub, ANY);
  g_autoptr (HeinMessage) message = hein_message_new_text ("", "too many");
  g_autoptr (GError) error = NULL;

  set_strategy (hub, "round-robin");
  send_numbers (hub, 0, N_MANY);
  g_object_set (hub->bus, "send-limit", (guint64) 1, NULL);
  g_assert_false (hein_bus_send (hub->bus, message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
  g_object_set (hub->bus, "send-limit", (guint64) 1 << 20, NULL);
  hein_test_bus_dial (kirk, uri);
  assert_numbers (kirk, N_MANY);
}

/* A3, A4: the same when somebody was there and comes again. */
static void
test_comes_back (void)
{
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  HeinTestBus *hub = hein_test_bus_new ("hub");
  g_autofree char *uri = listen_at (hub, ANY);

  set_strategy (client, "round-robin");
  hein_test_bus_dial (client, uri);
  for (guint i = 0; i < 3; i++)
    {
      hein_test_wait (client->added->len == i + 1);
      hein_test_bus_free (hub);
      hein_test_wait (client->removed->len == i + 1);
      send_numbers (client, 0, N_MANY);
      hub = hein_test_bus_new ("hub");
      hein_test_bus_listen (hub, uri);
      assert_numbers (hub, N_MANY);
    }
  hein_test_bus_free (hub);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (hein_bus_close_finish (HEIN_BUS (source), result, &error));
  g_assert_no_error (error);
  *(gboolean *) data = TRUE;
}

/* A12: a close with ten seconds of time ends when all has gone out, which it
 * does although the other side takes nothing for a while. */
static void
test_close (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autofree char *uri = listen_at (hub, ANY);
  g_autofree guint8 *zeroes = g_malloc0 (100000);
  g_autoptr (HeinMessage) message = hein_message_new_data ("", zeroes, 100000);
  gboolean is_closed = FALSE;
  guint n_taken = 0;

  g_object_set (hub->bus, "receive-limit", (guint64) 1, NULL);
  hein_test_bus_set_takes (hub, FALSE);
  g_object_set (client->bus, "linger-ms", 10000u, "send-limit",
                (guint64) 64 << 20, NULL);
  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (client) == 1);
  for (guint i = 0; i < N_MANY; i++)
    g_assert_true (hein_bus_send_to (client->bus, "hub", message, NULL));
  hein_bus_close_async (client->bus, NULL, on_closed, &is_closed);
  for (guint i = 0; i < 10; i++)
    hein_bus_turn (hub->bus, 0);
  g_assert_false (is_closed);
  while (n_taken < N_MANY)
    {
      g_autoptr (GPtrArray) some = hein_bus_take (hub->bus, N_MANY);

      n_taken += some->len;
      g_assert_true (
        hein_test_turn (g_get_monotonic_time () + HEIN_TEST_WAIT_US));
    }
  hein_test_wait (is_closed);
  g_assert_cmpuint (hein_bus_get_n_dropped (client->bus,
                                            HEIN_DROP_REASON_CLOSED),
                    ==, 0);
}

/* A15: a limit that is set; one byte more ends the connection, for a reason
 * that is told, and who sent it comes back. */
static void
test_max_size (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autofree guint8 *zeroes = g_malloc0 (2000);
  g_autoptr (HeinMessage) fits = hein_message_new_data ("", zeroes, 1000);
  g_autoptr (HeinMessage) larger = hein_message_new_data ("", zeroes, 2000);
  g_autofree char *uri = NULL;

  g_object_set (hub->bus, "max-message-size", (guint64) 1000, NULL);
  uri = listen_at (hub, ANY);
  hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (client) == 1);
  g_assert_true (hein_bus_send_to (client->bus, "hub", fits, NULL));
  hein_test_wait (hub->messages->len == 1);
  g_assert_true (hein_bus_send_to (client->bus, "hub", larger, NULL));
  hein_test_wait (hub->removed->len == 1);
  g_assert_error (hub->reason, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
  hein_test_wait (hub->added->len == 2);
  g_assert_cmpuint (hub->messages->len, ==, 1);
}

/* ---- at least once, while a receiver goes ---- */

#define N_NUMBERS 3000
#define N_BEFORE  100 /* then the first receiver goes */

/* Who has been given which number. */
typedef struct
{
  gboolean has[N_NUMBERS];
  guint n;
  guint n_until_end; /* 0: for ever */
  void (*end) (HeinBus *bus);
} Taken;

static void
note_taken (Taken *self, HeinMessage *message)
{
  g_autofree char *text = hein_message_dup_text (message, NULL);
  const guint number = atoi (text);

  g_assert_cmpuint (number, <, N_NUMBERS);
  self->has[number] = TRUE;
  self->n++;
}

static void
on_number (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Taken *self = data;

  note_taken (self, message);
  if (self->n == self->n_until_end)
    self->end (bus);
}

static guint
count_missing (const Taken *one, const Taken *other)
{
  guint n = 0;

  for (guint i = 0; i < N_NUMBERS; i++)
    n += !one->has[i] && !other->has[i];
  return n;
}

static guint
count_twice (const Taken *one, const Taken *other)
{
  guint n = 0;

  for (guint i = 0; i < N_NUMBERS; i++)
    n += one->has[i] && other->has[i];
  return n;
}

/* A sender to two that listen, by turns. */
typedef struct
{
  HeinTestBus *sender;
  HeinTestBus *leaves;
  HeinTestBus *stays;
  Taken left;
  Taken stayed;
} Trio;

static void
dial_at_least_once (HeinTestBus *bus, const char *uri)
{
  g_autofree char *all = g_strconcat (uri, "?guarantee=at-least-once", NULL);

  hein_test_bus_dial (bus, all);
}

static Trio *
trio_new (gboolean has_handler)
{
  Trio *self = g_new0 (Trio, 1);
  g_autofree char *leaves_uri = NULL;
  g_autofree char *stays_uri = NULL;

  self->sender = hein_test_bus_new ("sender");
  self->leaves = hein_test_bus_new ("leaves");
  self->stays = hein_test_bus_new ("stays");
  hein_bus_set_handler (self->leaves->bus, has_handler ? on_number : NULL,
                        &self->left, NULL);
  hein_bus_set_handler (self->stays->bus, on_number, &self->stayed, NULL);
  leaves_uri = listen_at (self->leaves, ANY "?guarantee=at-least-once");
  stays_uri = listen_at (self->stays, ANY);
  set_strategy (self->sender, "round-robin");
  dial_at_least_once (self->sender, leaves_uri);
  dial_at_least_once (self->sender, stays_uri);
  hein_test_wait (hein_test_bus_count_peers (self->sender) == 2);
  return self;
}

static void
trio_free (Trio *self)
{
  hein_test_bus_free (self->sender);
  g_clear_pointer (&self->leaves, hein_test_bus_free);
  hein_test_bus_free (self->stays);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Trio, trio_free)

/* The receiver that leaves goes at once, as when its program ends. */
static void
vanish (Trio *self)
{
  HeinTestBus *gone = g_steal_pointer (&self->leaves);

  g_signal_handlers_disconnect_by_data (gone->bus, gone);
  g_assert_finalize_object (gone->bus);
  g_ptr_array_unref (gone->messages);
  g_ptr_array_unref (gone->added);
  g_ptr_array_unref (gone->removed);
  g_clear_error (&gone->failure);
  g_clear_error (&gone->reason);
  g_free (gone);
}

static void
assert_none_missing (Trio *self)
{
  hein_test_wait (count_missing (&self->left, &self->stayed) == 0);
  g_assert_cmpuint (self->stayed.n, >, N_BEFORE);
  for (guint i = 0; i <= HEIN_DROP_REASON_LOST; i++)
    g_assert_cmpuint (hein_bus_get_n_dropped (self->sender->bus, i), ==, 0);
}

/* Not what another one got as well. */
static void
assert_none_dropped_by_leaver (Trio *self)
{
  for (guint i = 0; i <= HEIN_DROP_REASON_FORBIDDEN; i++)
    g_assert_cmpuint (hein_bus_get_n_dropped (self->leaves->bus, i), ==, 0);
}

/* A7: some of what came was not told to the application yet when it closed: it
 * is told then, and acknowledged, so that nobody else gets it. */
static void
test_closes_in_stream (void)
{
  g_autoptr (Trio) trio = trio_new (TRUE);

  trio->left.n_until_end = N_BEFORE;
  trio->left.end = hein_bus_close;
  send_numbers (trio->sender, 0, N_NUMBERS);
  hein_test_wait (hein_bus_get_is_closed (trio->leaves->bus));
  assert_none_missing (trio);
  g_assert_cmpuint (count_twice (&trio->left, &trio->stayed), ==, 0);
  assert_none_dropped_by_leaver (trio);
}

/* A7: it waits for an acknowledgement of its own, and so is still read. */
static void
test_closes_and_waits (void)
{
  g_autoptr (Trio) trio = trio_new (TRUE);

  hein_test_bus_send (trio->leaves, "sender", "", "goodbye");
  hein_bus_close (trio->leaves->bus);
  send_numbers (trio->sender, 0, N_NUMBERS);
  assert_none_missing (trio);
  assert_none_dropped_by_leaver (trio);
}

static void
stop_taking (HeinBus *bus)
{
  hein_bus_set_handler (bus, NULL, NULL, NULL);
}

/* A7: the bus goes with what it has not told. */
static void
test_is_freed_in_stream (void)
{
  g_autoptr (Trio) trio = trio_new (TRUE);

  trio->left.n_until_end = N_BEFORE;
  trio->left.end = stop_taking;
  send_numbers (trio->sender, 0, N_NUMBERS);
  hein_test_wait (trio->left.n == N_BEFORE);
  vanish (trio);
  assert_none_missing (trio);
}

static void
take (Trio *self, guint max)
{
  g_autoptr (GPtrArray) some = hein_bus_take (self->leaves->bus, max);

  for (guint i = 0; i < some->len; i++)
    note_taken (&self->left, g_ptr_array_index (some, i));
}

/* A7: the same for a program that takes messages when it likes. */
static void
test_takes_some (void)
{
  g_autoptr (Trio) trio = trio_new (FALSE);

  send_numbers (trio->sender, 0, N_NUMBERS);
  while (trio->left.n < N_BEFORE)
    {
      g_main_context_iteration (NULL, TRUE);
      take (trio, 7);
    }
  vanish (trio);
  assert_none_missing (trio);
}

/* A7: the connection ends while messages wait to be taken: they still can be,
 * and somebody else gets them, too. */
static void
test_connection_ends (void)
{
  g_autoptr (Trio) trio = trio_new (FALSE);

  g_object_set (trio->sender->bus, "linger-ms", 0u, NULL);
  send_numbers (trio->sender, 0, N_NUMBERS);
  hein_test_wait (hein_bus_get_memory_used (trio->leaves->bus) > 16384);
  hein_peer_close (hein_test_bus_find_peer (trio->sender, "leaves"));
  hein_test_wait (trio->leaves->removed->len == 1);
  g_assert_cmpuint (trio->left.n, ==, 0);
  take (trio, 1);
  g_assert_cmpuint (trio->left.n, ==, 1);
  hein_test_wait ((take (trio, G_MAXUINT), TRUE) &&
                  count_missing (&trio->left, &trio->stayed) == 0);
  assert_none_missing (trio);
}

#define TEST_TYPE_SIEVE (test_sieve_get_type ())
G_DECLARE_FINAL_TYPE (TestSieve, test_sieve, TEST, SIEVE, GObject)

/* Refuses what ends in 0, or in 1, when it comes for the first time. */
struct _TestSieve
{
  GObject parent_instance;
  gboolean has[N_MANY];
};

static HeinMessage *
sieve_receive (HeinFilter *filter,
               HeinPeer *peer,
               HeinMessage *message,
               GError **error)
{
  TestSieve *self = TEST_SIEVE (filter);
  g_autofree char *text = hein_message_dup_text (message, NULL);
  const guint number = atoi (text);
  const gboolean was_here = self->has[number];

  self->has[number] = TRUE;
  if (number % 10 > 1 || was_here)
    return hein_message_ref (message);
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED, "not today");
  return NULL;
}

static void
test_sieve_iface_init (HeinFilterInterface *iface)
{
  iface->receive = sieve_receive;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestSieve,
                               test_sieve,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (HEIN_TYPE_FILTER,
                                                      test_sieve_iface_init))

static void
test_sieve_class_init (TestSieveClass *class)
{
}

static void
test_sieve_init (TestSieve *self)
{
}

/* Sends again what was dropped, and soon. */
#define AGAIN "&resend-ms=20&resends=1000"

static void
dial_again (HeinTestBus *bus, const char *uri)
{
  g_autofree char *all =
    g_strconcat (uri, "?guarantee=at-least-once" AGAIN, NULL);

  hein_test_bus_dial (bus, all);
}

/* One that sends to one that listens, and sends again what was dropped. */
typedef struct
{
  HeinTestBus *sender;
  HeinTestBus *receiver;
  Taken taken;
} Duo;

static void
duo_init (Duo *self)
{
  g_autofree char *uri = NULL;

  self->sender = hein_test_bus_new ("sender");
  self->receiver = hein_test_bus_new ("receiver");
  hein_test_bus_set_takes (self->receiver, FALSE);
  uri = listen_at (self->receiver, ANY "?guarantee=at-least-once" AGAIN);
  dial_again (self->sender, uri);
  hein_test_wait (hein_test_bus_count_peers (self->sender) == 1);
}

static void
duo_send (Duo *self, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      hein_test_bus_send (self->sender, "receiver", "", text);
    }
}

static guint64
duo_count_dropped (Duo *self, HeinDropReason reason)
{
  return hein_bus_get_n_dropped (self->receiver->bus, reason);
}

/* All have come, and were acknowledged: a close waits for that. */
static void
duo_check (Duo *self, guint n)
{
  gboolean is_closed = FALSE;

  for (guint i = 0; i < n; i++)
    g_assert_true (self->taken.has[i]);
  hein_bus_close_async (self->sender->bus, NULL, on_closed, &is_closed);
  hein_test_wait (is_closed);
  for (guint i = 0; i <= HEIN_DROP_REASON_LOST; i++)
    g_assert_cmpuint (hein_bus_get_n_dropped (self->sender->bus, i), ==, 0);
}

static void
duo_clear (Duo *self)
{
  hein_test_bus_free (self->sender);
  hein_test_bus_free (self->receiver);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Duo, duo_clear)

/* A7: what a filter drops is not acknowledged, and comes again. */
static void
test_filter_drops (void)
{
  g_auto (Duo) duo = { 0 };
  g_autoptr (TestSieve) sieve = g_object_new (TEST_TYPE_SIEVE, NULL);

  duo_init (&duo);
  hein_bus_add_filter (duo.receiver->bus, HEIN_FILTER (sieve));
  hein_bus_set_handler (duo.receiver->bus, on_number, &duo.taken, NULL);
  duo_send (&duo, N_MANY);
  hein_test_wait (duo.taken.n == N_MANY);
  duo_check (&duo, N_MANY);
  g_assert_cmpuint (duo_count_dropped (&duo, HEIN_DROP_REASON_INVALID), ==,
                    N_MANY / 5);
}

static void
on_never (HeinBus *bus, HeinMessage *message, gpointer data)
{
  g_assert_not_reached ();
}

/* A7: so does what nobody listens to yet. */
static void
test_unheard (void)
{
  g_auto (Duo) duo = { 0 };

  duo_init (&duo);
  g_signal_connect (duo.receiver->bus, "message::other", G_CALLBACK (on_never),
                    NULL);
  duo_send (&duo, 3);
  hein_test_wait (duo_count_dropped (&duo, HEIN_DROP_REASON_UNHANDLED) >= 3);
  hein_bus_set_handler (duo.receiver->bus, on_number, &duo.taken, NULL);
  hein_test_wait (duo.taken.n == 3);
  duo_check (&duo, 3);
}

/* A7: and what had to make room. */
static void
test_overflow (void)
{
  g_auto (Duo) duo = { 0 };

  duo_init (&duo);
  g_object_set (duo.receiver->bus, "keep-latest", TRUE, "receive-limit",
                (guint64) 65536, NULL);
  duo_send (&duo, N_MANY);
  hein_test_wait (duo_count_dropped (&duo, HEIN_DROP_REASON_OVERFLOW) > 0);
  hein_bus_set_handler (duo.receiver->bus, on_number, &duo.taken, NULL);
  hein_test_wait (duo.taken.n == N_MANY);
  duo_check (&duo, N_MANY);
}

static void
on_kept (HeinBus *bus, HeinMessage *message, gpointer data)
{
  g_ptr_array_add (data, hein_message_ref (message));
}

static gpointer
acknowledge (gpointer data)
{
  hein_message_acknowledge (data);
  return NULL;
}

/* A7: with `manual` the program says it, in any order and on any thread. What
 * it lets go of comes again, what it refuses does not. */
static void
test_manual (void)
{
  g_autoptr (GPtrArray) kept =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  g_auto (Duo) duo = { 0 };
  Delivered said[4] = { 0 };

  duo_init (&duo);
  g_object_set (duo.receiver->bus, "acknowledge", HEIN_ACKNOWLEDGE_MANUAL,
                NULL);
  hein_bus_set_handler (duo.receiver->bus, on_kept, kept, NULL);
  set_strategy (duo.sender, "round-robin");
  for (guint i = 0; i < G_N_ELEMENTS (said); i++)
    deliver (duo.sender, "", "job", &said[i]);
  hein_test_wait (kept->len == 4);
  g_assert_true (hein_message_get_wants_receipt (kept->pdata[0]));
  hein_message_acknowledge (kept->pdata[1]);
  hein_test_wait (said[1].n_done == 1);
  assert_acknowledged (&said[1]);
  g_thread_join (g_thread_new ("acknowledges", acknowledge, kept->pdata[0]));
  hein_test_wait (said[0].n_done == 1);
  assert_acknowledged (&said[0]);
  hein_message_refuse (kept->pdata[2], "no");
  g_ptr_array_remove_index (kept, 3);
  hein_test_wait (kept->len == 4);
  hein_message_acknowledge (kept->pdata[3]);
  hein_test_wait (said[3].n_done == 1);
  assert_acknowledged (&said[3]);
  g_assert_cmpuint (said[2].n_done, ==, 0);
  hein_bus_close (duo.receiver->bus);
  hein_test_wait (said[2].n_done == 1);
  assert_outcome (&said[2], HEIN_OUTCOME_UNKNOWN, HEIN_ERROR_CLOSED);
  g_assert_cmpuint (kept->len, ==, 4);
  for (guint i = 0; i < G_N_ELEMENTS (said); i++)
    delivered_clear (&said[i]);
}

/* Both take nothing more before they have their acknowledgements, and have
 * those before what they sent last. */
static void
test_both_full (void)
{
  g_auto (Duo) duo = { 0 };
  Taken back = { 0 };

  duo_init (&duo);
  hein_test_bus_set_takes (duo.sender, FALSE);
  for (guint i = 0; i < N_NUMBERS; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      hein_test_bus_send (duo.sender, "receiver", "", text);
      hein_test_bus_send (duo.receiver, "sender", "", text);
    }
  hein_bus_set_handler (duo.receiver->bus, on_number, &duo.taken, NULL);
  hein_bus_set_handler (duo.sender->bus, on_number, &back, NULL);
  hein_test_wait (duo.taken.n == N_NUMBERS && back.n == N_NUMBERS);
  duo_check (&duo, N_NUMBERS);
}

/* A7: each is more than may be unacknowledged, and goes alone. */
static void
test_larger_than_limit (void)
{
  g_auto (Duo) duo = { 0 };

  duo_init (&duo);
  g_object_set (duo.sender->bus, "send-limit", (guint64) 1024, NULL);
  hein_bus_set_handler (duo.receiver->bus, on_number, &duo.taken, NULL);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *text = g_strdup_printf ("%-2000u", i);

      hein_test_bus_send (duo.sender, "receiver", "", text);
      hein_test_wait (duo.taken.n == i + 1);
    }
  duo_check (&duo, 3);
}

/* ---- deliveries ---- */

#define SURE ANY "?guarantee=at-least-once"

/* Who delivers to it has its receipt when the handler has returned, and not
 * twice when it goes. */
static void
test_delivers (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_autoptr (HeinTestBus) bones = NULL;
  g_autofree char *uri = listen_at (kirk, SURE);
  g_autoptr (HeinMessage) parts = NULL;
  GBytes *two[2];
  g_auto (Delivered) good = { 0 };
  g_auto (Delivered) bad = { 0 };
  g_auto (Delivered) gone = { 0 };

  two[0] = two[1] = g_bytes_new_static ("x", 1);
  parts = hein_message_new_parts ("", two, 2);
  set_strategy (kirk, "round-robin");
  hein_test_bus_dial (spock, uri);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1);
  deliver (kirk, "", "one", &good);
  hein_test_wait (good.n_done == 1);
  assert_acknowledged (&good);
  g_assert_cmpuint (spock->messages->len, ==, 1);
  hein_bus_deliver_async (kirk->bus, parts, MS, NULL, delivered_on_done, &bad);
  hein_test_wait (bad.n_done == 1);
  assert_outcome (&bad, HEIN_OUTCOME_FAILED, HEIN_ERROR_FAILED);
  hein_test_bus_set_takes (spock, FALSE);
  deliver (kirk, "", "two", &gone);
  hein_test_wait (hein_peer_get_messages_received (
                    hein_test_bus_find_peer (spock, "kirk")) == 2);
  g_assert_cmpuint (gone.n_done, ==, 0);
  g_clear_pointer (&spock, hein_test_bus_free);
  hein_test_wait (gone.n_done == 1);
  assert_outcome (&gone, HEIN_OUTCOME_UNKNOWN, HEIN_ERROR_CLOSED);
  bones = hein_test_bus_new ("bones");
  hein_test_bus_dial (bones, uri);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1);
  hein_test_bus_send (kirk, NULL, "", "three");
  hein_test_wait (bones->messages->len == 1);
  {
    g_autofree char *text = hein_test_bus_dup_text (bones, 0);

    g_assert_cmpstr (text, ==, "three");
  }
  g_bytes_unref (two[0]);
}

/* Without the guarantee nobody says anything. */
static void
test_delivers_not (void)
{
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_autofree char *uri = listen_at (kirk, ANY);
  g_auto (Delivered) none = { 0 };

  hein_test_bus_dial (spock, uri);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1);
  deliver (kirk, "", "one", &none);
  hein_test_wait (none.n_done == 1);
  g_assert_error (none.error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (none.error->message, "cannot acknowledge"));
  g_assert_nonnull (strstr (none.error->message, "guarantee=at-least-once"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/aiomsg-bus/" path, test)
  ADD ("both-ends", test_both_ends);
  ADD ("nobody-there", test_nobody_there);
  ADD ("comes-back", test_comes_back);
  ADD ("close", test_close);
  ADD ("max-size", test_max_size);
  ADD ("at-least-once/closes-in-stream", test_closes_in_stream);
  ADD ("at-least-once/closes-and-waits", test_closes_and_waits);
  ADD ("at-least-once/is-freed-in-stream", test_is_freed_in_stream);
  ADD ("at-least-once/takes-some", test_takes_some);
  ADD ("at-least-once/connection-ends", test_connection_ends);
  ADD ("at-least-once/dropped/filter", test_filter_drops);
  ADD ("at-least-once/dropped/unheard", test_unheard);
  ADD ("at-least-once/dropped/overflow", test_overflow);
  ADD ("at-least-once/manual", test_manual);
  ADD ("at-least-once/both-full", test_both_full);
  ADD ("at-least-once/larger-than-limit", test_larger_than_limit);
  ADD ("at-least-once/delivers", test_delivers);
  ADD ("at-least-once/delivers-not", test_delivers_not);
  return g_test_run ();
}

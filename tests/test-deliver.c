/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "deliver-ends.h"

/* Messages that are delivered, and what the receipts say, on whatever carries
 * them. */

/* What is checked within the handler: nothing is acknowledged before it has
 * returned. */
typedef struct
{
  HeinTestBus *bus;
  Delivered *delivered;
  GPtrArray *kept; /* owned HeinMessage; NULL: none are kept */
  guint n;
} Handler;

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Handler *self = data;

  self->n++;
  g_assert_true (hein_message_get_wants_receipt (message));
  if (self->delivered != NULL)
    g_assert_cmpuint (self->delivered->n_done, ==, 0);
  if (self->kept != NULL)
    g_ptr_array_add (self->kept, hein_message_ref (message));
}

/* The content arrives as with a send, and the receipt comes when the handler
 * has returned. */
static void
test_acknowledged (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Delivered) delivered = { 0 };
  g_auto (Delivered) named = { 0 };
  g_autoptr (HeinMessage) typed = NULL;
  Handler handler = { 0 };

  pair_init (&pair, way);
  hein_test_bus_set_takes (pair.spock, FALSE);
  handler.delivered = &delivered;
  g_signal_connect (pair.spock->bus, "message::job", G_CALLBACK (on_message),
                    &handler);
  deliver (pair.kirk, "job", "work", &delivered);
  hein_test_wait (delivered.n_done == 1);
  assert_acknowledged (&delivered);
  g_assert_cmpstr (hein_peer_get_name (
                     hein_receipt_get_peer (delivered.receipt, 0)),
                   ==, "spock");
  g_assert_cmpuint (handler.n, ==, 1);
  hein_test_bus_set_takes (pair.spock, TRUE);
  typed = hein_message_new_typed ("t", "text/plain", NULL);
  hein_bus_deliver_to_async (pair.kirk->bus, "spock", typed, MS, NULL,
                             delivered_on_done, &named);
  hein_test_wait (named.n_done == 1);
  assert_acknowledged (&named);
  g_assert_cmpstr (hein_message_get_content_type (
                     g_ptr_array_index (pair.spock->messages, 0)),
                   ==, "text/plain");
  g_assert_cmpuint (hein_test_bus_count_dropped (pair.kirk), ==, 0);
  g_assert_cmpuint (hein_test_bus_count_dropped (pair.spock), ==, 0);
}

/* Thousands at a time, beyond the credit: all are acknowledged, and arrive in
 * order with what is sent between them. */
static void
test_many (gconstpointer way)
{
  enum
  {
    N = 3000
  };
  g_auto (Pair) pair = { 0 };
  g_autofree Delivered *all = g_new0 (Delivered, N);
  guint n_done = 0;

  pair_init (&pair, way);
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      all[i].n_all = &n_done;
      deliver (pair.kirk, "t", text, &all[i]);
    }
  hein_test_wait (n_done == N);
  g_assert_cmpuint (pair.spock->messages->len, ==, N);
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *text = hein_test_bus_dup_text (pair.spock, i);

      g_assert_cmpuint (g_ascii_strtoull (text, NULL, 10), ==, i);
      assert_acknowledged (&all[i]);
      delivered_clear (&all[i]);
    }
}

static Handler *
keep_by_hand (Pair *pair, const Way *way, Handler *handler)
{
  pair_init (pair, way);
  hein_test_bus_set_takes (pair->spock, FALSE);
  g_object_set (pair->spock->bus, "acknowledge", HEIN_ACKNOWLEDGE_MANUAL, NULL);
  handler->kept =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  g_signal_connect (pair->spock->bus, "message", G_CALLBACK (on_message),
                    handler);
  return handler;
}

/* By hand, in any order: one is acknowledged, one is refused, one is let go
 * of. Only the first word counts. */
static void
test_by_hand (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  Handler handler = { 0 };
  g_auto (Delivered) first = { 0 };
  g_auto (Delivered) second = { 0 };
  g_auto (Delivered) third = { 0 };
  g_autoptr (GPtrArray) kept = keep_by_hand (&pair, way, &handler)->kept;
  HeinMessage *message;

  deliver (pair.kirk, "t", "1", &first);
  deliver (pair.kirk, "t", "2", &second);
  deliver (pair.kirk, "t", "3", &third);
  hein_test_wait (kept->len == 3);
  g_assert_cmpuint (first.n_done + second.n_done + third.n_done, ==, 0);
  message = g_ptr_array_index (kept, 2);
  hein_message_acknowledge (message);
  g_assert_false (hein_message_get_wants_receipt (message));
  hein_message_refuse (message, "too late to say so");
  hein_test_wait (third.n_done == 1);
  assert_acknowledged (&third);
  g_assert_cmpuint (first.n_done + second.n_done, ==, 0);
  hein_message_refuse (g_ptr_array_index (kept, 0), "no such job");
  hein_message_acknowledge (g_ptr_array_index (kept, 0));
  hein_test_wait (first.n_done == 1);
  assert_outcome (&first, HEIN_OUTCOME_FAILED, HEIN_ERROR_REFUSED);
  g_assert_cmpstr (hein_receipt_get_error (first.receipt, 0)->message, ==,
                   "spock: no such job");
  g_ptr_array_set_size (kept, 0);
  hein_test_wait (second.n_done == 1);
  assert_outcome (&second, HEIN_OUTCOME_FAILED, HEIN_ERROR_FAILED);
}

static gpointer
acknowledge_all (gpointer data)
{
  GPtrArray *kept = data;

  for (guint i = 0; i < kept->len; i++)
    if (i % 2 == 0)
      hein_message_acknowledge (g_ptr_array_index (kept, i));
    else
      hein_message_refuse (g_ptr_array_index (kept, i), "odd");
  return NULL;
}

/* Another thread may say it. */
static void
test_thread (gconstpointer way)
{
  enum
  {
    N = 20
  };
  g_auto (Pair) pair = { 0 };
  Handler handler = { 0 };
  Delivered all[N] = { 0 };
  g_autoptr (GPtrArray) kept = keep_by_hand (&pair, way, &handler)->kept;
  guint n_done = 0;
  GThread *thread;

  for (guint i = 0; i < N; i++)
    {
      all[i].n_all = &n_done;
      deliver (pair.kirk, "t", "", &all[i]);
    }
  hein_test_wait (kept->len == N);
  thread = g_thread_new ("acknowledges", acknowledge_all, kept);
  hein_test_wait (n_done == N);
  g_thread_join (thread);
  for (guint i = 0; i < N; i++)
    {
      assert_outcome (&all[i],
                      i % 2 == 0 ? HEIN_OUTCOME_ACKNOWLEDGED
                                 : HEIN_OUTCOME_FAILED,
                      HEIN_ERROR_REFUSED);
      delivered_clear (&all[i]);
    }
}

/* So many are given to a bus that has not said how many it takes, and one more
 * for each that is acknowledged. */
static void
test_credit (gconstpointer way)
{
  enum
  {
    CREDIT = 1024,
    N = CREDIT + 100
  };
  g_auto (Pair) pair = { 0 };
  Handler handler = { 0 };
  g_autofree Delivered *all = g_new0 (Delivered, N);
  g_autoptr (GPtrArray) kept = keep_by_hand (&pair, way, &handler)->kept;
  guint n_done = 0;

  for (guint i = 0; i < N; i++)
    {
      all[i].n_all = &n_done;
      deliver (pair.kirk, "t", "", &all[i]);
    }
  hein_test_wait (kept->len >= CREDIT);
  hein_message_acknowledge (g_ptr_array_index (kept, CREDIT - 1));
  hein_test_wait (all[CREDIT - 1].n_done == 1);
  hein_test_wait (kept->len > CREDIT);
  g_assert_cmpuint (kept->len, ==, CREDIT + 1);
  g_object_set (pair.spock->bus, "acknowledge", HEIN_ACKNOWLEDGE_HANDLED, NULL);
  for (guint i = 0; i <= CREDIT; i++)
    hein_message_acknowledge (g_ptr_array_index (kept, i));
  hein_test_wait (n_done == N);
  for (guint i = 0; i < N; i++)
    {
      assert_acknowledged (&all[i]);
      delivered_clear (&all[i]);
    }
}

/* Others listen to other topics: nobody handles this one, which is told at
 * once. */
static void
test_unhandled (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Delivered) delivered = { 0 };
  Handler handler = { 0 };

  pair_init (&pair, way);
  hein_test_bus_set_takes (pair.spock, FALSE);
  g_signal_connect (pair.spock->bus, "message::other", G_CALLBACK (on_message),
                    &handler);
  deliver (pair.kirk, "t", "", &delivered);
  hein_test_wait (delivered.n_done == 1);
  assert_outcome (&delivered, HEIN_OUTCOME_FAILED, HEIN_ERROR_FAILED);
  g_assert_cmpuint (hein_bus_get_n_dropped (pair.spock->bus,
                                            HEIN_DROP_REASON_UNHANDLED),
                    ==, 1);
}

static void
on_waited (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GPtrArray) none =
    hein_bus_receive_finish (HEIN_BUS (source), result, NULL);

  *(gboolean *) data = TRUE;
}

/* Delivers a message of 1 ms, which its receiver counts from when it comes, and
 * waits until it is over on both sides. */
static void
deliver_late (Pair *pair, Delivered *late, gboolean *has_come)
{
  gint64 end_us;

  hein_bus_receive_async (pair->spock->bus, 0, NULL, on_waited, has_come);
  deliver_full (pair->kirk, "t", "late", 1, NULL, late);
  hein_test_wait (late->n_done == 1 &&
                  (*has_come || hein_test_bus_count_dropped (pair->spock) > 0));
  end_us = g_get_monotonic_time () + 1000;
  while (hein_test_turn (end_us))
    ;
}

/* Its time is over while it waits for its handler: it was sent, so it may have
 * been handled; and it is not told there. */
static void
test_late (gconstpointer way)
{
  gboolean has_come = FALSE;
  g_auto (Pair) pair = { 0 };
  g_auto (Delivered) late = { 0 };
  g_auto (Delivered) next = { 0 };
  g_autoptr (HeinMessage) message = NULL;

  pair_init (&pair, way);
  hein_test_bus_set_takes (pair.spock, FALSE);
  deliver_late (&pair, &late, &has_come);
  assert_outcome (&late, HEIN_OUTCOME_UNKNOWN, HEIN_ERROR_TIMED_OUT);
  deliver_full (pair.kirk, "t", "next", 100 * MS, NULL, &next);
  while (message == NULL)
    {
      hein_test_turn (G_MAXINT64);
      message = hein_bus_take_one (pair.spock->bus);
    }
  g_assert_true (hein_message_get_wants_receipt (message));
  g_assert_cmpint (hein_message_get_remaining_ms (message), >, 0);
  g_assert_cmpint (hein_message_get_remaining_ms (message), <=, 100 * MS);
  g_assert_cmpint (memcmp (hein_message_peek_data (message, NULL), "next", 4),
                   ==, 0);
  g_assert_null (hein_bus_take_one (pair.spock->bus));
  g_assert_cmpuint (hein_bus_get_n_dropped (pair.spock->bus,
                                            HEIN_DROP_REASON_EXPIRED),
                    ==, 1);
  hein_test_wait (next.n_done == 1);
  assert_acknowledged (&next);
}

/* Who delivers gives up, or his bus is closed. */
static void
test_cancelled (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Delivered) cancelled = { 0 };
  g_auto (Delivered) closed = { 0 };
  g_auto (Delivered) after = { 0 };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Handler handler = { 0 };
  g_autoptr (GPtrArray) kept = keep_by_hand (&pair, way, &handler)->kept;

  deliver_full (pair.kirk, "t", "", -1, cancellable, &cancelled);
  deliver (pair.kirk, "t", "", &closed);
  hein_test_wait (kept->len == 2);
  g_cancellable_cancel (cancellable);
  hein_test_wait (cancelled.n_done == 1);
  g_assert_error (cancelled.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  /* nobody waits for this one any more */
  hein_message_acknowledge (g_ptr_array_index (kept, 0));
  hein_test_bus_close (pair.kirk);
  hein_test_wait (closed.n_done == 1);
  assert_outcome (&closed, HEIN_OUTCOME_UNKNOWN, HEIN_ERROR_CLOSED);
  deliver (pair.kirk, "t", "", &after);
  hein_test_wait (after.n_done == 1);
  g_assert_error (after.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

/* The peer goes with a message that it has not acknowledged: unknown. What it
 * says later reaches nobody. */
static void
test_gone (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  Handler handler = { 0 };
  g_auto (Delivered) delivered = { 0 };
  g_autoptr (GPtrArray) kept = keep_by_hand (&pair, way, &handler)->kept;

  deliver (pair.kirk, "t", "", &delivered);
  hein_test_wait (kept->len == 1);
  g_signal_handlers_disconnect_by_data (pair.spock->bus, &handler);
  g_clear_pointer (&pair.spock, hein_test_bus_free);
  hein_test_wait (delivered.n_done == 1);
  assert_outcome (&delivered, HEIN_OUTCOME_UNKNOWN, HEIN_ERROR_CLOSED);
  hein_message_acknowledge (g_ptr_array_index (kept, 0));
}

/* What is passed on is a message of its own, whose sender waits for nothing. */
static void
test_passed_on (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  Handler handler = { 0 };
  g_auto (Delivered) delivered = { 0 };
  g_autoptr (GPtrArray) kept = keep_by_hand (&pair, way, &handler)->kept;

  deliver (pair.kirk, "t", "x", &delivered);
  hein_test_wait (kept->len == 1);
  g_assert_true (
    hein_bus_send (pair.spock->bus, g_ptr_array_index (kept, 0), NULL));
  hein_test_wait (pair.kirk->messages->len == 1);
  g_assert_false (hein_message_get_wants_receipt (
    g_ptr_array_index (pair.kirk->messages, 0)));
  g_assert_cmpuint (delivered.n_done, ==, 0);
  hein_message_acknowledge (g_ptr_array_index (kept, 0));
  hein_test_wait (delivered.n_done == 1);
  assert_acknowledged (&delivered);
}

/* On a message that was merely sent, these do nothing. */
static void
test_sent (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  HeinMessage *message;

  pair_init (&pair, way);
  hein_test_bus_send (pair.kirk, NULL, "t", "x");
  hein_test_wait (pair.spock->messages->len == 1);
  message = g_ptr_array_index (pair.spock->messages, 0);
  g_assert_false (hein_message_get_wants_receipt (message));
  g_assert_cmpint (hein_message_get_remaining_ms (message), ==, -1);
  hein_message_acknowledge (message);
  hein_message_refuse (message, "no");
}

/* A filter there drops it. */
static HeinMessage *
drop (HeinFilter *filter, HeinPeer *peer, HeinMessage *message, GError **error)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED, "not for me");
  return NULL;
}

typedef struct
{
  GObject parent_instance;
} Dropper;

typedef GObjectClass DropperClass;

GType dropper_get_type (void);

static void
filter_init (HeinFilterInterface *iface)
{
  iface->receive = drop;
}

G_DEFINE_TYPE_WITH_CODE (Dropper,
                         dropper,
                         G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (HEIN_TYPE_FILTER, filter_init))

static void
dropper_class_init (DropperClass *class)
{
}

static void
dropper_init (Dropper *self)
{
}

static void
test_filtered (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Delivered) delivered = { 0 };
  g_autoptr (GObject) filter = g_object_new (dropper_get_type (), NULL);

  pair_init (&pair, way);
  hein_bus_add_filter (pair.spock->bus, HEIN_FILTER (filter));
  deliver (pair.kirk, "t", "x", &delivered);
  hein_test_wait (delivered.n_done == 1);
  assert_outcome (&delivered, HEIN_OUTCOME_FAILED, HEIN_ERROR_FAILED);
  g_assert_cmpuint (pair.spock->messages->len, ==, 0);
}

/* ---- queues that are full ---- */

/* More than the other side, which reads nothing, and the system take. */
static void
flood (HeinTestBus *bus)
{
  for (guint i = 0; i < 200; i++)
    {
      hein_test_bus_send_number (bus, "flood", i, 60000);
      hein_bus_turn (bus->bus, 0);
    }
  g_assert_cmpuint (hein_test_bus_count_dropped (bus), >, 0);
}

/* Whatever the policy drops: what was delivered stays, and is not replaced; or
 * its receipt says at once that it was not taken. */
static void
keep_delivery (const Way *way, HeinOverflow policy)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Delivered) delivered = { 0 };

  pair_init (&pair, way);
  g_object_set (pair.kirk->bus, "overflow", policy, "send-limit",
                (guint64) 500000, NULL);
  hein_test_bus_hold_up (pair.spock);
  flood (pair.kirk);
  deliver (pair.kirk, "flood", "work", &delivered);
  flood (pair.kirk);
  if (policy == HEIN_OVERFLOW_DROP_NEWEST && delivered.n_done == 1)
    {
      /* inproc lets nothing more in, and says so at once */
      assert_outcome (&delivered, HEIN_OUTCOME_FAILED, HEIN_ERROR_WOULD_BLOCK);
      return;
    }
  g_assert_cmpuint (delivered.n_done, ==, 0);
  hein_test_bus_set_takes (pair.spock, TRUE);
  hein_test_wait (delivered.n_done == 1);
  assert_acknowledged (&delivered);
}

static void
test_keeps_by_policy (gconstpointer way)
{
  keep_delivery (way, HEIN_OVERFLOW_DEFAULT);
  keep_delivery (way, HEIN_OVERFLOW_DROP_OLDEST);
  keep_delivery (way, HEIN_OVERFLOW_DROP_NEWEST);
  keep_delivery (way, HEIN_OVERFLOW_LATEST);
}

/* The receipt is not dropped either: its peer would wait for ever, and have one
 * credit less. */
static void
test_keeps_receipt (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Delivered) delivered = { 0 };

  pair_init (&pair, way);
  g_object_set (pair.spock->bus, "send-limit", (guint64) 500000, NULL);
  hein_test_bus_hold_up (pair.kirk);
  flood (pair.spock);
  deliver (pair.kirk, "t", "work", &delivered);
  hein_test_wait (pair.spock->messages->len == 1);
  flood (pair.spock);
  hein_test_bus_set_takes (pair.kirk, TRUE);
  hein_test_wait (delivered.n_done == 1);
  assert_acknowledged (&delivered);
}

/* A receipt is written in the turn that has handled the message. */
static void
test_same_turn (gconstpointer way)
{
  g_auto (Pair) pair = { 0 };
  g_auto (Delivered) delivered = { 0 };

  pair_init (&pair, way);
  deliver (pair.kirk, "t", "", &delivered);
  for (gint64 end_us = g_get_monotonic_time () + MS * 1000;
       pair.spock->messages->len == 0 && g_get_monotonic_time () < end_us;)
    {
      hein_bus_turn (pair.kirk->bus, 0);
      hein_bus_turn (pair.spock->bus, 0);
    }
  g_assert_cmpuint (pair.spock->messages->len, ==, 1);
  for (gint64 end_us = g_get_monotonic_time () + MS * 1000;
       delivered.n_done == 0 && g_get_monotonic_time () < end_us;)
    hein_bus_turn (pair.kirk->bus, 1);
  assert_acknowledged (&delivered);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_for_ways ("/deliver/acknowledged", test_acknowledged);
  add_for_ways ("/deliver/many", test_many);
  add_for_ways ("/deliver/by-hand", test_by_hand);
  add_for_ways ("/deliver/thread", test_thread);
  add_for_ways ("/deliver/credit", test_credit);
  add_for_ways ("/deliver/unhandled", test_unhandled);
  add_for_ways ("/deliver/late", test_late);
  add_for_ways ("/deliver/cancelled", test_cancelled);
  add_for_ways ("/deliver/gone", test_gone);
  add_for_ways ("/deliver/passed-on", test_passed_on);
  add_for_ways ("/deliver/sent", test_sent);
  add_for_ways ("/deliver/filtered", test_filtered);
  add_for_ways ("/deliver/same-turn", test_same_turn);
  add_for_ways ("/deliver/full/keeps-delivery", test_keeps_by_policy);
  add_for_ways ("/deliver/full/keeps-receipt", test_keeps_receipt);
  return g_test_run ();
}

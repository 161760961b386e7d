/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "byte-proxy.h"
#include "deliver-ends.h"

/* Deliveries whose connection is cut, between two buses: what becomes of them
 * when the two meet again, and when they do not. */

#define N 5

/* kirk delivers, and dials spock through a proxy. */
typedef struct
{
  HeinTestBus *kirk;
  HeinTestBus *spock;
  ByteProxy *proxy;
  Delivered delivered[N];
} Ends;

static guint16
listen_on (HeinTestBus *bus)
{
  HeinEndpoint *endpoint = hein_test_bus_listen (bus, "tcp://127.0.0.1:0");

  return atoi (strrchr (hein_endpoint_get_bound_uri (endpoint), ':') + 1);
}

static void
meet (Ends *self)
{
  hein_test_wait (hein_test_bus_count_peers (self->kirk) == 1 &&
                  hein_test_bus_count_peers (self->spock) == 1);
}

static HeinTestBus *
make_spock (void)
{
  HeinTestBus *bus = hein_test_bus_new ("spock");

  hein_test_bus_set_takes (bus, FALSE);
  g_object_set (bus->bus, "acknowledge", HEIN_ACKNOWLEDGE_MANUAL, NULL);
  return bus;
}

/* @resume_ms: of both; 0: nothing is resumed */
static void
ends_init (Ends *self, guint resume_ms)
{
  g_autofree char *dial = NULL;

  *self = (Ends){ 0 };
  self->kirk = hein_test_bus_new ("kirk");
  self->spock = make_spock ();
  g_object_set (self->kirk->bus, "resume-ms", resume_ms, NULL);
  g_object_set (self->spock->bus, "resume-ms", resume_ms, NULL);
  self->proxy = byte_proxy_new (listen_on (self->spock));
  dial = g_strdup_printf ("tcp://127.0.0.1:%u", self->proxy->port);
  hein_test_bus_dial (self->kirk, dial);
  meet (self);
}

static void
ends_clear (Ends *self)
{
  for (guint i = 0; i < N; i++)
    delivered_clear (&self->delivered[i]);
  byte_proxy_free (self->proxy);
  hein_test_bus_free (self->kirk);
  hein_test_bus_free (self->spock);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Ends, ends_clear)

static void
deliver_some (Ends *self, guint first, guint end)
{
  for (guint i = first; i < end; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      deliver (self->kirk, "t", text, &self->delivered[i]);
    }
}

static HeinMessage *
receive (HeinTestBus *bus)
{
  HeinMessage *message;

  while ((message = hein_bus_take_one (bus->bus)) == NULL)
    hein_test_turn (g_get_monotonic_time () + 1000);
  return message;
}

/* Takes the next one, which is that number. (transfer full) */
static HeinMessage *
receive_number (HeinTestBus *bus, guint number)
{
  HeinMessage *message = receive (bus);
  g_autofree char *text = hein_message_dup_text (message, NULL);

  g_assert_cmpint (atoi (text), ==, number);
  return message;
}

static void
acknowledge_next (HeinTestBus *bus, guint number)
{
  g_autoptr (HeinMessage) message = receive_number (bus, number);

  hein_message_acknowledge (message);
}

static guint
count_done (Ends *self)
{
  guint n = 0;

  for (guint i = 0; i < N; i++)
    n += self->delivered[i].n_done;
  return n;
}

/* Cuts the connection, and waits until both ends know. */
static void
cut (Ends *self)
{
  const guint n_kirk = self->kirk->removed->len;
  const guint n_spock = self->spock->removed->len;

  byte_proxy_cut (self->proxy);
  hein_test_wait (self->kirk->removed->len > n_kirk &&
                  self->spock->removed->len > n_spock);
}

/* Of what has come, some is handled while nobody is there, one is refused, and
 * the rest is handled later: each is said. */
static void
test_words_lost (void)
{
  g_auto (Ends) ends = { 0 };
  HeinMessage *open[N];
  const guint16 target = (ends_init (&ends, 60000), ends.proxy->target);

  deliver_some (&ends, 0, N);
  for (guint i = 0; i < N; i++)
    open[i] = receive_number (ends.spock, i);
  ends.proxy->target = 1;
  cut (&ends);
  hein_message_acknowledge (open[3]);
  hein_message_refuse (open[1], "not logical");
  hein_message_acknowledge (open[0]);
  g_assert_cmpuint (count_done (&ends), ==, 0);
  ends.proxy->target = target;
  meet (&ends);
  hein_test_wait (count_done (&ends) == 3);
  assert_acknowledged (&ends.delivered[0]);
  assert_outcome (&ends.delivered[1], HEIN_OUTCOME_FAILED, HEIN_ERROR_REFUSED);
  g_assert_nonnull (
    strstr (hein_receipt_get_error (ends.delivered[1].receipt, 0)->message,
            "not logical"));
  assert_acknowledged (&ends.delivered[3]);
  hein_message_acknowledge (open[4]);
  hein_message_refuse (open[2], "nor this");
  hein_test_wait (count_done (&ends) == N);
  assert_acknowledged (&ends.delivered[4]);
  assert_outcome (&ends.delivered[2], HEIN_OUTCOME_FAILED, HEIN_ERROR_REFUSED);
  /* nothing came twice */
  g_assert_null (hein_bus_take_one (ends.spock->bus));
  for (guint i = 0; i < N; i++)
    hein_message_unref (open[i]);
}

/* All were handled by the time their handler returned, but none of the receipts
 * has come. */
static void
test_receipts_lost (void)
{
  g_auto (Ends) ends = { 0 };

  ends_init (&ends, 60000);
  g_object_set (ends.spock->bus, "acknowledge", HEIN_ACKNOWLEDGE_HANDLED, NULL);
  hein_test_bus_set_takes (ends.spock, TRUE);
  ends.proxy->deed = BYTE_PROXY_LOSE;
  deliver_some (&ends, 0, N);
  hein_test_wait (ends.spock->messages->len == N && ends.proxy->n_deeds > 0);
  g_assert_cmpuint (count_done (&ends), ==, 0);
  ends.proxy->deed = BYTE_PROXY_PASS;
  cut (&ends);
  meet (&ends);
  hein_test_wait (count_done (&ends) == N);
  for (guint i = 0; i < N; i++)
    assert_acknowledged (&ends.delivered[i]);
  g_assert_cmpuint (ends.spock->messages->len, ==, N);
}

/* What has not come is sent again, in order and before what is new. */
static void
test_not_arrived (void)
{
  g_auto (Ends) ends = { 0 };

  ends_init (&ends, 60000);
  deliver_some (&ends, 0, 2);
  acknowledge_next (ends.spock, 0);
  acknowledge_next (ends.spock, 1);
  hein_test_wait (count_done (&ends) == 2);
  ends.proxy->is_upward = TRUE;
  ends.proxy->deed = BYTE_PROXY_LOSE;
  deliver_some (&ends, 2, 4);
  hein_test_wait (ends.proxy->n_deeds > 0);
  ends.proxy->deed = BYTE_PROXY_PASS;
  cut (&ends);
  meet (&ends);
  deliver_some (&ends, 4, N);
  for (guint i = 2; i < N; i++)
    acknowledge_next (ends.spock, i);
  hein_test_wait (count_done (&ends) == N);
  for (guint i = 0; i < N; i++)
    assert_acknowledged (&ends.delivered[i]);
  g_assert_null (hein_bus_take_one (ends.spock->bus));
}

/* The connection is cut before anything has come at all. */
static void
test_first_lost (void)
{
  g_auto (Ends) ends = { 0 };

  ends_init (&ends, 60000);
  ends.proxy->is_upward = TRUE;
  ends.proxy->deed = BYTE_PROXY_LOSE;
  deliver_some (&ends, 0, N);
  hein_test_wait (ends.proxy->n_deeds > 0);
  ends.proxy->deed = BYTE_PROXY_PASS;
  cut (&ends);
  for (guint i = 0; i < N; i++)
    acknowledge_next (ends.spock, i);
  hein_test_wait (count_done (&ends) == N);
  for (guint i = 0; i < N; i++)
    assert_acknowledged (&ends.delivered[i]);
}

/* What waits for credit waits over the cut, and goes on when there is some. */
static void
test_waiting (void)
{
  g_auto (Ends) ends = { 0 };
  g_autoptr (HeinMessage) first = NULL;

  ends_init (&ends, 60000);
  g_object_set (ends.spock->bus, "credit", 1, NULL);
  cut (&ends);
  meet (&ends);
  deliver_some (&ends, 0, N);
  first = receive_number (ends.spock, 0);
  for (guint i = 0; i < 3; i++)
    {
      cut (&ends);
      meet (&ends);
    }
  g_assert_cmpuint (count_done (&ends), ==, 0);
  hein_message_acknowledge (first);
  for (guint i = 1; i < N; i++)
    acknowledge_next (ends.spock, i);
  hein_test_wait (count_done (&ends) == N);
  for (guint i = 0; i < N; i++)
    assert_acknowledged (&ends.delivered[i]);
}

/* Nobody comes within the time. */
static void
test_over (void)
{
  g_auto (Ends) ends = { 0 };

  ends_init (&ends, 1);
  deliver_some (&ends, 0, 1);
  acknowledge_next (ends.spock, 0);
  hein_test_wait (count_done (&ends) == 1);
  deliver_some (&ends, 1, 2);
  ends.proxy->target = 1;
  cut (&ends);
  hein_test_wait (count_done (&ends) == 2);
  assert_outcome (&ends.delivered[1], HEIN_OUTCOME_UNKNOWN, HEIN_ERROR_CLOSED);
}

/* Without the option it is as it was: at once. */
static void
test_off (void)
{
  for (guint side = 0; side < 2; side++)
    {
      g_auto (Ends) ends = { 0 };

      ends_init (&ends, 3600000);
      g_object_set (side == 0 ? ends.kirk->bus : ends.spock->bus, "resume-ms",
                    0, NULL);
      cut (&ends);
      meet (&ends);
      deliver_some (&ends, 0, 2);
      acknowledge_next (ends.spock, 0);
      hein_test_wait (count_done (&ends) == 1);
      ends.proxy->target = 1;
      cut (&ends);
      hein_test_wait (count_done (&ends) == 2);
      assert_acknowledged (&ends.delivered[0]);
      assert_outcome (&ends.delivered[1], HEIN_OUTCOME_UNKNOWN,
                      HEIN_ERROR_CLOSED);
    }
}

/* Another process has the name now: nobody will ever know. */
static void
test_restarted (void)
{
  g_auto (Ends) ends = { 0 };
  g_autoptr (HeinTestBus) other = NULL;

  ends_init (&ends, 3600000);
  deliver_some (&ends, 0, 2);
  acknowledge_next (ends.spock, 0);
  hein_test_wait (count_done (&ends) == 1);
  other = make_spock ();
  ends.proxy->target = listen_on (other);
  cut (&ends);
  hein_test_wait (count_done (&ends) == 2);
  assert_outcome (&ends.delivered[1], HEIN_OUTCOME_UNKNOWN, HEIN_ERROR_CLOSED);
  deliver_some (&ends, 2, 3);
  acknowledge_next (other, 2);
  hein_test_wait (count_done (&ends) == 3);
}

/* Whoever goes in order has said all that it will say. */
static void
test_in_order (void)
{
  g_auto (Ends) ends = { 0 };
  g_autoptr (HeinMessage) open = NULL;

  ends_init (&ends, 3600000);
  deliver_some (&ends, 0, 1);
  open = receive_number (ends.spock, 0);
  hein_peer_close (hein_test_bus_find_peer (ends.spock, "kirk"));
  hein_test_wait (count_done (&ends) == 1);
  assert_outcome (&ends.delivered[0], HEIN_OUTCOME_UNKNOWN, HEIN_ERROR_CLOSED);
}

/* A delivery has its own time, too, and the bus may end. */
static void
test_times (void)
{
  g_auto (Ends) ends = { 0 };

  ends_init (&ends, 3600000);
  deliver_full (ends.kirk, "t", "0", 50, NULL, &ends.delivered[0]);
  deliver_some (&ends, 1, 2);
  ends.proxy->target = 1;
  cut (&ends);
  hein_test_wait (count_done (&ends) == 1);
  assert_outcome (&ends.delivered[0], HEIN_OUTCOME_UNKNOWN,
                  HEIN_ERROR_TIMED_OUT);
  hein_bus_close_async (ends.kirk->bus, NULL, NULL, NULL);
  hein_test_wait (count_done (&ends) == 2);
  assert_outcome (&ends.delivered[1], HEIN_OUTCOME_UNKNOWN, HEIN_ERROR_CLOSED);
}

/* To a bus that is closed nobody comes again: it keeps nothing for them. */
static void
test_closed (void)
{
  g_auto (Ends) ends = { 0 };
  g_autoptr (HeinMessage) open = NULL;

  ends_init (&ends, 3600000);
  deliver_some (&ends, 0, 1);
  open = receive_number (ends.spock, 0);
  ends.proxy->target = 1;
  cut (&ends);
  g_assert_cmpuint (hein_bus_get_memory_used (ends.kirk->bus), >, 0);
  g_assert_cmpuint (hein_bus_get_memory_used (ends.spock->bus), >, 0);
  hein_bus_close (ends.kirk->bus);
  hein_bus_close (ends.spock->bus);
  hein_test_wait (hein_bus_get_memory_used (ends.kirk->bus) == 0 &&
                  hein_bus_get_memory_used (ends.spock->bus) == 0);
  hein_test_wait (count_done (&ends) == 1);
  assert_outcome (&ends.delivered[0], HEIN_OUTCOME_UNKNOWN, HEIN_ERROR_CLOSED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/deliver-resume/words-lost", test_words_lost);
  g_test_add_func ("/deliver-resume/receipts-lost", test_receipts_lost);
  g_test_add_func ("/deliver-resume/not-arrived", test_not_arrived);
  g_test_add_func ("/deliver-resume/first-lost", test_first_lost);
  g_test_add_func ("/deliver-resume/waiting", test_waiting);
  g_test_add_func ("/deliver-resume/over", test_over);
  g_test_add_func ("/deliver-resume/off", test_off);
  g_test_add_func ("/deliver-resume/restarted", test_restarted);
  g_test_add_func ("/deliver-resume/in-order", test_in_order);
  g_test_add_func ("/deliver-resume/times", test_times);
  g_test_add_func ("/deliver-resume/closed", test_closed);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "deliver-ends.h"
#include "hein-test.h"

/* Messages of high priority: what they overtake, that each lane keeps its order,
 * and that policies and limits hold for both. Judged by order, never by time. */

#define N_MESSAGES 200
#define BLOCK_SIZE 60000
#define NORMAL     "normal"
#define HIGH       "high"

static const char *const uris[] = {
  "tcp://127.0.0.1:0",
  "unix:@hein-priority-%d",
  "inproc://priority-%d",
};

static const HeinOverflow policies[] = {
  HEIN_OVERFLOW_WAIT,   HEIN_OVERFLOW_DROP_OLDEST, HEIN_OVERFLOW_DROP_NEWEST,
  HEIN_OVERFLOW_LATEST, HEIN_OVERFLOW_DISCONNECT,
};

/* A bus that sends to one that takes nothing at first. */
typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *client;
  GArray *normal;    /* owned: the numbers that have come */
  GArray *high;      /* owned: the same of high priority */
  guint n_overtaken; /* normal ones that came after the first high one */
} Two;

static void
two_init (Two *self, const char *format, HeinOverflow policy, guint64 limit)
{
  g_autofree char *uri = g_strdup_printf (format, (int) getpid ());
  HeinEndpoint *endpoint;

  memset (self, 0, sizeof *self);
  self->hub = hein_test_bus_new ("hub");
  self->client = hein_test_bus_new ("client");
  self->normal = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->high = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_object_set (self->hub->bus, "overflow", policy, "send-limit", limit, NULL);
  g_object_set (self->client->bus, "credit", 1, NULL);
  hein_test_bus_hold_up (self->client);
  endpoint = hein_test_bus_listen (self->hub, uri);
  hein_test_bus_dial (self->client, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1);
}

static void
two_clear (Two *self)
{
  hein_test_bus_free (self->client);
  hein_test_bus_free (self->hub);
  g_array_unref (self->normal);
  g_array_unref (self->high);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Two, two_clear)

static HeinMessage *
make (const char *topic, guint32 number, gsize size, HeinPriority priority)
{
  g_autofree guint8 *payload = g_malloc0 (size);
  HeinMessage *self;

  memcpy (payload, &number, sizeof number);
  self = hein_message_new_data (topic, payload, size);
  hein_message_set_priority (self, priority);
  return self;
}

static gboolean
send (Two *self, guint32 number, HeinPriority priority)
{
  g_autoptr (HeinMessage) message =
    make (priority == HEIN_PRIORITY_HIGH ? HIGH : NORMAL, number, BLOCK_SIZE,
          priority);
  g_autoptr (GError) error = NULL;
  const gboolean ok = hein_bus_send (self->hub->bus, message, &error);

  if (!ok)
    g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
  return ok;
}

/* What was accepted, until it is refused. */
static guint
send_all (Two *self, HeinPriority priority)
{
  guint n = 0;

  while (n < N_MESSAGES && send (self, n, priority))
    {
      n++;
      g_main_context_iteration (NULL, FALSE);
    }
  return n;
}

static void
note (Two *self, HeinMessage *message)
{
  const gboolean is_high = g_str_equal (hein_message_get_topic (message), HIGH);
  GArray *numbers = is_high ? self->high : self->normal;
  const guint32 number = hein_test_get_number (message);

  g_assert_cmpint (hein_message_get_priority (message), ==,
                   is_high ? HEIN_PRIORITY_HIGH : HEIN_PRIORITY_NORMAL);
  if (numbers->len > 0)
    g_assert_cmpuint (number, >,
                      g_array_index (numbers, guint32, numbers->len - 1));
  g_array_append_val (numbers, number);
  if (!is_high && self->high->len > 0)
    self->n_overtaken++;
}

/* Until each of @n that were accepted has come or is counted. */
static void
take_all (Two *self, guint n)
{
  const gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;

  while (self->normal->len + self->high->len +
           hein_test_bus_count_dropped (self->hub) <
         n)
    {
      g_autoptr (GPtrArray) some = hein_bus_take (self->client->bus, 1000);

      for (guint i = 0; i < some->len; i++)
        note (self, g_ptr_array_index (some, i));
      g_assert_true (hein_test_turn (end_us));
    }
}

/* ---- policies and limits ---- */

typedef struct
{
  const char *uri;
  HeinOverflow policy;
} Case;

static guint32
get_last (GArray *numbers)
{
  g_assert_cmpuint (numbers->len, >, 0);
  return g_array_index (numbers, guint32, numbers->len - 1);
}

static void
check_policy (Two *self, HeinOverflow policy, guint n_normal, guint n_high)
{
  const gboolean waits =
    policy == HEIN_OVERFLOW_WAIT || policy == HEIN_OVERFLOW_DISCONNECT;

  g_assert_cmpuint (n_normal < N_MESSAGES, ==, waits);
  g_assert_cmpuint (n_high < N_MESSAGES, ==, waits);
  if (waits)
    g_assert_cmpuint (hein_test_bus_count_dropped (self->hub), ==, 0);
  if (policy == HEIN_OVERFLOW_DROP_NEWEST)
    g_assert_cmpuint (g_array_index (self->high, guint32, 5), ==, 5);
  if (policy == HEIN_OVERFLOW_DROP_OLDEST || policy == HEIN_OVERFLOW_LATEST)
    {
      g_assert_cmpuint (get_last (self->normal), ==, N_MESSAGES - 1);
      g_assert_cmpuint (get_last (self->high), ==, N_MESSAGES - 1);
    }
}

/* Both lanes get as much room, and what one drops is its own. */
static void
test_policy (gconstpointer data)
{
  const Case *one = data;
  const guint64 limit = 1000000;
  g_auto (Two) self = { 0 };
  guint64 n_dropped;
  guint n_normal;
  guint n_high;

  two_init (&self, one->uri, one->policy, limit);
  n_normal = send_all (&self, HEIN_PRIORITY_NORMAL);
  n_dropped = hein_test_bus_count_dropped (self.hub);
  n_high = send_all (&self, HEIN_PRIORITY_HIGH);
  take_all (&self, n_normal + n_high);
  g_assert_cmpuint (self.normal->len, ==, n_normal - n_dropped);
  check_policy (&self, one->policy, n_normal, n_high);
  if (one->policy == HEIN_OVERFLOW_LATEST)
    return;
  /* the one with which the limit is reached is taken */
  g_assert_cmpuint (self.high->len, >=, limit / BLOCK_SIZE);
  g_assert_cmpuint (self.high->len, <=, limit / BLOCK_SIZE + 5);
  g_assert_cmpuint (self.n_overtaken, >=, limit / BLOCK_SIZE - 1);
}

static void
test_overtakes_8_mib (gconstpointer data)
{
  g_auto (Two) self = { 0 };
  guint n;

  two_init (&self, data, HEIN_OVERFLOW_WAIT, 8 * 1024 * 1024);
  for (n = 0; send (&self, n, HEIN_PRIORITY_NORMAL); n++)
    g_main_context_iteration (NULL, FALSE);
  g_assert_true (send (&self, 0, HEIN_PRIORITY_HIGH));
  g_assert_true (send (&self, 1, HEIN_PRIORITY_HIGH));
  take_all (&self, n + 2);
  g_assert_cmpuint (self.high->len, ==, 2);
  /* all but the one that is half sent */
  g_assert_cmpuint ((self.n_overtaken + 2) * BLOCK_SIZE, >=, 8 * 1024 * 1024);
}

/* ---- what waits elsewhere ---- */

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  guint *n = data;
  g_autoptr (GError) error = NULL;

  hein_bus_send_finish (HEIN_BUS (source), result, &error);
  g_assert_no_error (error);
  (*n)++;
}

/* Calls that wait for room are overtaken, too. */
static void
test_calls (void)
{
  g_auto (Two) self = { 0 };
  guint n_ended = 0;
  guint n;

  two_init (&self, uris[0], HEIN_OVERFLOW_WAIT, 1000000);
  n = send_all (&self, HEIN_PRIORITY_NORMAL);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (HeinMessage) message =
        make (NORMAL, n + i, BLOCK_SIZE, HEIN_PRIORITY_NORMAL);

      hein_bus_send_async (self.hub->bus, message, NULL, on_sent, &n_ended);
    }
  g_assert_true (send (&self, 0, HEIN_PRIORITY_HIGH));
  take_all (&self, n + 4);
  hein_test_wait (n_ended == 3);
  g_assert_cmpuint (self.n_overtaken, >=, 1000000 / BLOCK_SIZE + 3);
}

/* Those of high priority that wait for room keep their order. */
static void
test_high_calls (void)
{
  g_auto (Two) self = { 0 };
  guint n_ended = 0;
  guint n;

  two_init (&self, uris[0], HEIN_OVERFLOW_WAIT, 1000000);
  n = send_all (&self, HEIN_PRIORITY_HIGH);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (HeinMessage) message =
        make (HIGH, n + i, BLOCK_SIZE, HEIN_PRIORITY_HIGH);

      hein_bus_send_async (self.hub->bus, message, NULL, on_sent, &n_ended);
    }
  g_assert_false (send (&self, n + 3, HEIN_PRIORITY_HIGH));
  take_all (&self, n + 3);
  hein_test_wait (n_ended == 3);
}

static void
send_value (Two *self, guint32 number, HeinPriority priority)
{
  g_autoptr (HeinMessage) message = make ("value", number, 100, priority);

  g_assert_true (hein_bus_send (self->hub->bus, message, NULL));
}

/* A newer value takes the place of the older one, whatever the priority of
 * either: nothing goes back in time. */
static void
test_values (gconstpointer data)
{
  static const HeinPriority priorities[][3] = {
    { HEIN_PRIORITY_NORMAL, HEIN_PRIORITY_HIGH, HEIN_PRIORITY_NORMAL },
    { HEIN_PRIORITY_HIGH, HEIN_PRIORITY_NORMAL, HEIN_PRIORITY_HIGH },
    { HEIN_PRIORITY_NORMAL, HEIN_PRIORITY_NORMAL, HEIN_PRIORITY_HIGH },
  };

  for (guint i = 0; i < G_N_ELEMENTS (priorities); i++)
    {
      g_auto (Two) self = { 0 };
      g_autoptr (HeinMessage) end = NULL;
      guint n_values = 0;
      gboolean is_over = FALSE;

      two_init (&self, data, HEIN_OVERFLOW_LATEST, 1000000);
      send_all (&self, HEIN_PRIORITY_NORMAL);
      for (guint n = 0; n < 3; n++)
        send_value (&self, n + 1, priorities[i][n]);
      end = hein_message_new_text ("end", "end");
      g_assert_true (hein_bus_send (self.hub->bus, end, NULL));
      while (!is_over)
        {
          g_autoptr (HeinMessage) message =
            hein_bus_take_one (self.client->bus);
          const char *topic =
            message != NULL ? hein_message_get_topic (message) : NULL;

          if (topic == NULL)
            g_main_context_iteration (NULL, TRUE);
          else if (g_str_equal (topic, "value"))
            {
              g_assert_cmpuint (hein_test_get_number (message), ==, 3);
              n_values++;
            }
          is_over = g_strcmp0 (topic, "end") == 0;
        }
      g_assert_cmpuint (n_values, ==, 1);
      g_assert_cmpuint (hein_bus_get_n_dropped (self.hub->bus,
                                                HEIN_DROP_REASON_REPLACED),
                        >=, 2);
    }
}

/* Each is delivered or counted when the other side goes. */
static void
test_end (gconstpointer data)
{
  g_auto (Two) self = { 0 };
  g_autoptr (GPtrArray) taken = NULL;
  guint n;

  two_init (&self, data, HEIN_OVERFLOW_WAIT, 1000000);
  n = send_all (&self, HEIN_PRIORITY_NORMAL);
  n += send_all (&self, HEIN_PRIORITY_HIGH);
  hein_bus_close (self.client->bus);
  hein_test_wait (self.hub->removed->len == 1);
  /* what it had not taken is still there */
  taken = hein_bus_take (self.client->bus, 1000);
  hein_test_wait (hein_test_bus_count_dropped (self.hub) +
                    hein_test_bus_count_dropped (self.client) + taken->len ==
                  n);
  g_assert_cmpuint (hein_bus_get_memory_used (self.hub->bus), ==, 0);
}

/* Closing in order writes both lanes. */
static void
test_close (gconstpointer data)
{
  g_auto (Two) self = { 0 };
  guint n;

  two_init (&self, data, HEIN_OVERFLOW_WAIT, 1000000);
  n = send_all (&self, HEIN_PRIORITY_NORMAL);
  n += send_all (&self, HEIN_PRIORITY_HIGH);
  hein_bus_close_async (self.hub->bus, NULL, NULL, NULL);
  take_all (&self, n);
  g_assert_cmpuint (hein_test_bus_count_dropped (self.hub), ==, 0);
  g_assert_cmpuint (self.normal->len + self.high->len, ==, n);
}

/* ---- deliveries ---- */

static void
deliver_to (Two *self, guint32 number, HeinPriority priority, Delivered *to)
{
  g_autoptr (HeinMessage) message =
    make (priority == HEIN_PRIORITY_HIGH ? HIGH : NORMAL, number, 100,
          priority);

  hein_bus_deliver_to_async (self->hub->bus, "client", message, -1, NULL,
                             delivered_on_done, to);
}

static void
take_one (Two *self, const char *topic, guint32 number)
{
  g_autoptr (HeinMessage) message = NULL;

  while ((message = hein_bus_take_one (self->client->bus)) == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (hein_message_get_topic (message), ==, topic);
  g_assert_cmpuint (hein_test_get_number (message), ==, number);
}

/* A delivery goes before others that wait for credit, and those that were sent
 * are acknowledged by number, whatever the order. */
static void
test_credit (gconstpointer data)
{
  g_auto (Two) self = { 0 };
  Delivered all[5] = { 0 };
  guint n_done = 0;

  two_init (&self, data, HEIN_OVERFLOW_WAIT, 1000000);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    all[i].n_all = &n_done;
  deliver_to (&self, 0, HEIN_PRIORITY_NORMAL, &all[0]);
  take_one (&self, NORMAL, 0);
  deliver_to (&self, 1, HEIN_PRIORITY_NORMAL, &all[1]);
  deliver_to (&self, 2, HEIN_PRIORITY_NORMAL, &all[2]);
  deliver_to (&self, 0, HEIN_PRIORITY_HIGH, &all[3]);
  deliver_to (&self, 1, HEIN_PRIORITY_HIGH, &all[4]);
  take_one (&self, HIGH, 0);
  take_one (&self, HIGH, 1);
  take_one (&self, NORMAL, 1);
  take_one (&self, NORMAL, 2);
  g_assert_null (hein_bus_take_one (self.client->bus));
  hein_test_wait (n_done == G_N_ELEMENTS (all));
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      assert_acknowledged (&all[i]);
      delivered_clear (&all[i]);
    }
}

/* One that is delivered overtakes what was merely sent. */
static void
test_delivery (gconstpointer data)
{
  g_auto (Two) self = { 0 };
  g_auto (Delivered) delivered = { 0 };
  guint n;

  two_init (&self, data, HEIN_OVERFLOW_WAIT, 1000000);
  n = send_all (&self, HEIN_PRIORITY_NORMAL);
  deliver_to (&self, 0, HEIN_PRIORITY_HIGH, &delivered);
  take_all (&self, n + 1);
  g_assert_cmpuint (self.n_overtaken, >=, 1000000 / BLOCK_SIZE - 1);
  g_assert_null (hein_bus_take_one (self.client->bus));
  hein_test_wait (delivered.n_done == 1);
  assert_acknowledged (&delivered);
}

/* ---- messages ---- */

static void
test_message (void)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "hi");
  g_autoptr (HeinMessage) copy = hein_message_new_text ("t", "hi");
  const gsize size = hein_message_get_size (message);

  g_assert_cmpint (hein_message_get_priority (message), ==,
                   HEIN_PRIORITY_NORMAL);
  hein_message_set_priority (message, HEIN_PRIORITY_HIGH);
  g_assert_cmpint (hein_message_get_priority (message), ==, HEIN_PRIORITY_HIGH);
  g_assert_cmpuint (hein_message_get_size (message), ==, size);
  g_assert_null (hein_message_get_attributes (message));
  hein_message_copy_attributes (copy, message);
  hein_message_set_priority (message, HEIN_PRIORITY_NORMAL);
  g_assert_cmpint (hein_message_get_priority (message), ==,
                   HEIN_PRIORITY_NORMAL);
  g_assert_cmpint (hein_message_get_priority (copy), ==, HEIN_PRIORITY_HIGH);
  g_assert_true (hein_message_set_attribute (copy, "a", "1", NULL));
  g_assert_true (hein_message_set_attribute (copy, "a", NULL, NULL));
  g_assert_cmpint (hein_message_get_priority (copy), ==, HEIN_PRIORITY_HIGH);
}

/* Peers that cannot have it get the message without. */
static void
test_stripped (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autoptr (HeinMessage) message = make (HIGH, 7, 4, HEIN_PRIORITY_HIGH);

  hein_test_bus_dial (
    client, hein_endpoint_get_bound_uri (
              hein_test_bus_listen (hub, "tcp+socketengine://127.0.0.1:0")));
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  g_assert_true (hein_bus_send (hub->bus, message, NULL));
  hein_test_wait (client->messages->len == 1);
  g_assert_cmpint (hein_message_get_priority (
                     g_ptr_array_index (client->messages, 0)),
                   ==, HEIN_PRIORITY_NORMAL);
  g_assert_cmpuint (hein_peer_get_attributes_dropped (
                      g_ptr_array_index (hub->added, 0)),
                    ==, 1);
}

/* What goes ahead expires like all else. */
static void
test_expiry (void)
{
  g_auto (Two) self = { 0 };
  g_autoptr (HeinMessage) message = make (HIGH, 0, 100, HEIN_PRIORITY_HIGH);
  guint n;

  two_init (&self, uris[0], HEIN_OVERFLOW_WAIT, 1000000);
  n = send_all (&self, HEIN_PRIORITY_NORMAL);
  hein_message_set_expiry_ms (message, 5000);
  g_assert_true (hein_bus_send (self.hub->bus, message, NULL));
  clock_advance (6 * G_USEC_PER_SEC);
  hein_test_wait (
    hein_bus_get_n_dropped (self.hub->bus, HEIN_DROP_REASON_EXPIRED) == 1);
  take_all (&self, n);
  g_assert_cmpuint (self.normal->len, ==, n);
}

/* Memory that is kept for the next message of either lane is not used. */
static void
test_memory (void)
{
  g_auto (Two) self = { 0 };

  two_init (&self, uris[0], HEIN_OVERFLOW_WAIT, 1000000);
  send (&self, 0, HEIN_PRIORITY_NORMAL);
  send (&self, 0, HEIN_PRIORITY_HIGH);
  for (guint i = 1; i <= 2; i++)
    {
      g_autoptr (HeinMessage) small =
        make (HIGH, i, sizeof (guint32), HEIN_PRIORITY_HIGH);

      g_assert_true (hein_bus_send (self.hub->bus, small, NULL));
    }
  take_all (&self, 4);
  hein_test_wait (hein_bus_get_memory_used (self.hub->bus) == 0);
}

static void
add (const char *name, const char *uri, GTestDataFunc func)
{
  g_autofree char *transport = g_strndup (uri, strcspn (uri, ":"));
  g_autofree char *path = g_strdup_printf ("/priority/%s/%s", name, transport);

  g_test_add_data_func (path, uri, func);
}

static void
add_policies (const char *uri)
{
  GEnumClass *class = g_type_class_ref (HEIN_TYPE_OVERFLOW);
  g_autofree char *transport = g_strndup (uri, strcspn (uri, ":"));

  for (guint i = 0; i < G_N_ELEMENTS (policies); i++)
    {
      const Case one = { uri, policies[i] };
      g_autofree char *path =
        g_strdup_printf ("/priority/policy/%s/%s", transport,
                         g_enum_get_value (class, one.policy)->value_nick);

      g_test_add_data_func_full (path, g_memdup2 (&one, sizeof one),
                                 test_policy, g_free);
    }
  g_type_class_unref (class);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      add_policies (uris[i]);
      add ("overtakes-8-mib", uris[i], test_overtakes_8_mib);
      add ("values", uris[i], test_values);
      add ("end", uris[i], test_end);
      add ("close", uris[i], test_close);
      add ("credit", uris[i], test_credit);
      add ("delivery", uris[i], test_delivery);
    }
  g_test_add_func ("/priority/calls", test_calls);
  g_test_add_func ("/priority/high-calls", test_high_calls);
  g_test_add_func ("/priority/message", test_message);
  g_test_add_func ("/priority/stripped", test_stripped);
  g_test_add_func ("/priority/expiry", test_expiry);
  g_test_add_func ("/priority/memory", test_memory);
  return g_test_run ();
}

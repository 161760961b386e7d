/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <unistd.h>

#include "hein-test.h"

/*
 * A bus that sends in every way to peers that are slow, quick, or away for a
 * while, beside a model that knows one thing: who is to get what, and in which
 * order. What was sent by the owner, by its calls and by other threads arrives
 * where it was to, once, in the order in which it was sent.
 */

#define N_PEERS 6
/* The first ones stay; the others come back one by one. */
#define N_STAY         3
#define N_ROUNDS       60
#define N_DEEDS        100
#define LIMIT          (256 * 1024)
#define SIZE_MAX_BYTES 800
#define SLOW_US        50

/* What was sent, by its number. */
typedef enum
{
  FATE_REFUSED, /* or cancelled: nobody gets it */
  FATE_UNKNOWN, /* cancelled in time or not */
  FATE_ONE,
  FATE_ONE_IF_ROOM, /* or it is counted as dropped */
  FATE_ALL
} Fate;

typedef struct
{
  guint receiver;
  Fate fate;
} Sent;

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *peers[N_PEERS]; /* NULL: away */
  gboolean is_slow[N_PEERS];
  char *uri;
  GArray *sent;   /* of Sent: by the owner */
  GArray *posted; /* of Sent: by other threads */
  GCancellable *cancellable;
  guint n_pending;
  HeinStrategy *slow;
} Scene;

typedef struct
{
  Scene *scene;
  guint number;
} Call;

/* ---- a strategy that takes its time, so that what waits is tried in many turns ---- */

#define TEST_TYPE_SLOW (test_slow_get_type ())
G_DECLARE_FINAL_TYPE (TestSlow, test_slow, TEST, SLOW, HeinStrategy)

struct _TestSlow
{
  HeinStrategy parent_instance;
};

G_DEFINE_FINAL_TYPE (TestSlow, test_slow, HEIN_TYPE_STRATEGY)

static void
test_slow_select (HeinStrategy *strategy,
                  HeinPeers *peers,
                  const char *key,
                  HeinMessage *message,
                  HeinSelection *selection)
{
  const gint64 end_us = g_get_monotonic_time () + SLOW_US;
  HeinPeer *peer = hein_peers_lookup (peers, key);

  while (g_get_monotonic_time () < end_us)
    ;
  if (peer != NULL)
    hein_selection_add (selection, peer);
  else
    hein_selection_hold_for (selection, key);
}

static void
test_slow_class_init (TestSlowClass *class)
{
  HEIN_STRATEGY_CLASS (class)->select = test_slow_select;
}

static void
test_slow_init (TestSlow *self)
{
}

/* ---- the scene ---- */

static const char *names[N_PEERS] = { "p0", "p1", "p2", "p3", "p4", "p5" };

static HeinMessage *
make_message (const char *topic, guint32 number)
{
  g_autofree guint8 *data = g_malloc0 (SIZE_MAX_BYTES);

  memcpy (data, &number, sizeof number);
  return hein_message_new_data (topic, data,
                                g_test_rand_int_range (4, SIZE_MAX_BYTES));
}

static void
dial (Scene *self, guint i)
{
  self->peers[i] = hein_test_bus_new (names[i]);
  g_object_set (self->peers[i]->bus, "receive-limit",
                (guint64) 16 * 1024 * 1024, NULL);
  hein_test_bus_dial (self->peers[i], self->uri);
}

static void
scene_init (Scene *self)
{
  static guint serial;

  self->uri =
    g_strdup_printf ("unix:@hein-model-%d-%u", (int) getpid (), serial++);
  self->hub = hein_test_bus_new ("hub");
  self->sent = g_array_new (FALSE, TRUE, sizeof (Sent));
  self->posted = g_array_new (FALSE, TRUE, sizeof (Sent));
  self->cancellable = g_cancellable_new ();
  self->slow = g_object_new (TEST_TYPE_SLOW, NULL);
  g_object_set (self->hub->bus, "overflow", HEIN_OVERFLOW_WAIT, "send-limit",
                (guint64) LIMIT, NULL);
  hein_test_bus_listen (self->hub, self->uri);
  for (guint i = 0; i < N_PEERS; i++)
    dial (self, i);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == N_PEERS);
  for (guint i = N_STAY; i < N_PEERS; i++)
    g_clear_pointer (&self->peers[i], hein_test_bus_free);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == N_STAY);
}

static void
scene_clear (Scene *self)
{
  for (guint i = 0; i < N_PEERS; i++)
    g_clear_pointer (&self->peers[i], hein_test_bus_free);
  g_clear_pointer (&self->hub, hein_test_bus_free);
  g_object_unref (self->cancellable);
  g_object_unref (self->slow);
  g_array_unref (self->sent);
  g_array_unref (self->posted);
  g_free (self->uri);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

/* ---- deeds ---- */

static void
note (GArray *array, guint receiver, Fate fate)
{
  const Sent sent = { receiver, fate };

  g_array_append_val (array, sent);
}

static void
send_to_one (Scene *self)
{
  const guint i = g_test_rand_int_range (0, N_PEERS);
  g_autoptr (HeinMessage) message = make_message ("s", self->sent->len);
  const gboolean ok =
    g_test_rand_bit ()
      ? hein_bus_send_to (self->hub->bus, names[i], message, NULL)
      : hein_bus_send_with (self->hub->bus, self->slow, names[i], message,
                            NULL);

  note (self->sent, i, ok ? FATE_ONE : FATE_REFUSED);
}

static void
send_to_all (Scene *self)
{
  g_autoptr (HeinMessage) message = make_message ("s", self->sent->len);
  const gboolean ok = hein_bus_send (self->hub->bus, message, NULL);

  note (self->sent, 0, ok ? FATE_ALL : FATE_REFUSED);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Call *call = data;
  Sent *sent = &g_array_index (call->scene->sent, Sent, call->number);
  g_autoptr (GError) error = NULL;

  call->scene->n_pending--;
  if (hein_bus_send_finish (HEIN_BUS (source), result, &error))
    sent->fate = FATE_ALL;
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    sent->fate = FATE_REFUSED;
}

static void
send_by_call (Scene *self)
{
  Call *call = g_new0 (Call, 1);
  g_autoptr (HeinMessage) message = make_message ("s", self->sent->len);

  call->scene = self;
  call->number = self->sent->len;
  note (self->sent, 0, FATE_UNKNOWN);
  self->n_pending++;
  hein_bus_send_async (self->hub->bus, message, self->cancellable, on_sent,
                       call);
}

static void
cancel (Scene *self)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
}

static gpointer
post (gpointer data)
{
  Scene *self = data;
  guint n = 40;

  while (n-- > 0)
    {
      const guint i = g_random_int_range (0, N_PEERS);
      const guint32 number = self->posted->len;
      g_autoptr (HeinMessage) message =
        hein_message_new_data ("t", (const guint8 *) &number, sizeof number);
      const gboolean ok =
        hein_bus_send_to (self->hub->bus, names[i], message, NULL);

      note (self->posted, i, ok ? FATE_ONE_IF_ROOM : FATE_REFUSED);
    }
  return NULL;
}

static void
set_slow (Scene *self, guint i, gboolean is_slow)
{
  g_autoptr (GPtrArray) kept = NULL;

  if (self->peers[i] == NULL || self->is_slow[i] == is_slow)
    return;
  self->is_slow[i] = is_slow;
  if (is_slow)
    {
      hein_test_bus_hold_up (self->peers[i]);
      return;
    }
  kept = hein_bus_take (self->peers[i]->bus, 1000000);
  for (guint n = 0; n < kept->len; n++)
    g_ptr_array_add (self->peers[i]->messages,
                     hein_message_ref (g_ptr_array_index (kept, n)));
  hein_test_bus_set_takes (self->peers[i], TRUE);
  g_object_set (self->peers[i]->bus, "receive-limit",
                (guint64) 16 * 1024 * 1024, NULL);
}

static void
turn (Scene *self)
{
  hein_bus_turn (self->hub->bus, 0);
  for (guint i = 0; i < N_PEERS; i++)
    if (self->peers[i] != NULL)
      hein_bus_turn (self->peers[i]->bus, 0);
}

static void
act (Scene *self)
{
  const int deed = g_test_rand_int_range (0, 100);

  if (deed < 50)
    send_to_one (self);
  else if (deed < 60)
    send_to_all (self);
  else if (deed < 75)
    send_by_call (self);
  else if (deed < 76)
    cancel (self);
  else if (deed < 78)
    g_thread_join (g_thread_new ("post", post, self));
  else if (deed < 82)
    set_slow (self, g_test_rand_int_range (0, N_PEERS),
              g_test_rand_int_range (0, 2));
  else
    turn (self);
}

/* Close behind each other: while what waits is tried for the first one, the
 * second one joins. */
static void
come_back (Scene *self)
{
  for (guint i = N_STAY; i < N_PEERS; i++)
    {
      if (self->peers[i] != NULL || g_test_rand_bit ())
        continue;
      dial (self, i);
      for (int n = g_test_rand_int_range (1, 4); n > 0; n--)
        turn (self);
    }
}

static void
play (Scene *self)
{
  for (guint round = 0; round < N_ROUNDS; round++)
    {
      for (guint n = 0; n < N_DEEDS; n++)
        act (self);
      if (round % 8 == 7)
        come_back (self);
    }
  for (guint i = 0; i < N_PEERS; i++)
    {
      if (self->peers[i] == NULL)
        dial (self, i);
      set_slow (self, i, FALSE);
    }
}

/* ---- the model ---- */

/* How often each number came, by receiver: [number * N_PEERS + receiver]. Nobody
 * gets them the wrong way round. */
static guint8 *
count_arrived (Scene *self, const char *topic, guint n_sent)
{
  guint8 *counts = g_new0 (guint8, n_sent * N_PEERS + 1);

  for (guint i = 0; i < N_PEERS; i++)
    {
      GPtrArray *messages = self->peers[i]->messages;
      gint64 last = -1;

      for (guint k = 0; k < messages->len; k++)
        {
          HeinMessage *message = g_ptr_array_index (messages, k);
          gint64 number;

          if (!g_str_equal (hein_message_get_topic (message), topic))
            continue;
          number = hein_test_get_number (message);
          g_assert_cmpint (number, >, last);
          g_assert_cmpint (number, <, n_sent);
          last = number;
          counts[number * N_PEERS + i]++;
        }
    }
  return counts;
}

static void
check_one (const Sent *sent, const guint8 *counts)
{
  for (guint i = 0; i < N_PEERS; i++)
    switch (sent->fate)
      {
      case FATE_REFUSED:
        g_assert_cmpuint (counts[i], ==, 0);
        break;
      case FATE_ONE:
        g_assert_cmpuint (counts[i], ==, i == sent->receiver);
        break;
      case FATE_ONE_IF_ROOM:
        g_assert_cmpuint (counts[i], <=, i == sent->receiver);
        break;
      case FATE_ALL:
        /* who was away may have missed it */
        g_assert_cmpuint (counts[i], <=, 1);
        if (i < N_STAY)
          g_assert_cmpuint (counts[i], ==, 1);
        break;
      case FATE_UNKNOWN:
      default:
        g_assert_not_reached ();
      }
}

static void
check (Scene *self, const char *topic, GArray *sent)
{
  g_autofree guint8 *counts = count_arrived (self, topic, sent->len);

  for (guint i = 0; i < sent->len; i++)
    check_one (&g_array_index (sent, Sent, i), counts + i * N_PEERS);
}

static gboolean
has_come (const Sent *sent, const guint8 *counts)
{
  if (sent->fate == FATE_ONE)
    return counts[sent->receiver] > 0;
  for (guint i = 0; i < N_STAY; i++)
    if (sent->fate == FATE_ALL && counts[i] == 0)
      return FALSE;
  return TRUE;
}

static gboolean
has_all (Scene *self)
{
  g_autofree guint8 *counts = count_arrived (self, "s", self->sent->len);

  for (guint i = 0; i < self->sent->len; i++)
    if (!has_come (&g_array_index (self->sent, Sent, i), counts + i * N_PEERS))
      return FALSE;
  return TRUE;
}

/* What other threads sent has come, or found no room. */
static gboolean
has_all_posted (Scene *self)
{
  g_autofree guint8 *counts = count_arrived (self, "t", self->posted->len);
  guint64 n = hein_test_bus_count_dropped (self->hub);

  for (guint i = 0; i < self->posted->len; i++)
    {
      const Sent *sent = &g_array_index (self->posted, Sent, i);

      n += counts[i * N_PEERS + sent->receiver];
      n += sent->fate == FATE_REFUSED;
    }
  return n == self->posted->len;
}

static void
test_random (void)
{
  g_auto (Scene) scene = { 0 };

  scene_init (&scene);
  play (&scene);
  hein_test_wait (scene.n_pending == 0);
  hein_test_wait (has_all (&scene));
  hein_test_wait (has_all_posted (&scene));
  check (&scene, "s", scene.sent);
  check (&scene, "t", scene.posted);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *path = g_strdup_printf ("/held-model/random/%u", i);

      g_test_add_func (path, test_random);
    }
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "offset-scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two who talk, somebody on the way, and a good neighbour; what they say, and
 * whether all of it is accounted for. */

#define PADDING_MAX 1000

static const char *const speakers[N_DIRECTIONS] = { "hub", "kirk" };

static HeinTestBus *
get_speaker (Scene *self, Direction direction)
{
  return direction == DOWN ? self->hub : self->kirk;
}

static HeinTestBus *
get_hearer (Scene *self, Direction direction)
{
  return direction == DOWN ? self->kirk : self->hub;
}

static guint
count_connected (HeinTestBus *bus)
{
  return bus->added->len - bus->removed->len;
}

/* ---- beginning ---- */

static guint16
listen_or_dial (Scene *self)
{
  g_autofree char *uri = NULL;
  HeinEndpoint *endpoint;
  const char *bound;

  if (self->wire->broker != NULL)
    {
      const guint16 port = wire_get_broker_port (self->wire);

      uri = wire_dup_dial_uri (self->wire, port);
      hein_test_bus_dial (self->hub, uri);
      return port;
    }
  uri = wire_dup_listen_uri (self->wire);
  endpoint = hein_test_bus_listen (self->hub, uri);
  bound = hein_endpoint_get_bound_uri (endpoint);
  return atoi (strstr (bound, "127.0.0.1:") + strlen ("127.0.0.1:"));
}

static void
on_confirmed (GObject *source, GAsyncResult *result, gpointer data)
{
  Scene *self = data;

  if (hein_bus_confirm_subscriptions_finish (HEIN_BUS (source), result, NULL))
    self->confirmed = self->confirming;
  self->confirming = 0;
}

static void
on_bus_confirmed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  hein_bus_confirm_subscriptions_finish (HEIN_BUS (source), result, &error);
  g_assert_no_error (error);
  (*(guint *) data)++;
}

/* The hub and the good neighbour. */
static void
wait_for_neighbours (Scene *self)
{
  guint n_confirmed = 0;

  hein_test_wait (count_connected (self->good) == 1 &&
                  count_connected (self->hub) == 1);
  if (self->wire->broker == NULL)
    {
      hein_test_wait (hein_test_bus_count_peers (self->hub) == 1);
      return;
    }
  hein_bus_confirm_subscriptions_async (self->hub->bus, -1, NULL,
                                        on_bus_confirmed, &n_confirmed);
  hein_bus_confirm_subscriptions_async (self->good->bus, -1, NULL,
                                        on_bus_confirmed, &n_confirmed);
  hein_test_wait (n_confirmed == 2);
}

static void
on_failed (HeinBus *bus,
           HeinEndpoint *endpoint,
           const GError *error,
           gpointer data)
{
  g_test_message ("%s failed: %s", hein_bus_get_name (bus), error->message);
}

static HeinTestBus *
open_bus (Scene *self, const char *name)
{
  HeinTestBus *bus = hein_test_bus_new (name);
  g_autoptr (HeinStrategy) strategy =
    self->wire->sends_again ? hein_strategy_new ("round-robin", NULL) : NULL;

  g_signal_connect (bus->bus, "failed", G_CALLBACK (on_failed), bus);
  if (strategy != NULL)
    hein_bus_set_strategy (bus->bus, strategy);
  return bus;
}

Scene *
scene_new (const Wire *wire)
{
  static guint n_scenes;
  Scene *self = g_new0 (Scene, 1);
  g_autofree char *direct = NULL;
  guint16 port;

  self->wire = wire;
  self->serial = n_scenes++;
  self->hub = open_bus (self, "hub");
  self->good = open_bus (self, "good");
  self->kirk = open_bus (self, "kirk");
  port = listen_or_dial (self);
  direct = wire_dup_dial_uri (wire, port);
  hein_test_bus_dial (self->good, direct);
  wait_for_neighbours (self);
  self->proxy = byte_proxy_new (port);
  self->proxy->is_once = TRUE;
  return self;
}

void
scene_free (Scene *self)
{
  if (self->free_talk != NULL)
    self->free_talk (self->talk);
  byte_proxy_free (self->proxy);
  hein_test_bus_free (self->kirk);
  hein_test_bus_free (self->good);
  hein_test_bus_free (self->hub);
  g_free (self);
}

/* ---- saying and hearing ---- */

/* A broker knows what kirk has subscribed to only when it says so. */
static gboolean
is_confirmed (Scene *self)
{
  const guint connection = self->kirk->added->len;

  if (count_connected (self->kirk) == 0)
    return FALSE;
  if (self->confirmed != connection && self->confirming == 0)
    {
      self->confirming = connection;
      hein_bus_confirm_subscriptions_async (self->kirk->bus, -1, NULL,
                                            on_confirmed, self);
    }
  return self->confirmed == connection;
}

gboolean
scene_can_say (Scene *self, Direction direction)
{
  if (direction == UP)
    return !self->wire->is_one_way &&
           hein_test_bus_count_peers (self->kirk) == 1;
  if (self->wire->broker != NULL)
    return is_confirmed (self);
  return hein_test_bus_count_peers (self->hub) > 1;
}

static void
send_to_all (HeinTestBus *bus, HeinMessage *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (hein_bus_send (bus->bus, message, &error));
  g_assert_no_error (error);
}

static void
send_to (HeinTestBus *bus, const char *name, HeinMessage *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (hein_bus_send_to (bus->bus, name, message, &error));
  g_assert_no_error (error);
}

/* How many it is accepted for, at the other side of the proxy. */
static guint
send_message (Scene *self, Direction direction, HeinMessage *message)
{
  HeinTestBus *speaker = get_speaker (self, direction);
  const guint n_peers = hein_test_bus_count_peers (speaker);

  if (!self->wire->sends_again || direction == UP)
    {
      send_to_all (speaker, message);
      return direction == UP || self->wire->broker != NULL ? 1 : n_peers - 1;
    }
  send_to (speaker, "good", message);
  if (n_peers == 1)
    return 0;
  send_to (speaker, "kirk", message);
  return 1;
}

void
scene_say (Scene *self, Direction direction, gsize size)
{
  const guint number = self->n_said[direction]++;
  g_autofree char *padding = g_strnfill (MIN (size, PADDING_MAX), 'x');
  g_autofree char *text = g_strdup_printf ("%s %u %u %s", speakers[direction],
                                           self->serial, number, padding);
  /* where only the latest value of a topic counts, each has its own */
  g_autofree char *topic =
    self->wire->retains ? g_strdup_printf ("%s/%u", speakers[direction], number)
                        : g_strdup ("t");
  g_autoptr (HeinMessage) message = hein_message_new_text (topic, text);

  self->n_meant[direction] += scene_can_say (self, direction);
  self->n_accepted[direction] += send_message (self, direction, message);
}

/* The number of a message that was said in that direction; FALSE: it is another
 * one. */
static gboolean
get_number (Scene *self,
            Direction direction,
            HeinMessage *message,
            guint *number)
{
  g_autofree char *text = hein_message_dup_text (message, NULL);
  char speaker[8];
  guint serial;

  g_assert_nonnull (text);
  return sscanf (text, "%7s %u %u ", speaker, &serial, number) == 3 &&
         serial == self->serial && g_str_equal (speaker, speakers[direction]);
}

/* A broker may have read what came over the connection before only after what
 * came over the next one. */
static gboolean
is_in_order (Scene *self, Direction direction)
{
  return self->wire->broker == NULL || direction == DOWN ||
         self->proxy->done_to == 0;
}

/* In order, and none twice, where nothing is sent again. */
guint
scene_count_heard (Scene *self, Direction direction)
{
  HeinTestBus *hearer = get_hearer (self, direction);
  const gboolean may_repeat = self->wire->sends_again || self->wire->retains;
  g_autofree gboolean *has = g_new0 (gboolean, self->n_said[direction]);
  guint n = 0;
  guint next = 0;

  for (guint i = 0; i < hearer->messages->len; i++)
    {
      guint number;

      if (!get_number (self, direction, hearer->messages->pdata[i], &number))
        continue;
      g_assert_cmpuint (number, <, self->n_said[direction]);
      if (!may_repeat)
        g_assert_false (has[number]);
      if (!may_repeat && is_in_order (self, direction))
        g_assert_cmpuint (number, >=, next);
      next = number + 1;
      n += !has[number];
      has[number] = TRUE;
    }
  return n;
}

gboolean
scene_has_heard_all (Scene *self)
{
  return scene_count_heard (self, DOWN) >= self->n_meant[DOWN] &&
         scene_count_heard (self, UP) >= self->n_meant[UP];
}

/* All, in order, each once. */
gboolean
scene_is_good_served (Scene *self)
{
  guint n = 0;

  g_assert_cmpuint (self->good->removed->len, ==, 0);
  for (guint i = 0; i < self->good->messages->len; i++)
    {
      guint number;

      if (!get_number (self, DOWN, self->good->messages->pdata[i], &number))
        continue;
      g_assert_cmpuint (number, ==, n);
      n++;
    }
  return n == self->n_said[DOWN];
}

/* ---- after it was broken ---- */

static gboolean
has_heard_last (Scene *self, Direction direction)
{
  GPtrArray *messages = get_hearer (self, direction)->messages;

  for (guint i = messages->len; i > 0; i--)
    {
      guint number;

      if (get_number (self, direction, messages->pdata[i - 1], &number) &&
          number + 1 == self->n_said[direction])
        return TRUE;
    }
  return FALSE;
}

/* Whom the speaker sees may be gone already: whenever somebody new comes, it says
 * it again. */
static gboolean
is_heard_again (Scene *self, Direction direction)
{
  const guint n_peers = direction == DOWN && self->wire->broker != NULL
                          ? self->kirk->added->len
                          : get_speaker (self, direction)->added->len;

  if (scene_can_say (self, direction) &&
      n_peers != self->n_peers_at_last[direction])
    {
      self->n_peers_at_last[direction] = n_peers;
      scene_say (self, direction, 1);
    }
  return self->n_peers_at_last[direction] != 0 &&
         has_heard_last (self, direction);
}

static gboolean
can_say_all (Scene *self)
{
  return scene_can_say (self, DOWN) &&
         (self->wire->is_one_way || scene_can_say (self, UP));
}

/* FALSE: there is still to be another connection. */
static gboolean
check_renewed (Scene *self)
{
  const ByteProxy *proxy = self->proxy;

  if (self->is_renewed || proxy->done_to == 0 || self->deed == BYTE_PROXY_PAUSE)
    return TRUE;
  if (proxy->n_connections == proxy->done_to || proxy->n_open != 1 ||
      !can_say_all (self))
    return FALSE;
  memset (self->n_peers_at_last, 0, sizeof self->n_peers_at_last);
  self->is_renewed = TRUE;
  return TRUE;
}

gboolean
scene_hears_again (Scene *self)
{
  const gboolean is_renewed = check_renewed (self);
  const gboolean is_down = is_heard_again (self, DOWN);

  return (self->wire->is_one_way || is_heard_again (self, UP)) && is_down &&
         is_renewed;
}

/* ---- the end ---- */

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  hein_bus_close_finish (HEIN_BUS (source), result, NULL);
  *(gboolean *) data = TRUE;
}

void
scene_close_kirk (Scene *self)
{
  gboolean is_done = FALSE;

  hein_bus_close_async (self->kirk->bus, NULL, on_closed, &is_done);
  hein_test_wait (is_done || self->proxy->n_paused > 0);
  byte_proxy_go_on (self->proxy);
  hein_test_wait (is_done);
  if (self->wire->broker == NULL)
    hein_test_wait (count_connected (self->hub) == 1);
}

/* What was not sent, as far as that is known; others went, or came. */
static guint64
count_unsent (HeinTestBus *bus)
{
  return hein_test_bus_count_dropped (bus) -
         hein_bus_get_n_dropped (bus->bus, HEIN_DROP_REASON_UNKNOWN) -
         hein_bus_get_n_dropped (bus->bus, HEIN_DROP_REASON_UNHANDLED);
}

static void
check_direction (Scene *self, Direction direction)
{
  HeinTestBus *speaker = get_speaker (self, direction);
  const guint64 n_heard = scene_count_heard (self, direction);
  const guint64 n_unknown =
    hein_bus_get_n_dropped (speaker->bus, HEIN_DROP_REASON_UNKNOWN);
  const guint64 n_known = count_unsent (speaker);
  guint64 n_all = n_heard + n_known + n_unknown;

  if (self->is_broken)
    n_all += self->wire->n_in_good_faith;
  g_assert_cmpuint (n_all, >=, self->n_accepted[direction]);
  if (!self->wire->retains && !self->wire->sends_again)
    g_assert_cmpuint (n_heard + n_known, <=,
                      self->n_accepted[direction] + self->n_asked);
}

/* What comes while a bus closes is not handled any more. */
static void
check_undisturbed (HeinPeer *peer)
{
  g_assert_cmpuint (hein_peer_get_messages_dropped (peer), ==,
                    hein_peer_get_n_dropped (peer, HEIN_DROP_REASON_UNHANDLED));
}

/* What a broker has for kirk while he is away, nobody counts. */
void
scene_check_balance (Scene *self)
{
  hein_test_bus_close (self->good);
  hein_test_bus_close (self->hub);
  if (self->wire->broker == NULL)
    check_direction (self, DOWN);
  check_direction (self, UP);
  check_undisturbed (g_ptr_array_index (self->hub->added, 0));
  check_undisturbed (g_ptr_array_index (self->good->added, 0));
  for (guint i = 0; i < N_DIRECTIONS; i++)
    {
      HeinBus *bus = get_speaker (self, i)->bus;

      g_assert_cmpuint (hein_bus_get_n_dropped (bus, HEIN_DROP_REASON_INVALID),
                        ==, 0);
      /* but for what is kept, and what is remembered of who was cut off */
      if (!self->wire->retains && !(self->wire->resumes && self->is_broken))
        g_assert_cmpuint (hein_bus_get_memory_used (bus), ==, 0);
    }
}

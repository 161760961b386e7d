/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "deliver-ends.h"

/* Bridges: what one bus receives on its way to the peers of another. */

#define ID   "lan-cloud"
#define TEXT "hello"

/* kirk – near – bridge – far – spock */
typedef struct
{
  Pair in;  /* kirk dials spock, which is near */
  Pair out; /* kirk is far */
  HeinTestBus *kirk;
  HeinTestBus *near;
  HeinTestBus *far;
  HeinTestBus *spock;
  HeinBridge *bridge;
  guint n_failed;
  GError *reason; /* the last one */
} Scene;

static void
on_failed (HeinBridge *bridge,
           HeinMessage *message,
           const GError *error,
           Scene *self)
{
  self->n_failed++;
  g_clear_error (&self->reason);
  self->reason = g_error_copy (error);
}

static HeinBridge *
build (Scene *self, HeinTestBus *from, HeinTestBus *to, const char *id)
{
  HeinBridge *bridge = hein_bridge_new (from->bus, to->bus, id, NULL);

  g_signal_connect (bridge, "failed", G_CALLBACK (on_failed), self);
  return bridge;
}

static void
scene_init (Scene *self, const Way *way)
{
  const Way beyond = {
    way->name,
    g_str_has_prefix (way->uri, "inproc:") ? "inproc://beyond" : way->uri,
  };

  pair_init (&self->in, way);
  pair_init (&self->out, &beyond);
  self->kirk = self->in.kirk;
  self->near = self->in.spock;
  self->far = self->out.kirk;
  self->spock = self->out.spock;
  hein_test_bus_set_takes (self->near, FALSE);
  self->bridge = build (self, self->near, self->far, ID);
}

static void
free_bridge (HeinBridge *bridge)
{
  hein_bridge_close (bridge);
  /* the call that waited for messages holds it until the next turn */
  while (G_OBJECT (bridge)->ref_count > 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_finalize_object (bridge);
}

static void
scene_clear (Scene *self)
{
  free_bridge (self->bridge);
  g_clear_error (&self->reason);
  pair_clear (&self->in);
  pair_clear (&self->out);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

static HeinMessage *
get_message (Scene *self, guint index)
{
  return g_ptr_array_index (self->spock->messages, index);
}

static void
send (Scene *self, HeinMessage *message)
{
  g_autoptr (GError) error = NULL;

  hein_bus_send (self->kirk->bus, message, &error);
  g_assert_no_error (error);
}

/* A message keeps what it is made of. */
static void
test_message (gconstpointer way)
{
  g_auto (Scene) scene = { 0 };
  g_autoptr (GBytes) first = g_bytes_new_static ("one", 3);
  g_autoptr (GBytes) second = g_bytes_new_static ("two", 3);
  GBytes *parts[] = { first, second };
  g_autoptr (HeinMessage) message =
    hein_message_new_full ("t/u", "text/plain", parts, 2, NULL);
  HeinMessage *came;

  scene_init (&scene, way);
  hein_message_set_attribute (message, "colour", "red", NULL);
  hein_message_set_priority (message, HEIN_PRIORITY_HIGH);
  send (&scene, message);
  hein_test_wait (scene.spock->messages->len == 1);
  came = get_message (&scene, 0);
  g_assert_cmpstr (hein_message_get_topic (came), ==, "t/u");
  g_assert_cmpstr (hein_message_get_content_type (came), ==, "text/plain");
  g_assert_cmpstr (hein_message_get_attribute (came, "colour"), ==, "red");
  g_assert_cmpstr (hein_message_get_attribute (came, HEIN_ATTRIBUTE_VIA), ==,
                   ID);
  g_assert_cmpuint (hein_message_get_n_parts (came), ==, 2);
  g_assert_true (g_bytes_equal (hein_message_get_part (came, 1), second));
  g_assert_cmpint (hein_message_get_priority (came), ==, HEIN_PRIORITY_HIGH);
  g_assert_cmpuint (hein_bridge_get_n_passed (scene.bridge), ==, 1);
  g_assert_cmpuint (hein_bridge_get_n_failed (scene.bridge), ==, 0);
}

/* Only what is asked for, also from peers that send everything. */
static void
test_topics (gconstpointer way)
{
  const char *const topics[] = { "lamps/1", "doors/1", "doors/1/lock", "lam" };
  g_auto (Scene) scene = { 0 };
  g_autoptr (GError) error = NULL;

  scene_init (&scene, way);
  g_assert_true (hein_bridge_add_topic (scene.bridge, "lamps/", &error));
  g_assert_no_error (error);
  g_assert_true (hein_bridge_add_pattern (scene.bridge, "doors/*", &error));
  g_assert_no_error (error);
  g_assert_false (hein_bridge_add_pattern (scene.bridge, "doors/***", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  /* another subscription of the bus is not the bridge's */
  hein_bus_subscribe (scene.near->bus, "", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (topics); i++)
    hein_test_bus_send (scene.kirk, "spock", topics[i], TEXT);
  hein_test_bus_send (scene.kirk, "spock", "lamps/last", TEXT);
  hein_test_wait (scene.spock->messages->len == 3);
  g_assert_cmpstr (hein_message_get_topic (get_message (&scene, 0)), ==,
                   "lamps/1");
  g_assert_cmpstr (hein_message_get_topic (get_message (&scene, 1)), ==,
                   "doors/1");
  g_assert_cmpstr (hein_message_get_topic (get_message (&scene, 2)), ==,
                   "lamps/last");
}

static void
send_via (Scene *self, const char *via)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", TEXT);

  hein_message_set_attribute (message, HEIN_ATTRIBUTE_VIA, via, NULL);
  send (self, message);
}

/* Nothing goes through the same bridge twice, nor through too many. */
static void
test_loops (gconstpointer way)
{
  g_auto (Scene) scene = { 0 };

  scene_init (&scene, way);
  send_via (&scene, "other," ID);
  hein_test_wait (scene.n_failed == 1);
  g_assert_error (scene.reason, HEIN_ERROR, HEIN_ERROR_REFUSED);
  g_assert_nonnull (strstr (scene.reason->message, ID));
  send_via (&scene, "a,b,c,d,e,f,g,h");
  hein_test_wait (scene.n_failed == 2);
  g_assert_error (scene.reason, HEIN_ERROR, HEIN_ERROR_REFUSED);
  send_via (&scene, "a,b,c,d,e,f," ID "s");
  hein_test_wait (scene.spock->messages->len == 1);
  g_assert_cmpstr (hein_message_get_attribute (get_message (&scene, 0),
                                               HEIN_ATTRIBUTE_VIA),
                   ==, "a,b,c,d,e,f," ID "s," ID);
  g_assert_cmpuint (hein_bridge_get_n_failed (scene.bridge), ==, 2);
  g_assert_cmpuint (hein_bridge_get_n_passed (scene.bridge), ==, 1);
}

/* Both ways between the same buses: nothing comes back. */
static void
test_both_ways (gconstpointer way)
{
  g_auto (Scene) scene = { 0 };
  HeinBridge *back;

  scene_init (&scene, way);
  hein_test_bus_set_takes (scene.far, FALSE);
  back = build (&scene, scene.far, scene.near, ID);
  hein_test_bus_send (scene.kirk, NULL, "t", "there");
  hein_test_bus_send (scene.spock, NULL, "t", "back");
  hein_test_wait (scene.kirk->messages->len == 1 &&
                  scene.spock->messages->len == 1);
  hein_test_bus_send (scene.kirk, NULL, "t", "again");
  hein_test_wait (scene.spock->messages->len == 2);
  g_assert_cmpuint (scene.kirk->messages->len, ==, 1);
  g_assert_cmpuint (scene.n_failed, ==, 0);
  free_bridge (back);
}

/* While the other side has no room, everything waits, and nothing is lost. */
static void
test_slow (gconstpointer way)
{
  enum
  {
    N = 400,
    SIZE = 4096
  };
  g_auto (Scene) scene = { 0 };

  scene_init (&scene, way);
  g_object_set (scene.kirk->bus, "send-limit", (guint64) N * 2 * SIZE, NULL);
  g_object_set (scene.near->bus, "receive-limit", (guint64) 16 * SIZE, NULL);
  g_object_set (scene.far->bus, "send-limit", (guint64) 16 * SIZE, "overflow",
                HEIN_OVERFLOW_WAIT, NULL);
  g_object_set (scene.spock->bus, "receive-limit", (guint64) 16 * SIZE, NULL);
  hein_test_bus_hold_up (scene.spock);
  for (guint32 i = 0; i < N; i++)
    g_assert_true (hein_test_bus_send_number (scene.kirk, "t", i, SIZE));
  hein_test_wait (hein_bridge_get_n_passed (scene.bridge) > 4);
  hein_test_bus_set_takes (scene.spock, TRUE);
  hein_test_wait (scene.spock->messages->len == N);
  for (guint32 i = 0; i < N; i++)
    g_assert_cmpuint (hein_test_get_number (get_message (&scene, i)), ==, i);
  g_assert_cmpuint (hein_bridge_get_n_passed (scene.bridge), ==, N);
  g_assert_cmpuint (scene.n_failed, ==, 0);
}

/* Room that is there for a moment only is not meant. */
static gboolean
is_stuck (Scene *self)
{
  HeinPeer *peer = hein_test_bus_find_peer (self->far, "spock");

  for (guint i = 0; i < 50; i++)
    {
      if (hein_peer_get_has_room (peer))
        return FALSE;
      g_main_context_iteration (NULL, FALSE);
    }
  return TRUE;
}

/* What waits for room when the bridge is closed is counted. */
static void
test_closed_while_full (gconstpointer way)
{
  g_auto (Scene) scene = { 0 };

  scene_init (&scene, way);
  g_object_set (scene.far->bus, "send-limit", (guint64) 8192, "overflow",
                HEIN_OVERFLOW_WAIT, NULL);
  g_object_set (scene.spock->bus, "receive-limit", (guint64) 8192, NULL);
  hein_test_bus_hold_up (scene.spock);
  for (guint32 i = 0; i < 3000; i++)
    g_assert_true (hein_test_bus_send_number (scene.kirk, "t", i, 4096));
  hein_test_wait (is_stuck (&scene));
  hein_bridge_close (scene.bridge);
  g_assert_true (hein_bridge_get_is_closed (scene.bridge));
  hein_test_wait (scene.n_failed == 1);
  g_assert_error (scene.reason, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* ---- deliveries ---- */

static void
test_delivered (gconstpointer way)
{
  g_auto (Scene) scene = { 0 };
  g_auto (Delivered) handled = { 0 };
  g_auto (Delivered) refused = { 0 };
  HeinMessage *came;

  scene_init (&scene, way);
  g_object_set (scene.spock->bus, "acknowledge", HEIN_ACKNOWLEDGE_MANUAL, NULL);
  deliver (scene.kirk, "t", TEXT, &handled);
  hein_test_wait (scene.spock->messages->len == 1);
  came = get_message (&scene, 0);
  g_assert_true (hein_message_get_wants_receipt (came));
  g_assert_cmpuint (handled.n_done, ==, 0);
  g_assert_cmpuint (hein_bridge_get_n_passed (scene.bridge), ==, 0);
  hein_message_acknowledge (came);
  hein_test_wait (handled.n_done == 1);
  assert_acknowledged (&handled);
  deliver (scene.kirk, "t", TEXT, &refused);
  hein_test_wait (scene.spock->messages->len == 2);
  hein_message_refuse (get_message (&scene, 1), "not today");
  hein_test_wait (refused.n_done == 1);
  assert_outcome (&refused, HEIN_OUTCOME_FAILED, HEIN_ERROR_REFUSED);
  g_assert_nonnull (
    strstr (hein_receipt_get_error (refused.receipt, 0)->message, "not today"));
  g_assert_cmpuint (hein_bridge_get_n_passed (scene.bridge), ==, 1);
  g_assert_cmpuint (hein_bridge_get_n_failed (scene.bridge), ==, 1);
}

/* What is not known there is not known here. */
static void
test_delivery_in_doubt (gconstpointer way)
{
  g_auto (Scene) scene = { 0 };
  g_auto (Delivered) delivered = { 0 };

  scene_init (&scene, way);
  g_object_set (scene.far->bus, "resume-ms", 0, NULL);
  g_object_set (scene.spock->bus, "acknowledge", HEIN_ACKNOWLEDGE_MANUAL, NULL);
  deliver_full (scene.kirk, "t", TEXT, (int) MS, NULL, &delivered);
  hein_test_wait (scene.spock->messages->len == 1);
  hein_peer_close (hein_test_bus_find_peer (scene.far, "spock"));
  hein_test_wait (delivered.n_done == 1);
  assert_outcome (&delivered, HEIN_OUTCOME_UNKNOWN, HEIN_ERROR_FAILED);
}

static void
on_confirmed (GObject *source, GAsyncResult *result, gpointer data)
{
  gboolean *is_confirmed = data;

  *is_confirmed =
    hein_bus_confirm_subscriptions_finish (HEIN_BUS (source), result, NULL);
}

/* Nobody is there, or nobody wants the topic: whoever delivers is told. */
static void
test_delivered_to_nobody (gconstpointer way)
{
  g_auto (Scene) scene = { 0 };
  g_auto (Delivered) unwanted = { 0 };
  g_auto (Delivered) alone = { 0 };
  gboolean is_confirmed = FALSE;

  scene_init (&scene, way);
  hein_bus_subscribe (scene.spock->bus, "other", NULL);
  hein_bus_confirm_subscriptions_async (scene.spock->bus, -1, NULL,
                                        on_confirmed, &is_confirmed);
  hein_test_wait (is_confirmed);
  deliver (scene.kirk, "t", TEXT, &unwanted);
  hein_test_wait (unwanted.n_done == 1);
  assert_outcome (&unwanted, HEIN_OUTCOME_FAILED, HEIN_ERROR_REFUSED);
  hein_test_bus_close (scene.spock);
  hein_test_wait (hein_test_bus_count_peers (scene.far) == 0);
  deliver (scene.kirk, "t", TEXT, &alone);
  hein_test_wait (alone.n_done == 1);
  assert_outcome (&alone, HEIN_OUTCOME_FAILED, HEIN_ERROR_REFUSED);
}

/* ---- requests ---- */

static void
test_request (gconstpointer way)
{
  g_auto (Scene) scene = { 0 };
  g_auto (Server) server = { 0 };
  g_auto (Asked) asked = { 0 };
  g_auto (Asked) refused = { 0 };
  g_auto (Asked) unserved = { 0 };
  g_autoptr (GError) error = NULL;

  scene_init (&scene, way);
  g_assert_true (hein_bridge_serve (scene.bridge, "**", &error));
  g_assert_no_error (error);
  server.keeps = TRUE;
  serve (&server, scene.spock, "t");
  ask (scene.kirk, "t", TEXT, &asked);
  hein_test_wait (server.n_asked == 1);
  reply (g_ptr_array_index (server.requests, 0), "yes");
  hein_test_wait (asked.n_done == 1);
  assert_answer (&asked, "yes");
  ask (scene.kirk, "t", TEXT, &refused);
  hein_test_wait (server.n_asked == 2);
  hein_request_refuse (g_ptr_array_index (server.requests, 1), 42, "no", NULL);
  hein_test_wait (refused.n_done == 1);
  g_assert_error (refused.error, HEIN_ANSWER_ERROR, 42);
  g_assert_cmpstr (refused.error->message, ==, "no");
  g_assert_cmpuint (hein_bridge_get_n_passed (scene.bridge), ==, 2);
  ask (scene.kirk, "u", TEXT, &unserved);
  hein_test_wait (unserved.n_done == 1);
  g_assert_error (unserved.error, HEIN_ERROR, HEIN_ERROR_NOT_SERVED);
  g_assert_cmpuint (hein_bridge_get_n_failed (scene.bridge), ==, 1);
}

/* Who asked gives up: the other side is told. */
static void
test_request_cancelled (gconstpointer way)
{
  g_auto (Scene) scene = { 0 };
  g_auto (Server) server = { 0 };
  g_auto (Asked) asked = { 0 };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  scene_init (&scene, way);
  g_assert_true (hein_bridge_serve (scene.bridge, "t", NULL));
  server.keeps = TRUE;
  serve (&server, scene.spock, "t");
  ask_full (scene.kirk, "t", TEXT, -1, cancellable, &asked);
  hein_test_wait (server.n_asked == 1);
  g_cancellable_cancel (cancellable);
  hein_test_wait (asked.n_done == 1 && server.n_cancelled == 1);
  g_assert_error (asked.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

typedef struct
{
  HeinReplies *replies;
  guint n;
  gboolean is_over;
} Many;

static void
on_next (GObject *source, GAsyncResult *result, gpointer data)
{
  Many *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) answer =
    hein_replies_next_finish (self->replies, result, &error);

  g_assert_no_error (error);
  if (answer == NULL)
    {
      self->is_over = TRUE;
      return;
    }
  self->n++;
  hein_replies_next_async (self->replies, NULL, on_next, self);
}

/* Gives as many answers as there is room for. */
static void
on_many (HeinBus *bus, HeinRequest *request, gpointer data)
{
  guint *n_given = data;

  while (hein_request_get_credit (request) > 0)
    {
      g_autoptr (HeinMessage) part = hein_message_new_text ("t", TEXT);

      g_assert_true (hein_request_reply_part (request, part, NULL));
      (*n_given)++;
    }
  g_assert_true (hein_request_end (request, NULL));
}

static void
test_many_answers (gconstpointer way)
{
  g_auto (Scene) scene = { 0 };
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", TEXT);
  Many many = { 0 };
  guint n_given = 0;

  scene_init (&scene, way);
  g_assert_true (hein_bridge_serve (scene.bridge, "t", NULL));
  hein_bus_serve (scene.spock->bus, "t", on_many, &n_given, NULL, NULL);
  many.replies = hein_bus_request_many (scene.kirk->bus, message, -1, 5);
  hein_replies_next_async (many.replies, NULL, on_next, &many);
  hein_test_wait (many.is_over);
  g_assert_cmpuint (n_given, ==, 5);
  g_assert_cmpuint (many.n, ==, n_given);
  g_clear_object (&many.replies);
}

/* ---- the end ---- */

/* Either bus ends it. */
static void
test_ends (gconstpointer way)
{
  for (guint i = 0; i < 2; i++)
    {
      g_auto (Scene) scene = { 0 };

      scene_init (&scene, way);
      hein_test_bus_close (i == 0 ? scene.near : scene.far);
      hein_test_wait (hein_bridge_get_is_closed (scene.bridge));
    }
}

/* A bus whose messages a handler takes has none for a bridge. */
static void
test_other_receiver (gconstpointer way)
{
  g_auto (Scene) scene = { 0 };
  HeinBridge *bridge;

  scene_init (&scene, way);
  bridge = build (&scene, scene.kirk, scene.far, NULL);
  hein_test_wait (hein_bridge_get_is_closed (bridge));
  g_assert_cmpuint (scene.n_failed, ==, 1);
  g_assert_error (scene.reason, HEIN_ERROR, HEIN_ERROR_FAILED);
  free_bridge (bridge);
}

static void
test_refused (void)
{
  const char *const ids[] = { "", "a b", "a,b", "ä" };
  g_autoptr (HeinTestBus) from = hein_test_bus_new ("from");
  g_autoptr (HeinTestBus) to = hein_test_bus_new ("to");
  g_autoptr (GError) error = NULL;
  g_autofree char *longest = g_strnfill (HEIN_ATTRIBUTE_NAME_MAX, 'x');
  g_autofree char *longer = g_strconcat (longest, "x", NULL);
  HeinBridge *bridge;

  for (guint i = 0; i <= G_N_ELEMENTS (ids); i++)
    {
      const char *id = i < G_N_ELEMENTS (ids) ? ids[i] : longer;

      g_assert_null (hein_bridge_new (from->bus, to->bus, id, &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
      g_clear_error (&error);
    }
  g_assert_null (hein_bridge_new (from->bus, from->bus, NULL, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_clear_error (&error);
  hein_test_bus_set_takes (from, FALSE);
  bridge = hein_bridge_new (from->bus, to->bus, longest, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (hein_bridge_get_id (bridge), ==, longest);
  g_assert_false (hein_bridge_get_is_closed (bridge));
  free_bridge (bridge);
  hein_test_bus_close (to);
  g_assert_null (hein_bridge_new (from->bus, to->bus, NULL, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_for_ways ("/bridge/message", test_message);
  add_for_ways ("/bridge/topics", test_topics);
  add_for_ways ("/bridge/loops", test_loops);
  add_for_ways ("/bridge/both-ways", test_both_ways);
  add_for_ways ("/bridge/slow", test_slow);
  add_for_ways ("/bridge/closed-while-full", test_closed_while_full);
  add_for_ways ("/bridge/delivered", test_delivered);
  add_for_ways ("/bridge/delivery-in-doubt", test_delivery_in_doubt);
  add_for_ways ("/bridge/delivered-to-nobody", test_delivered_to_nobody);
  add_for_ways ("/bridge/request", test_request);
  add_for_ways ("/bridge/request-cancelled", test_request_cancelled);
  add_for_ways ("/bridge/many-answers", test_many_answers);
  add_for_ways ("/bridge/ends", test_ends);
  add_for_ways ("/bridge/other-receiver", test_other_receiver);
  g_test_add_func ("/bridge/refused", test_refused);
  return g_test_run ();
}

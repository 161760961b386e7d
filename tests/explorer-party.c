/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explorer-party.h"

#include <string.h>

#include "explorer-count.h"
#include "explorer-errand.h"
#include "explorer-interest.h"
#include "explorer-news.h"
#include "explorer-right.h"
#include "explorer-topic.h"
#include "explorer-value.h"

#define SMALL_LIMIT  (64 * 1024)
#define SEGMENT      (64 * 1024) /* in which messages are queued */
#define MEMORY_LIMIT (512 * 1024)
#define MEMORY_SPARE (256 * 1024)

/* ---- who is there ---- */

gboolean
party_knows (const Party *self, const char *name)
{
  GHashTableIter iter;
  gpointer peer;

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, &peer, NULL))
    if (strcmp (hein_peer_get_name (peer), name) == 0)
      return TRUE;
  return FALSE;
}

static void
on_added (HeinBus *bus, HeinPeer *peer, gpointer data)
{
  Party *self = data;
  const char *name = hein_peer_get_name (peer);

  if (self->scene->kind->names == KNOWS_BOTH && party_knows (self, name))
    scene_break (self->scene, "%s is told of two peers %s", self->name, name);
  if (!g_hash_table_add (self->peers, g_object_ref (peer)))
    scene_break (self->scene, "%s is told of %s twice", self->name, name);
  interest_note_peer (self, peer);
  count_note_peer (self, peer);
  party_close_sometimes (self);
}

static void
on_removed (HeinBus *bus, HeinPeer *peer, const GError *reason, gpointer data)
{
  Party *self = data;

  self->scene->n_removed++;
  for (guint i = 0; i < SCENE_N_TOPICS; i++)
    g_hash_table_remove (self->heard, (char *) peer + i);
  value_forget (self, peer);
  interest_forget_peer (self, peer);
  if (!g_hash_table_remove (self->peers, peer))
    scene_break (self->scene, "%s loses %s, of which it was not told",
                 self->name, hein_peer_get_name (peer));
  party_close_sometimes (self);
}

HeinPeer *
party_draw_peer (Party *self)
{
  HeinPeers *peers = hein_bus_get_peers (self->bus);
  const guint n = hein_peers_get_n_peers (peers);

  return n > 0 ? hein_peers_get_peer (peers, scene_draw (n)) : NULL;
}

static void
close_something (Party *self)
{
  HeinPeer *peer = party_draw_peer (self);

  if (!self->scene->may_close)
    return;
  if (scene_draw (4) == 0)
    hein_bus_close (self->bus);
  else if (peer != NULL)
    hein_peer_close (peer);
}

void
party_close_sometimes (Party *self)
{
  if (scene_draw (100) == 0)
    close_something (self);
}

/* ---- what it hears ---- */

#define TO_ALL "*"
#define TO_ANY "?" /* a strategy chooses */

/* Returns: (nullable) */
static const Party *
check_sender (Party *self, HeinPeer *peer, const News *label)
{
  const Party *sender = g_hash_table_lookup (self->scene->lives, label->sender);

  if (sender == NULL || label->number == 0 || label->number > sender->sent->len)
    {
      scene_break (self->scene, "%s hears %u of %s, who has not sent it",
                   self->name, label->number, label->sender);
      return NULL;
    }
  if (self->scene->kind->names == KNOWS_BOTH &&
      strcmp (hein_peer_get_name (peer), label->sender) != 0)
    scene_break (self->scene, "%s takes %s for %s", self->name, label->sender,
                 hein_peer_get_name (peer));
  if (strcmp (label->receiver, self->name) != 0 &&
      g_hash_table_contains (self->scene->lives, label->receiver))
    scene_break (self->scene, "%s hears what was for %s", self->name,
                 label->receiver);
  return sender;
}

/* Where connections are made anew without a name, each is somebody else. */
static gconstpointer
get_order (Party *self, HeinPeer *peer, const Party *sender, guint number)
{
  gconstpointer whose = sender;

  if (self->scene->kind->names != KNOWS_BOTH)
    whose = peer;
  if (strcmp (self->scene->overflow, "latest") != 0)
    return whose;
  /* the latest one of a topic takes the place of the one before it; objects are
   * larger than there are topics */
  return (const char *) whose +
         g_array_index (sender->sent, Sent, number - 1).topic;
}

static void
check_order (Party *self,
             HeinPeer *peer,
             const Party *sender,
             const News *label)
{
  const ExplorerKind *kind = self->scene->kind;
  gconstpointer key = get_order (self, peer, sender, label->number);
  const guint last = GPOINTER_TO_UINT (g_hash_table_lookup (self->heard, key));

  if (kind->gives_back && self->scene->n_removed > 0)
    return;
  if (label->number <= last)
    scene_break (self->scene, "%s hears %u of %s after %u", self->name,
                 label->number, label->sender, last);
  g_hash_table_insert (self->heard, (gpointer) key,
                       GUINT_TO_POINTER (label->number));
}

/* ---- what it has heard of whom ---- */

static gboolean
has_been_heard (const Party *self, const Party *sender, guint number)
{
  const GByteArray *heard = g_hash_table_lookup (self->once, sender);

  return heard != NULL && number < heard->len && heard->data[number];
}

static void
note_heard (Party *self, const Party *sender, guint number)
{
  GByteArray *heard = g_hash_table_lookup (self->once, sender);
  const guint end = number + 1;

  if (heard == NULL)
    {
      heard = g_byte_array_new ();
      g_hash_table_insert (self->once, (gpointer) sender, heard);
    }
  if (heard->len < end)
    {
      const guint before = heard->len;

      g_byte_array_set_size (heard, end);
      memset (heard->data + before, FALSE, end - before);
    }
  heard->data[number] = TRUE;
}

static void
check_once (Party *self, const Party *sender, guint number)
{
  if (has_been_heard (self, sender, number))
    scene_break (self->scene, "%s hears %u of %s again", self->name, number,
                 sender->name);
  note_heard (self, sender, number);
}

static void
check_topic (Party *self, const Party *sender, guint number, const char *topic)
{
  const Sent *sent = &g_array_index (sender->sent, Sent, number - 1);

  if (self->scene->kind->has_subscriptions &&
      strcmp (topic, topic_names[sent->topic]) != 0)
    scene_break (self->scene, "%s hears %u of %s as %s", self->name, number,
                 sender->name, topic);
  right_check_message (self, sender, HEIN_ACTION_PUBLISH, sent->topic,
                       sent->time_us);
}

static void
hear_news (Party *self,
           HeinPeer *peer,
           HeinMessage *message,
           const char *data,
           gsize size)
{
  const Party *sender;
  News label;

  if (!news_read (&label, data, size))
    {
      scene_break (self->scene, "%s hears %.*s, which is damaged", self->name,
                   (int) MIN (size, 60), data);
      return;
    }
  sender = check_sender (self, peer, &label);
  if (self->scene->kind->repeats || sender == NULL)
    return;
  check_topic (self, sender, label.number, hein_message_get_topic (message));
  interest_hear (self, peer, sender, label.number);
  check_once (self, sender, label.number);
  check_order (self, peer, sender, &label);
}

static void
hear_other (Party *self, HeinPeer *peer, HeinMessage *message)
{
  g_autofree char *text = hein_message_dup_text (message, NULL);

  if (text != NULL && g_str_has_prefix (text, "errand "))
    errand_handle (self, text + strlen ("errand "));
  else if (text != NULL && g_str_has_prefix (text, "call "))
    g_hash_table_add (self->rolls, g_strdup (text + strlen ("call ")));
  else if (text == NULL || !value_hear (self, peer, text))
    scene_break (self->scene, "%s hears %.60s, which is damaged", self->name,
                 text != NULL ? text : "what is no text");
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Party *self = data;
  HeinPeer *sender = hein_message_get_sender (message);
  gsize size;
  const char *bytes =
    g_bytes_get_data (hein_message_get_payload (message), &size);

  if (!g_hash_table_contains (self->peers, sender))
    scene_break (self->scene, "%s hears of %s, who is not there", self->name,
                 hein_peer_get_name (sender));
  self->n_heard++;
  if (news_is (bytes, size))
    hear_news (self, sender, message, bytes, size);
  else
    hear_other (self, sender, message);
  party_close_sometimes (self);
}

gboolean
party_has_heard (const Party *self, const Party *other)
{
  return g_hash_table_contains (self->rolls, other->name);
}

/* ---- what it does ---- */

static HeinMessage *
make_news_of (Party *self, const char *receiver, guint topic, gsize size)
{
  const Sent sent = {
    .step = ++self->scene->n_steps,
    .time_us = hein_simulation_get_time_us (self->scene->net),
    .topic = topic,
    .is_to_all = strcmp (receiver, TO_ALL) == 0,
  };
  News news = { .size = size };

  g_array_append_val (self->sent, sent);
  news.number = self->sent->len;
  g_strlcpy (news.sender, self->name, sizeof news.sender);
  g_strlcpy (news.receiver, receiver, sizeof news.receiver);
  return news_make_message (&news, topic_names[topic]);
}

static HeinMessage *
make_news (Party *self, const char *receiver)
{
  const guint rarity = self->scene->is_heavy ? 3 : 20;
  const gsize size =
    scene_draw (rarity) == 0 ? scene_draw (NEWS_MAX) : scene_draw (200);
  const gboolean has_several = self->scene->kind->has_subscriptions;

  return make_news_of (self, receiver,
                       has_several ? scene_draw (SCENE_N_TOPICS) : 0, size);
}

static void
publish (Party *self, HeinMessage *message)
{
  const guint number = self->sent->len; /* handlers may send others meanwhile */
  gboolean has_sent;

  count_before (self);
  has_sent = hein_bus_send (self->bus, message, NULL);
  count_after (self, has_sent);
  g_array_index (self->sent, Sent, number - 1).is_accepted = has_sent;
}

static void
send_to_all (Party *self)
{
  g_autoptr (HeinMessage) message = make_news (self, TO_ALL);

  publish (self, message);
}

void
party_publish_all (Party *self)
{
  self->acted_us = hein_simulation_get_time_us (self->scene->net);
  for (guint i = 0; i < SCENE_N_TOPICS; i++)
    {
      g_autoptr (HeinMessage) message = make_news_of (self, TO_ALL, i, 0);

      publish (self, message);
    }
}

static gboolean
may_hear (const Party *self, const Party *of, guint topic)
{
  const gint64 now_us = hein_simulation_get_time_us (self->scene->net);

  return !self->scene->kind->has_rights ||
         (right_is_given (self, of, HEIN_ACTION_PUBLISH, topic, now_us) &&
          right_is_given (of, self, HEIN_ACTION_RECEIVE, topic, now_us));
}

gboolean
party_has_news (const Party *self, const Party *other, guint first)
{
  for (guint i = first; i <= other->sent->len; i++)
    {
      const Sent *sent = &g_array_index (other->sent, Sent, i - 1);

      if (interest_wants (self, sent->topic) &&
          may_hear (self, other, sent->topic) &&
          !has_been_heard (self, other, i))
        return FALSE;
    }
  return TRUE;
}

/* It waits for room, and what is sent later waits behind it. */
static void
send_patiently (Party *self)
{
  g_autoptr (HeinMessage) message = make_news (self, TO_ALL);

  hein_bus_send_async (self->bus, message, NULL, NULL, NULL);
}

static void
send_to_any (Party *self)
{
  HeinStrategy *strategy =
    self->scene->strategies[scene_draw (SCENE_N_STRATEGIES)];
  g_autoptr (HeinMessage) message = make_news (self, TO_ANY);

  if (hein_bus_send_with (self->bus, strategy, NULL, message, NULL))
    count_one (self);
}

static void
send_to (Party *self, HeinPeer *peer)
{
  const char *name = hein_peer_get_name (peer);
  g_autoptr (HeinMessage) message = make_news (self, name);

  count_send_to (self, name, message);
}

static void
send_one (Party *self)
{
  HeinPeer *peer = party_draw_peer (self);

  if (self->scene->kind->has_values)
    value_send_one (self);
  else if (peer != NULL && scene_draw (4) == 0)
    send_to (self, peer);
  else if (scene_draw (4) == 0)
    send_to_any (self);
  else if (!self->scene->has_counts && scene_draw (2) == 0)
    send_patiently (self);
  else
    send_to_all (self);
}

void
party_act (Party *self)
{
  if (hein_bus_get_is_closed (self->bus))
    return;
  self->acted_us = hein_simulation_get_time_us (self->scene->net);
  switch (scene_draw (14))
    {
    case 12:
      if (self->scene->is_choosy)
        interest_act (self);
      break;
    case 13:
      if (self->scene->kind->has_rights)
        rights_draw (self->scene, (Rights *) self->rights);
      break;
    case 0:
      close_something (self);
      break;
    case 1:
    case 2:
    case 3:
    case 4:
      errand_begin (self);
      break;
    default:
      for (guint n = scene_draw (20); n > 0; n--)
        send_one (self);
    }
}

/* To each by itself: not every protocol publishes with every guarantee. */
void
party_call (Party *self)
{
  g_autofree char *text = g_strdup_printf ("call %s", self->name);
  g_autoptr (HeinMessage) message = hein_message_new_text ("call", text);
  HeinPeers *peers = hein_bus_get_peers (self->bus);

  self->acted_us = hein_simulation_get_time_us (self->scene->net);
  for (guint i = 0; i < hein_peers_get_n_peers (peers); i++)
    count_send_to (self, hein_peer_get_name (hein_peers_get_peer (peers, i)),
                   message);
}

/* ---- its life ---- */

Party *
party_new (Scene *scene, const char *place, const char *host)
{
  Party *self = g_new0 (Party, 1);
  g_autoptr (GError) error = NULL;

  self->scene = scene;
  self->host = host;
  self->name = g_strdup_printf ("%s%u", place, ++scene->n_lives);
  g_hash_table_insert (scene->lives, self->name, self);
  self->bus = hein_bus_new (self->name);
  self->peers = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  self->heard = g_hash_table_new (NULL, NULL);
  self->once = g_hash_table_new_full (NULL, NULL, NULL,
                                      (GDestroyNotify) g_byte_array_unref);
  self->held = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->rolls = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->sent = g_array_new (FALSE, FALSE, sizeof (Sent));
  self->rights = scene->rights[place[0] - 'a'];
  interest_begin (self);
  if (scene->has_small_limits)
    g_object_set (self->bus, "send-limit", SMALL_LIMIT, "receive-limit",
                  SMALL_LIMIT, "memory-limit", (guint64) MEMORY_LIMIT,
                  "retain-limit", (guint64) SMALL_LIMIT / 2, NULL);
  g_signal_connect (self->bus, "peer-added", G_CALLBACK (on_added), self);
  g_signal_connect (self->bus, "peer-removed", G_CALLBACK (on_removed), self);
  g_signal_connect (self->bus, "message", G_CALLBACK (on_message), self);
  value_begin (self);
  if (scene->has_counts)
    count_begin (self);
  if (scene->kind->has_requests)
    hein_bus_serve (self->bus, "errand", errand_on_request, self, NULL, &error);
  g_assert_no_error (error);
  return self;
}

void
party_free (gpointer party)
{
  Party *self = party;

  if (self == NULL)
    return;
  if (self->bus != NULL)
    g_signal_handlers_disconnect_by_data (self->bus, self);
  g_clear_object (&self->bus);
  g_hash_table_unref (self->peers);
  g_hash_table_unref (self->heard);
  value_end (self);
  interest_end (self);
  g_array_unref (self->sent);
  g_hash_table_unref (self->once);
  g_hash_table_unref (self->held);
  g_hash_table_unref (self->rolls);
  g_free (self->name);
  g_free (self);
}

/* What is sent outside of a turn is looked at in the next one, which comes at
 * once, unless the program is paused: until then each peer may have its own
 * limit, in segments of which the last need not be full. */
static guint64
get_most_memory (const Party *self)
{
  const gint64 now_us = hein_simulation_get_time_us (self->scene->net);

  if (self->acted_us < now_us &&
      !g_strv_contains (self->scene->kind->faults, "pause"))
    return MEMORY_LIMIT;
  return MEMORY_LIMIT + MEMORY_SPARE +
         (guint64) hein_peers_get_n_peers (hein_bus_get_peers (self->bus)) *
           (SMALL_LIMIT + SEGMENT);
}

void
party_check_memory (const Party *self)
{
  guint64 used;

  if (!self->scene->has_small_limits || self->has_crashed)
    return;
  used = hein_bus_get_memory_used (self->bus);
  if (used > get_most_memory (self))
    scene_break (self->scene, "%s uses %" G_GUINT64_FORMAT " bytes", self->name,
                 used);
}

gboolean
party_is_over (const Party *self)
{
  return g_hash_table_size (self->peers) == 0 && errand_are_over (self);
}

void
party_check_end (const Party *self)
{
  if (self->has_crashed)
    return;
  if (g_hash_table_size (self->peers) > 0)
    scene_break (self->scene,
                 "%s is closed, and was not told of it by %u peers", self->name,
                 g_hash_table_size (self->peers));
  errand_check_ends (self);
}

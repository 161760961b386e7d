/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explorer-interest.h"

#include "explorer-topic.h"

/* Subscriptions of the explorer: see explorer-interest.h. Everything that may
 * come before or after something else has a number, Scene's n_steps. */

typedef struct
{
  const char *text;
  gboolean is_pattern;
  guint32 topics;
} Interest;

/* Peers that were there at @begun know since @ended of what was subscribed to
 * then. */
typedef struct
{
  guint64 begun;
  guint64 ended;
} Confirmation;

typedef struct
{
  guint64 added;
  guint last; /* the number of what was heard last */
} Line;

struct _Interests
{
  GArray *interests;     /* Interest, as often as it was subscribed to */
  GArray *confirmations; /* Confirmation, in order of @ended */
  guint n_kept;          /* of the interests */
  GHashTable *lines;     /* Line by HeinPeer */
  guint n_open;          /* confirmations that have not ended */
  guint64 since[SCENE_N_TOPICS]; /* when it was wanted; 0: it is not */
  guint64 until[SCENE_N_TOPICS]; /* when it was wanted last */
};

/* ---- subscribing ---- */

static guint32
get_topics (const Interests *self)
{
  guint32 topics = 0;

  if (self->interests->len == 0)
    return TOPIC_ALL;
  for (guint i = 0; i < self->interests->len; i++)
    topics |= g_array_index (self->interests, Interest, i).topics;
  return topics;
}

gboolean
interest_wants (const Party *self, guint topic)
{
  return (get_topics (self->interests) & 1u << topic) != 0;
}

static void
note_change (Party *self)
{
  Interests *its = self->interests;
  const guint64 now = ++self->scene->n_steps;

  for (guint i = 0; i < SCENE_N_TOPICS; i++)
    {
      const gboolean was_wanted = its->since[i] > 0;

      if (was_wanted == interest_wants (self, i))
        continue;
      its->since[i] = was_wanted ? 0 : now;
      its->until[i] = was_wanted ? now : G_MAXUINT64;
    }
}

static void
subscribe_to (Party *self, const char *text, gboolean is_pattern)
{
  const Interest interest = {
    text,
    is_pattern,
    is_pattern ? topic_set_of_pattern (text) : topic_set_of_prefix (text),
  };
  g_autoptr (GError) error = NULL;

  if (is_pattern)
    hein_bus_subscribe_pattern (self->bus, text, &error);
  else
    hein_bus_subscribe (self->bus, text, &error);
  g_assert_no_error (error);
  g_array_append_val (self->interests->interests, interest);
  note_change (self);
}

static void
subscribe (Party *self)
{
  if (scene_draw (2) == 0)
    subscribe_to (self, topic_draw_pattern (), TRUE);
  else
    subscribe_to (self, topic_draw_prefix (), FALSE);
}

static void
unsubscribe (Party *self)
{
  GArray *interests = self->interests->interests;
  const guint n_kept = self->interests->n_kept;
  Interest old;
  guint i;

  if (interests->len == n_kept)
    return;
  i = n_kept + scene_draw (interests->len - n_kept);
  old = g_array_index (interests, Interest, i);
  g_array_remove_index_fast (interests, i);
  if (old.is_pattern)
    hein_bus_unsubscribe_pattern (self->bus, old.text);
  else
    hein_bus_unsubscribe (self->bus, old.text);
  note_change (self);
}

/* ---- a life ---- */

void
interest_begin (Party *self)
{
  Interests *its = g_new0 (Interests, 1);

  its->interests = g_array_new (FALSE, FALSE, sizeof (Interest));
  its->confirmations = g_array_new (FALSE, FALSE, sizeof (Confirmation));
  its->lines = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  for (guint i = 0; i < SCENE_N_TOPICS; i++)
    {
      its->since[i] = ++self->scene->n_steps;
      its->until[i] = G_MAXUINT64;
    }
  self->interests = its;
  if (!self->scene->is_choosy || !self->scene->kind->filters_names)
    return;
  subscribe_to (self, "call", TRUE);
  its->n_kept = 1;
}

void
interest_end (Party *self)
{
  g_array_unref (self->interests->interests);
  g_array_unref (self->interests->confirmations);
  g_hash_table_unref (self->interests->lines);
  g_clear_pointer (&self->interests, g_free);
}

/* ---- when peers know of it ---- */

typedef struct
{
  Party *party;
  guint64 begun;
} Question;

static void
on_confirmed (GObject *bus, GAsyncResult *result, gpointer data)
{
  g_autofree Question *question = data;
  Party *self = question->party;
  const Confirmation confirmation = {
    question->begun,
    ++self->scene->n_steps,
  };

  /* the program may have ended, and the last reference of its bus */
  if (self->interests == NULL)
    return;
  self->interests->n_open--;
  if (hein_bus_confirm_subscriptions_finish (HEIN_BUS (bus), result, NULL))
    g_array_append_val (self->interests->confirmations, confirmation);
}

void
interest_confirm (Party *self)
{
  Question *question = g_new (Question, 1);

  *question = (Question){ self, ++self->scene->n_steps };
  self->interests->n_open++;
  hein_bus_confirm_subscriptions_async (self->bus, -1, NULL, on_confirmed,
                                        question);
}

gboolean
interest_is_confirmed (const Party *self)
{
  return self->interests->n_open == 0;
}

void
interest_act (Party *self)
{
  switch (scene_draw (4))
    {
    case 0:
      unsubscribe (self);
      break;
    case 1:
      interest_confirm (self);
      break;
    default:
      if (self->interests->interests->len < 6)
        subscribe (self);
      else
        unsubscribe (self);
    }
}

/* ---- hearing ---- */

void
interest_note_peer (Party *self, HeinPeer *peer)
{
  Line *line = g_new0 (Line, 1);

  line->added = ++self->scene->n_steps;
  g_hash_table_insert (self->interests->lines, peer, line);
}

void
interest_forget_peer (Party *self, HeinPeer *peer)
{
  g_hash_table_remove (self->interests->lines, peer);
}

/* The last one that had ended before @step, or NULL. */
static const Confirmation *
find_before (const Interests *self, guint64 step)
{
  for (guint i = self->confirmations->len; i-- > 0;)
    {
      const Confirmation *confirmation =
        &g_array_index (self->confirmations, Confirmation, i);

      if (confirmation->ended < step)
        return confirmation;
    }
  return NULL;
}

static void
check_wanted (const Party *self, const Sent *sent)
{
  const Interests *its = self->interests;
  const Confirmation *known = find_before (its, sent->step);

  if (known != NULL && its->until[sent->topic] < known->begun)
    scene_break (self->scene, "%s hears %s, to which it had not subscribed",
                 self->name, topic_names[sent->topic]);
}

/* Whether @self must have heard it before anything later by that line. */
static gboolean
must_hear (const Party *self, const Line *line, const Sent *sent)
{
  const Interests *its = self->interests;
  const Confirmation *known = find_before (its, sent->step);

  return sent->is_accepted && sent->is_to_all && known != NULL &&
         known->begun > line->added && its->since[sent->topic] > 0 &&
         its->since[sent->topic] < known->begun;
}

static void
check_gap (const Party *self, const Line *line, const Party *of, guint number)
{
  for (guint i = MAX (line->last, 1); i < number; i++)
    {
      const Sent *sent = &g_array_index (of->sent, Sent, i - 1);

      if (i > line->last && must_hear (self, line, sent))
        scene_break (self->scene,
                     "%s has subscribed to %s, and not heard %u "
                     "of %s",
                     self->name, topic_names[sent->topic], i, of->name);
    }
}

void
interest_hear (Party *self, HeinPeer *peer, const Party *sender, guint number)
{
  const Sent *sent = &g_array_index (sender->sent, Sent, number - 1);
  Line *line = g_hash_table_lookup (self->interests->lines, peer);

  if (!self->scene->is_choosy)
    return;
  if (sent->is_to_all)
    check_wanted (self, sent);
  if (line == NULL)
    return;
  if (scene_loses_nothing (self->scene))
    check_gap (self, line, sender, number);
  line->last = MAX (line->last, number);
}

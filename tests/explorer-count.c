/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explorer-count.h"

#include <string.h>

/* Counting the copies of messages: see explorer-count.h. */

/* ---- a strategy that sends to all, as `publish` does, and counts ---- */

typedef struct
{
  HeinStrategy parent_instance;
  guint n_chosen; /* by the last choice */
} CountingStrategy;
typedef HeinStrategyClass CountingStrategyClass;

static GType counting_strategy_get_type (void);
G_DEFINE_TYPE (CountingStrategy, counting_strategy, HEIN_TYPE_STRATEGY)

static void
counting_strategy_select (HeinStrategy *strategy,
                          HeinPeers *peers,
                          const char *key,
                          HeinMessage *message,
                          HeinSelection *selection)
{
  CountingStrategy *self = (CountingStrategy *) strategy;

  self->n_chosen = hein_peers_get_n_peers (peers);
  hein_selection_add_all (selection);
}

static void
counting_strategy_class_init (CountingStrategyClass *class)
{
  class->select = counting_strategy_select;
}

static void
counting_strategy_init (CountingStrategy *self)
{
}

/* ---- counting ---- */

void
count_begin (Party *self)
{
  g_autoptr (HeinStrategy) strategy =
    g_object_new (counting_strategy_get_type (), NULL);

  hein_bus_set_strategy (self->bus, strategy);
}

static CountingStrategy *
get_strategy (Party *self)
{
  return (CountingStrategy *) hein_bus_get_strategy (self->bus);
}

void
count_before (Party *self)
{
  if (self->scene->has_counts)
    get_strategy (self)->n_chosen = 0;
}

/* One that is for nobody is dropped, which counts, too. */
void
count_after (Party *self, gboolean has_sent)
{
  if (self->scene->has_counts && has_sent)
    self->n_accepted += MAX (get_strategy (self)->n_chosen, 1);
}

void
count_one (Party *self)
{
  self->n_accepted++;
}

static guint
count_named (const Party *self, const char *name)
{
  HeinPeers *peers = hein_bus_get_peers (self->bus);
  guint n = 0;

  for (guint i = 0; i < hein_peers_get_n_peers (peers); i++)
    {
      HeinPeer *peer = hein_peers_get_peer (peers, i);

      n += hein_peer_get_accepts_messages (peer) &&
           strcmp (hein_peer_get_name (peer), name) == 0;
    }
  return n;
}

/* What was accepted for a name that nobody had. */
typedef struct
{
  guint n_messages;
  gint64 came_us; /* when somebody came who has it; 0: nobody yet */
} Held;

static void
hold (Party *self, const char *name)
{
  Held *held = g_hash_table_lookup (self->held, name);

  if (held == NULL)
    g_hash_table_insert (self->held, g_strdup (name), held = g_new0 (Held, 1));
  if (held->came_us != 0)
    *held = (Held){ 0 };
  held->n_messages++;
}

/* Where a name may be shared, who has come again is there twice until the end
 * of the old connection is seen. */
void
count_send_to (Party *self, const char *name, HeinMessage *message)
{
  const guint n = count_named (self, name);

  if (!hein_bus_send_to (self->bus, name, message, NULL))
    return;
  self->n_accepted += MAX (n, 1);
  if (n == 0)
    hold (self, name);
}

/* When several come in the same turn, each gets what was held for their name,
 * unless it has gone in that turn, too. */
void
count_note_peer (Party *self, HeinPeer *peer)
{
  Held *held = g_hash_table_lookup (self->held, hein_peer_get_name (peer));
  const gint64 now_us = hein_simulation_get_time_us (self->scene->net);

  if (held == NULL)
    return;
  if (held->came_us == 0)
    held->came_us = now_us;
  else if (held->came_us == now_us)
    self->n_perhaps += held->n_messages;
}

typedef struct
{
  guint64 n_accepted;
  guint64 n_perhaps; /* more than that, at most */
  guint64 n_heard;
  guint64 n_dropped; /* for reasons that leave no doubt */
  guint64 n_by_reason[HEIN_DROP_REASON_EXPIRED + 1];
  gboolean is_complete; /* nobody has taken what it had with it */
} Sum;

/* What is unknown was heard or not; what is invalid may have been no message. */
static gboolean
is_doubtful (HeinDropReason reason)
{
  return reason == HEIN_DROP_REASON_UNKNOWN ||
         reason == HEIN_DROP_REASON_INVALID;
}

static void
add (Sum *self, const Party *party)
{
  self->n_accepted += party->n_accepted;
  self->n_perhaps += party->n_perhaps;
  self->n_heard += party->n_heard;
  self->is_complete &= !party->has_crashed;
  if (party->bus == NULL)
    return;
  for (HeinDropReason reason = 0; reason <= HEIN_DROP_REASON_EXPIRED; reason++)
    {
      const guint64 n = hein_bus_get_n_dropped (party->bus, reason);

      self->n_by_reason[reason] += n;
      if (!is_doubtful (reason))
        self->n_dropped += n;
    }
}

static char *
describe (const Sum *self)
{
  g_autoptr (GEnumClass) class = g_type_class_ref (HEIN_TYPE_DROP_REASON);
  GString *text = g_string_new (NULL);

  g_string_printf (text,
                   "%" G_GUINT64_FORMAT " sent, %" G_GUINT64_FORMAT " heard",
                   self->n_accepted, self->n_heard);
  for (guint i = 0; i < class->n_values; i++)
    if (self->n_by_reason[class->values[i].value] > 0)
      g_string_append_printf (text, ", %" G_GUINT64_FORMAT " %s",
                              self->n_by_reason[class->values[i].value],
                              class->values[i].value_nick);
  return g_string_free (text, FALSE);
}

void
count_check (Scene *scene, const GPtrArray *parties)
{
  Sum sum = { .is_complete = TRUE };
  g_autofree char *text = NULL;
  guint64 n_known;
  guint64 n_doubtful;

  if (!scene->has_counts || scene->kind->repeats)
    return;
  for (guint i = 0; i < parties->len; i++)
    add (&sum, g_ptr_array_index (parties, i));
  n_known = sum.n_heard + sum.n_dropped;
  n_doubtful = sum.n_by_reason[HEIN_DROP_REASON_UNKNOWN] +
               sum.n_by_reason[HEIN_DROP_REASON_INVALID];
  if (n_known <= sum.n_accepted + sum.n_perhaps &&
      (!sum.is_complete || n_known + n_doubtful >= sum.n_accepted))
    return;
  text = describe (&sum);
  scene_break (scene, "it does not add up: %s", text);
}

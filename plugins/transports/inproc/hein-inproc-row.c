/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inproc-row.h"

#include <string.h>

/* Messages in order, within a limit. */

/* Another part of a message. */
#define PART_BYTES 96
/* Up to so many bytes are copied: that costs less than sharing them. */
#define COPY_BYTES 4096

gsize
hein_inproc_message_cost (HeinMessage *message)
{
  const gsize n_parts = hein_message_get_n_parts (message);

  return hein_message_get_size (message) + HEIN_INPROC_OVERHEAD_BYTES +
         (n_parts - 1) * PART_BYTES;
}

/* ---- parcels ---- */

static HeinMessage *
make_own (HeinMessage *message, const HeinMessageView *view)
{
  static const HeinMessageAttributes none = { 0 };
  g_autoptr (GPtrArray) parts = g_ptr_array_sized_new (view->n_parts);
  HeinMessage *own;

  for (guint i = 0; i < view->n_parts; i++)
    g_ptr_array_add (parts, hein_message_get_part (message, i));
  own =
    hein_message_new_attributed (view->topic,
                                 view->attributes != NULL ? view->attributes
                                                          : &none,
                                 (GBytes **) parts->pdata, view->n_parts, NULL);
  if (view->attributes != NULL)
    hein_message_copy_attributes (own, message);
  return own;
}

/* Newer values take the place of older ones, which a pack has no room for. */
void
hein_inproc_parcel_init (HeinInprocParcel *self,
                         HeinMessage *message,
                         const HeinInprocTerms *terms)
{
  hein_message_peek (message, &self->view);
  self->own = NULL;
  self->payload = NULL;
  self->is_addressed = terms->audience != HEIN_AUDIENCE_ALL;
  if (G_UNLIKELY (self->view.n_parts > 1 || self->view.attributes != NULL ||
                  terms->overflow == HEIN_OVERFLOW_LATEST))
    {
      self->own = make_own (message, &self->view);
      if (self->is_addressed)
        hein_message_set_addressed (self->own);
      self->size = hein_message_get_size (message);
      self->cost = hein_inproc_message_cost (message);
      return;
    }
  if (self->view.size > COPY_BYTES)
    self->payload = hein_message_get_payload (message);
  self->size = self->view.size;
  self->cost = self->size + HEIN_INPROC_OVERHEAD_BYTES;
}

void
hein_inproc_parcel_clear (HeinInprocParcel *self)
{
  g_clear_pointer (&self->own, hein_message_unref);
}

static HeinPriority
get_priority (const HeinInprocParcel *self)
{
  return G_LIKELY (self->own == NULL) ? HEIN_PRIORITY_NORMAL
                                      : hein_message_get_priority (self->own);
}

/* ---- packs ---- */

static HeinInprocPack *
take_spare (HeinInprocRow *self)
{
  GList *node = g_queue_pop_head_link (&self->spares);

  HeinInprocPack *pack;

  if (node == NULL)
    return hein_inproc_pack_new ();
  self->n_unused = MIN (self->n_unused, self->spares.length);
  pack = hein_inproc_pack_from_node (node);
  pack->begin = pack->end = 0;
  return pack;
}

static void
add_packed (HeinInprocRow *self, const HeinInprocParcel *parcel)
{
  GList *tail = self->messages.tail;
  HeinInprocPack *pack =
    tail != NULL ? hein_inproc_pack_from_node (tail) : NULL;

  if (G_LIKELY (pack != NULL &&
                hein_inproc_pack_add (pack, &parcel->view, parcel->payload,
                                      parcel->is_addressed)))
    return;
  pack = take_spare (self);
  if (!hein_inproc_pack_add (pack, &parcel->view, parcel->payload,
                             parcel->is_addressed))
    g_assert_not_reached ();
  g_queue_push_tail_link (&self->messages, &pack->link);
}

/* The last one is the first to be used again: it may be in the cache. */
static void
keep_spares (HeinInprocRow *self, GQueue *spent)
{
  hein_inproc_row_append (spent, &self->spares);
  self->spares = *spent;
  g_queue_init (spent);
}

gboolean
hein_inproc_row_trim (HeinInprocRow *self, GQueue *unused)
{
  for (; self->n_unused > 0; self->n_unused--)
    g_queue_push_head_link (unused, g_queue_pop_tail_link (&self->spares));
  self->n_unused = self->spares.length;
  return self->n_unused > 0;
}

/* ---- values ---- */

static int
compare_topics (gconstpointer a, gconstpointer b, gpointer data)
{
  return strcmp (a, b);
}

/* The value is no longer one that a newer one replaces. */
static void
forget_value (HeinInprocRow *self, GList *node)
{
  const char *topic;

  if (node->data == NULL)
    return;
  topic = hein_message_get_topic (node->data);
  if (self->values != NULL && g_tree_lookup (self->values, topic) == node)
    g_tree_remove (self->values, topic);
}

/* Messages of each priority have a limit of their own. */
static gsize *
get_used_of (HeinInprocRow *self, HeinPriority priority)
{
  return priority == HEIN_PRIORITY_HIGH ? &self->high_cost : &self->cost;
}

static gsize *
get_used (HeinInprocRow *self, HeinMessage *message)
{
  return get_used_of (self, hein_message_get_priority (message));
}

static void
note_dropped (HeinInprocRow *self,
              HeinMessage *message,
              HeinInprocLoss *loss,
              GQueue *dropped)
{
  *get_used (self, message) -= hein_inproc_message_cost (message);
  loss->n_messages++;
  loss->n_bytes += hein_message_get_size (message);
  g_queue_push_tail (dropped, message);
}

/* Returns whether somebody waits for what becomes of it, or for what it says:
 * it belongs to a request or a delivery. */
static gboolean
is_ask (HeinMessage *message)
{
  HeinMessageView view;

  hein_message_peek (message, &view);
  return view.attributes != NULL && view.attributes->ask != HEIN_ASK_NONE;
}

/* Those in a pack are of normal priority, and nobody waits for them. Returns
 * whether it is empty. */
static gboolean
drop_packed (HeinInprocRow *self,
             HeinInprocPack *pack,
             gsize cost,
             HeinInprocLoss *loss,
             GQueue *dropped)
{
  for (; self->cost + cost > self->limit && !hein_inproc_pack_is_empty (pack);
       hein_inproc_pack_skip (pack))
    {
      HeinInprocPacked *packed = hein_inproc_pack_get_first (pack);

      self->cost -= hein_inproc_packed_get_cost (packed);
      loss->n_messages++;
      loss->n_bytes += packed->size;
      if (packed->payload == NULL)
        continue;
      g_queue_push_tail (dropped, hein_inproc_pack_make_first (pack));
      g_bytes_unref (packed->payload); /* the message has one of its own */
    }
  return hein_inproc_pack_is_empty (pack);
}

/* Returns whether nothing is left of it. */
static gboolean
drop_node (HeinInprocRow *self,
           GList *node,
           const gsize *used,
           gsize cost,
           HeinInprocLoss *loss,
           GQueue *dropped)
{
  HeinInprocPack *pack = hein_inproc_pack_from_node (node);
  HeinMessage *oldest = node->data;

  if (pack != NULL && used == &self->cost)
    return drop_packed (self, pack, cost, loss, dropped);
  if (pack != NULL || is_ask (oldest) || get_used (self, oldest) != used)
    return FALSE;
  forget_value (self, node);
  note_dropped (self, oldest, loss, dropped);
  return TRUE;
}

/* The oldest ones of @queue go that nobody waits for. Below the limit of @used,
 * or where everything is taken already, one more is let in. */
static void
drop_oldest (HeinInprocRow *self,
             GQueue *queue,
             const gsize *used,
             gsize cost,
             HeinInprocLoss *loss,
             GQueue *dropped)
{
  GList *node = queue->head;

  while (*used + cost > self->limit && node != NULL)
    {
      GList *next = node->next;
      const gboolean is_pack = hein_inproc_pack_from_node (node) != NULL;

      if (drop_node (self, node, used, cost, loss, dropped))
        {
          g_queue_unlink (queue, node);
          if (is_pack)
            g_queue_push_head_link (&self->spares, node);
          else
            g_list_free_1 (node);
        }
      node = next;
    }
}

/* The newer value takes the place of the older one. FALSE: there is none. */
static gboolean
replace (HeinInprocRow *self,
         HeinInprocParcel *parcel,
         HeinInprocLoss *loss,
         GQueue *dropped)
{
  HeinMessage *message = parcel->own;
  const char *topic = hein_message_get_topic (message);
  GList *node =
    self->values != NULL ? g_tree_lookup (self->values, topic) : NULL;
  HeinMessage *old;

  if (node == NULL)
    return FALSE;
  old = node->data;
  *get_used (self, message) += parcel->cost;
  *get_used (self, old) -= hein_inproc_message_cost (old);
  node->data = g_steal_pointer (&parcel->own);
  g_tree_replace (self->values, (gpointer) topic, node);
  loss->n_messages = 1;
  loss->n_bytes = hein_message_get_size (old);
  loss->is_replaced = TRUE;
  g_queue_push_tail (dropped, old);
  return TRUE;
}

/* The last one is the value of its topic. */
static void
note_value (HeinInprocRow *self)
{
  GList *node = self->messages.tail;
  char *topic = (char *) hein_message_get_topic (node->data);

  if (self->values == NULL)
    self->values = g_tree_new_full (compare_topics, NULL, NULL, NULL);
  g_tree_replace (self->values, topic, node);
}

/* Values keep their order, whatever their priority: one that came earlier would
 * come before an older one of its topic. */
static GQueue *
choose_queue (HeinInprocRow *self, HeinPriority priority, gboolean is_value)
{
  return !is_value && priority == HEIN_PRIORITY_HIGH ? &self->high
                                                     : &self->messages;
}

/* An older value of its topic is not replaced by one that comes after it. */
static void
overtake_value (HeinInprocRow *self, const char *topic)
{
  if (G_UNLIKELY (self->values != NULL))
    g_tree_remove (self->values, topic);
}

static void
append (HeinInprocRow *self,
        GQueue *queue,
        HeinInprocParcel *parcel,
        gboolean is_value)
{
  if (G_LIKELY (parcel->own == NULL))
    add_packed (self, parcel);
  else
    g_queue_push_tail (queue, g_steal_pointer (&parcel->own));
  if (G_UNLIKELY (is_value))
    note_value (self);
  else
    overtake_value (self, parcel->view.topic);
  if (G_UNLIKELY (queue == &self->high))
    g_atomic_int_set (&self->has_high, TRUE);
}

gboolean
hein_inproc_row_add (HeinInprocRow *self,
                     HeinInprocParcel *parcel,
                     const HeinInprocTerms *terms,
                     HeinInprocLoss *loss,
                     GQueue *dropped,
                     gboolean *is_first)
{
  const HeinPriority priority = get_priority (parcel);
  const gboolean is_value = terms->overflow == HEIN_OVERFLOW_LATEST;
  GQueue *queue = choose_queue (self, priority, is_value);
  gsize *used = get_used_of (self, priority);

  if (G_UNLIKELY (is_value) && replace (self, parcel, loss, dropped))
    return TRUE;
  if (is_value || terms->overflow == HEIN_OVERFLOW_DROP_OLDEST)
    drop_oldest (self, queue, used, parcel->cost, loss, dropped);
  else if (*used >= self->limit && !terms->is_forced)
    return FALSE;
  *is_first = !hein_inproc_row_has_any (self);
  append (self, queue, parcel, is_value);
  *used += parcel->cost;
  return TRUE;
}

void
hein_inproc_row_append (GQueue *queue, GQueue *more)
{
  if (queue->length == 0)
    *queue = *more;
  else if (more->length > 0)
    {
      queue->tail->next = more->head;
      more->head->prev = queue->tail;
      queue->tail = more->tail;
      queue->length += more->length;
    }
  g_queue_init (more);
}

/* A few of them, so that values can be replaced as long as possible. */
static void
take_values (HeinInprocRow *self, GQueue *messages, guint n_max)
{
  for (guint i = 0; i < n_max && self->messages.length > 0; i++)
    {
      GList *node = g_queue_peek_head_link (&self->messages);

      forget_value (self, node);
      g_queue_unlink (&self->messages, node);
      g_queue_push_tail_link (messages, node);
    }
}

void
hein_inproc_row_take (HeinInprocRow *self, GQueue *messages, guint n_max)
{
  if (self->values == NULL)
    hein_inproc_row_append (messages, &self->messages);
  else
    take_values (self, messages, n_max);
}

guint
hein_inproc_row_take_high (HeinInprocRow *self, GQueue *messages)
{
  const guint n = self->high.length;

  g_atomic_int_set (&self->has_high, FALSE);
  hein_inproc_row_append (messages, &self->high);
  return n;
}

void
hein_inproc_row_put_back (HeinInprocRow *self, GQueue *messages, GQueue *high)
{
  hein_inproc_row_append (messages, &self->messages);
  self->messages = *messages;
  hein_inproc_row_append (high, &self->high);
  self->high = *high;
  g_atomic_int_set (&self->has_high, self->high.length > 0);
  g_queue_init (messages);
  g_queue_init (high);
}

gboolean
hein_inproc_row_settle (HeinInprocRow *self,
                        gsize cost,
                        gsize high_cost,
                        GQueue *spent)
{
  /* a side that has left has none */
  self->cost -= MIN (cost, self->cost);
  self->high_cost -= MIN (high_cost, self->high_cost);
  keep_spares (self, spent);
  return self->cost <= self->limit / 2 && self->high_cost <= self->limit / 2;
}

void
hein_inproc_row_end (HeinInprocRow *self, GQueue *messages, GQueue *high)
{
  hein_inproc_row_append (messages, &self->messages);
  hein_inproc_row_append (high, &self->high);
  self->cost = self->high_cost = 0;
  g_clear_pointer (&self->values, g_tree_unref);
}

static void
count_lost (HeinInprocLoss *loss, gsize size)
{
  if (loss == NULL)
    return;
  loss->n_messages++;
  loss->n_bytes += size;
}

static void
free_pack (HeinInprocPack *pack, HeinInprocLoss *loss)
{
  for (guint i = pack->begin; i < pack->end;)
    {
      const HeinInprocPacked *packed = hein_inproc_pack_get (pack, i);

      count_lost (loss, packed->size);
      i += packed->step;
    }
  hein_inproc_pack_free (pack);
}

static void
free_message (HeinMessage *message, HeinInprocLoss *loss)
{
  count_lost (loss, hein_message_get_size (message));
  hein_message_unref (message);
}

void
hein_inproc_row_free_queue (GQueue *queue, HeinInprocLoss *loss)
{
  GList *node;

  while ((node = queue->head) != NULL)
    {
      HeinInprocPack *pack = hein_inproc_pack_from_node (node);

      if (pack == NULL)
        free_message (g_queue_pop_head (queue), loss);
      else
        {
          g_queue_unlink (queue, node);
          free_pack (pack, loss);
        }
    }
}

void
hein_inproc_row_clear (HeinInprocRow *self)
{
  hein_inproc_row_free_queue (&self->high, NULL);
  hein_inproc_row_free_queue (&self->messages, NULL);
  hein_inproc_row_free_queue (&self->spares, NULL);
  g_clear_pointer (&self->values, g_tree_unref);
}

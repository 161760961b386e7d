/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inproc-row.h"

#include <string.h>

/* Messages in order, within a limit. */

/* A message, and its place in the row. */
#define OVERHEAD_BYTES 128
/* Another part of one. */
#define PART_BYTES 96

gsize
hein_inproc_message_cost (HeinMessage *message)
{
  const gsize n_parts = hein_message_get_n_parts (message);

  return hein_message_get_size (message) + OVERHEAD_BYTES +
         (n_parts - 1) * PART_BYTES;
}

static int
compare_topics (gconstpointer a, gconstpointer b, gpointer data)
{
  return strcmp (a, b);
}

/* The value is no longer one that a newer one replaces. */
static void
forget_value (HeinInprocRow *self, GList *node)
{
  const char *topic = hein_message_get_topic (node->data);

  if (self->values != NULL && g_tree_lookup (self->values, topic) == node)
    g_tree_remove (self->values, topic);
}

/* Messages of each priority have a limit of their own. */
gsize *
hein_inproc_row_get_used (HeinInprocRow *self, HeinMessage *message)
{
  return hein_message_get_priority (message) == HEIN_PRIORITY_HIGH
           ? &self->high_cost
           : &self->cost;
}

static void
note_dropped (HeinInprocRow *self,
              HeinMessage *message,
              HeinInprocLoss *loss,
              GQueue *dropped)
{
  *hein_inproc_row_get_used (self, message) -=
    hein_inproc_message_cost (message);
  loss->n_messages++;
  loss->n_bytes += hein_message_get_size (message);
  g_queue_push_tail (dropped, message);
}

/* Returns whether somebody waits for what becomes of it, or for what it says: it
 * belongs to a request or a delivery. */
static gboolean
is_ask (HeinMessage *message)
{
  HeinMessageView view;

  hein_message_peek (message, &view);
  return view.attributes != NULL && view.attributes->ask != HEIN_ASK_NONE;
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
      HeinMessage *oldest = node->data;
      GList *next = node->next;

      if (!is_ask (oldest) && hein_inproc_row_get_used (self, oldest) == used)
        {
          forget_value (self, node);
          g_queue_delete_link (queue, node);
          note_dropped (self, oldest, loss, dropped);
        }
      node = next;
    }
}

/* The newer value takes the place of the older one. FALSE: there is none. */
static gboolean
replace (HeinInprocRow *self,
         HeinMessage *message,
         HeinInprocLoss *loss,
         GQueue *dropped)
{
  const char *topic = hein_message_get_topic (message);
  GList *node =
    self->values != NULL ? g_tree_lookup (self->values, topic) : NULL;
  HeinMessage *old;

  if (node == NULL)
    return FALSE;
  old = node->data;
  *hein_inproc_row_get_used (self, message) +=
    hein_inproc_message_cost (message);
  *hein_inproc_row_get_used (self, old) -= hein_inproc_message_cost (old);
  node->data = message;
  g_tree_replace (self->values, (gpointer) topic, node);
  loss->n_messages = 1;
  loss->n_bytes = hein_message_get_size (old);
  loss->is_replaced = TRUE;
  g_queue_push_tail (dropped, old);
  return TRUE;
}

/* The last one is the value of its topic, or overtakes that one. */
static void
note_value (HeinInprocRow *self, gboolean is_value)
{
  GList *node = self->messages.tail;
  char *topic = (char *) hein_message_get_topic (node->data);

  if (is_value && self->values == NULL)
    self->values = g_tree_new_full (compare_topics, NULL, NULL, NULL);
  if (is_value)
    g_tree_replace (self->values, topic, node);
  else
    g_tree_remove (self->values, topic);
}

/* Values keep their order, whatever their priority: one that came earlier would
 * come before an older one of its topic. */
static GQueue *
choose_queue (HeinInprocRow *self, HeinMessage *message, gboolean is_value)
{
  return !is_value && hein_message_get_priority (message) == HEIN_PRIORITY_HIGH
           ? &self->high
           : &self->messages;
}

static void
append (HeinInprocRow *self,
        GQueue *queue,
        HeinMessage *message,
        gboolean is_value)
{
  g_queue_push_tail (queue, message);
  if (G_UNLIKELY (queue == &self->high))
    {
      g_atomic_int_set (&self->has_high, TRUE);
      if (self->values != NULL)
        g_tree_remove (self->values, hein_message_get_topic (message));
    }
  else if (G_UNLIKELY (is_value || self->values != NULL))
    note_value (self, is_value);
}

gboolean
hein_inproc_row_add (HeinInprocRow *self,
                     HeinMessage *message,
                     HeinOverflow overflow,
                     HeinInprocLoss *loss,
                     GQueue *dropped,
                     gboolean *is_first)
{
  const gsize cost = hein_inproc_message_cost (message);
  const gboolean is_value = overflow == HEIN_OVERFLOW_LATEST;
  GQueue *queue = choose_queue (self, message, is_value);
  gsize *used = hein_inproc_row_get_used (self, message);

  if (G_UNLIKELY (is_value) && replace (self, message, loss, dropped))
    return TRUE;
  if (is_value || overflow == HEIN_OVERFLOW_DROP_OLDEST)
    drop_oldest (self, queue, used, cost, loss, dropped);
  else if (*used >= self->limit)
    return FALSE;
  *is_first = !hein_inproc_row_has_any (self);
  append (self, queue, message, is_value);
  *used += cost;
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
hein_inproc_row_settle (HeinInprocRow *self, gsize cost, gsize high_cost)
{
  /* a side that has left has none */
  self->cost -= MIN (cost, self->cost);
  self->high_cost -= MIN (high_cost, self->high_cost);
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

void
hein_inproc_row_clear (HeinInprocRow *self)
{
  g_queue_clear_full (&self->high, (GDestroyNotify) hein_message_unref);
  g_queue_clear_full (&self->messages, (GDestroyNotify) hein_message_unref);
  g_clear_pointer (&self->values, g_tree_unref);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-bus-private.h"
#include "hein-message-private.h"
#include "hein-topics-private.h"

/*
 * Messages that no handler took. With keep-latest they are state: a newer one
 * of the same topic and peer takes the place of an older one, and what is too
 * much goes, so that a program that only ever asks for the latest values never
 * stops its peers.
 */

static guint
state_hash (gconstpointer data)
{
  HeinMessage *message = (gpointer) data;

  return g_str_hash (hein_message_get_topic (message)) ^
         g_direct_hash (hein_message_sender (message));
}

static gboolean
state_equal (gconstpointer a, gconstpointer b)
{
  HeinMessage *left = (gpointer) a;
  HeinMessage *right = (gpointer) b;

  return hein_message_sender (left) == hein_message_sender (right) &&
         g_str_equal (hein_message_get_topic (left),
                      hein_message_get_topic (right));
}

static void
drop (HeinBus *self, GList *link, HeinDropReason reason)
{
  HeinMessage *message = link->data;

  g_queue_delete_link (&self->inbox, link);
  hein_bus_count_drop (self, hein_message_sender (message), reason, 1,
                       hein_message_size (message));
  hein_turn_give_back (self, message);
  hein_message_unref (message);
}

static void
replace_older (HeinBus *self, HeinMessage *message)
{
  GList *older;

  if (self->inbox_state == NULL)
    self->inbox_state = g_hash_table_new (state_hash, state_equal);
  older = g_hash_table_lookup (self->inbox_state, message);
  if (older == NULL)
    return;
  g_hash_table_remove (self->inbox_state, message);
  drop (self, older, HEIN_DROP_REPLACED);
}

static void
forget_state (HeinBus *self, GList *link)
{
  if (self->inbox_state != NULL &&
      g_hash_table_lookup (self->inbox_state, link->data) == link)
    g_hash_table_remove (self->inbox_state, link->data);
}

/* Less than what makes a peer stop. */
static gboolean
is_too_much (HeinBus *self)
{
  return self->inbox.length > 1 &&
         (self->inbox.length > HEIN_TOPICS_MAX ||
          self->receive_cost > self->receive_limit / 8);
}

void
hein_inbox_push (HeinBus *self, HeinMessage *message)
{
  hein_message_keep_sender (message);
  if (!self->keep_latest)
    {
      g_queue_push_tail (&self->inbox, message);
      return;
    }
  replace_older (self, message);
  g_queue_push_tail (&self->inbox, message);
  g_hash_table_insert (self->inbox_state, message, self->inbox.tail);
  while (is_too_much (self))
    {
      forget_state (self, self->inbox.head);
      drop (self, self->inbox.head, HEIN_DROP_OVERFLOW);
    }
}

HeinMessage *
hein_inbox_pop (HeinBus *self)
{
  HeinMessage *message;

  if (self->inbox.length == 0)
    return NULL;
  forget_state (self, self->inbox.head);
  message = g_queue_pop_head (&self->inbox);
  hein_turn_give_back (self, message);
  return message;
}

void
hein_inbox_clear (HeinBus *self)
{
  g_clear_pointer (&self->inbox_state, g_hash_table_unref);
  g_queue_clear_full (&self->inbox, (GDestroyNotify) hein_message_unref);
}

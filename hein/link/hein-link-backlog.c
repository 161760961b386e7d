/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-link-backlog.h"

#include "message/hein-message-memory.h"

/* Messages that wait to be encoded, and which newer ones replace them. */

typedef struct
{
  HeinBacklogItem item; /* the topic of its message is the key in `values` */
  GList link;           /* in `entries` */
} Entry;

static guint
entry_hash (gconstpointer data)
{
  const Entry *entry = data;

  return hein_message_hash_topic (entry->item.message);
}

static gboolean
entry_equal (gconstpointer a, gconstpointer b)
{
  const Entry *left = a;
  const Entry *right = b;

  return g_str_equal (hein_message_get_topic (left->item.message),
                      hein_message_get_topic (right->item.message));
}

/* Finds the entry that a newer message of the same topic may replace. */
static Entry *
find (HeinBacklog *self, HeinMessage *message)
{
  Entry wanted = { .item = { .message = message } };

  if (self->values == NULL)
    return NULL;
  return g_hash_table_lookup (self->values, &wanted);
}

/* Frees the table when no retained values are left: a new peer gets these only
 * once. Under `latest` the next value needs the table again. */
static void
forget_value (HeinBacklog *self, Entry *entry)
{
  g_hash_table_remove (self->values, entry);
  if (entry->item.kind == HEIN_BACKLOG_RETAINED &&
      g_hash_table_size (self->values) == 0)
    g_clear_pointer (&self->values, g_hash_table_unref);
}

/* Removes an entry and transfers its message to the caller. */
static HeinMessage *
take_out (HeinBacklog *self, Entry *entry)
{
  HeinMessage *message = entry->item.message;

  if (entry->item.kind != HEIN_BACKLOG_MESSAGE)
    forget_value (self, entry);
  g_queue_unlink (&self->entries, &entry->link);
  self->cost -= hein_message_get_cost (message);
  g_free (entry);
  return message;
}

static void
append (HeinBacklog *self,
        HeinMessage *message,
        HeinAudience audience,
        HeinBacklogKind kind)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->item = (HeinBacklogItem){ hein_message_ref (message), audience, kind };
  entry->link.data = entry;
  g_queue_push_tail_link (&self->entries, &entry->link);
  self->cost += hein_message_get_cost (message);
  if (kind == HEIN_BACKLOG_MESSAGE)
    return;
  if (self->values == NULL)
    self->values = g_hash_table_new (entry_hash, entry_equal);
  g_hash_table_add (self->values, entry);
}

/* Replaces a message in its entry; the table stays as it is, the topic being
 * equal. */
static HeinMessage *
replace (HeinBacklog *self,
         Entry *entry,
         HeinMessage *message,
         HeinAudience audience,
         HeinBacklogKind kind)
{
  HeinMessage *old = entry->item.message;

  self->cost += hein_message_get_cost (message);
  self->cost -= hein_message_get_cost (old);
  entry->item = (HeinBacklogItem){ hein_message_ref (message), audience, kind };
  return old;
}

/* Called before a message of a stream is added behind @entry of the same
 * topic. */
static HeinMessage *
make_way (HeinBacklog *self, Entry *entry, HeinAudience audience)
{
  /* a message to one peer is not a newer value of what all get */
  if (entry->item.kind == HEIN_BACKLOG_RETAINED &&
      audience == HEIN_AUDIENCE_ALL)
    return take_out (self, entry);
  /* the entry stays, but can no longer be replaced: a still newer value in its
   * place would overtake the message that is added now */
  forget_value (self, entry);
  entry->item.kind = HEIN_BACKLOG_MESSAGE;
  return NULL;
}

HeinMessage *
hein_backlog_add (HeinBacklog *self,
                  HeinMessage *message,
                  HeinAudience audience,
                  HeinBacklogKind kind)
{
  Entry *entry = find (self, message);
  HeinMessage *old = NULL;

  hein_message_keep_sender (message);
  if (entry != NULL && kind != HEIN_BACKLOG_MESSAGE)
    return replace (self, entry, message, audience, kind);
  if (entry != NULL)
    old = make_way (self, entry, audience);
  append (self, message, audience, kind);
  return old;
}

gboolean
hein_backlog_has_value (HeinBacklog *self, HeinMessage *message)
{
  return find (self, message) != NULL;
}

HeinMessage *
hein_backlog_take_value (HeinBacklog *self, HeinMessage *message)
{
  Entry *entry = find (self, message);

  return entry != NULL ? take_out (self, entry) : NULL;
}

/* @link: of an entry; NULL: there is none. */
static gboolean
take_at (HeinBacklog *self, GList *link, HeinBacklogItem *item)
{
  if (link == NULL)
    return FALSE;
  *item = ((Entry *) link->data)->item;
  take_out (self, link->data);
  return TRUE;
}

gboolean
hein_backlog_pop (HeinBacklog *self, HeinBacklogItem *item)
{
  return take_at (self, self->entries.head, item);
}

gboolean
hein_backlog_take_oldest (HeinBacklog *self, HeinBacklogItem *item)
{
  GList *link = self->entries.head;

  while (link != NULL &&
         hein_message_is_ask (((Entry *) link->data)->item.message))
    link = link->next;
  return take_at (self, link, item);
}

gint64
hein_backlog_drop_expired (HeinBacklog *self,
                           gint64 now_us,
                           guint64 *n_messages,
                           guint64 *n_bytes)
{
  gint64 next_us = G_MAXINT64;
  GList *next;

  for (GList *link = self->entries.head; link != NULL; link = next)
    {
      Entry *entry = link->data;
      HeinMessage *message = entry->item.message;

      next = link->next;
      if (!hein_message_expires (message))
        continue;
      if (!hein_message_has_expired (message, now_us))
        {
          next_us = MIN (next_us, hein_message_get_expires_us (message));
          continue;
        }
      take_out (self, entry);
      *n_messages += 1;
      *n_bytes += hein_message_size (message);
      hein_message_unref (message);
    }
  return next_us;
}

const HeinBacklogItem *
hein_backlog_peek_item (const HeinBacklog *self)
{
  const GList *first = self->entries.head;

  return first != NULL ? &((const Entry *) first->data)->item : NULL;
}

void
hein_backlog_clear (HeinBacklog *self)
{
  HeinBacklogItem item;

  while (hein_backlog_pop (self, &item))
    hein_message_unref (item.message);
  g_clear_pointer (&self->values, g_hash_table_unref);
}

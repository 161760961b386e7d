/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-enums.h>
#include <hein/hein-message.h>

G_BEGIN_DECLS

/*
 * Messages that a connection has still to encode. One queue holds messages of
 * streams, values under `latest`, and retained values, which differ in what
 * happens when a newer message of the same topic is added.
 */
typedef enum
{
  HEIN_BACKLOG_MESSAGE, /* of a stream: never replaced */
  HEIN_BACKLOG_VALUE,   /* replaced in its place by a newer value */
  HEIN_BACKLOG_RETAINED /* like a value; also removed when a newer message to
                         * all is added */
} HeinBacklogKind;

typedef struct
{
  HeinMessage *message; /* owned */
  HeinAudience audience;
  HeinBacklogKind kind;
} HeinBacklogItem;

typedef struct
{
  GQueue entries;     /* oldest first */
  GHashTable *values; /* entries that can be replaced, by topic; NULL until
                       * there are any */
  gsize cost;         /* of the messages, as in limits */
} HeinBacklog;

void hein_backlog_clear (HeinBacklog *self);
/* Adds @message: a value takes the place of an older value of its topic,
 * anything else goes to the end. Returns the message that was replaced
 * (transfer full), or NULL. Takes constant time. */
HeinMessage *hein_backlog_add (HeinBacklog *self,
                               HeinMessage *message,
                               HeinAudience audience,
                               HeinBacklogKind kind);
/* Returns whether a newer value of that topic would take the place of one. */
gboolean hein_backlog_has_value (HeinBacklog *self, HeinMessage *message);
/* Removes what a newer value of that topic would take the place of, and
 * transfers its reference to the caller; NULL: there is none. */
HeinMessage *hein_backlog_take_value (HeinBacklog *self, HeinMessage *message);
/* Removes the oldest message and transfers its reference to the caller; FALSE
 * when there is none. */
gboolean hein_backlog_pop (HeinBacklog *self, HeinBacklogItem *item);
/* The same of the oldest one that does not belong to a request or a
 * delivery. */
gboolean hein_backlog_take_oldest (HeinBacklog *self, HeinBacklogItem *item);

/* Drops the messages that have expired, and adds their number and sizes.
 * Returns when the next one expires; G_MAXINT64: none does. */
gint64 hein_backlog_drop_expired (HeinBacklog *self,
                                  gint64 now_us,
                                  guint64 *n_messages,
                                  guint64 *n_bytes);
/* Returns the oldest message (transfer none); NULL: there is none. */
const HeinBacklogItem *hein_backlog_peek_item (const HeinBacklog *self);

static inline guint
hein_backlog_get_length (const HeinBacklog *self)
{
  return self->entries.length;
}

G_END_DECLS

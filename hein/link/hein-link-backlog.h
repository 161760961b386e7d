/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-enums.h>
#include <hein/hein-message.h>

G_BEGIN_DECLS

/*
 * What a connection has still to encode: one row, in which a message of a
 * stream, a value under `latest` and a retained value each have their place.
 * What becomes of it when a newer one of its topic comes tells them apart.
 */
typedef enum
{
  HEIN_BACKLOG_MESSAGE, /* of a stream: stays */
  HEIN_BACKLOG_VALUE,   /* gives its place to a newer value, else stays */
  HEIN_BACKLOG_RETAINED /* as a value, and goes when a newer message to all
                         * comes */
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
  GHashTable *values; /* entries that a newer one replaces, by topic; NULL
                       * until there are any */
  gsize cost;         /* of the messages, as in limits */
} HeinBacklog;

void hein_backlog_clear (HeinBacklog *self);
/* Takes @message in: a value or retained one into the place that an older one
 * of its topic has, everything else at the end. Returns the one that it
 * replaces (transfer full), or NULL. Costs the same however many there are. */
HeinMessage *hein_backlog_add (HeinBacklog *self,
                               HeinMessage *message,
                               HeinAudience audience,
                               HeinBacklogKind kind);
/* Gives the oldest one, with its reference, to the caller; FALSE when there is
 * none. */
gboolean hein_backlog_pop (HeinBacklog *self, HeinBacklogItem *item);

static inline guint
hein_backlog_get_length (const HeinBacklog *self)
{
  return self->entries.length;
}

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * What is on the way to one side of a pipe: messages of normal and of high
 * priority, each in order and within a limit of their own, and of which of them
 * newer values take the place. Both sides use it, under the lock of the pipe.
 */
typedef struct
{
  GQueue messages; /* owned */
  GQueue high;     /* owned, before those: of high priority */
  int has_high;    /* atomic, set under the lock */
  GTree *values;   /* borrowed topic -> node of messages: the last value under
                      `latest`; NULL until there is one. A tree, since topics may
                      be chosen to collide in a table */
  gsize cost;      /* of messages, and of those taken but not settled */
  gsize high_cost; /* the same of those of high priority */
  gsize limit;     /* a threshold: below it one message more is taken */
} HeinInprocRow;

/* What nobody gets. */
typedef struct
{
  guint64 n_messages;
  guint64 n_bytes;
  gboolean is_replaced; /* by a newer value of its topic */
} HeinInprocLoss;

/* What a message counts in limits. */
gsize hein_inproc_message_cost (HeinMessage *message);

/* Takes @message when it returns TRUE; FALSE: there is no room. @overflow: what
 * happens then; @loss: what came of that; @dropped: messages to unref without
 * the lock. @is_first: nothing waited before. */
gboolean hein_inproc_row_add (HeinInprocRow *self,
                              HeinMessage *message,
                              HeinOverflow overflow,
                              HeinInprocLoss *loss,
                              GQueue *dropped,
                              gboolean *is_first);
/* Adds those of normal priority to @messages; under `latest` up to @n_max. */
void hein_inproc_row_take (HeinInprocRow *self, GQueue *messages, guint n_max);
/* Adds those of high priority; returns how many. */
guint hein_inproc_row_take_high (HeinInprocRow *self, GQueue *messages);
/* They wait again, before all others. */
void
hein_inproc_row_put_back (HeinInprocRow *self, GQueue *messages, GQueue *high);
/* What was taken counts no longer. Returns whether half of the limit is free. */
gboolean
hein_inproc_row_settle (HeinInprocRow *self, gsize cost, gsize high_cost);
/* Takes all; what was taken before counts no longer. */
void hein_inproc_row_end (HeinInprocRow *self, GQueue *messages, GQueue *high);
void hein_inproc_row_clear (HeinInprocRow *self);
/* What counts of messages of the priority of @message. */
gsize *hein_inproc_row_get_used (HeinInprocRow *self, HeinMessage *message);
/* Puts @more, which is empty then, behind @queue. */
void hein_inproc_row_append (GQueue *queue, GQueue *more);

static inline gboolean
hein_inproc_row_is_full (const HeinInprocRow *self)
{
  return self->cost >= self->limit || self->high_cost >= self->limit;
}

static inline gboolean
hein_inproc_row_has_any (const HeinInprocRow *self)
{
  return self->messages.length > 0 || self->high.length > 0;
}

static inline gsize
hein_inproc_row_get_cost (const HeinInprocRow *self)
{
  return self->cost + self->high_cost;
}

G_END_DECLS

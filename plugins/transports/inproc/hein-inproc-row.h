/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "hein-inproc-pack.h"

G_BEGIN_DECLS

/*
 * What is on the way to one side of a pipe: messages of normal and of high
 * priority, each in order and within a limit of their own, and of which of them
 * newer values take the place. Both sides use it, under the lock of the pipe.
 */
typedef struct
{
  GQueue messages; /* owned: messages, and packs of them */
  GQueue high;     /* owned, before those: of high priority */
  GQueue spares;   /* owned packs, empty: to be used again */
  guint n_unused;  /* of those, since hein_inproc_row_trim */
  int has_high;    /* atomic, set under the lock */
  GTree *values;   /* borrowed topic -> node of messages: the last value under
                      `latest`; NULL until there is one. A tree, since topics may
                      be chosen to collide in a table */
  gsize cost;      /* of messages, and of those taken but not settled */
  gsize high_cost; /* the same of those of high priority */
  gsize limit;     /* a threshold: below it one message more is taken */
} HeinInprocRow;

/* What a message counts beside its payload: for itself, and its place in a
 * row. */
#define HEIN_INPROC_OVERHEAD_BYTES 128

/* What nobody gets. */
typedef struct
{
  guint64 n_messages;
  guint64 n_bytes;
  gboolean is_replaced; /* by a newer value of its topic */
} HeinInprocLoss;

/* How a message is to be taken. */
typedef struct
{
  HeinOverflow overflow; /* what happens when there is no room */
  HeinAudience audience; /* whom it is for */
  gboolean is_forced;    /* it needs no room */
} HeinInprocTerms;

/* A message on its way into a row. It may hold peers of its bus (a sender, one
 * to reply to), so another thread gets one of its own. */
typedef struct
{
  HeinMessageView view; /* of the sender's message */
  HeinMessage *own;     /* owned; NULL: it goes into a pack */
  GBytes *payload;      /* borrowed, nullable: shared by what is in the pack */
  gsize size;
  gsize cost;
  gboolean is_addressed;
} HeinInprocParcel;

void hein_inproc_parcel_init (HeinInprocParcel *self,
                              HeinMessage *message,
                              const HeinInprocTerms *terms);
void hein_inproc_parcel_clear (HeinInprocParcel *self);

/* What messages count in limits. */
gsize hein_inproc_message_cost (HeinMessage *message);
static inline gsize
hein_inproc_packed_get_cost (const HeinInprocPacked *packed)
{
  return packed->size + HEIN_INPROC_OVERHEAD_BYTES;
}

/* FALSE: there is no room. @loss: what came of the overflow policy; @dropped:
 * messages to unref without the lock. @is_first: nothing waited before. */
gboolean hein_inproc_row_add (HeinInprocRow *self,
                              HeinInprocParcel *parcel,
                              const HeinInprocTerms *terms,
                              HeinInprocLoss *loss,
                              GQueue *dropped,
                              gboolean *is_first);
/* Adds those of normal priority to @messages, and packs of them; under `latest`
 * up to @n_max. */
void hein_inproc_row_take (HeinInprocRow *self, GQueue *messages, guint n_max);
/* Adds those of high priority; returns how many. */
guint hein_inproc_row_take_high (HeinInprocRow *self, GQueue *messages);
/* They wait again, before all others. */
void
hein_inproc_row_put_back (HeinInprocRow *self, GQueue *messages, GQueue *high);
/* What was taken counts no longer; takes the packs of @spent, which are empty.
 * Returns whether half of the limit is free. */
gboolean hein_inproc_row_settle (HeinInprocRow *self,
                                 gsize cost,
                                 gsize high_cost,
                                 GQueue *spent);
/* Adds spare packs that nobody has used since the last call to @unused. Returns
 * whether there are others. */
gboolean hein_inproc_row_trim (HeinInprocRow *self, GQueue *unused);
/* Takes all; what was taken before counts no longer. */
void hein_inproc_row_end (HeinInprocRow *self, GQueue *messages, GQueue *high);
void hein_inproc_row_clear (HeinInprocRow *self);
/* Frees messages and packs, and adds them to @loss (nullable). */
void hein_inproc_row_free_queue (GQueue *queue, HeinInprocLoss *loss);
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

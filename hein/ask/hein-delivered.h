/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-number-set.h"

/* What one peer has delivered to this bus, over all of its connections. */

G_BEGIN_DECLS

/* Of failures whose words a cut has lost, so much of the reason is told. */
#define HEIN_DELIVERED_WHY_MAX 255

typedef struct
{
  guint64 arrived;    /* the greatest number that has come */
  guint64 closed_to;  /* up to this nothing may come any more */
  HeinNumberSet open; /* those of which nothing was said yet */
  GQueue failures;    /* owned, in the order in which they were told */
  gsize failures_size;
  guint max_failures;
} HeinDelivered;

/* What is said when a connection is resumed. */
typedef struct
{
  /* all from @first to @last were handled */
  void (*handled) (gpointer data, guint64 first, guint64 last);
  void (*failed) (gpointer data, guint64 number, int code, const char *why);
} HeinDeliveredWords;

/* @credit: how many the peer may have open; so many words may be lost. */
void hein_delivered_init (HeinDelivered *self, guint credit);
void hein_delivered_clear (HeinDelivered *self);
void hein_delivered_fail (HeinDelivered *self,
                          guint64 number,
                          int code,
                          const char *why);
/* Says once more what became of those from @first to @last that are over. */
void hein_delivered_repeat (const HeinDelivered *self,
                            guint64 first,
                            guint64 last,
                            const HeinDeliveredWords *words,
                            gpointer data);

/* FALSE: it is no new number. */
static inline gboolean
hein_delivered_arrive (HeinDelivered *self, guint64 number)
{
  if (number <= MAX (self->arrived, self->closed_to))
    return FALSE;
  hein_number_set_add (&self->open, number);
  self->arrived = number;
  return TRUE;
}

/* Those up to @number that have not come are not taken any more: the peer has
 * sent them again, by other numbers. */
static inline void
hein_delivered_close (HeinDelivered *self, guint64 number)
{
  self->closed_to = MAX (self->closed_to, number);
}

/* It was handled. */
static inline void
hein_delivered_end (HeinDelivered *self, guint64 number)
{
  hein_number_set_remove (&self->open, number);
}

/* Returns the memory that it takes, in bytes. */
static inline gsize
hein_delivered_get_size (const HeinDelivered *self)
{
  return hein_number_set_get_size (&self->open) + self->failures_size;
}

G_END_DECLS

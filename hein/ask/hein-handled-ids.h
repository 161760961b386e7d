/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Which messages with an id were handled lately. */

G_BEGIN_DECLS

/* How many are remembered at most, and for how long after they were handled. */
#define HEIN_HANDLED_IDS_MAX 65536
#define HEIN_HANDLED_IDS_US  (10 * 60 * G_USEC_PER_SEC)
/* The memory of one: its block, the overhead of malloc, a place in the set. */
#define HEIN_HANDLED_IDS_COST 96

typedef struct _HeinHandledIds HeinHandledIds;

typedef enum
{
  HEIN_HANDLED_NEW,
  HEIN_HANDLED_BUSY, /* it was begun, and is not over */
  HEIN_HANDLED_DONE
} HeinHandledState;

HeinHandledIds *hein_handled_ids_new (void);
void hein_handled_ids_free (HeinHandledIds *self);
/* Those that were handled keep to @max from now on, the latest ones. */
void hein_handled_ids_set_max (HeinHandledIds *self, guint max);
/* The memory that all of them take, in bytes. */
gsize hein_handled_ids_get_cost (HeinHandledIds *self);
/* Asks for the message of that id from the sender of that name; one that is
 * new is begun. */
HeinHandledState hein_handled_ids_begin (HeinHandledIds *self,
                                         const char *sender,
                                         const char *id,
                                         gint64 now_us);
/* One that was begun is over; @is_handled FALSE: it may come again. */
void hein_handled_ids_end (HeinHandledIds *self,
                           const char *sender,
                           const char *id,
                           gboolean is_handled,
                           gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinHandledIds, hein_handled_ids_free)

G_END_DECLS

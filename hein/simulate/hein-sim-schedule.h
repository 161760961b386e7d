/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What will happen in a simulation, by time. */

G_BEGIN_DECLS

typedef struct _HeinSimEvent HeinSimEvent;

/* Embedded in its owner; zeroed means that it is not to come. */
struct _HeinSimEvent
{
  gint64 due_us;
  guint64 order; /* of two at the same time, who was there first comes first */
  guint position;
  void (*happen) (HeinSimEvent *self);
};

typedef struct
{
  GPtrArray *heap; /* borrowed HeinSimEvent */
  guint64 n_added;
} HeinSimSchedule;

void hein_sim_schedule_init (HeinSimSchedule *self);
void hein_sim_schedule_clear (HeinSimSchedule *self);
/* Also moves an event that is to come already. */
void hein_sim_schedule_add (HeinSimSchedule *self,
                            HeinSimEvent *event,
                            gint64 due_us);
void hein_sim_schedule_remove (HeinSimSchedule *self, HeinSimEvent *event);
/* G_MAXINT64: nothing will happen. */
gint64 hein_sim_schedule_get_due_us (HeinSimSchedule *self);
/* Lets the first event happen. */
void hein_sim_schedule_run_one (HeinSimSchedule *self);

G_END_DECLS

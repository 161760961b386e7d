/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* What is to happen at a time, the earliest first. */

G_BEGIN_DECLS

typedef struct _HeinTimer HeinTimer;

/* A point in monotonic time, embedded in its owner; zeroed means disarmed. */
struct _HeinTimer
{
  gint64 due_us;
  guint position; /* 1-based place in the heap, 0 when disarmed */
  bool is_plain;  /* asks for the loop's private context, if it needs it */
  void (*expired) (HeinTimer *self, gint64 now_us);
};

typedef struct
{
  GPtrArray *heap; /* borrowed HeinTimer */
} HeinTimers;

void hein_timers_init (HeinTimers *self);
void hein_timers_clear (HeinTimers *self);
/* Also moves a timer that is armed. Of several for the same time, any is
 * first. */
void hein_timers_arm (HeinTimers *self, HeinTimer *timer, gint64 due_us);
void hein_timers_disarm (HeinTimers *self, HeinTimer *timer);

/* NULL: none is armed. */
static inline HeinTimer *
hein_timers_get_first (const HeinTimers *self)
{
  return self->heap->len > 0 ? g_ptr_array_index (self->heap, 0) : NULL;
}

/* G_MAXINT64: none is armed. */
static inline gint64
hein_timers_get_due_us (const HeinTimers *self)
{
  const HeinTimer *first = hein_timers_get_first (self);

  return first != NULL ? first->due_us : G_MAXINT64;
}

G_END_DECLS

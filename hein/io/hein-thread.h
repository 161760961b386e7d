/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Threads that own something, and how one of them hands it to another while it
 * may still be at work on it.
 *
 * Who works on what several threads may own says so first (hein_thread_begin),
 * and then looks whether he is the owner still; whoever takes over writes the
 * new owner first, and then waits until the old one is not at work
 * (hein_thread_wait). So at least one of the two sees the other. That needs a
 * full barrier on both sides, which would cost the owner, who works all the
 * time, as much as a lock. The one who takes over, which is rare, has the
 * kernel put a barrier into all threads instead: membarrier (2).
 */
typedef struct
{
  int ref_count; /* atomic */
  guint n_begun; /* atomic; written by its own thread alone */
} HeinThread;

/* Variables of a thread lie at a fixed place in its block, where glibc has some
 * room also for libraries that a program loads later. Other libcs have none,
 * and would not load this one. */
#ifdef __GLIBC__
#define HEIN_THREAD_LOCAL __attribute__ ((tls_model ("initial-exec")))
#else
#define HEIN_THREAD_LOCAL
#endif

extern __thread HeinThread *hein_thread_own HEIN_THREAD_LOCAL;
/* Without membarrier (2) both sides need a barrier of their own. */
extern gboolean hein_thread_needs_fence;

HeinThread *hein_thread_self_slow (void);
HeinThread *hein_thread_ref (HeinThread *self);
void hein_thread_unref (HeinThread *self);
/* Returns when @self is at work on nothing that it began before. */
void hein_thread_wait (HeinThread *self);

/* The calling thread; no other one gets the same before the last reference to
 * it is gone. (transfer none) */
static inline HeinThread *
hein_thread_self (void)
{
  HeinThread *self = hein_thread_own;

  return G_LIKELY (self != NULL) ? self : hein_thread_self_slow ();
}

/* The calling thread begins to work, and looks for the owner afterwards. May be
 * nested. */
static inline void
hein_thread_begin (HeinThread *self)
{
  __atomic_store_n (&self->n_begun, self->n_begun + 1, __ATOMIC_RELAXED);
  if (G_UNLIKELY (hein_thread_needs_fence))
    __atomic_thread_fence (__ATOMIC_SEQ_CST);
  else
    __atomic_signal_fence (__ATOMIC_SEQ_CST);
}

static inline void
hein_thread_end (HeinThread *self)
{
  __atomic_store_n (&self->n_begun, self->n_begun - 1, __ATOMIC_RELEASE);
}

G_END_DECLS

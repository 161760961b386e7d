/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Threads that own something, and how one thread hands it over to another,
 * possibly while it is still using it.
 *
 * A thread that uses an object with changing owners first says so
 * (hein_thread_begin), and then checks that it is still the owner. A thread
 * that takes over first writes the new owner, and then waits until the old one
 * is no longer using the object (hein_thread_wait). So at least one of the two
 * sees the other. That needs a full memory barrier on both sides, which would
 * cost the owner as much as a lock on each use. So the thread that takes over,
 * which is rare, makes the kernel execute a barrier on all threads: membarrier
 * (2).
 */
typedef struct
{
  int ref_count; /* atomic */
  guint n_begun; /* atomic; written by the thread itself only */
} HeinThread;

/* With this model, thread-local variables are at a fixed offset and cheap to
 * read. glibc keeps some room for such variables of libraries that are loaded
 * later; other C libraries have none, and would refuse to load this one. */
#ifdef __GLIBC__
#define HEIN_THREAD_LOCAL __attribute__ ((tls_model ("initial-exec")))
#else
#define HEIN_THREAD_LOCAL
#endif

extern __thread HeinThread *hein_thread_own HEIN_THREAD_LOCAL;
/* TRUE without membarrier (2): then both sides execute a barrier of their
 * own. */
extern gboolean hein_thread_needs_fence;

HeinThread *hein_thread_self_slow (void);
HeinThread *hein_thread_ref (HeinThread *self);
void hein_thread_unref (HeinThread *self);
/* Returns when @self has ended everything that it began before the call. */
void hein_thread_wait (HeinThread *self);

/* Gets the handle of the calling thread. No other thread gets the same handle
 * before the last reference to it is dropped. (transfer none) */
static inline HeinThread *
hein_thread_self (void)
{
  HeinThread *self = hein_thread_own;

  return G_LIKELY (self != NULL) ? self : hein_thread_self_slow ();
}

/* Marks the calling thread as using something that it may own; the caller
 * checks for the owner after that. May be nested. */
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

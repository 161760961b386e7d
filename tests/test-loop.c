/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/hein-loop.h"

#define N_TIMERS 500

static gboolean
is_readable (HeinLoop *loop, int timeout_ms)
{
  struct pollfd fd = { .fd = hein_loop_get_fd (loop), .events = POLLIN };

  return poll (&fd, 1, timeout_ms) == 1;
}

/* what turns were told */
static guint news;

static void
turn (HeinLoop *loop, int timeout_ms)
{
  hein_loop_enter (loop);
  hein_loop_poll (loop, timeout_ms);
  news |= hein_loop_take_news (loop);
  hein_loop_run_jobs (loop);
  hein_loop_leave (loop);
  hein_loop_settle (loop, FALSE);
}

/* ---- bounds of a turn ---- */

#define N_BUSY 40
/* longer than all that are ready may take together */
#define BUSY_US 3000

typedef struct
{
  HeinWatch watch;
  HeinJob job;
  guint n;
} Busy;

static void
be_busy (void)
{
  const gint64 end_us = g_get_monotonic_time () + BUSY_US;

  while (g_get_monotonic_time () < end_us)
    ;
}

static void
on_busy (HeinWatch *watch, guint32 events)
{
  ((Busy *) watch)->n++;
  be_busy ();
}

static void
on_busy_job (HeinJob *job)
{
  ((Busy *) ((char *) job - G_STRUCT_OFFSET (Busy, job)))->n++;
  be_busy ();
}

static guint
count_busy (Busy *all, guint n)
{
  guint count = 0;

  for (guint i = 0; i < N_BUSY; i++)
    count += all[i].n == n;
  return count;
}

/* Descriptors that take long: a turn does some of them, and the next one goes
 * on where it ended, so that each gets as much as the others. */
static void
test_descriptors_in_turns (void)
{
  HeinLoop *loop = hein_loop_new ();
  Busy all[N_BUSY] = { 0 };

  for (guint i = 0; i < N_BUSY; i++)
    {
      all[i].watch.ready = on_busy;
      g_assert_true (hein_loop_add_watch (loop, &all[i].watch, eventfd (1, 0),
                                          EPOLLIN, NULL));
    }
  turn (loop, 0);
  g_assert_cmpuint (count_busy (all, 1), ==, 1);
  g_assert_true (is_readable (loop, 0));
  while (count_busy (all, 0) > 0)
    {
      g_assert_cmpuint (count_busy (all, 2), ==, 0);
      turn (loop, 0);
    }
  for (guint i = 0; i < N_BUSY; i++)
    {
      int fd = all[i].watch.fd;

      hein_loop_remove_watch (loop, &all[i].watch);
      close (fd);
    }
  hein_loop_close (loop);
  hein_loop_unref (loop);
}

/* Time is up with the last of those that were ready: the next turn begins with
 * the first of those that are ready then. */
static void
test_descriptors_of_a_full_turn (void)
{
  HeinLoop *loop = hein_loop_new ();
  Busy all[1] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      all[i].watch.ready = on_busy;
      g_assert_true (hein_loop_add_watch (loop, &all[i].watch, eventfd (1, 0),
                                          EPOLLIN, NULL));
    }
  for (guint n = 1; n <= 3; n++)
    {
      turn (loop, 0);
      for (guint i = 0; i < G_N_ELEMENTS (all); i++)
        g_assert_cmpuint (all[i].n, ==, n);
      hein_loop_take_news (loop);
    }
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      hein_loop_remove_watch (loop, &all[i].watch);
      close (all[i].watch.fd);
    }
  hein_loop_unref (loop);
}

static void
test_jobs_in_turns (void)
{
  HeinLoop *loop = hein_loop_new ();
  Busy all[N_BUSY] = { 0 };

  for (guint i = 0; i < N_BUSY; i++)
    {
      all[i].job.run = on_busy_job;
      hein_loop_defer (loop, &all[i].job);
    }
  turn (loop, 0);
  g_assert_cmpuint (count_busy (all, 0), >, 0);
  g_assert_true (is_readable (loop, 0));
  while (count_busy (all, 1) < N_BUSY)
    turn (loop, 0);
  hein_loop_close (loop);
  hein_loop_unref (loop);
}

/* ---- timers ---- */

static gint64 last_due_us;
static guint n_expired;
static HeinLoop *timer_loop;
static HeinTimer timers[N_TIMERS];

static void
on_expired (HeinTimer *timer, gint64 now_us)
{
  g_assert_cmpint (timer->due_us, <=, now_us);
  g_assert_cmpint (timer->due_us, >=, last_due_us);
  last_due_us = timer->due_us;
  n_expired++;
  /* the one behind in the table goes, unless it has gone off */
  if (timer + 1 < timers + N_TIMERS && n_expired % 5 == 0)
    hein_loop_disarm (timer_loop, timer + 1);
}

static void
test_timers (void)
{
  HeinLoop *loop = hein_loop_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  gint64 now_us = g_get_monotonic_time ();
  guint n_armed = N_TIMERS;

  timer_loop = loop;
  for (guint i = 0; i < N_TIMERS; i++)
    {
      timers[i].expired = on_expired;
      hein_loop_arm (loop, &timers[i],
                     now_us + g_rand_int_range (rand, 0, 20000));
      if (i % 3 == 0)
        hein_loop_arm (loop, &timers[i],
                       now_us + g_rand_int_range (rand, 0, 20000));
    }
  while (n_armed > 0)
    {
      turn (loop, 1000);
      n_armed = 0;
      for (guint i = 0; i < N_TIMERS; i++)
        n_armed += timers[i].position != 0;
    }
  g_assert_cmpuint (n_expired, >, N_TIMERS / 2);
  g_assert_cmpuint (n_expired, <=, N_TIMERS);
  hein_loop_unref (loop);
}

static void
on_timer_wakes (HeinTimer *timer, gint64 now_us)
{
  n_expired++;
}

/* An outside loop sees the timer by the descriptor alone. */
static void
test_timer_is_readable (void)
{
  HeinLoop *loop = hein_loop_new ();
  HeinTimer timer = { .expired = on_timer_wakes };

  n_expired = 0;
  turn (loop, 0);
  g_assert_false (is_readable (loop, 0));
  hein_loop_arm (loop, &timer, g_get_monotonic_time () + 5000);
  hein_loop_settle (loop, FALSE);
  g_assert_true (is_readable (loop, 5000));
  turn (loop, 0);
  g_assert_cmpuint (n_expired, ==, 1);
  hein_loop_unref (loop);
}

/* ---- watches ---- */

typedef struct
{
  HeinWatch watch;
  HeinLoop *loop;
  HeinWatch *victim;
  guint n;
} Watcher;

static void
on_ready (HeinWatch *watch, guint32 events)
{
  Watcher *self = (Watcher *) watch;

  self->n++;
  if (self->victim != NULL)
    hein_loop_remove_watch (self->loop, self->victim);
}

/* Both are ready in one turn; whichever is first takes the other out. */
static void
test_remove_in_callback (void)
{
  HeinLoop *loop = hein_loop_new ();
  Watcher a = { .loop = loop };
  Watcher b = { .loop = loop };
  int a_fd = eventfd (1, EFD_CLOEXEC);
  int b_fd = eventfd (1, EFD_CLOEXEC);

  a.watch.ready = b.watch.ready = on_ready;
  a.victim = &b.watch;
  b.victim = &a.watch;
  hein_loop_add_watch (loop, &a.watch, a_fd, EPOLLIN, NULL);
  hein_loop_add_watch (loop, &b.watch, b_fd, EPOLLIN, NULL);
  turn (loop, 1000);
  g_assert_cmpuint (a.n + b.n, ==, 1);
  hein_loop_remove_watch (loop, &a.watch);
  hein_loop_remove_watch (loop, &b.watch);
  close (a_fd);
  close (b_fd);
  hein_loop_unref (loop);
}

static void
test_abandon (void)
{
  HeinLoop *loop = hein_loop_new ();
  Watcher watcher = { .loop = loop };
  int fd = eventfd (1, EFD_CLOEXEC);
  pid_t pid;
  int status;

  watcher.watch.ready = on_ready;
  hein_loop_add_watch (loop, &watcher.watch, fd, EPOLLIN, NULL);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      hein_loop_unref (loop);
      execlp ("true", "true", NULL);
      _exit (1);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  turn (loop, 1000);
  g_assert_cmpuint (watcher.n, ==, 1);
  hein_loop_remove_watch (loop, &watcher.watch);
  close (fd);
  hein_loop_unref (loop);
}

/* ---- jobs ---- */

typedef struct
{
  HeinJob job;
  HeinLoop *loop;
  guint n;
} Worker;

static void
on_job (HeinJob *job)
{
  Worker *self = (Worker *) job;

  if (++self->n < 3)
    hein_loop_defer (self->loop, job);
}

static void
test_jobs (void)
{
  HeinLoop *loop = hein_loop_new ();
  Worker worker = { .loop = loop };
  Worker cancelled = { .loop = loop };

  worker.job.run = cancelled.job.run = on_job;
  hein_loop_defer (loop, &worker.job);
  hein_loop_defer (loop, &worker.job);
  hein_loop_defer (loop, &cancelled.job);
  hein_loop_cancel (loop, &cancelled.job);
  /* one that queues itself again runs once in each turn, and asks for one */
  for (guint i = 1; i <= 3; i++)
    {
      turn (loop, 0);
      g_assert_cmpuint (worker.n, ==, i);
      g_assert_cmpint (is_readable (loop, 0), ==, i < 3);
    }
  g_assert_cmpuint (cancelled.n, ==, 0);
  hein_loop_unref (loop);
}

/* ---- others ---- */

static gpointer
wake (gpointer data)
{
  hein_loop_tell (data, HEIN_NEWS_SENT);
  return NULL;
}

static void
test_wake (void)
{
  HeinLoop *loop = hein_loop_new ();
  GThread *thread = g_thread_new ("waker", wake, loop);

  g_assert_true (is_readable (loop, 5000));
  g_thread_join (thread);
  news = 0;
  turn (loop, -1);
  g_assert_cmpuint (news & HEIN_NEWS_SENT, !=, 0);
  g_assert_false (is_readable (loop, 0));
  hein_loop_unref (loop);
}

/* What another thread does while the loop is about to drain its wake-ups, and
 * when it has just done so. */
static void (*before_read) (void);
static void (*after_read) (void);

/* The loop's read (), too: a program's own comes before that of libc. */
ssize_t
read (int fd, void *bytes, size_t n_bytes)
{
  ssize_t n;

  if (before_read != NULL)
    before_read ();
  n = syscall (SYS_read, fd, bytes, n_bytes);
  if (after_read != NULL)
    after_read ();
  return n;
}

static HeinLoop *disturbed_loop;
static guint n_disturbed;

static void
disturb (void)
{
  GThread *thread = g_thread_new ("waker", wake, disturbed_loop);

  n_disturbed++;
  g_thread_join (thread);
}

/* Whatever the moment in which a wake-up meets the one before it: the turn that
 * runs sees what it was for, and the next one makes the descriptor readable. */
static void
test_wake_within_a_turn (void)
{
  HeinLoop *loop = hein_loop_new ();

  disturbed_loop = loop;
  for (guint i = 0; i < 4; i++)
    {
      n_disturbed = 0;
      hein_loop_tell (loop, HEIN_NEWS_SENT);
      before_read = (i & 1) != 0 ? disturb : NULL;
      after_read = (i & 2) != 0 ? disturb : NULL;
      turn (loop, 0);
      before_read = after_read = NULL;
      g_assert_cmpuint (n_disturbed, ==, (i & 1) + (i >> 1));
      turn (loop, 0);
      g_assert_false (is_readable (loop, 0));
      disturb ();
      g_assert_true (is_readable (loop, 0));
      turn (loop, 0);
    }
  hein_loop_unref (loop);
}

/* What happens between the decision to write and the writing. */
static void (*before_write) (void);

ssize_t
write (int fd, const void *bytes, size_t n_bytes)
{
  if (before_write != NULL)
    before_write ();
  return syscall (SYS_write, fd, bytes, n_bytes);
}

static int other_fds[8];

static void
close_loop (void)
{
  before_write = NULL;
  hein_loop_close (disturbed_loop);
  for (guint i = 0; i < G_N_ELEMENTS (other_fds); i++)
    other_fds[i] = memfd_create ("other", MFD_CLOEXEC);
}

/* A thread tells something that is closed in the last moment: what it writes
 * goes nowhere, and above all not into a file that has got the number since. */
static void
test_close_while_told (void)
{
  HeinLoop *loop = hein_loop_new ();
  GThread *thread;

  disturbed_loop = loop;
  before_write = close_loop;
  thread = g_thread_new ("waker", wake, loop);
  g_thread_join (thread);
  for (guint i = 0; i < G_N_ELEMENTS (other_fds); i++)
    {
      g_assert_cmpint (lseek (other_fds[i], 0, SEEK_END), ==, 0);
      close (other_fds[i]);
    }
  g_assert_true (hein_loop_is_dead (loop));
  hein_loop_unref (loop);
}

static void
on_resolved (GObject *source, GAsyncResult *result, gpointer data)
{
  GList *addresses =
    g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, NULL);
  gboolean *is_done = data;

  g_resolver_free_addresses (addresses);
  *is_done = TRUE;
}

static gboolean
on_timeout (gpointer data)
{
  gboolean *is_done = data;

  *is_done = TRUE;
  return G_SOURCE_REMOVE;
}

/* GIO's operations make progress by the descriptor alone. */
static void
test_private_context (void)
{
  HeinLoop *loop = hein_loop_new ();
  g_autoptr (GSource) source = g_timeout_source_new (5);
  gboolean is_resolved = FALSE;
  gboolean is_late = FALSE;

  hein_loop_enter (loop);
  g_resolver_lookup_by_name_async (g_resolver_get_default (), "localhost", NULL,
                                   on_resolved, &is_resolved);
  g_source_set_callback (source, on_timeout, &is_late, NULL);
  g_source_attach (source, hein_loop_get_context (loop));
  hein_loop_leave (loop);
  hein_loop_settle (loop, FALSE);
  while (!is_resolved || !is_late)
    {
      g_assert_true (is_readable (loop, 5000));
      turn (loop, 0);
    }
  hein_loop_unref (loop);
}

static gboolean
on_busy_source (gpointer data)
{
  ++*(guint *) data;
  be_busy ();
  return G_SOURCE_CONTINUE;
}

/* A source of a plugin that always has something to do, and takes long. */
static void
test_private_context_in_turns (void)
{
  HeinLoop *loop = hein_loop_new ();
  g_autoptr (GSource) source = g_idle_source_new ();
  guint n = 0;

  g_source_set_callback (source, on_busy_source, &n, NULL);
  hein_loop_enter (loop);
  g_source_attach (source, hein_loop_get_context (loop));
  hein_loop_leave (loop);
  hein_loop_settle (loop, FALSE);
  for (guint i = 1; i <= 3; i++)
    {
      g_assert_true (is_readable (loop, 5000));
      turn (loop, 0);
      /* once by its descriptor, and once by its time */
      g_assert_cmpuint (n, >=, i);
      g_assert_cmpuint (n, <=, 2 * i);
    }
  g_source_destroy (source);
  hein_loop_unref (loop);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/loop/descriptors-in-turns", test_descriptors_in_turns);
  g_test_add_func ("/loop/descriptors-of-a-full-turn",
                   test_descriptors_of_a_full_turn);
  g_test_add_func ("/loop/jobs-in-turns", test_jobs_in_turns);
  g_test_add_func ("/loop/timers", test_timers);
  g_test_add_func ("/loop/timer-is-readable", test_timer_is_readable);
  g_test_add_func ("/loop/remove-in-callback", test_remove_in_callback);
  g_test_add_func ("/loop/abandon", test_abandon);
  g_test_add_func ("/loop/jobs", test_jobs);
  g_test_add_func ("/loop/wake", test_wake);
  g_test_add_func ("/loop/wake-within-a-turn", test_wake_within_a_turn);
  g_test_add_func ("/loop/close-while-told", test_close_while_told);
  g_test_add_func ("/loop/private-context", test_private_context);
  g_test_add_func ("/loop/private-context-in-turns",
                   test_private_context_in_turns);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-run.h"
#include "bench-filter.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLICE_NS G_GINT64_CONSTANT (50000000)
#define GRACE_NS G_GINT64_CONSTANT (3000000000)

typedef struct
{
  guint64 rss_kib;
  guint64 pss_kib;
} BenchMemory;

/* the nth CPU this process may use, -1 when there are fewer */
int
bench_find_cpu (guint nth)
{
  cpu_set_t allowed;
  if (sched_getaffinity (0, sizeof allowed, &allowed) != 0)
    return -1;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET (cpu, &allowed) && nth-- == 0)
      return cpu;
  return -1;
}

static void
stay_on_cpu (BenchRun *self, guint nth_child)
{
  gboolean is_first = strcmp (self->cpus, "one") == 0 || nth_child == 0;
  cpu_set_t set;
  if (strcmp (self->cpus, "free") == 0)
    return;
  CPU_ZERO (&set);
  CPU_SET (bench_find_cpu (is_first ? 0 : 1), &set);
  if (sched_setaffinity (0, sizeof set, &set) != 0)
    bench_fail ("sched_setaffinity: %s", g_strerror (errno));
}

static pid_t
spawn (BenchRun *self, BenchRole role, guint index)
{
  pid_t parent = getpid ();
  pid_t child = fork ();
  if (child < 0)
    bench_fail ("fork: %s", g_strerror (errno));
  if (child == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      if (getppid () != parent)
        _exit (3);
      stay_on_cpu (self, self->n_children);
      role (&self->bench, index);
      _exit (0);
    }
  self->children[self->n_children++] = child;
  return child;
}

static gboolean
is_gone (pid_t child)
{
  siginfo_t info = { 0 };
  return waitid (P_PID, child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == child;
}

/* TRUE when it was posted n times; else there is a problem */
static gboolean
await (BenchRun *self, sem_t *semaphore, guint n, const char *what)
{
  while (n > 0 && self->problem == NULL)
    {
      gint64 now_ns = bench_now_ns ();
      if (bench_wait_until (semaphore, now_ns + SLICE_NS))
        n--;
      else if (now_ns > self->deadline_ns)
        self->problem = g_strdup_printf ("timed out while %s", what);
      for (guint i = 0; n > 0 && i < self->n_children; i++)
        if (self->problem == NULL && is_gone (self->children[i]))
          self->problem = g_strdup_printf ("a process ended while %s", what);
    }
  return self->problem == NULL;
}

static void
add_cpu_time (BenchRun *self, const struct rusage *usage)
{
  self->cpu_s += usage->ru_utime.tv_sec + usage->ru_utime.tv_usec / 1e6 +
                 usage->ru_stime.tv_sec + usage->ru_stime.tv_usec / 1e6;
  self->n_faults += usage->ru_minflt;
}

typedef struct
{
  Bench *bench;
  BenchRole role;
} Thread;

static gpointer
run_thread (gpointer data)
{
  Thread *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_main_context_push_thread_default (context);
  self->role (self->bench, 0);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
run_pair (Bench *bench, guint index)
{
  /* each writes its own stamps */
  Bench first_bench = *bench;
  Thread first = { &first_bench, bench->pair[0] };
  Thread second = { bench, bench->pair[1] };
  GThread *thread = g_thread_new ("first", run_thread, &first);
  run_thread (&second);
  g_thread_join (thread);
}

/* Two who talk to each other: processes, or over inproc threads of one. */
static void
spawn_pair (BenchRun *self, BenchRole first, BenchRole second)
{
  if (self->bench.transport != BENCH_INPROC)
    {
      spawn (self, first, 0);
      spawn (self, second, 0);
      return;
    }
  self->bench.pair[0] = first;
  self->bench.pair[1] = second;
  spawn (self, run_pair, 0);
}

static void
spawn_all (BenchRun *self)
{
  Bench *bench = &self->bench;
  if (bench->transport == BENCH_INPROC)
    {
      spawn_pair (self, bench->peer->publish, bench->peer->subscribe);
      return;
    }
  if (bench->n_prefixes > 0)
    {
      spawn (self, bench->peer->publish_filtered, 0);
      spawn (self, bench_filter_client, 0);
      return;
    }
  spawn (self, bench->peer->publish, 0);
  for (guint i = 0; i < bench->n_subscribers; i++)
    spawn (self, bench->peer->subscribe, i);
}

/* Children leave by themselves, so that a tool which traces them can write
 * its result; those that do not are killed. */
static void
end_children (BenchRun *self)
{
  gint64 limit_ns = bench_now_ns () + GRACE_NS;
  atomic_store (&self->bench.shared->is_over, TRUE);
  sem_post (&self->bench.shared->over);
  for (guint i = 0; i < self->n_children; i++)
    {
      pid_t child = self->children[i];
      struct rusage usage = { 0 };
      while (self->problem == NULL && !is_gone (child) &&
             bench_now_ns () < limit_ns)
        g_usleep (1000);
      kill (child, SIGKILL);
      if (wait4 (child, NULL, 0, &usage) == child)
        add_cpu_time (self, &usage);
      if (i == 0)
        self->publisher_s = self->cpu_s;
    }
  g_autofree char *path = bench_dup_path (&self->bench);
  unlink (path); /* a socket, or keys */
}

void
bench_print_head (BenchRun *self, const char *status)
{
  g_autofree char *library = self->bench.peer->dup_version ();
  g_autofree char *reason =
    g_strescape (self->problem != NULL ? self->problem : "", NULL);
  printf ("{\"peer\": \"%s\", \"library\": \"%s\", \"variant\": \"%s\", "
          "\"test\": \"%s\", \"size\": %zu, \"status\": \"%s\", "
          "\"reason\": \"%s\", \"cpu_s\": %.4f",
          self->bench.peer->name, library, self->bench.variant, self->test,
          self->bench.size, status, reason, self->cpu_s);
}

/* "ok" only when every message that was sent has arrived, once and whole */
static const char *
count_all (BenchRun *self, guint n_counters, guint64 *received, guint64 *wrong)
{
  const guint64 expected =
    self->bench.count * n_counters / MAX (self->bench.n_topics, 1);

  for (guint i = 0; i < n_counters; i++)
    {
      *received += atomic_load (&self->bench.shared->counters[i].n_received);
      *wrong += atomic_load (&self->bench.shared->counters[i].n_wrong);
    }
  if (self->problem != NULL)
    return "failed";
  if ((*received == expected || self->bench.may_lose) && *wrong == 0)
    return "ok";
  self->problem = g_strdup_printf ("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                                   " messages arrived, %" G_GUINT64_FORMAT
                                   " of them wrong or out of order",
                                   *received, expected, *wrong);
  return "lost";
}

gboolean
bench_run_throughput (BenchRun *self)
{
  Bench *bench = &self->bench;
  spawn_all (self);
  await (self, &bench->shared->done, bench->n_subscribers,
         "messages were on their way");
  end_children (self);

  guint64 received = 0;
  guint64 wrong = 0;
  gint64 end_ns = 0;
  const char *status =
    count_all (self, bench->n_subscribers, &received, &wrong);
  for (guint i = 0; i < bench->n_subscribers; i++)
    end_ns = MAX (end_ns, atomic_load (&bench->shared->counters[i].end_ns));
  double seconds = 0;
  if (self->problem == NULL)
    seconds = (end_ns - atomic_load (&bench->shared->start_ns)) / 1e9;
  bench_print_head (self, status);
  printf (", \"subscribers\": %u, \"count\": %" G_GUINT64_FORMAT
          ", \"received\": %" G_GUINT64_FORMAT ", \"wrong\": %" G_GUINT64_FORMAT
          ", \"seconds\": %.6f, \"messages_per_s\": %.1f, \"publisher_s\": "
          "%.4f, \"sending_s\": %.4f, \"page_faults\": %" G_GUINT64_FORMAT
          ", \"pids\": [",
          bench->n_subscribers, bench->count, received, wrong, seconds,
          seconds > 0 ? received / (double) bench->n_subscribers *
                          MAX (bench->n_topics, 1) / seconds
                      : 0.0,
          self->publisher_s,
          self->publisher_s - atomic_load (&bench->shared->start_cpu_ns) / 1e9,
          self->n_faults -
            MIN (self->n_faults, atomic_load (&bench->shared->faults_before)));
  for (guint i = 0; i < self->n_children; i++)
    printf ("%s%d", i > 0 ? ", " : "", (int) self->children[i]);
  puts ("]}");
  return self->problem == NULL;
}

static int
compare_times (const void *a, const void *b)
{
  gint64 x = *(const gint64 *) a;
  gint64 y = *(const gint64 *) b;
  return (x > y) - (x < y);
}

gboolean
bench_run_round_trips (BenchRun *self)
{
  Bench *bench = &self->bench;
  spawn_pair (self, bench->peer->echo, bench->peer->ping);
  await (self, &bench->shared->done, 1, "messages went round");
  end_children (self);

  guint64 received = 0;
  guint64 wrong = 0;
  const char *status = count_all (self, 1, &received, &wrong);
  /* the first tenth warms up and waits for the connection */
  guint64 n_warm = bench->count / 10;
  guint64 n = bench->count - n_warm;
  gint64 *times = bench->shared->round_trip_ns + n_warm;
  qsort (times, n, sizeof *times, compare_times);
  bench_print_head (self, status);
  printf (", \"cpus\": \"%s\", \"count\": %" G_GUINT64_FORMAT
          ", \"received\": %" G_GUINT64_FORMAT ", \"wrong\": %" G_GUINT64_FORMAT
          ", \"p50_us\": %.3f, \"p99_us\": %.3f}\n",
          self->cpus, bench->count, received, wrong, times[n / 2] / 1e3,
          times[n * 99 / 100] / 1e3);
  return self->problem == NULL;
}

/* What goes there and comes back. */
static gboolean
run_calls (BenchRun *self,
           BenchRole answer,
           BenchRole ask,
           const char *what,
           const char *plural,
           const char *singular)
{
  Bench *bench = &self->bench;
  BenchShared *shared = bench->shared;
  spawn_pair (self, answer, ask);
  await (self, &shared->done, 1, what);
  end_children (self);

  guint64 received = 0;
  guint64 wrong = 0;
  const char *status = count_all (self, 1, &received, &wrong);
  const gint64 ns =
    atomic_load (&shared->counters[0].end_ns) - atomic_load (&shared->start_ns);
  const gboolean is_good = self->problem == NULL;
  bench_print_head (self, status);
  printf (", \"outstanding\": %u, \"count\": %" G_GUINT64_FORMAT
          ", \"received\": %" G_GUINT64_FORMAT ", \"wrong\": %" G_GUINT64_FORMAT
          ", \"%s_per_s\": %.1f, \"%s_us\": %.3f}\n",
          bench->n_outstanding, bench->count, received, wrong, plural,
          is_good ? received * 1e9 / ns : 0.0, singular,
          is_good ? self->cpu_s * 1e6 / received : 0.0);
  return is_good;
}

gboolean
bench_run_requests (BenchRun *self)
{
  return run_calls (self, self->bench.peer->answer, self->bench.peer->ask,
                    "requests were made", "requests", "request");
}

gboolean
bench_run_deliveries (BenchRun *self)
{
  return run_calls (self, self->bench.peer->accept, self->bench.peer->deliver,
                    "messages were delivered", "deliveries", "delivery");
}

/* proc_pid_smaps_rollup: proc(5) */
static BenchMemory
read_memory (BenchRun *self, pid_t child)
{
  BenchMemory memory = { 0 };
  g_autofree char *path =
    g_strdup_printf ("/proc/%d/smaps_rollup", (int) child);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  if (!g_file_get_contents (path, &text, NULL, &error))
    {
      self->problem = g_strdup (error->message);
      return memory;
    }
  const char *rss = strstr (text, "\nRss:");
  const char *pss = strstr (text, "\nPss:");
  if (rss != NULL)
    memory.rss_kib = g_ascii_strtoull (rss + strlen ("\nRss:"), NULL, 10);
  if (pss != NULL)
    memory.pss_kib = g_ascii_strtoull (pss + strlen ("\nPss:"), NULL, 10);
  return memory;
}

/* Says when the hub of a program that was just started is bound, and stays. */
gboolean
bench_run_start (BenchRun *self)
{
  Bench *bench = &self->bench;
  bench->must_announce = TRUE;
  bench->peer->hub (bench, 0);
  return TRUE;
}

/* CPU time of a child that runs, in nanoseconds. */
static gint64
read_cpu_ns (pid_t child)
{
  clockid_t clock;
  struct timespec time = { 0 };
  if (clock_getcpuclockid (child, &clock) != 0 ||
      clock_gettime (clock, &time) != 0)
    return 0;
  return time.tv_sec * G_GINT64_CONSTANT (1000000000) + time.tv_nsec;
}

/* The state of both processes at a moment when neither does anything. */
typedef struct
{
  BenchMemory memory; /* of the hub */
  gint64 hub_ns;
  gint64 guest_ns;
} BenchMoment;

static BenchMoment
look (BenchRun *self, pid_t hub, pid_t guest)
{
  return (BenchMoment){ read_memory (self, hub), read_cpu_ns (hub),
                        read_cpu_ns (guest) };
}

static double
divide_us (BenchRun *self, gint64 before_ns, gint64 after_ns)
{
  return (after_ns - before_ns) / 1e3 / self->bench.n_connections;
}

static void
print_connections (BenchRun *self,
                   const BenchMoment *before,
                   const BenchMoment *after)
{
  Bench *bench = &self->bench;
  const double n = bench->n_connections;
  const double hub_us = divide_us (self, before->hub_ns, after->hub_ns);
  const double guest_us = divide_us (self, before->guest_ns, after->guest_ns);
  const gint64 tell_ns = atomic_load (&bench->shared->counters[0].end_ns) -
                         atomic_load (&bench->shared->start_ns);
  printf (", \"connections\": %u, \"connect_s\": %.6f, \"tell_s\": %.6f, "
          "\"rss_per_connection\": %.1f, \"pss_per_connection\": %.1f, "
          "\"hub_us\": %.3f, \"guest_us\": %.3f, \"both_us\": %.3f}\n",
          bench->n_connections, atomic_load (&bench->shared->connect_ns) / 1e9,
          tell_ns / 1e9,
          ((double) after->memory.rss_kib - before->memory.rss_kib) * 1024 / n,
          ((double) after->memory.pss_kib - before->memory.pss_kib) * 1024 / n,
          hub_us, guest_us, hub_us + guest_us);
}

static gboolean
run_connections (BenchRun *self, BenchRole role)
{
  Bench *bench = &self->bench;
  BenchShared *shared = bench->shared;
  BenchMoment before = { 0 };
  BenchMoment after = { 0 };
  pid_t hub = spawn (self, bench->peer->hub, 0);
  pid_t guest = spawn (self, role, 0);
  if (await (self, &shared->primed, 1, "the first connections were made"))
    before = look (self, hub, guest);
  sem_post (&shared->begin);
  if (await (self, &shared->up, 1, "connections were made"))
    after = look (self, hub, guest);
  atomic_store (&shared->must_broadcast, TRUE);
  await (self, &shared->done, 1, "the connections were served");
  end_children (self);

  guint64 received = 0;
  guint64 wrong = 0;
  bench->count = bench->n_connections;
  const char *status = count_all (self, 1, &received, &wrong);
  bench_print_head (self, status);
  printf (", \"received\": %" G_GUINT64_FORMAT, received);
  print_connections (self, &before, &after);
  return self->problem == NULL;
}

gboolean
bench_run_idle (BenchRun *self)
{
  return run_connections (self, bench_idle_client);
}

gboolean
bench_run_connect (BenchRun *self)
{
  return run_connections (self, self->bench.peer->guests);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-common.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS     G_GINT64_CONSTANT (1000000)
#define BROADCAST_NS G_GINT64_CONSTANT (500000000)
/* after so long what was on its way to a subscriber is lost */
#define LOST_NS G_GINT64_CONSTANT (20000000)

/* for children: ends this process, which the parent notices */
void
bench_fail (const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  fprintf (stderr, "%s[%d]: %s\n", g_get_prgname (), (int) getpid (), text);
  _exit (3);
}

gint64
bench_now_ns (void)
{
  struct timespec now;
  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

gboolean
bench_wait_until (sem_t *semaphore, gint64 deadline_ns)
{
  struct timespec deadline = {
    .tv_sec = deadline_ns / 1000000000,
    .tv_nsec = deadline_ns % 1000000000,
  };
  while (sem_clockwait (semaphore, CLOCK_MONOTONIC, &deadline) != 0)
    if (errno != EINTR)
      return FALSE;
  return TRUE;
}

/* without a limit: the parent kills whoever waits too long */
static void
wait_for (sem_t *semaphore)
{
  while (sem_wait (semaphore) != 0)
    if (errno != EINTR)
      bench_fail ("sem_wait: %s", g_strerror (errno));
}

gboolean
bench_is_variant (Bench *bench, const char *name)
{
  return strcmp (bench->variant, name) == 0;
}

/* how many messages a budget of bytes holds */
guint
bench_get_room (Bench *bench, gsize budget)
{
  const gsize size = MAX (bench->size, bench->max_size);

  return MAX (8, budget / (size + BENCH_OVERHEAD));
}

void
bench_set_port (Bench *bench, guint port)
{
  atomic_store (&bench->shared->port, port);
  sem_post (&bench->shared->bound);
  if (bench->must_announce)
    {
      puts ("bound");
      fflush (stdout);
    }
}

guint
bench_wait_port (Bench *bench)
{
  wait_for (&bench->shared->bound);
  sem_post (&bench->shared->bound);
  return atomic_load (&bench->shared->port);
}

/* where the transport unix listens */
char *
bench_dup_path (Bench *bench)
{
  return g_strdup_printf ("%s/hein-bench-%d", g_get_tmp_dir (),
                          bench->shared->pid);
}

const char *
bench_get_topic (Bench *bench, guint64 number)
{
  static const char *const topics[BENCH_MAX_TOPICS] = {
    "bench0", "bench1", "bench2", "bench3",
    "bench4", "bench5", "bench6", "bench7",
  };
  if (bench->n_topics == 0)
    return bench->has_no_topic ? "" : "bench";
  return topics[number % bench->n_topics];
}

char *
bench_dup_url (Bench *bench)
{
  return g_strdup_printf ("tcp://127.0.0.1:%u", bench_wait_port (bench));
}

/* of a message: the same on both sides, and as good as random where they are
 * mixed */
gsize
bench_get_size (Bench *bench, guint64 number)
{
  const guint32 mixed = (guint32) number * 2654435761u;

  if (bench->max_size <= bench->size)
    return bench->size;
  return bench->size + (mixed >> 8) % (bench->max_size - bench->size + 1);
}

const guint8 *
bench_stamp (Bench *bench, guint64 number)
{
  const gsize size = bench_get_size (bench, number);

  memcpy (bench->payload, &number, sizeof number);
  memcpy (bench->payload + size - sizeof number, &number, sizeof number);
  return bench->payload;
}

const guint8 *
bench_get_probe (guint topic)
{
  static guint64 probe[] = { 0, BENCH_PROBE };
  G_STATIC_ASSERT (sizeof probe == BENCH_MIN_SIZE);
  probe[0] = BENCH_PROBE - BENCH_MAX_TOPICS + 1 + topic;
  return (const guint8 *) probe;
}

gboolean
bench_is_probe (guint64 number)
{
  return number > BENCH_PROBE - BENCH_MAX_TOPICS;
}

gboolean
bench_is_ready (Bench *bench)
{
  return atomic_load (&bench->shared->n_ready) == bench->n_subscribers;
}

/* Between two probes: until all hear, or a while that grows with their number,
 * since each probe goes to all that are there already. */
void
bench_pause (Bench *bench)
{
  const gint64 end_ns =
    bench_now_ns () + PAUSE_NS * (1 + bench->n_subscribers / 8);
  while (!bench_is_ready (bench) &&
         bench_wait_until (&bench->shared->ready, end_ns))
    ;
}

void
bench_begin_faults (Bench *bench)
{
  struct rusage usage;
  getrusage (RUSAGE_SELF, &usage);
  atomic_fetch_add (&bench->shared->faults_before, usage.ru_minflt);
}

void
bench_start (Bench *bench)
{
  struct timespec cpu;
  bench_begin_faults (bench);
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &cpu);
  atomic_store (&bench->shared->start_cpu_ns,
                cpu.tv_sec * G_GINT64_CONSTANT (1000000000) + cpu.tv_nsec);
  atomic_store (&bench->shared->start_ns, bench_now_ns ());
}

static guint64
count_slowest (Bench *bench)
{
  guint64 slowest = G_MAXUINT64;
  for (guint i = 0; i < bench->n_subscribers; i++)
    slowest = MIN (slowest, atomic_load (&bench->shared->counters[i].n_passed));
  return slowest;
}

/* Whether the slowest subscriber is less than the window behind this one.
 * Where messages may be lost, all that were on their way may be; then one may
 * follow now and then, which shows how far it is. */
gboolean
bench_may_send (Bench *bench, guint64 number)
{
  guint64 n_arrived;
  gint64 now_ns;

  if (number < bench->n_arrived + bench->window)
    return TRUE;
  n_arrived = count_slowest (bench);
  now_ns = bench_now_ns ();
  if (n_arrived > bench->n_arrived || bench->moved_ns == 0)
    {
      bench->n_arrived = n_arrived;
      bench->moved_ns = now_ns;
    }
  if (number < bench->n_arrived + bench->window)
    return TRUE;
  if (!bench->may_lose || now_ns - bench->moved_ns < LOST_NS)
    return FALSE;
  bench->moved_ns = now_ns;
  return TRUE;
}

void
bench_publish (Bench *bench, BenchSend send, gpointer socket)
{
  while (!bench_is_ready (bench))
    {
      /* with topics: one for each of them */
      for (guint i = 0; i < MAX (bench->n_topics, 1); i++)
        send (socket, bench_get_probe (i), BENCH_MIN_SIZE);
      bench_pause (bench);
    }
  bench_start (bench);
  guint64 arrived = 0;
  for (guint64 i = 0; i < bench->count; i++)
    {
      while (bench->window != 0 && i - arrived >= bench->window)
        {
          arrived = count_slowest (bench);
          if (i - arrived >= bench->window)
            wait_for (&bench->shared->credit);
        }
      send (socket, bench_stamp (bench, i), bench_get_size (bench, i));
    }
  bench_wait_over (bench);
}

void
bench_mark_ready (Bench *bench, guint index)
{
  BenchCounter *counter = &bench->shared->counters[index];
  if (counter->is_ready)
    return;
  counter->is_ready = TRUE;
  bench_begin_faults (bench);
  counter->expected = bench->n_topics > 0 ? index % bench->n_topics : 0;
  atomic_fetch_add (&bench->shared->n_ready, 1);
  sem_post (&bench->shared->ready);
}

static gboolean
is_right (Bench *bench,
          BenchCounter *counter,
          guint64 number,
          const guint8 *data,
          gsize size)
{
  return (number == counter->expected ||
          (bench->may_lose && number > counter->expected)) &&
         size == bench_get_size (bench, number) &&
         memcmp (data, data + size - sizeof number, sizeof number) == 0;
}

static void
give_credit (Bench *bench)
{
  sem_post (&bench->shared->credit);
  if (bench->shared->credit_fd >= 0)
    eventfd_write (bench->shared->credit_fd, 1);
}

/* Takes note of what arrived; FALSE when it was the last. */
gboolean
bench_count (Bench *bench, guint index, const void *data, gsize size)
{
  BenchCounter *counter = &bench->shared->counters[index];
  const guint64 step = MAX (bench->n_topics, 1);
  guint64 number;
  if (size < BENCH_MIN_SIZE)
    bench_fail ("a message of %zu octets came, %zu were sent", size,
                bench->size);
  memcpy (&number, data, sizeof number);
  if (bench_is_probe (number))
    {
      bench_mark_ready (bench, index);
      return TRUE;
    }

  if (!is_right (bench, counter, number, data, size))
    atomic_fetch_add (&counter->n_wrong, 1);
  counter->expected = number + step;
  guint64 n =
    1 + atomic_load_explicit (&counter->n_received, memory_order_relaxed);
  atomic_store_explicit (&counter->n_received, n, memory_order_release);
  atomic_store_explicit (&counter->n_passed, bench->may_lose ? number + 1 : n,
                         memory_order_release);
  if (bench->window != 0 && (n & (bench->window / 4 - 1)) == 0)
    give_credit (bench);
  if (number + step < bench->count)
    return TRUE;
  atomic_store (&counter->end_ns, bench_now_ns ());
  sem_post (&bench->shared->done);
  return FALSE;
}

void
bench_add_round_trip (Bench *bench, guint64 number, gint64 start_ns)
{
  bench->shared->round_trip_ns[number] = bench_now_ns () - start_ns;
}

/* TRUE when the hub is to send once to all it has. It is asked again after a
 * while: a subscription may have been under way the first time. */
gboolean
bench_take_broadcast (Bench *bench)
{
  gint64 now_ns = bench_now_ns ();
  if (!atomic_load (&bench->shared->must_broadcast) ||
      now_ns < bench->shared->next_broadcast_ns)
    return FALSE;
  if (bench->shared->next_broadcast_ns == 0)
    bench_start (bench);
  bench->shared->next_broadcast_ns = now_ns + BROADCAST_NS;
  return TRUE;
}

gboolean
bench_is_over (Bench *bench)
{
  return atomic_load (&bench->shared->is_over);
}

void
bench_wait_over (Bench *bench)
{
  wait_for (&bench->shared->over);
  sem_post (&bench->shared->over);
}

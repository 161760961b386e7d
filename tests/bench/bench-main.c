/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* descriptors of a process that are no connections */
#define SPARE_DESCRIPTORS 64
/* those of a bus, or socket, that makes one connection */
#define GUEST_DESCRIPTORS 8

static const char *const transports[] = { "tcp", "unix", "inproc", "ws",
                                          "multicast" };

/* Why it cannot be run here, or NULL. */
static char *
dup_obstacle (BenchRun *self)
{
  struct rlimit limit = { 0 };
  if (strcmp (self->cpus, "each") == 0 && bench_find_cpu (1) < 0)
    return g_strdup ("only one CPU may be used");
  if (strcmp (self->test, "requests") == 0)
    return self->bench.peer->ask != NULL
             ? NULL
             : g_strdup ("this peer makes no requests");
  if (strcmp (self->test, "deliveries") == 0)
    return self->bench.peer->deliver != NULL
             ? NULL
             : g_strdup ("this peer has no receipts");
  if (self->bench.peer->publish == NULL)
    return g_strdup ("this peer has receipts, and nothing else is measured");
  const gboolean has_guests = strcmp (self->test, "connect") == 0;
  if (!has_guests && strcmp (self->test, "idle") != 0 &&
      strcmp (self->test, "start") != 0)
    return NULL;
  if (self->bench.peer->hub == NULL)
    return g_strdup ("this peer holds no idle connections");
  if (has_guests && self->bench.peer->guests == NULL)
    return g_strdup ("this peer makes no connections of its own kind");
  if (strcmp (self->test, "start") == 0)
    return NULL;
  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >=
      self->bench.n_connections * (has_guests ? GUEST_DESCRIPTORS : 1) +
        SPARE_DESCRIPTORS)
    return NULL;
  return g_strdup_printf ("%u connections need more than the %" G_GUINT64_FORMAT
                          " descriptors a process may have here",
                          self->bench.n_connections, (guint64) limit.rlim_cur);
}

static const BenchVariant *
find_variant (const BenchPeer *peer, const char *name)
{
  for (const BenchVariant *i = peer->variants; i->name != NULL; i++)
    if (name == NULL || strcmp (i->name, name) == 0)
      return i;
  return NULL;
}

static guint
choose_window (const BenchVariant *variant, Bench *bench)
{
  const gsize budget =
    variant->max_bytes > 0 ? variant->max_bytes : BENCH_BUDGET_BYTES;
  const guint room = bench_get_room (bench, budget);
  guint window = 4;
  if (variant->max_window == 0)
    return 0;
  while (window * 2 <= MIN (variant->max_window, room))
    window *= 2;
  return window;
}

static void
share_memory (Bench *bench)
{
  gsize size = sizeof (BenchShared) + (bench->count + 1) * sizeof (gint64);
  BenchShared *shared =
    mmap (NULL, size, PROT_READ | PROT_WRITE,
          MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (shared == MAP_FAILED)
    bench_fail ("mmap: %s", g_strerror (errno));
  sem_t *semaphores[] = {
    &shared->bound, &shared->ready,  &shared->credit, &shared->done,
    &shared->over,  &shared->primed, &shared->begin,  &shared->up,
  };
  for (guint i = 0; i < G_N_ELEMENTS (semaphores); i++)
    sem_init (semaphores[i], TRUE, 0);
  shared->pid = getpid ();
  shared->credit_fd = -1;
  if (bench->transport == BENCH_MULTICAST)
    shared->credit_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  bench->shared = shared;
  bench->payload = g_malloc0 (MAX (bench->size, bench->max_size));
}

static int
list_variants (const BenchPeer *peer)
{
  g_autofree char *library = peer->dup_version ();
  printf ("{\"peer\": \"%s\", \"library\": \"%s\", \"variants\": [", peer->name,
          library);
  for (const BenchVariant *i = peer->variants; i->name != NULL; i++)
    printf ("%s{\"name\": \"%s\", \"max_subscribers\": %u, "
            "\"is_fixture\": %s}",
            i == peer->variants ? "" : ", ", i->name, i->max_subscribers,
            i->is_fixture ? "true" : "false");
  printf ("], \"transports\": [");
  for (guint i = peer->first_transport; i <= (guint) peer->last_transport; i++)
    printf ("%s\"%s\"", i == (guint) peer->first_transport ? "" : ", ",
            transports[i]);
  printf ("], \"has_throughput\": %s, \"has_topics\": %s, \"has_guests\": %s, "
          "\"has_requests\": %s, \"has_filters\": %s, "
          "\"has_deliveries\": %s, \"has_patterns\": %s}\n",
          peer->publish != NULL ? "true" : "false",
          peer->has_topics ? "true" : "false",
          peer->guests != NULL ? "true" : "false",
          peer->ask != NULL ? "true" : "false",
          peer->publish_filtered != NULL ? "true" : "false",
          peer->deliver != NULL ? "true" : "false",
          peer->has_patterns ? "true" : "false");
  return 0;
}

static int
run_test (BenchRun *self)
{
  self->problem = dup_obstacle (self);
  if (self->problem != NULL)
    {
      bench_print_head (self, "skipped");
      puts ("}");
      return 0;
    }
  gboolean is_good = FALSE;
  share_memory (&self->bench);
  if (strcmp (self->test, "throughput") == 0)
    is_good = bench_run_throughput (self);
  else if (strcmp (self->test, "round-trips") == 0)
    is_good = bench_run_round_trips (self);
  else if (strcmp (self->test, "requests") == 0)
    is_good = bench_run_requests (self);
  else if (strcmp (self->test, "deliveries") == 0)
    is_good = bench_run_deliveries (self);
  else if (strcmp (self->test, "idle") == 0)
    is_good = bench_run_idle (self);
  else if (strcmp (self->test, "connect") == 0)
    is_good = bench_run_connect (self);
  else if (strcmp (self->test, "start") == 0)
    is_good = bench_run_start (self);
  return is_good ? 0 : 1;
}

/* What not every peer has. */
static gboolean
is_fitting (Bench *bench, const BenchVariant *variant)
{
  if (bench->transport < bench->peer->first_transport ||
      bench->transport > bench->peer->last_transport ||
      (bench->transport == BENCH_INPROC && bench->n_subscribers != 1))
    return FALSE;
  if (bench->n_prefixes > 0)
    return bench->peer->publish_filtered != NULL &&
           bench->peer->has_patterns >= bench->has_patterns &&
           bench->n_subscribers == 1 && bench->transport == BENCH_TCP &&
           bench->size <= 255 && bench->n_topics == 0;
  return bench->n_topics == 0 ||
         (bench->peer->has_topics && bench->n_topics <= BENCH_MAX_TOPICS &&
          bench->count % bench->n_topics == 0 && variant->max_subscribers > 1 &&
          bench->n_subscribers % bench->n_topics == 0);
}

static int
find_transport (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (transports); i++)
    if (strcmp (transports[i], name) == 0)
      return i;
  return G_MAXINT;
}

static gboolean
is_sensible (BenchRun *self, const BenchVariant *variant)
{
  static const char *const tests[] = { "throughput", "round-trips", "requests",
                                       "deliveries", "idle",        "connect",
                                       "start",      NULL };
  static const char *const cpus[] = { "free", "one", "each", NULL };
  Bench *bench = &self->bench;
  return self->test != NULL && g_strv_contains (tests, self->test) &&
         g_strv_contains (cpus, self->cpus) && variant != NULL &&
         bench->size >= BENCH_MIN_SIZE && bench->size <= 64 * 1024 * 1024 &&
         bench->count > 0 && bench->count <= G_MAXUINT32 &&
         bench->n_outstanding > 0 && bench->n_outstanding <= 16384 &&
         bench->n_subscribers > 0 && bench->n_connections > 0 &&
         bench->n_connections <= 100000 &&
         bench->n_subscribers <= variant->max_subscribers &&
         is_fitting (bench, variant);
}

int
bench_main (int argc, char **argv, const BenchPeer *peer)
{
  gboolean must_list = FALSE;
  int size = 100;
  gint64 count = 1000;
  int n_subscribers = 1;
  int n_connections = 100;
  int n_outstanding = 1;
  int n_topics = 0;
  int n_prefixes = 0;
  int has_patterns = 0;
  int is_bare = 0;
  int timeout_s = 20;
  int max_size = 0;
  double loss = 0;
  g_autofree char *transport = NULL;
  g_autofree char *cpus = NULL;
  g_autofree char *variant_name = NULL;
  g_autoptr (GError) error = NULL;
  const GOptionEntry entries[] = {
    { "list", 0, 0, G_OPTION_ARG_NONE, &must_list, "Name the variants", NULL },
    { "variant", 0, 0, G_OPTION_ARG_STRING, &variant_name, "Which way",
      "NAME" },
    { "size", 0, 0, G_OPTION_ARG_INT, &size, "Octets of a message", "N" },
    { "max-size", 0, 0, G_OPTION_ARG_INT, &max_size,
      "Sizes are mixed, up to this one", "N" },
    { "loss", 0, 0, G_OPTION_ARG_DOUBLE, &loss,
      "Percent of the datagrams that a subscriber forgets", "N" },
    { "count", 0, 0, G_OPTION_ARG_INT64, &count, "Messages to send", "N" },
    { "subscribers", 0, 0, G_OPTION_ARG_INT, &n_subscribers, "How many", "N" },
    { "connections", 0, 0, G_OPTION_ARG_INT, &n_connections, "How many", "N" },
    { "outstanding", 0, 0, G_OPTION_ARG_INT, &n_outstanding,
      "How many requests or deliveries are open", "N" },
    { "topics", 0, 0, G_OPTION_ARG_INT, &n_topics,
      "How many go round, each subscriber taking one", "N" },
    { "bare", 0, 0, G_OPTION_ARG_INT, &is_bare,
      "Whether messages have the empty topic", "0|1" },
    { "prefixes", 0, 0, G_OPTION_ARG_INT, &n_prefixes,
      "How many each of the connections subscribes to, of which one wants a "
      "message",
      "N" },
    { "patterns", 0, 0, G_OPTION_ARG_INT, &has_patterns,
      "Whether these are patterns", "0|1" },
    { "transport", 0, 0, G_OPTION_ARG_STRING, &transport, "How they meet",
      "tcp|unix|inproc|multicast" },
    { "cpus", 0, 0, G_OPTION_ARG_STRING, &cpus, "Where they run",
      "free|one|each" },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s, "Kill all after", "S" },
    { 0 },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (
    "throughput|round-trips|requests|deliveries|idle|connect|start");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  if (must_list)
    return list_variants (peer);

  if (transport == NULL)
    transport = g_strdup ("tcp");
  if (cpus == NULL)
    cpus = g_strdup ("free");
  const BenchVariant *variant = find_variant (peer, variant_name);
  BenchRun self = {
    .test = argc == 2 ? argv[1] : NULL,
    .cpus = cpus,
    .deadline_ns = bench_now_ns () + timeout_s * G_GINT64_CONSTANT (1000000000),
    .bench = {
      .peer = peer,
      .variant = variant != NULL ? variant->name : NULL,
      .size = size,
      .max_size = max_size > size ? max_size : size,
      .loss_permille = (guint) CLAMP (loss * 10, 0, 1000),
      .may_lose = variant != NULL && variant->may_lose,
      .count = count,
      .n_subscribers = n_subscribers,
      .n_connections = n_connections,
      .n_outstanding = n_outstanding,
      .n_topics = n_topics,
      .has_no_topic = is_bare != 0,
      .n_prefixes = n_prefixes,
      .has_patterns = has_patterns != 0,
      .transport = find_transport (transport),
    },
  };
  if (!is_sensible (&self, variant))
    {
      g_autofree char *help = g_option_context_get_help (context, TRUE, NULL);
      g_printerr ("%s", help);
      return 2;
    }
  self.bench.window = choose_window (variant, &self.bench);
  signal (SIGPIPE, SIG_IGN);
  int result = run_test (&self);
  g_free (self.problem);
  g_free (self.bench.payload);
  return result;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool-bench-hein.h"
#include "tool-bench-raw.h"
#include "tool-bench-run.h"
#include "tool-commands.h"
#include "tool-json.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-progress.h"
#include "tool-status.h"

/* The command `hein bench`: compares hein with a plain socket on this
 * machine. */

#define N_RUNS    3
#define TRIP_SIZE 100
/* A process of the benchmark ends itself so much later than it should be
 * done. */
#define SPARE_S     30
#define MAX_SECONDS 60

typedef struct
{
  double hein;
  double raw;
  double ratio;
} Rates; /* messages/s */

typedef struct
{
  double p50_us;
  double p99_us;
} Trip;

static const gsize sizes[] = { 16, 100, 1024, 65536 };

/* Each size and the round trip, of hein and of raw sockets. */
#define N_RUNS_IN_ALL ((guint) (2 * N_RUNS * (G_N_ELEMENTS (sizes) + 1)))

static const ToolHelp help = {
  "",
  "Measures hein beside plain sockets, over TCP on this machine, between two\n"
  "processes: what arrives is counted, and nothing is dropped.",
  "The figures are the medians of three runs. 'make bench' in the source\n"
  "compares with libzmq, nng and NATS.\n\n"
  "Examples:\n"
  "  hein bench\n"
  "  hein bench --seconds 2 --json",
};

/* ---- two processes ---- */

/* Each process closes the pipe ends that it does not use, so that the other
 * one, and the parent, read an end of file when it exits. */
static pid_t
start (ToolBenchRole role,
       const ToolBench *bench,
       int fd,
       int other_fd,
       int other_address_fd)
{
  pid_t pid = fork ();
  ToolBenchResult result = { 0 };

  if (pid != 0)
    return pid;
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  alarm ((guint) bench->seconds + SPARE_S);
  close (other_fd);
  close (other_address_fd);
  if (!role (bench, &result) ||
      write (fd, &result, sizeof result) != sizeof result)
    _exit (TOOL_FAILED);
  _exit (TOOL_DONE);
}

static gboolean
read_result (int fd, pid_t pid, ToolBenchResult *result)
{
  return pid > 0 && read (fd, result, sizeof *result) == sizeof *result;
}

static void
reap (pid_t pid, gboolean has_failed)
{
  if (pid <= 0)
    return;
  if (has_failed)
    kill (pid, SIGKILL);
  waitpid (pid, NULL, 0);
}

static gboolean
make_pipes (int pipes[3][2])
{
  for (guint i = 0; i < 3; i++)
    if (pipe (pipes[i]) != 0)
      {
        tool_complain ("cannot make a pipe: %s", g_strerror (errno));
        return FALSE;
      }
  return TRUE;
}

/* Runs two processes: one listens and counts, the other one dials and sends. */
static gboolean
run_pair (ToolBenchRole server,
          ToolBenchRole client,
          ToolBench *bench,
          ToolBenchResult *served,
          ToolBenchResult *sent)
{
  int pipes[3][2];
  pid_t pids[2];
  gboolean ok;

  if (!make_pipes (pipes))
    return FALSE;
  tool_progress_show ("run %u of %u", ++bench->n_runs, N_RUNS_IN_ALL);
  bench->address_fds[0] = pipes[0][0];
  bench->address_fds[1] = pipes[0][1];
  pids[0] = start (server, bench, pipes[1][1], pipes[2][1], pipes[0][0]);
  pids[1] = start (client, bench, pipes[2][1], pipes[1][1], pipes[0][1]);
  for (guint i = 0; i < 3; i++)
    close (pipes[i][1]);
  ok = read_result (pipes[2][0], pids[1], sent) &&
       read_result (pipes[1][0], pids[0], served);
  for (guint i = 0; i < 2; i++)
    reap (pids[i], !ok);
  for (guint i = 0; i < 3; i++)
    close (pipes[i][0]);
  if (!ok)
    tool_complain ("a process of the benchmark ended early");
  return ok;
}

/* ---- figures ---- */

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a;
  double y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
get_median (double *values)
{
  qsort (values, N_RUNS, sizeof *values, compare_doubles);
  return values[N_RUNS / 2];
}

static gboolean
measure_rate (ToolBenchRole server,
              ToolBenchRole client,
              ToolBench *bench,
              double *rate)
{
  ToolBenchResult served;
  ToolBenchResult sent;

  if (!run_pair (server, client, bench, &served, &sent))
    return FALSE;
  *rate = served.seconds > 0 ? served.n_messages / served.seconds : 0;
  if (served.n_messages == sent.n_messages)
    return TRUE;
  tool_complain ("%" G_GUINT64_FORMAT " messages were sent, %" G_GUINT64_FORMAT
                 " arrived",
                 sent.n_messages, served.n_messages);
  return FALSE;
}

/* Alternates between the two, so that a slow moment of the machine affects
 * both. */
static gboolean
measure_rates (ToolBench *bench, Rates *rates)
{
  double hein[N_RUNS];
  double raw[N_RUNS];
  double ratios[N_RUNS];

  for (guint i = 0; i < N_RUNS; i++)
    {
      if (!measure_rate (tool_bench_hein_count, tool_bench_hein_send, bench,
                         &hein[i]) ||
          !measure_rate (tool_bench_raw_count, tool_bench_raw_send, bench,
                         &raw[i]))
        return FALSE;
      ratios[i] = raw[i] > 0 ? hein[i] / raw[i] : 0;
    }
  rates->hein = get_median (hein);
  rates->raw = get_median (raw);
  rates->ratio = get_median (ratios);
  return TRUE;
}

static gboolean
measure_trip (ToolBenchRole server,
              ToolBenchRole client,
              ToolBench *bench,
              Trip *trip)
{
  double p50[N_RUNS];
  double p99[N_RUNS];

  for (guint i = 0; i < N_RUNS; i++)
    {
      ToolBenchResult served;
      ToolBenchResult sent;

      if (!run_pair (server, client, bench, &served, &sent))
        return FALSE;
      p50[i] = sent.p50_us;
      p99[i] = sent.p99_us;
    }
  trip->p50_us = get_median (p50);
  trip->p99_us = get_median (p99);
  return TRUE;
}

/* ---- output ---- */

static char *
dup_table (const Rates *rates, const Trip *hein, const Trip *raw)
{
  g_autoptr (GString) text = g_string_new (
    "| to one over TCP | hein messages/s | raw socket messages/s | ratio |\n"
    "|---|---:|---:|---:|\n");

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    g_string_append_printf (text, "| %zu bytes | %.0f | %.0f | %.2f |\n",
                            sizes[i], rates[i].hein, rates[i].raw,
                            rates[i].ratio);
  g_string_append_printf (
    text,
    "\n| round trip, %d bytes | hein µs | raw socket µs |\n|---|---:|---:|\n"
    "| p50 | %.0f | %.0f |\n| p99 | %.0f | %.0f |\n"
    "\n'make bench' in the source compares with libzmq, nng and NATS.\n",
    TRIP_SIZE, hein->p50_us, raw->p50_us, hein->p99_us, raw->p99_us);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
append_trip (GString *json, const char *name, const Trip *trip)
{
  tool_json_append_name (json, name);
  g_string_append_c (json, '{');
  tool_json_append_number (json, "p50-us", trip->p50_us);
  tool_json_append_number (json, "p99-us", trip->p99_us);
  g_string_append_c (json, '}');
}

static char *
dup_json (const Rates *rates, const Trip *hein, const Trip *raw)
{
  g_autoptr (GString) json = g_string_new ("{\"rates\":[");

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_string_append (json, i > 0 ? ",{" : "{");
      tool_json_append_number (json, "size", sizes[i]);
      tool_json_append_number (json, "hein", rates[i].hein);
      tool_json_append_number (json, "raw", rates[i].raw);
      tool_json_append_number (json, "ratio", rates[i].ratio);
      g_string_append_c (json, '}');
    }
  g_string_append (json, "],\"round-trip\":{");
  tool_json_append_number (json, "size", TRIP_SIZE);
  append_trip (json, "hein", hein);
  append_trip (json, "raw", raw);
  g_string_append (json, "}}\n");
  return g_string_free (g_steal_pointer (&json), FALSE);
}

static int
measure (double seconds, gboolean is_json)
{
  ToolBench bench = { .seconds = seconds };
  Rates rates[G_N_ELEMENTS (sizes)];
  Trip hein;
  Trip raw;
  g_autofree char *text = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      bench.size = sizes[i];
      if (!measure_rates (&bench, &rates[i]))
        return TOOL_FAILED;
    }
  bench.size = TRIP_SIZE;
  if (!measure_trip (tool_bench_hein_echo, tool_bench_hein_ping, &bench,
                     &hein) ||
      !measure_trip (tool_bench_raw_echo, tool_bench_raw_ping, &bench, &raw))
    return TOOL_FAILED;
  tool_progress_hide ();
  text =
    is_json ? dup_json (rates, &hein, &raw) : dup_table (rates, &hein, &raw);
  return tool_output_print (text);
}

int
tool_bench (int argc, char **argv)
{
  gboolean is_json = FALSE;
  double seconds = 0.3;
  const GOptionEntry own[] = {
    { "seconds", 's', 0, G_OPTION_ARG_DOUBLE, &seconds,
      "Length of each of the 30 runs; 0.3 unless given", "S" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &is_json, "Print JSON", NULL },
    { NULL },
  };
  const GOptionEntry *const groups[] = { own, NULL };

  if (!tool_parse (&help, groups, &argc, &argv))
    return TOOL_USAGE;
  if (argc > 1)
    return tool_complain_usage ("bench takes no argument: %s", argv[1]);
  if (!(seconds > 0 && seconds <= MAX_SECONDS))
    return tool_complain_usage ("--seconds takes a number above 0, up to %d",
                                MAX_SECONDS);
  return measure (seconds, is_json);
}

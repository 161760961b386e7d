/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "tool-commands.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-sequence.h"
#include "tool-status.h"
#include "tool-timeline.h"
#include "tool-trace.h"

/* The command `hein simulate`: runs a program whose simulations take their seed
 * from it, and shows what happened in the last one. */

static const ToolHelp help = {
  "PROGRAM [ARGUMENT…]",
  "Runs a test that is made with HeinSimulation, under seeds that are given\n"
  "here, and shows what happened in its simulation: who met whom, what was\n"
  "sent, what arrived, and the faults. The test stays as it is, but a "
  "simulation\n"
  "that gives a seed itself keeps it.\n\n"
  "With --seeds, the program runs with one seed after the other until it\n"
  "fails. Of a program that makes several simulations the last one is shown:\n"
  "when it fails, that is the one.",
  "Exit status: 0 when the program held, 1 when it failed, cannot be run or\n"
  "makes no simulation, 2 wrong usage.\n\n"
  "Examples:\n"
  "  hein simulate --seeds 1-1000 ./test-queue\n"
  "  hein simulate --seed 17 --trace ./test-queue\n"
  "  hein simulate --seed 17 --picture queue.svg python3 test_queue.py",
};

typedef struct
{
  char *seed_text;  /* nullable */
  char *seeds_text; /* nullable */
  char *picture;    /* nullable */
  gboolean with_trace;
  gboolean with_bytes;
  guint64 first;
  guint64 last;
  char **words;   /* borrowed: the program and its arguments */
  char *file;     /* of the trace */
  gboolean holds; /* the program did, the last time */
} Simulate;

/* ---- seeds ---- */

static gboolean
parse_seed (const char *text, guint64 *seed)
{
  return g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT64, seed, NULL);
}

static gboolean
parse_range (Simulate *self)
{
  g_auto (GStrv) ends = g_strsplit (self->seeds_text, "-", 2);

  return g_strv_length (ends) == 2 && parse_seed (ends[0], &self->first) &&
         parse_seed (ends[1], &self->last) && self->first <= self->last;
}

/* ---- the program ---- */

/* Empties the file, too: it is about one run. */
static gboolean
make_file (Simulate *self)
{
  g_autoptr (GError) error = NULL;
  int fd;

  if (self->file != NULL)
    fd = g_open (self->file, O_WRONLY | O_TRUNC | O_CLOEXEC, 0);
  else
    fd = g_file_open_tmp ("hein-simulate-XXXXXX", &self->file, &error);
  if (fd >= 0)
    return g_close (fd, NULL);
  tool_complain ("%s", error != NULL ? error->message : g_strerror (errno));
  return FALSE;
}

static GSubprocess *
start (const Simulate *self, guint64 seed, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_INHERIT);
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, seed);

  g_subprocess_launcher_setenv (launcher, "HEIN_SIMULATION_TRACE", self->file,
                                TRUE);
  if (self->seed_text != NULL || self->seeds_text != NULL)
    g_subprocess_launcher_setenv (launcher, "HEIN_SIMULATION_SEED", text, TRUE);
  return g_subprocess_launcher_spawnv (launcher,
                                       (const char *const *) self->words,
                                       error);
}

static void
tell_end (const Simulate *self, GSubprocess *process, guint64 seed)
{
  g_autofree char *with =
    g_strdup_printf (" with seed %" G_GUINT64_FORMAT, seed);

  if (g_subprocess_get_if_signaled (process))
    tool_complain ("%s was killed by signal %d, %s%s", self->words[0],
                   g_subprocess_get_term_sig (process),
                   g_strsignal (g_subprocess_get_term_sig (process)), with);
  else
    tool_complain ("%s ended with status %d%s", self->words[0],
                   g_subprocess_get_exit_status (process), with);
}

/* Ctrl-C is for the program: what it has done until then is shown. Returns NULL
 * when nothing is to be seen. */
static ToolTrace *
run (Simulate *self, guint64 seed)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = NULL;
  ToolTrace *trace;

  if (!make_file (self))
    return NULL;
  process = start (self, seed, &error);
  if (process == NULL)
    {
      tool_complain ("%s", error->message);
      return NULL;
    }
  signal (SIGINT, SIG_IGN);
  g_subprocess_wait (process, NULL, NULL);
  signal (SIGINT, SIG_DFL);
  self->holds = g_subprocess_get_successful (process);
  trace = tool_trace_read (self->file, &error);
  if (!self->holds)
    tell_end (self, process, trace != NULL ? trace->seed : seed);
  if (trace == NULL)
    tool_complain ("%s: %s", self->words[0], error->message);
  return trace;
}

/* ---- what is shown ---- */

static gboolean
write_picture (const Simulate *self, const ToolTrace *trace)
{
  g_autofree char *text = tool_sequence_draw (trace);
  g_autoptr (GError) error = NULL;

  if (g_file_set_contents (self->picture, text, -1, &error))
    return TRUE;
  tool_complain ("%s", error->message);
  return FALSE;
}

static gboolean
show (const Simulate *self, const ToolTrace *trace)
{
  g_autofree char *text = NULL;

  if (self->picture != NULL && !write_picture (self, trace))
    return FALSE;
  if (!self->with_trace)
    return TRUE;
  text = tool_timeline_print (trace, self->with_bytes);
  return tool_output_print (text) == TOOL_DONE;
}

/* A seed that the program does not take would be no seed at all. */
static gboolean
check_seed (const Simulate *self, const ToolTrace *trace)
{
  if (!trace->is_own || (self->seed_text == NULL && self->seeds_text == NULL))
    return TRUE;
  tool_complain ("the program gives its simulation the seed %" G_GUINT64_FORMAT
                 " itself: without it, or with 0, it takes that of --seed",
                 trace->seed);
  return FALSE;
}

static int
simulate (Simulate *self)
{
  for (guint64 seed = self->first;; seed++)
    {
      g_autoptr (ToolTrace) trace = run (self, seed);

      if (trace == NULL || !check_seed (self, trace))
        return TOOL_FAILED;
      if (self->holds && seed < self->last)
        continue;
      if (self->holds && self->seeds_text != NULL)
        tool_complain ("%s held with all seeds from %" G_GUINT64_FORMAT
                       " to %" G_GUINT64_FORMAT,
                       self->words[0], self->first, self->last);
      return show (self, trace) && self->holds ? TOOL_DONE : TOOL_FAILED;
    }
}

/* ---- the command ---- */

static gboolean
check (Simulate *self, int argc, char **argv)
{
  if (argc < 2)
    tool_complain_usage ("the program to run is missing");
  else if (self->seed_text != NULL && self->seeds_text != NULL)
    tool_complain_usage ("--seed and --seeds exclude each other");
  else if (self->seed_text != NULL &&
           !parse_seed (self->seed_text, &self->first))
    tool_complain_usage ("--seed takes a number of at least 1");
  else if (self->seeds_text != NULL && !parse_range (self))
    tool_complain_usage ("--seeds takes two numbers of at least 1, as 1-100");
  else if (self->with_bytes && !self->with_trace)
    tool_complain_usage ("--bytes belongs to --trace");
  else
    {
      if (self->seeds_text == NULL)
        self->last = self->first;
      self->words = argv + 1;
      return TRUE;
    }
  return FALSE;
}

static void
clear (Simulate *self)
{
  if (self->file != NULL)
    g_unlink (self->file);
  g_free (self->file);
  g_free (self->seed_text);
  g_free (self->seeds_text);
  g_free (self->picture);
}

int
tool_simulate (int argc, char **argv)
{
  Simulate self = { .first = 1 };
  const GOptionEntry entries[] = {
    { "seed", 's', 0, G_OPTION_ARG_STRING, &self.seed_text,
      "The seed of its simulations, 1 or more; 1 unless given", "N" },
    { "seeds", 0, 0, G_OPTION_ARG_STRING, &self.seeds_text,
      "Run it with each of these seeds, until it fails", "A-B" },
    { "trace", 't', 0, G_OPTION_ARG_NONE, &self.with_trace,
      "Print what happened, a line for each event", NULL },
    { "bytes", 'b', 0, G_OPTION_ARG_NONE, &self.with_bytes,
      "With --trace: also the bytes that went over connections", NULL },
    { "picture", 'p', 0, G_OPTION_ARG_FILENAME, &self.picture,
      "Draw it, as SVG", "FILE" },
    { NULL },
  };
  const GOptionEntry *const groups[] = { entries, NULL };
  int status = TOOL_USAGE;

  if (tool_parse_program (&help, groups, &argc, &argv) &&
      check (&self, argc, argv))
    status = simulate (&self);
  clear (&self);
  return status;
}

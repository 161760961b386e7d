/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool-commands.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-status.h"
#include "tool-suggest.h"

/* The command `hein`: finds the subcommand, and runs it. */

typedef struct
{
  const char *name;
  int (*run) (int argc, char **argv);
} Command;

static const Command commands[] = {
  { "receive", tool_receive },
  { "send", tool_send },
  { "request", tool_request },
  { "get", tool_get },
  { "serve", tool_serve },
  { "bridge", tool_bridge },
  { "record", tool_record },
  { "replay", tool_replay },
  { "spool", tool_spool },
  { "ps", tool_ps },
  { "peers", tool_peers },
  { "top", tool_top },
  { "ping", tool_ping },
  { "stats", tool_stats },
  { "log", tool_log },
  { "inspect", tool_inspect },
  { "bench", tool_bench },
  { "keygen", tool_keygen },
  { "pair", tool_pair },
  { "doctor", tool_doctor },
  { "check-plugin", tool_check },
  { "new-plugin", tool_new },
  { "simulate", tool_simulate },
};

static const char usage[] =
  "Usage:\n"
  "  hein COMMAND [OPTION…]\n"
  "\n"
  "Sends and receives messages between programs, without a broker.\n"
  "\n"
  "Commands:\n"
  "  receive        Print messages as they arrive\n"
  "  send           Send messages, and wait until every peer has taken them\n"
  "  request        Ask, and print the answer\n"
  "  get            Print a value that a bus keeps\n"
  "  serve          Answer requests by running a command\n"
  "  bridge         Pass messages between two addresses\n"
  "  record         Write what arrives to a file\n"
  "  replay         Send what was recorded\n"
  "  spool          List what waits in a folder to be delivered\n"
  "  ps             List the buses of this machine\n"
  "  peers          List the peers of running buses\n"
  "  top            Show what passes through running buses\n"
  "  ping           Have running buses ask their peers for a sign of life\n"
  "  stats          Print the counters of running buses\n"
  "  log            Print what running buses log\n"
  "  inspect        List the plugins, or describe one\n"
  "  bench          Measure the speed of this machine\n"
  "  keygen         Make a key, an identity or a certificate\n"
  "  pair           Make the keys of two peers known to each other\n"
  "  doctor         Check an address without using it\n"
  "  check-plugin   Say which laws of its kind a plugin keeps\n"
  "  new-plugin     Write a plugin to begin with\n"
  "  simulate       Run a test, and show what happened in its simulation\n"
  "\n"
  "'hein help COMMAND' shows the options of a command, 'hein --version' the\n"
  "version.\n"
  "\n"
  "Exit status: 0 done, 1 failed, 2 wrong usage, 3 timed out before it was "
  "done.\n"
  "\n"
  "Examples:\n"
  "  hein receive --listen tcp://localhost:7000\n"
  "  hein send --dial tcp://localhost:7000 --topic greeting 'Good morning'\n";

/* Opens /dev/null for standard descriptors that are closed. Otherwise sockets
 * and timers would get their numbers, and output meant for the user would go
 * there. The descriptors are opened so that reading and writing fail, as if
 * closed. */
static void
reserve_standard_descriptors (void)
{
  const int modes[] = { O_WRONLY, O_RDONLY, O_RDONLY };

  for (int i = 0; i < 3; i++)
    if (fcntl (i, F_GETFD) < 0 && open ("/dev/null", modes[i]) != i)
      _exit (TOOL_FAILED);
}

static int
print_version (void)
{
  g_autofree char *text =
    g_strdup_printf ("hein %d.%d.%d\n", HEIN_MAJOR_VERSION, HEIN_MINOR_VERSION,
                     HEIN_MICRO_VERSION);

  return tool_output_print (text);
}

/* What `hein` prints when it gets no subcommand, or an unknown one. */
static void
list_commands (void)
{
  const char *begin = strstr (usage, "Commands:");
  const char *end = strstr (begin, "\n\n");

  fprintf (stderr, "%.*s\n", (int) (end - begin), begin);
}

static int
complain_unknown (const char *word)
{
  const char *names[G_N_ELEMENTS (commands) + 4] = { "help", "--help",
                                                     "--version" };
  const char *what = word[0] == '-' ? "option" : "command";
  const char *meant;

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    names[i + 3] = commands[i].name;
  meant = tool_suggest (word, names);
  if (meant != NULL)
    tool_complain ("there is no %s '%s': did you mean '%s'?", what, word,
                   meant);
  else
    {
      tool_complain ("there is no %s '%s'", what, word);
      list_commands ();
    }
  fprintf (stderr, "Try 'hein --help'\n");
  return TOOL_USAGE;
}

static int
complain_missing (void)
{
  tool_complain ("a command is missing");
  list_commands ();
  fprintf (stderr, "Try 'hein --help'\n");
  return TOOL_USAGE;
}

/* Runs the subcommand that argv[0] names. */
static int
run_command (int argc, char **argv)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (argv[0], commands[i].name))
      {
        g_autofree char *name = g_strdup_printf ("hein %s", commands[i].name);

        g_set_prgname (name);
        return commands[i].run (argc, argv);
      }
  return complain_unknown (argv[0]);
}

/* `hein help`, and `hein help COMMAND`, which is `hein COMMAND --help`. */
static int
help (int argc, char **argv)
{
  char *option = (char *) "--help";
  char *asked[] = { argv[1], option, NULL };

  if (argc > 2)
    return tool_complain_usage ("help takes one command, not %d", argc - 1);
  if (argc < 2 || g_str_equal (argv[1], "help"))
    return tool_output_print (usage);
  return run_command (2, asked);
}

static gboolean
is_either (const char *word, const char *one, const char *other)
{
  return g_str_equal (word, one) || g_str_equal (word, other);
}

int
main (int argc, char **argv)
{
  reserve_standard_descriptors ();
  setlocale (LC_ALL, "");
  g_set_prgname ("hein");
  /* so that write() fails when the reader is gone, instead of killing us */
  signal (SIGPIPE, SIG_IGN);
  if (argc < 2)
    return complain_missing ();
  if (is_either (argv[1], "--help", "-h"))
    return tool_output_print (usage);
  if (is_either (argv[1], "--version", "-V"))
    return print_version ();
  if (g_str_equal (argv[1], "help"))
    return help (argc - 1, argv + 1);
  return run_command (argc - 1, argv + 1);
}

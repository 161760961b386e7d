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
  { "receive", tool_receive }, { "send", tool_send },
  { "request", tool_request }, { "serve", tool_serve },
  { "inspect", tool_inspect }, { "bench", tool_bench },
  { "keygen", tool_keygen },   { "doctor", tool_doctor },
};

static const char usage[] =
  "Usage:\n"
  "  hein COMMAND [OPTION…]\n"
  "\n"
  "Sends and receives messages between programs, without a broker.\n"
  "\n"
  "Commands:\n"
  "  receive   Print each message as it comes\n"
  "  send      Send messages, until every peer has taken them\n"
  "  request   Ask, and print the answer\n"
  "  serve     Answer requests by running a command\n"
  "  inspect   List the plugins, or tell all about one\n"
  "  bench     Measure the speed of this machine\n"
  "  keygen    Make a key for a group\n"
  "  doctor    Tell what would happen with an address\n"
  "\n"
  "  --help and --version; 'hein COMMAND --help' tells more.\n"
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
  const char *names[G_N_ELEMENTS (commands) + 3] = { "--help", "--version" };
  const char *meant;

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    names[i + 2] = commands[i].name;
  meant = tool_suggest (word, names);
  if (meant != NULL)
    tool_complain ("there is no command '%s': did you mean '%s'?", word, meant);
  else
    {
      tool_complain ("there is no command '%s'", word);
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

static int
run_command (int argc, char **argv)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (argv[1], commands[i].name))
      {
        g_autofree char *name = g_strdup_printf ("hein %s", commands[i].name);

        g_set_prgname (name);
        return commands[i].run (argc - 1, argv + 1);
      }
  return complain_unknown (argv[1]);
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
  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h"))
    return tool_output_print (usage);
  if (g_str_equal (argv[1], "--version"))
    return print_version ();
  return run_command (argc, argv);
}

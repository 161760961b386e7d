/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hein-tool.h"

#include <locale.h>
#include <signal.h>
#include <string.h>

typedef struct
{
  const char *name;
  int (*run) (int argc, char **argv);
} Command;

static const Command commands[] = {
  { "receive", tool_receive }, { "send", tool_send },
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

static int
print_version (void)
{
  g_autofree char *text =
    g_strdup_printf ("hein %d.%d.%d\n", HEIN_MAJOR_VERSION, HEIN_MINOR_VERSION,
                     HEIN_MICRO_VERSION);

  return tool_output_print (text);
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
  return tool_complain_usage ("there is no command '%s'", argv[1]);
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  g_set_prgname ("hein");
  /* a reader that is gone is an error to write(), not the end of us */
  signal (SIGPIPE, SIG_IGN);
  if (argc < 2)
    return tool_complain_usage ("what? A command is missing");
  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h"))
    return tool_output_print (usage);
  if (g_str_equal (argv[1], "--version"))
    return print_version ();
  return run_command (argc, argv);
}

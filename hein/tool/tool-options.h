/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* Parsing command lines, and complaining about them. */

G_BEGIN_DECLS

typedef struct
{
  const char *parameters; /* after the options, for --help */
  const char *summary;
  const char *examples;
} ToolHelp;

/* Prints "hein: ", the text and a newline to stderr. */
void tool_complain (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* The same, with a hint at --help; returns TOOL_USAGE. */
int tool_complain_usage (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* Parses the options; @argv then contains the arguments. FALSE: it
 * complained. */
gboolean tool_parse (const ToolHelp *help,
                     const GOptionEntry *const *groups,
                     int *argc,
                     char ***argv);
/* The same, where the first argument ends the options: it is a program, and
 * what follows are its own. */
gboolean tool_parse_program (const ToolHelp *help,
                             const GOptionEntry *const *groups,
                             int *argc,
                             char ***argv);
gboolean tool_check_topic (const char *option, const char *topic);
gboolean tool_check_seconds (const char *option, double seconds);

/* Checks that the value of an option is UTF-8; FALSE: it is not, and this
 * function has complained. Options are parsed as file names, so that the locale
 * of the user does not matter. */
gboolean tool_check_text (const char *option, const char *text);

G_END_DECLS

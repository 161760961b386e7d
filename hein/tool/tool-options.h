/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

typedef struct
{
  const char *parameters; /* after the options, for --help */
  const char *summary;
  const char *examples;
} ToolHelp;

/* Prints "hein: " and the text, and a line end, to stderr. */
void tool_complain (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* The same with a hint at --help; returns TOOL_USAGE. */
int tool_complain_usage (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* FALSE: it has complained. What is left in @argv are the arguments. */
gboolean tool_parse (const ToolHelp *help,
                     const GOptionEntry *const *groups,
                     int *argc,
                     char ***argv);
gboolean tool_check_topic (const char *option, const char *topic);
gboolean tool_check_seconds (const char *option, double seconds);

/* FALSE: it is no UTF-8, and it has complained. In which locale somebody types
 * does not matter: options are text in UTF-8, and taken as file names are. */
gboolean tool_check_text (const char *option, const char *text);

G_END_DECLS

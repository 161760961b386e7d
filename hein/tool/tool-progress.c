/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-progress.h"

#include <stdio.h>
#include <unistd.h>

/* The line on a terminal that says how far a long command has come. */

#define CLEAR "\r\033[K"

static gboolean is_shown;

gboolean
tool_progress_is_wanted (void)
{
  return isatty (STDERR_FILENO) && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
}

static void
show (const char *format, va_list arguments)
{
  vfprintf (stderr, format, arguments);
  fflush (stderr);
  is_shown = TRUE;
}

void
tool_progress_show (const char *format, ...)
{
  va_list arguments;

  if (!tool_progress_is_wanted ())
    return;
  fputs (CLEAR, stderr);
  va_start (arguments, format);
  show (format, arguments);
  va_end (arguments);
}

void
tool_progress_show_counts (guint n_peers,
                           guint64 n_messages,
                           const char *format,
                           ...)
{
  va_list arguments;

  if (!tool_progress_is_wanted ())
    return;
  fprintf (stderr, CLEAR "%u peer%s, %" G_GUINT64_FORMAT " message%s", n_peers,
           n_peers == 1 ? "" : "s", n_messages, n_messages == 1 ? "" : "s");
  va_start (arguments, format);
  show (format, arguments);
  va_end (arguments);
}

void
tool_progress_hide (void)
{
  if (is_shown)
    fputs (CLEAR, stderr);
  is_shown = FALSE;
}

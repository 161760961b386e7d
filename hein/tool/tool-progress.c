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

void
tool_progress_show (const char *format, ...)
{
  va_list arguments;

  if (!tool_progress_is_wanted ())
    return;
  fputs (CLEAR, stderr);
  va_start (arguments, format);
  vfprintf (stderr, format, arguments);
  va_end (arguments);
  fflush (stderr);
  is_shown = TRUE;
}

void
tool_progress_hide (void)
{
  if (is_shown)
    fputs (CLEAR, stderr);
  is_shown = FALSE;
}

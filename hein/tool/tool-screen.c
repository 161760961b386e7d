/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-screen.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Draws on the whole terminal, and gives it back. */

/* another page of the terminal, so that what was there comes back; the cursor
 * is hidden, and lines that are too long are not broken */
#define OPEN  "\033[?1049h\033[?25l\033[?7l"
#define CLOSE "\033[?7h\033[?25h\033[?1049l"

gboolean
tool_screen_is_wanted (void)
{
  return isatty (STDOUT_FILENO) && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
}

void
tool_screen_open (ToolScreen *self)
{
  struct termios raw;

  self->is_open = TRUE;
  self->has_keys =
    isatty (STDIN_FILENO) && tcgetattr (STDIN_FILENO, &self->before) == 0;
  if (self->has_keys)
    {
      raw = self->before;
      raw.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
      raw.c_cc[VMIN] = 0;
      raw.c_cc[VTIME] = 0;
      tcsetattr (STDIN_FILENO, TCSANOW, &raw);
    }
  fputs (OPEN, stdout);
  fflush (stdout);
}

void
tool_screen_close (ToolScreen *self)
{
  if (!self->is_open)
    return;
  self->is_open = FALSE;
  fputs (CLOSE, stdout);
  fflush (stdout);
  if (self->has_keys)
    tcsetattr (STDIN_FILENO, TCSANOW, &self->before);
}

void
tool_screen_get_size (guint *columns, guint *lines)
{
  struct winsize size = { .ws_row = 0 };

  *columns = 80;
  *lines = 24;
  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
    return;
  if (size.ws_col > 0)
    *columns = size.ws_col;
  if (size.ws_row > 0)
    *lines = size.ws_row;
}

void
tool_screen_draw (ToolScreen *self, const char *text)
{
  guint columns;
  guint lines;

  tool_screen_get_size (&columns, &lines);
  fputs ("\033[H", stdout);
  for (guint i = 0; i < lines && *text != '\0'; i++)
    {
      const gsize size = strcspn (text, "\n");

      printf ("%s%.*s\033[K", i > 0 ? "\n" : "", (int) size, text);
      text += size + (text[size] == '\n');
    }
  fputs ("\033[J", stdout);
  fflush (stdout);
}

char
tool_screen_wait (ToolScreen *self, gint64 end_us)
{
  struct pollfd keys = { .fd = STDIN_FILENO, .events = POLLIN };
  const gint64 left_us = end_us - g_get_monotonic_time ();
  char key = 0;

  if (poll (&keys, self->has_keys ? 1 : 0,
            left_us > 0 ? (int) (left_us / 1000) + 1 : 0) <= 0)
    return 0;
  if (read (STDIN_FILENO, &key, 1) != 1)
    self->has_keys = FALSE; /* the terminal is gone */
  return key;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <termios.h>

#include <glib.h>

/* The whole terminal, for a view that is drawn again and again. */

G_BEGIN_DECLS

typedef struct
{
  gboolean is_open;
  gboolean has_keys; /* keys are read as they are pressed */
  struct termios before;
} ToolScreen;

/* Whether standard output is a terminal that can be drawn on. */
gboolean tool_screen_is_wanted (void);
void tool_screen_open (ToolScreen *self);
/* Gives the terminal back as it was. */
void tool_screen_close (ToolScreen *self);
void tool_screen_get_size (guint *columns, guint *lines);
/* Shows @text, whose lines have to fit; what is too much below is left out. */
void tool_screen_draw (ToolScreen *self, const char *text);
/* Waits until @end_us for a key, a signal or another size; the key, or 0. */
char tool_screen_wait (ToolScreen *self, gint64 end_us);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-table.h"

#include <string.h>

#include "tool-text.h"

/* Aligns columns of text, whatever is in them. */

#define GAP        2
#define NARROW_GAP 1
#define NARROW     60

void
tool_table_init (ToolTable *self, guint n_columns, guint64 right)
{
  self->n_columns = n_columns;
  self->right = right;
  self->rows =
    g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  self->marked = g_array_new (FALSE, FALSE, sizeof (guint));
  self->mark_begin = self->mark_end = NULL;
}

void
tool_table_clear (ToolTable *self)
{
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_clear_pointer (&self->marked, g_array_unref);
}

void
tool_table_begin_row (ToolTable *self)
{
  g_ptr_array_add (self->rows, g_ptr_array_new_with_free_func (g_free));
}

void
tool_table_mark_row (ToolTable *self)
{
  const guint row = self->rows->len - 1;

  g_array_append_val (self->marked, row);
}

/* Columns of the terminal. */
static guint
get_char_width (gunichar c)
{
  if (g_unichar_iszerowidth (c))
    return 0;
  return g_unichar_iswide (c) ? 2 : 1;
}

/* Cuts what begins at @begin to @width columns (0: all), and what is empty at
 * its end. */
static void
cut (GString *text, gsize begin, guint width)
{
  const char *end = text->str + begin;
  guint used = 0;

  for (; *end != '\0'; end = g_utf8_next_char (end))
    {
      used += get_char_width (g_utf8_get_char (end));
      if (width > 0 && used > width)
        break;
    }
  g_string_truncate (text, end - text->str);
  while (text->len > begin && text->str[text->len - 1] == ' ')
    g_string_truncate (text, text->len - 1);
}

void
tool_table_add_cut (ToolTable *self, const char *text, guint width)
{
  GPtrArray *row = g_ptr_array_index (self->rows, self->rows->len - 1);
  GString *shown = g_string_new (NULL);

  if (text != NULL)
    tool_text_append (shown, text, strlen (text));
  cut (shown, 0, width);
  g_ptr_array_add (row, g_string_free (shown, FALSE));
}

void
tool_table_add (ToolTable *self, const char *text)
{
  tool_table_add_cut (self, text, 0);
}

void
tool_table_add_number (ToolTable *self, guint64 number)
{
  char text[32];

  g_snprintf (text, sizeof text, "%" G_GUINT64_FORMAT, number);
  tool_table_add (self, text);
}

static guint
get_width (const char *text)
{
  guint width = 0;

  for (; *text != '\0'; text = g_utf8_next_char (text))
    width += get_char_width (g_utf8_get_char (text));
  return width;
}

static void
measure (ToolTable *self, guint *widths)
{
  for (guint i = 0; i < self->rows->len; i++)
    {
      GPtrArray *row = g_ptr_array_index (self->rows, i);

      for (guint column = 0; column < row->len; column++)
        widths[column] =
          MAX (widths[column], get_width (g_ptr_array_index (row, column)));
    }
}

static void
append_spaces (GString *text, guint n)
{
  for (; n > 0; n--)
    g_string_append_c (text, ' ');
}

static void
append_row (ToolTable *self,
            GString *text,
            GPtrArray *row,
            const guint *widths,
            guint gap)
{
  for (guint column = 0; column < row->len; column++)
    {
      const char *cell = g_ptr_array_index (row, column);
      const guint left = widths[column] - get_width (cell);
      const gboolean is_right = (self->right >> column & 1) != 0;

      if (column > 0)
        append_spaces (text, gap);
      if (is_right)
        append_spaces (text, left);
      g_string_append (text, cell);
      if (!is_right && column + 1 < row->len)
        append_spaces (text, left);
    }
}

void
tool_table_append (ToolTable *self, GString *text, guint width)
{
  g_autofree guint *widths = g_new0 (guint, self->n_columns);
  const guint gap = width > 0 && width < NARROW ? NARROW_GAP : GAP;
  guint n_marked = 0;

  measure (self, widths);
  for (guint i = 0; i < self->rows->len; i++)
    {
      const gboolean is_marked =
        n_marked < self->marked->len &&
        g_array_index (self->marked, guint, n_marked) == i;
      gsize begin;

      if (is_marked)
        g_string_append (text, self->mark_begin);
      begin = text->len;
      append_row (self, text, g_ptr_array_index (self->rows, i), widths, gap);
      cut (text, begin, width);
      if (is_marked)
        g_string_append (text, self->mark_end);
      n_marked += is_marked;
      g_string_append_c (text, '\n');
    }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-table.h"

#include <string.h>

#include "tool-text.h"

/* Aligns columns of text, whatever is in them. */

#define GAP 2

void
tool_table_init (ToolTable *self, guint n_columns, guint64 right)
{
  self->n_columns = n_columns;
  self->right = right;
  self->rows =
    g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
}

void
tool_table_clear (ToolTable *self)
{
  g_clear_pointer (&self->rows, g_ptr_array_unref);
}

void
tool_table_begin_row (ToolTable *self)
{
  g_ptr_array_add (self->rows, g_ptr_array_new_with_free_func (g_free));
}

void
tool_table_add (ToolTable *self, const char *text)
{
  GPtrArray *row = g_ptr_array_index (self->rows, self->rows->len - 1);
  GString *shown = g_string_new (NULL);

  if (text != NULL)
    tool_text_append (shown, text, strlen (text));
  g_ptr_array_add (row, g_string_free (shown, FALSE));
}

void
tool_table_add_number (ToolTable *self, guint64 number)
{
  char text[32];

  g_snprintf (text, sizeof text, "%" G_GUINT64_FORMAT, number);
  tool_table_add (self, text);
}

/* Columns of the terminal. */
static guint
get_char_width (gunichar c)
{
  if (g_unichar_iszerowidth (c))
    return 0;
  return g_unichar_iswide (c) ? 2 : 1;
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
append_row (ToolTable *self, GString *text, GPtrArray *row, const guint *widths)
{
  for (guint column = 0; column < row->len; column++)
    {
      const char *cell = g_ptr_array_index (row, column);
      const guint left = widths[column] - get_width (cell);
      const gboolean is_right = (self->right >> column & 1) != 0;

      if (column > 0)
        append_spaces (text, GAP);
      if (is_right)
        append_spaces (text, left);
      g_string_append (text, cell);
      if (!is_right && column + 1 < row->len)
        append_spaces (text, left);
    }
}

/* Cuts a line, and what is empty at its end. */
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
tool_table_append (ToolTable *self, GString *text, guint width)
{
  g_autofree guint *widths = g_new0 (guint, self->n_columns);

  measure (self, widths);
  for (guint i = 0; i < self->rows->len; i++)
    {
      const gsize begin = text->len;

      append_row (self, text, g_ptr_array_index (self->rows, i), widths);
      cut (text, begin, width);
      g_string_append_c (text, '\n');
    }
}

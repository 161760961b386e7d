/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Text that is aligned in columns, for the terminal of a user. */

G_BEGIN_DECLS

typedef struct
{
  guint n_columns;
  guint64 right;   /* a bit for each column that is aligned to the right */
  GPtrArray *rows; /* owned: of owned arrays of owned texts */
} ToolTable;

/* @right: the columns with numbers, as bits. */
void tool_table_init (ToolTable *self, guint n_columns, guint64 right);
void tool_table_clear (ToolTable *self);
/* Begins a row, which tool_table_add and the like fill from the left. */
void tool_table_begin_row (ToolTable *self);
/* @text (nullable) comes from anywhere: what a terminal must not get is
 * escaped. */
void tool_table_add (ToolTable *self, const char *text);
void tool_table_add_number (ToolTable *self, guint64 number);
/* Appends the rows, each at most @width columns wide; 0: as wide as it is. */
void tool_table_append (ToolTable *self, GString *text, guint width);

G_END_DECLS

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
  GArray *marked;  /* owned: numbers of rows, in order */
  const char *mark_begin; /* nullable: what is written before such a row */
  const char *mark_end;
} ToolTable;

/* @right: the columns with numbers, as bits. */
void tool_table_init (ToolTable *self, guint n_columns, guint64 right);
void tool_table_clear (ToolTable *self);
/* Begins a row, which tool_table_add and the like fill from the left. */
void tool_table_begin_row (ToolTable *self);
/* @text (nullable) comes from anywhere: what a terminal must not get is
 * escaped. */
void tool_table_add (ToolTable *self, const char *text);
/* The same, with at most @width columns of it. */
void tool_table_add_cut (ToolTable *self, const char *text, guint width);
void tool_table_add_number (ToolTable *self, guint64 number);
/* Has the row that was begun last stand out. */
void tool_table_mark_row (ToolTable *self);
/* Appends the rows, each at most @width columns wide, with less between them
 * where that is little; 0: as wide as it is. */
void tool_table_append (ToolTable *self, GString *text, guint width);

G_END_DECLS

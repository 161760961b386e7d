/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* The findings of the doctor, and how they are printed. */

typedef enum
{
  TOOL_OK,
  TOOL_WARNING, /* works, but not as well as it could */
  TOOL_PROBLEM  /* does not work */
} ToolLevel;

/* What all findings come to, where there is such a thing. */
typedef struct
{
  const char *word; /* static; NULL: there is none */
  char *found;
  char *where;  /* the machine on which to change it; NULL: any */
  char *change; /* NULL: nothing */
} ToolConclusion;

typedef struct
{
  GPtrArray *findings;
  guint n_warnings;
  guint n_problems;
  ToolConclusion conclusion;
} ToolReport;

void tool_report_init (ToolReport *self);
void tool_report_clear (ToolReport *self);
/* @change: what the user should do about it, or NULL. */
void tool_report_add (ToolReport *self,
                      ToolLevel level,
                      const char *subject,
                      const char *change,
                      const char *format,
                      ...) G_GNUC_PRINTF (5, 6);
/* @word: static; @where, @change: nullable. */
void tool_report_conclude (ToolReport *self,
                           const char *word,
                           const char *found,
                           const char *where,
                           const char *change);
/* (transfer full) */
char *tool_report_dup_text (ToolReport *self);
char *tool_report_dup_json (ToolReport *self, const char *uri);

G_END_DECLS

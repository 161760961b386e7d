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

typedef struct
{
  GPtrArray *findings;
  guint n_warnings;
  guint n_problems;
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
/* (transfer full) */
char *tool_report_dup_text (ToolReport *self);
char *tool_report_dup_json (ToolReport *self, const char *uri);

G_END_DECLS

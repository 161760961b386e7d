/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-hello-evidence.h"

G_BEGIN_DECLS

/* A verdict, and the rows of the table that come to one. */

typedef enum
{
  TOOL_HELLO_FINE,
  TOOL_HELLO_SUSPECT, /* they hear each other, and something may hurt later */
  TOOL_HELLO_BROKEN,
  TOOL_HELLO_ALONE /* the other side said nothing, and nothing is wrong here */
} ToolHelloOutcome;

typedef struct
{
  ToolHelloOutcome outcome;
  const char *word; /* static; what it is, for programs */
  char *text;       /* one sentence */
  char *where;      /* the label of the machine for @command; NULL: both */
  char *command;    /* what mends it; NULL: nothing to mend */
} ToolHelloVerdict;

void tool_hello_verdict_clear (ToolHelloVerdict *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ToolHelloVerdict, tool_hello_verdict_clear)

/* For the parts that a verdict is made of. A row returns whether it is what
 * is wrong, and has filled in @verdict then; @other is NULL when nothing has
 * come from there. */
typedef gboolean (*ToolHelloRow) (ToolHelloVerdict *verdict,
                                  const ToolHelloEvidence *self,
                                  const ToolHelloEvidence *other);

/* Returns TRUE. @where: whose command it is; NULL: that of both. */
gboolean tool_hello_find (ToolHelloVerdict *self,
                          const char *word,
                          const ToolHelloEvidence *where,
                          char *command, /* (transfer full) (nullable) */
                          const char *format,
                          ...) G_GNUC_PRINTF (5, 6);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* Holding a plugin to one law, in a process of its own. */

G_BEGIN_DECLS

/* What is tested, and how. */
typedef struct
{
  HeinPluginKind kind;
  const char *name;
  const char *address;  /* where to listen, with {n}; NULL for strategies */
  const char *line;     /* what both ends dial, in place of it; NULL: none */
  const char *key;      /* of strategies; NULL: none */
  const char *promises; /* of strategies, separated by commas */
  gboolean is_local;    /* other processes do not reach it */
} ToolCheck;

typedef enum
{
  TOOL_LAW_KEPT,
  TOOL_LAW_BROKEN,
  TOOL_LAW_SKIPPED
} ToolLawResult;

/* Runs the law in a child process, for at most two minutes. @reason: why it is
 * broken or skipped. (transfer full) */
ToolLawResult
tool_check_law_run (const ToolCheck *self, const char *law, char **reason);
/* What the child process does; returns its status, or dies. */
int tool_check_law_be (const ToolCheck *self, const char *path);
/* Returns whether they are words that this knows. */
gboolean tool_check_law_knows (const char *promises);

G_END_DECLS

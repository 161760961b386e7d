/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* The exit codes of commands. */
typedef enum
{
  TOOL_DONE,
  TOOL_FAILED,
  TOOL_USAGE,
  TOOL_TIMED_OUT
} ToolStatus;

G_END_DECLS

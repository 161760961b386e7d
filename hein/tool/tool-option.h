/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* An option of an address in words: "port-scan", "uint", "0 to 65535", "0". */
typedef struct
{
  const char *name;
  const char *type;
  char *range;
  char *value; /* the default */
} ToolOption;

/* Lists the options of a plugin in a new array of owned ToolOption. */
GPtrArray *tool_option_list (HeinPluginInfo *info);

G_END_DECLS

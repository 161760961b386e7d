/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inspect-json.h"

#include <string.h>

#include "json/hein-json.h"

/* Appends members of objects. */

void
hein_inspect_append_name (GString *text, const char *name)
{
  const char last = text->str[text->len - 1];

  g_string_append_printf (text, "%s\"%s\":", last == '{' ? "" : ",", name);
}

void
hein_inspect_append_text (GString *text, const char *name, const char *value)
{
  g_autofree char *shown = value != NULL ? g_utf8_make_valid (value, -1) : NULL;

  hein_inspect_append_name (text, name);
  if (shown != NULL)
    hein_json_append_string (text, shown, strlen (shown));
  else
    g_string_append (text, "null");
}

void
hein_inspect_append_number (GString *text, const char *name, guint64 value)
{
  hein_inspect_append_name (text, name);
  g_string_append_printf (text, "%" G_GUINT64_FORMAT, value);
}

void
hein_inspect_append_flag (GString *text, const char *name, gboolean value)
{
  hein_inspect_append_name (text, name);
  g_string_append (text, value ? "true" : "false");
}

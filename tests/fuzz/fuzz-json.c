/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

#include "fuzz.h"
#include "json/hein-json.h"

/* What was taken is still JSON in ASCII, and what was found lies within it. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *text = (const char *) data;
  g_autoptr (GString) ascii = g_string_new (NULL);
  g_autoptr (GString) unquoted = g_string_new (NULL);
  HeinJsonSpan value;

  if (!hein_json_check (text, size, NULL))
    return 0;
  hein_json_append_ascii (ascii, text, size);
  g_assert_true (hein_json_check (ascii->str, ascii->len, NULL));
  for (gsize i = 0; i < ascii->len; i++)
    g_assert_true ((guchar) ascii->str[i] >= 0x20 &&
                   (guchar) ascii->str[i] < 0x80);
  if (!hein_json_find (text, size, "data", &value))
    return 0;
  g_assert_true (value.data >= text && value.data + value.size <= text + size);
  g_assert_true (hein_json_check (value.data, value.size, NULL));
  if (value.data[0] == '"')
    hein_json_unquote (&value, unquoted, NULL);
  return 0;
}

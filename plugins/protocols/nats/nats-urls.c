/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-urls.h"

#include <string.h>

#include "json/hein-json.h"

/* The servers of a cluster, as one of them names them. */

/* A text with a NUL would be another one. */
static void
take (GPtrArray *urls, const HeinJsonSpan *quoted)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (urls->len < NATS_URLS_MAX && hein_json_unquote (quoted, text, NULL) &&
      strlen (text->str) == text->len)
    g_ptr_array_add (urls, g_strdup (text->str));
}

char **
nats_urls_read (const char *json, gsize size)
{
  GPtrArray *urls = g_ptr_array_new ();
  HeinJsonSpan list;
  HeinJsonReader reader;
  HeinJsonToken token;

  if (hein_json_find (json, size, "connect_urls", &list) && list.data[0] == '[')
    {
      hein_json_reader_init (&reader, list.data, list.size);
      while (hein_json_reader_next (&reader, &token, NULL) &&
             token.kind != HEIN_JSON_END)
        if (token.kind == HEIN_JSON_STRING && reader.depth == 1)
          take (urls, &token.text);
    }
  g_ptr_array_add (urls, NULL);
  return (char **) g_ptr_array_free (urls, FALSE);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-suggest.h"

#include "base/hein-suggestion.h"

/* Finds the most similar word, or a known synonym. */

/* Names that other programs use for the same things. */
static const struct
{
  const char *word;
  const char *meant;
} synonyms[] = {
  { "recv", "receive" },      { "sub", "receive" },
  { "subscribe", "receive" }, { "subscriber", "receive" },
  { "listen", "receive" },    { "read", "receive" },
  { "get", "receive" },       { "tail", "receive" },
  { "watch", "receive" },     { "pub", "send" },
  { "publish", "send" },      { "publisher", "send" },
  { "push", "send" },         { "write", "send" },
  { "put", "send" },          { "emit", "send" },
  { "dial", "send" },         { "list", "inspect" },
  { "ls", "inspect" },        { "info", "inspect" },
  { "plugins", "inspect" },   { "show", "inspect" },
  { "benchmark", "bench" },   { "perf", "bench" },
  { "speed", "bench" },       { "key", "keygen" },
  { "genkey", "keygen" },     { "check", "doctor" },
  { "diagnose", "doctor" },   { "test", "doctor" },
  { "ping", "doctor" },       { "help", "--help" },
  { "-?", "--help" },         { "usage", "--help" },
  { "version", "--version" }, { "-v", "--version" },
  { "-V", "--version" },      { "connect", "dial" },
  { "bind", "listen" },       { "port", "listen" },
  { "channel", "topic" },     { "subscribe", "topic" },
  { "subject", "topic" },     { "id", "name" },
  { "wait", "wait-peers" },   { "peers", "wait-peers" },
  { "receiver", "to" },       { "debug", "verbose" },
  { "output", "format" },     { "times", "repeat" },
  { "n", "count" },           { "number", "count" },
  { "limit", "count" },       { "content-type", "type" },
  { "pause", "interval" },    { "sleep", "interval" },
  { "log", "log-file" },
};

const char *
tool_suggest (const char *word, const char *const *names)
{
  for (guint i = 0; i < G_N_ELEMENTS (synonyms); i++)
    if (g_ascii_strcasecmp (word, synonyms[i].word) == 0 &&
        g_strv_contains (names, synonyms[i].meant))
      return synonyms[i].meant;
  return hein_suggestion_find (word, names);
}

char *
tool_suggest_plugin (const char *name)
{
  g_autoptr (GListModel) all = hein_plugin_info_list ();
  g_autoptr (GStrvBuilder) known = g_strv_builder_new ();
  g_auto (GStrv) names = NULL;
  const char *meant;

  for (guint i = 0; i < g_list_model_get_n_items (all); i++)
    {
      g_autoptr (HeinPluginInfo) info = g_list_model_get_item (all, i);

      g_strv_builder_addv (known,
                           (const char **) hein_plugin_info_get_schemes (info));
      g_strv_builder_add (known, hein_plugin_info_get_name (info));
    }
  names = g_strv_builder_end (known);
  meant = tool_suggest (name, (const char *const *) names);
  return meant != NULL ? g_strdup_printf (" (did you mean '%s'?)", meant)
                       : g_strdup ("");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-suggest.h"

#include <string.h>

/* Words that differ by more letters are not the same word, mistyped. */
#define DISTANCE_MAX 2
#define WORD_MAX     16

/* What the same thing is called elsewhere. */
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

/* How many letters are to be changed, put in, or taken out. */
static guint
measure_distance (const char *one, const char *two)
{
  guint row[WORD_MAX + 1];
  const guint n = strlen (two);

  for (guint j = 0; j <= n; j++)
    row[j] = j;
  for (guint i = 0; one[i] != '\0'; i++)
    {
      guint diagonal = row[0];

      row[0] = i + 1;
      for (guint j = 0; j < n; j++)
        {
          const guint changed = diagonal + (one[i] != two[j]);

          diagonal = row[j + 1];
          row[j + 1] = MIN (changed, MIN (diagonal, row[j]) + 1);
        }
    }
  return row[n];
}

const char *
tool_suggest (const char *word, const char *const *names)
{
  const char *best = NULL;
  guint best_distance = DISTANCE_MAX + 1;

  if (strlen (word) > WORD_MAX)
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (synonyms); i++)
    if (g_ascii_strcasecmp (word, synonyms[i].word) == 0 &&
        g_strv_contains (names, synonyms[i].meant))
      return synonyms[i].meant;
  for (guint i = 0; names[i] != NULL; i++)
    {
      const guint distance = measure_distance (word, names[i]);

      /* of a short word every letter may be another */
      if (distance < best_distance && distance < strlen (word))
        {
          best = names[i];
          best_distance = distance;
        }
    }
  return best;
}

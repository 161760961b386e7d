/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hein-tool.h"

#include <string.h>

/* Words that differ by more letters are not the same word, mistyped. */
#define DISTANCE_MAX 2
#define WORD_MAX     16

/* What the same thing is called elsewhere. */
static const struct
{
  const char *word;
  const char *command;
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
  { "ping", "doctor" },
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
tool_suggest (const char *word, const char *const *commands)
{
  const char *best = NULL;
  guint best_distance = DISTANCE_MAX + 1;

  if (strlen (word) > WORD_MAX)
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (synonyms); i++)
    if (g_ascii_strcasecmp (word, synonyms[i].word) == 0)
      return synonyms[i].command;
  for (guint i = 0; commands[i] != NULL; i++)
    {
      const guint distance = measure_distance (word, commands[i]);

      /* of a short word every letter may be another */
      if (distance < best_distance && distance < strlen (word))
        {
          best = commands[i];
          best_distance = distance;
        }
    }
  return best;
}

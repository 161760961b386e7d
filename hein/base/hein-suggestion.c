/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hein-suggestion.h"

#include <string.h>

/* Finds similar words. Both the library and the command line link this file. */

#define WORD_MAX 32 /* bytes: longer words are not compared */
#define SHORT    4  /* bytes: in such words only one letter may differ */

typedef guint Distances[WORD_MAX + 1][WORD_MAX + 1];

static gboolean
is_swapped (const char *one, guint i, const char *two, guint j)
{
  return i > 1 && j > 1 && one[i - 1] == two[j - 2] && one[i - 2] == two[j - 1];
}

/* The number of letters to change, insert, remove, or swap with a neighbour. */
static guint
measure_distance (const char *one, const char *two)
{
  const guint n_one = strlen (one), n_two = strlen (two);
  Distances d;

  for (guint i = 0; i <= n_one; i++)
    d[i][0] = i;
  for (guint j = 0; j <= n_two; j++)
    d[0][j] = j;
  for (guint i = 1; i <= n_one; i++)
    for (guint j = 1; j <= n_two; j++)
      {
        const guint changed = d[i - 1][j - 1] + (one[i - 1] != two[j - 1]);

        d[i][j] = MIN (changed, MIN (d[i - 1][j], d[i][j - 1]) + 1);
        if (is_swapped (one, i, two, j))
          d[i][j] = MIN (d[i][j], d[i - 2][j - 2] + 1);
      }
  return d[n_one][n_two];
}

const char *
hein_suggestion_find (const char *word, const char *const *names)
{
  const gsize length = strlen (word);
  guint best_distance = length <= SHORT ? 2 : 3;
  const char *best = NULL;

  if (length < 2 || length > WORD_MAX)
    return NULL;
  for (guint i = 0; names[i] != NULL; i++)
    {
      guint distance;

      if (strlen (names[i]) > WORD_MAX)
        continue;
      distance = measure_distance (word, names[i]);
      if (distance < best_distance)
        {
          best = names[i];
          best_distance = distance;
        }
    }
  return best;
}

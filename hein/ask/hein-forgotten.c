/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-forgotten.h"

#include <hein/hein-hash.h>

/* Tells buses that have never delivered anything from those that have, and of
 * which nothing is known any more: what the former ask about has not come. */

#define ENTRIES_MAX 4096

/* Nobody asks about what is older than this: twice the greatest resume-ms. */
#define ASKED_US (2 * 3600 * G_TIME_SPAN_SECOND)

typedef struct
{
  guint hash;
  gint64 since_us;
} Entry;

void
hein_forgotten_clear (HeinForgotten *self)
{
  g_clear_pointer (&self->entries, g_array_unref);
}

void
hein_forgotten_add (HeinForgotten *self, const char *instance, gint64 now_us)
{
  const Entry entry = { hein_hash_text (instance), now_us };

  if (self->entries == NULL)
    self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  if (self->entries->len < ENTRIES_MAX)
    {
      g_array_append_val (self->entries, entry);
      return;
    }
  g_array_index (self->entries, Entry, self->next) = entry;
  self->next = (self->next + 1) % ENTRIES_MAX;
}

gboolean
hein_forgotten_may_contain (const HeinForgotten *self,
                            const char *instance,
                            gint64 now_us)
{
  const guint hash = hein_hash_text (instance);

  if (self->entries == NULL)
    return FALSE;
  for (guint i = 0; i < self->entries->len; i++)
    if (g_array_index (self->entries, Entry, i).hash == hash)
      return TRUE;
  /* those that had to make room are older than the oldest one */
  return self->entries->len == ENTRIES_MAX &&
         now_us - g_array_index (self->entries, Entry, self->next).since_us <
           ASKED_US;
}

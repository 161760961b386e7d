/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-prefixes.h"

#include <string.h>

#include <hein/hein-message.h>

typedef struct
{
  guint count;
  guint size;
  guint8 bytes[]; /* with a NUL behind */
} Prefix;

static int
compare (const guint8 *a, gsize a_size, const guint8 *b, gsize b_size)
{
  int order = memcmp (a, b, MIN (a_size, b_size));

  if (order != 0)
    return order;
  return a_size < b_size ? -1 : a_size > b_size;
}

/* What every peer has, which wants everything, is not worth counting. */
static gsize
get_cost (gsize size)
{
  return size > 0 ? sizeof (Prefix) + size + 1 + sizeof (gpointer) + 16 : 0;
}

/* The place of the prefix, or where it would have to be put. */
static guint
find (const HeinPrefixes *self,
      const guint8 *bytes,
      gsize size,
      gboolean *found)
{
  guint low = 0;
  guint high = self->prefixes != NULL ? self->prefixes->len : 0;

  *found = FALSE;
  while (low < high)
    {
      guint middle = low + (high - low) / 2;
      const Prefix *prefix = g_ptr_array_index (self->prefixes, middle);
      int order = compare (prefix->bytes, prefix->size, bytes, size);

      if (order == 0)
        {
          *found = TRUE;
          return middle;
        }
      if (order < 0)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

static void
note_lengths (HeinPrefixes *self)
{
  memset (self->lengths, 0, sizeof self->lengths);
  for (guint i = 0; i < self->prefixes->len; i++)
    {
      const Prefix *prefix = g_ptr_array_index (self->prefixes, i);

      self->lengths[prefix->size / 64] |= 1ull << prefix->size % 64;
    }
}

void
hein_prefixes_clear (HeinPrefixes *self)
{
  g_clear_pointer (&self->prefixes, g_ptr_array_unref);
  memset (self->lengths, 0, sizeof self->lengths);
  self->cost = 0;
}

static gboolean
check (const HeinPrefixes *self,
       const guint8 *prefix,
       gsize size,
       GError **error)
{
  gboolean found;

  if (size > HEIN_TOPIC_MAX)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                   "a subscription of %" G_GSIZE_FORMAT
                   " bytes is over the limit of %u",
                   size, HEIN_TOPIC_MAX);
      return FALSE;
    }
  if (hein_prefixes_get_size (self) < HEIN_PREFIXES_MAX)
    return TRUE;
  find (self, prefix, size, &found);
  if (!found)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                 "more than %u subscriptions", HEIN_PREFIXES_MAX);
  return found;
}

gboolean
hein_prefixes_add (HeinPrefixes *self,
                   const guint8 *prefix,
                   gsize size,
                   gboolean *added,
                   GError **error)
{
  gboolean found;
  guint place;
  Prefix *new_prefix;

  *added = FALSE;
  if (!check (self, prefix, size, error))
    return FALSE;
  place = find (self, prefix, size, &found);
  if (found)
    {
      ((Prefix *) g_ptr_array_index (self->prefixes, place))->count++;
      return TRUE;
    }
  if (self->prefixes == NULL)
    self->prefixes = g_ptr_array_new_with_free_func (g_free);
  new_prefix = g_malloc (sizeof *new_prefix + size + 1);
  new_prefix->count = 1;
  new_prefix->size = size;
  if (size > 0)
    memcpy (new_prefix->bytes, prefix, size);
  new_prefix->bytes[size] = '\0';
  g_ptr_array_insert (self->prefixes, place, new_prefix);
  self->lengths[size / 64] |= 1ull << size % 64;
  self->cost += get_cost (size);
  *added = TRUE;
  return TRUE;
}

gboolean
hein_prefixes_remove (HeinPrefixes *self, const guint8 *prefix, gsize size)
{
  gboolean found;
  guint place = find (self, prefix, size, &found);
  Prefix *old;

  if (!found)
    return FALSE;
  old = g_ptr_array_index (self->prefixes, place);
  if (--old->count > 0)
    return FALSE;
  g_ptr_array_remove_index (self->prefixes, place);
  note_lengths (self);
  self->cost -= get_cost (size);
  return TRUE;
}

gboolean
hein_prefixes_match (const HeinPrefixes *self,
                     const guint8 *subject,
                     gsize size)
{
  if (self->lengths[0] & 1)
    return TRUE;
  for (guint word = 0; word < G_N_ELEMENTS (self->lengths); word++)
    {
      guint64 lengths = self->lengths[word];

      while (lengths != 0)
        {
          guint length = word * 64 + __builtin_ctzll (lengths);
          gboolean found;

          if (length > size)
            return FALSE;
          find (self, subject, length, &found);
          if (found)
            return TRUE;
          lengths &= lengths - 1;
        }
    }
  return FALSE;
}

guint
hein_prefixes_get_size (const HeinPrefixes *self)
{
  return self->prefixes != NULL ? self->prefixes->len : 0;
}

const char *
hein_prefixes_get (const HeinPrefixes *self, guint index)
{
  return (const char *) ((Prefix *) g_ptr_array_index (self->prefixes, index))
    ->bytes;
}

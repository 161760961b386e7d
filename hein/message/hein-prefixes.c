/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-prefixes.h"

#include <string.h>

#include <hein/hein-message.h>

/* A set of prefixes, and matching topics against it. */

typedef struct
{
  guint count;
  guint size;
  guint8 bytes[]; /* followed by a NUL */
} Prefix;

static int
compare (const guint8 *a, gsize a_size, const guint8 *b, gsize b_size)
{
  int order = memcmp (a, b, MIN (a_size, b_size));

  if (order != 0)
    return order;
  return a_size < b_size ? -1 : a_size > b_size;
}

static gsize
get_cost (gsize size)
{
  return sizeof (Prefix) + size + 1 + sizeof (gpointer) + 16;
}

/* Finds the index of a prefix, or that at which to insert it. */
static guint
find (const HeinPrefixes *self,
      const guint8 *bytes,
      gsize size,
      gboolean *found)
{
  guint low = 0;
  guint high = self->row != NULL ? self->row->prefixes->len : 0;

  *found = FALSE;
  while (low < high)
    {
      guint middle = low + (high - low) / 2;
      const Prefix *prefix = g_ptr_array_index (self->row->prefixes, middle);
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
  guint64 *lengths = self->row->lengths;

  memset (lengths, 0, sizeof self->row->lengths);
  for (guint i = 0; i < self->row->prefixes->len; i++)
    {
      const Prefix *prefix = g_ptr_array_index (self->row->prefixes, i);

      lengths[prefix->size / 64] |= 1ull << prefix->size % 64;
    }
}

static void
clear_row (HeinPrefixes *self)
{
  if (self->row != NULL)
    g_ptr_array_unref (self->row->prefixes);
  g_clear_pointer (&self->row, g_free);
}

void
hein_prefixes_clear (HeinPrefixes *self)
{
  clear_row (self);
  self->n_empty = 0;
}

static gboolean
check (const HeinPrefixes *self,
       const guint8 *prefix,
       gsize size,
       GError **error)
{
  gboolean found = size == 0 && self->n_empty > 0;

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
  if (size > 0)
    find (self, prefix, size, &found);
  if (!found)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                 "more than %u subscriptions", HEIN_PREFIXES_MAX);
  return found;
}

static void
insert (HeinPrefixes *self, guint place, const guint8 *bytes, gsize size)
{
  Prefix *prefix = g_malloc (sizeof *prefix + size + 1);

  prefix->count = 1;
  prefix->size = size;
  memcpy (prefix->bytes, bytes, size);
  prefix->bytes[size] = '\0';
  if (self->row == NULL)
    {
      self->row = g_new0 (HeinPrefixRow, 1);
      self->row->prefixes = g_ptr_array_new_with_free_func (g_free);
    }
  g_ptr_array_insert (self->row->prefixes, place, prefix);
  self->row->lengths[size / 64] |= 1ull << size % 64;
  self->row->cost += get_cost (size);
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

  *added = FALSE;
  if (!check (self, prefix, size, error))
    return FALSE;
  if (size == 0)
    {
      *added = self->n_empty == 0;
      self->n_empty++;
      return TRUE;
    }
  place = find (self, prefix, size, &found);
  *added = !found;
  if (found)
    ((Prefix *) g_ptr_array_index (self->row->prefixes, place))->count++;
  else
    insert (self, place, prefix, size);
  return TRUE;
}

static gboolean
remove_empty (HeinPrefixes *self)
{
  if (self->n_empty == 0)
    return FALSE;
  self->n_empty--;
  return self->n_empty == 0;
}

gboolean
hein_prefixes_remove (HeinPrefixes *self, const guint8 *prefix, gsize size)
{
  gboolean found;
  guint place;
  Prefix *old;

  if (size == 0)
    return remove_empty (self);
  place = find (self, prefix, size, &found);
  if (!found)
    return FALSE;
  old = g_ptr_array_index (self->row->prefixes, place);
  if (--old->count > 0)
    return FALSE;
  g_ptr_array_remove_index (self->row->prefixes, place);
  note_lengths (self);
  self->row->cost -= get_cost (size);
  if (self->row->prefixes->len == 0)
    clear_row (self);
  return TRUE;
}

gboolean
hein_prefixes_match (const HeinPrefixes *self,
                     const guint8 *subject,
                     gsize size)
{
  if (self->n_empty > 0)
    return TRUE;
  if (self->row == NULL)
    return FALSE;
  for (guint word = 0; word < G_N_ELEMENTS (self->row->lengths); word++)
    {
      guint64 lengths = self->row->lengths[word];

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
  return (self->row != NULL ? self->row->prefixes->len : 0) +
         (self->n_empty > 0);
}

const char *
hein_prefixes_get (const HeinPrefixes *self, guint index)
{
  const Prefix *prefix;

  if (self->n_empty > 0 && index-- == 0)
    return "";
  prefix = g_ptr_array_index (self->row->prefixes, index);
  return (const char *) prefix->bytes;
}

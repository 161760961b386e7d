/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-prefixes.h"

#include <string.h>

#include <hein/hein-hash.h>
#include <hein/hein-message.h>

#include "hein-pattern.h"

/* A set of prefixes, and matching topics against it. */

#define MALLOC_COST 16
/* Up to this number, a linear search is faster than a table. */
#define FEW       8
#define SLOTS_MIN 32

guint
hein_prefix_get_point (void)
{
  static guint point; /* atomic: every thread finds the same */
  guint found = __atomic_load_n (&point, __ATOMIC_RELAXED);

  if (G_UNLIKELY (found == 0))
    {
      found = hein_hash_text ("the point of hein_prefix_hash") %
                (HEIN_PREFIX_HASH_MODULUS - 1) +
              1;
      __atomic_store_n (&point, found, __ATOMIC_RELAXED);
    }
  return found;
}

guint
hein_prefix_hash (const guint8 *bytes, gsize size)
{
  const guint point = hein_prefix_get_point ();
  guint hash = 0;

  for (gsize i = 0; i < size; i++)
    hash = hein_prefix_hash_on (hash, bytes[i], point);
  return hash;
}

/* A prefix, and its places in the row and in a table of slots that may be a
 * quarter full. */
static gsize
get_cost (gsize size)
{
  return sizeof (HeinPrefix) + size + 1 + MALLOC_COST + 2 * sizeof (gpointer) +
         4 * sizeof (guint);
}

/* ---- finding ---- */

static inline HeinPrefix *
get (const HeinPrefixRow *self, guint place)
{
  return g_ptr_array_index (self->prefixes, place);
}

static inline gboolean
is_equal (const HeinPrefix *self, guint hash, const guint8 *bytes, gsize size)
{
  return self->hash == hash && self->size == size &&
         memcmp (self->bytes, bytes, size) == 0;
}

static HeinPrefix *
find_hashed (const HeinPrefixRow *self,
             guint hash,
             const guint8 *bytes,
             gsize size)
{
  if (self->slots == NULL)
    {
      for (guint i = 0; i < self->prefixes->len; i++)
        if (is_equal (get (self, i), hash, bytes, size))
          return get (self, i);
      return NULL;
    }
  for (guint i = hash & (self->n_slots - 1); self->slots[i] != 0;
       i = (i + 1) & (self->n_slots - 1))
    if (is_equal (get (self, self->slots[i] - 1), hash, bytes, size))
      return get (self, self->slots[i] - 1);
  return NULL;
}

HeinPrefix *
hein_prefixes_find (const HeinPrefixes *self, const guint8 *prefix, gsize size)
{
  if (self->row == NULL || size > HEIN_TOPIC_MAX)
    return NULL;
  return find_hashed (self->row, hein_prefix_hash (prefix, size), prefix, size);
}

/* ---- slots ---- */

/* Returns the slot that has this place. */
static guint
find_slot (const HeinPrefixRow *self, guint hash, guint place)
{
  guint i = hash & (self->n_slots - 1);

  while (self->slots[i] != place + 1)
    i = (i + 1) & (self->n_slots - 1);
  return i;
}

static void
fill_slot (HeinPrefixRow *self, guint hash, guint place)
{
  guint i = hash & (self->n_slots - 1);

  while (self->slots[i] != 0)
    i = (i + 1) & (self->n_slots - 1);
  self->slots[i] = place + 1;
}

/* Moves back what would not be found any more behind the free slot. */
static void
free_slot (HeinPrefixRow *self, guint slot)
{
  const guint mask = self->n_slots - 1;
  guint gap = slot;

  for (guint i = (slot + 1) & mask; self->slots[i] != 0; i = (i + 1) & mask)
    {
      const guint home = get (self, self->slots[i] - 1)->hash & mask;

      if (((i - home) & mask) < ((i - gap) & mask))
        continue;
      self->slots[gap] = self->slots[i];
      gap = i;
    }
  self->slots[gap] = 0;
}

static void
make_slots (HeinPrefixRow *self, guint n_slots)
{
  g_free (self->slots);
  self->slots = n_slots > 0 ? g_new0 (guint, n_slots) : NULL;
  self->n_slots = n_slots;
  for (guint i = 0; n_slots > 0 && i < self->prefixes->len; i++)
    fill_slot (self, get (self, i)->hash, i);
}

/* Half full at most. */
static void
review_slots (HeinPrefixRow *self)
{
  const guint n = self->prefixes->len;

  if (n > FEW && n * 2 > self->n_slots)
    make_slots (self, MAX (SLOTS_MIN, self->n_slots * 2));
  else if (n <= FEW / 2 && self->n_slots > 0)
    make_slots (self, 0);
  else if (self->n_slots > SLOTS_MIN && n * 8 < self->n_slots)
    make_slots (self, self->n_slots / 2);
}

/* ---- the row ---- */

static void
note_length (HeinPrefixRow *self, gsize size)
{
  self->lengths[size / 64] |= 1ull << size % 64;
}

/* Looks at all of them only as often as that many were removed. */
static void
review_lengths (HeinPrefixRow *self)
{
  if (++self->n_removed < self->prefixes->len)
    return;
  self->n_removed = 0;
  memset (self->lengths, 0, sizeof self->lengths);
  for (guint i = 0; i < self->prefixes->len; i++)
    note_length (self, get (self, i)->size);
}

static void
clear_row (HeinPrefixes *self)
{
  if (self->row == NULL)
    return;
  g_ptr_array_unref (self->row->prefixes);
  g_free (self->row->slots);
  g_clear_pointer (&self->row->shapes, g_hash_table_unref);
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
  if (size > HEIN_TOPIC_MAX)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                   "a subscription of %" G_GSIZE_FORMAT
                   " bytes is over the limit of %u",
                   size, HEIN_TOPIC_MAX);
      return FALSE;
    }
  if (hein_prefixes_get_size (self) < HEIN_PREFIXES_MAX ||
      (size == 0 ? self->n_empty > 0
                 : hein_prefixes_find (self, prefix, size) != NULL))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
               "more than %u subscriptions", HEIN_PREFIXES_MAX);
  return FALSE;
}

static void
insert (HeinPrefixes *self, guint hash, const guint8 *bytes, gsize size)
{
  HeinPrefix *prefix = g_malloc (sizeof *prefix + size + 1);

  if (self->row == NULL)
    {
      self->row = g_new0 (HeinPrefixRow, 1);
      self->row->prefixes = g_ptr_array_new_with_free_func (g_free);
    }
  *prefix = (HeinPrefix){
    .count = 1,
    .hash = hash,
    .place = self->row->prefixes->len,
    .size = size,
  };
  memcpy (prefix->bytes, bytes, size);
  prefix->bytes[size] = '\0';
  g_ptr_array_add (self->row->prefixes, prefix);
  if (self->row->slots != NULL)
    fill_slot (self->row, hash, prefix->place);
  review_slots (self->row);
  note_length (self->row, size);
  self->row->cost += get_cost (size);
}

gboolean
hein_prefixes_add (HeinPrefixes *self,
                   const guint8 *prefix,
                   gsize size,
                   gboolean *added,
                   GError **error)
{
  HeinPrefix *found = NULL;
  guint hash;

  *added = FALSE;
  if (!check (self, prefix, size, error))
    return FALSE;
  if (size == 0)
    {
      *added = self->n_empty == 0;
      self->n_empty++;
      return TRUE;
    }
  hash = hein_prefix_hash (prefix, size);
  if (self->row != NULL)
    found = find_hashed (self->row, hash, prefix, size);
  *added = found == NULL;
  if (found != NULL)
    found->count++;
  else
    insert (self, hash, prefix, size);
  return TRUE;
}

static gboolean
check_limits (const HeinPrefixes *self, const char *pattern, GError **error)
{
  if (hein_prefixes_get_size (self) >= HEIN_PATTERNS_MAX)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                   "more than %u patterns", HEIN_PATTERNS_MAX);
      return FALSE;
    }
  if (self->row == NULL ||
      hein_pattern_shapes_may_add (self->row->shapes, pattern))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
               "the patterns with more than one wildcard have more than %u "
               "shapes with \"%s\"",
               HEIN_PATTERN_SHAPES_MAX, pattern);
  return FALSE;
}

static gboolean
check_pattern (const HeinPrefixes *self,
               const guint8 *pattern,
               gsize size,
               GError **error)
{
  g_autofree char *text = g_strndup ((const char *) pattern, size);

  if (size == 0)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                           "a pattern must not be empty; \"**\" is every "
                           "topic");
      return FALSE;
    }
  if (memchr (pattern, '\0', size) != NULL)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                           "a pattern must not contain a zero byte");
      return FALSE;
    }
  if (!hein_pattern_check (text, error))
    return FALSE;
  return hein_prefixes_find (self, pattern, size) != NULL ||
         check_limits (self, text, error);
}

gboolean
hein_prefixes_add_pattern (HeinPrefixes *self,
                           const guint8 *pattern,
                           gsize size,
                           gboolean *added,
                           GError **error)
{
  *added = FALSE;
  if (!check_pattern (self, pattern, size, error) ||
      !hein_prefixes_add (self, pattern, size, added, error))
    return FALSE;
  if (*added)
    self->row->cost += hein_pattern_shapes_add (
      &self->row->shapes,
      (const char *) hein_prefixes_find (self, pattern, size)->bytes);
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

/* The last one takes its place. */
static void
take_out (HeinPrefixRow *self, HeinPrefix *prefix)
{
  const guint last = self->prefixes->len - 1;
  const guint place = prefix->place;

  if (self->slots != NULL)
    {
      free_slot (self, find_slot (self, prefix->hash, place));
      if (place != last)
        self->slots[find_slot (self, get (self, last)->hash, last)] = place + 1;
    }
  get (self, last)->place = place;
  self->cost -= get_cost (prefix->size);
  g_ptr_array_remove_index_fast (self->prefixes, place);
  review_slots (self);
  review_lengths (self);
}

gboolean
hein_prefixes_remove (HeinPrefixes *self, const guint8 *prefix, gsize size)
{
  HeinPrefix *old;

  if (size == 0)
    return remove_empty (self);
  old = hein_prefixes_find (self, prefix, size);
  if (old == NULL || --old->count > 0)
    return FALSE;
  g_assert (old->interest == NULL);
  if (G_UNLIKELY (self->row->shapes != NULL))
    self->row->cost -= hein_pattern_shapes_remove (&self->row->shapes,
                                                   (const char *) old->bytes);
  take_out (self->row, old);
  if (self->row->prefixes->len == 0)
    clear_row (self);
  return TRUE;
}

gboolean
hein_prefixes_has (const HeinPrefixes *self, const char *prefix)
{
  return prefix[0] == '\0' ? hein_prefixes_has_all (self)
                           : hein_prefixes_find (self, (const guint8 *) prefix,
                                                 strlen (prefix)) != NULL;
}

/* ---- matching ---- */

gboolean
hein_prefixes_match (const HeinPrefixes *self,
                     const guint8 *subject,
                     gsize size)
{
  const guint point = hein_prefix_get_point ();
  const HeinPrefixRow *row = self->row;
  guint hash = 0;

  if (self->n_empty > 0)
    return TRUE;
  if (row == NULL)
    return FALSE;
  for (gsize i = 0; i < MIN (size, HEIN_TOPIC_MAX); i++)
    {
      const gsize length = i + 1;

      hash = hein_prefix_hash_on (hash, subject[i], point);
      if ((row->lengths[length / 64] >> length % 64 & 1) != 0 &&
          find_hashed (row, hash, subject, length) != NULL)
        return TRUE;
    }
  return FALSE;
}

const char *
hein_prefixes_get (const HeinPrefixes *self, guint index)
{
  if (self->n_empty > 0 && index-- == 0)
    return "";
  return (const char *) get (self->row, index)->bytes;
}

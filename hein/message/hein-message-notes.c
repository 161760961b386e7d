/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-message.h>

#include "hein-message-notes.h"

/* The attributes of a message, and when it expires. */

/* Room for the pairs of a message, and the end. */
#define N_PLACES   (2 * HEIN_ATTRIBUTES_MAX + 1)
#define NOTES_SIZE (sizeof (HeinNotes) + N_PLACES * sizeof (char *))
/* What malloc takes for a text, beside it and its NUL. */
#define TEXT_COST 17

HeinNotes *
hein_notes_ref (HeinNotes *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

static void
clear_pairs (HeinNotes *self)
{
  for (guint i = 0; i < self->n; i++)
    g_free (self->pairs[i]);
}

void
hein_notes_unref (HeinNotes *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  clear_pairs (self);
  g_free (self);
}

gsize
hein_notes_get_cost (const HeinNotes *self)
{
  return NOTES_SIZE + TEXT_COST + self->size + self->n * TEXT_COST;
}

static guint
find_place (const HeinNotes *self, const char *name)
{
  guint i = 0;

  while (i < self->n && strcmp (self->pairs[i], name) != 0)
    i += 2;
  return i;
}

const char *
hein_notes_find (const HeinNotes *self, const char *name)
{
  const guint i = find_place (self, name);

  return i < self->n ? self->pairs[i + 1] : NULL;
}

HeinNotes *
hein_notes_new (const HeinNotes *other)
{
  HeinNotes *self = g_malloc0 (NOTES_SIZE);

  g_atomic_ref_count_init (&self->refs);
  if (other == NULL)
    return self;
  self->expires_us = other->expires_us;
  self->priority = other->priority;
  self->n = other->n;
  self->size = other->size;
  for (guint i = 0; i < other->n; i++)
    self->pairs[i] = g_strdup (other->pairs[i]);
  return self;
}

void
hein_notes_remove (HeinNotes *self, const char *name)
{
  const guint i = find_place (self, name);

  self->size -= strlen (self->pairs[i]) + strlen (self->pairs[i + 1]);
  g_free (self->pairs[i]);
  g_free (self->pairs[i + 1]);
  /* with the end */
  memmove (self->pairs + i, self->pairs + i + 2,
           (self->n - i - 1) * sizeof *self->pairs);
  self->n -= 2;
}

void
hein_notes_append (HeinNotes *self, const char *name, const char *value)
{
  self->pairs[self->n++] = g_strdup (name);
  self->pairs[self->n++] = g_strdup (value);
  self->pairs[self->n] = NULL;
  self->size += strlen (name) + strlen (value);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-enums.h>

/* What few messages say of themselves: attributes of the application, until
 * when they are of use, and whether they go ahead of others. */

G_BEGIN_DECLS

/* Copies of a message share it; it is changed only while one message has it. */
typedef struct
{
  gatomicrefcount refs;
  gint64 expires_us; /* of g_get_monotonic_time; 0: never */
  HeinPriority priority;
  guint n;       /* names and values together */
  gsize size;    /* bytes of names and values */
  char *pairs[]; /* owned: names and values by turns, and NULL */
} HeinNotes;

/* A copy of @other, which nobody else has; NULL: empty ones. */
HeinNotes *hein_notes_new (const HeinNotes *other);
HeinNotes *hein_notes_ref (HeinNotes *self);
void hein_notes_unref (HeinNotes *self);
/* Returns its memory, as in limits. */
gsize hein_notes_get_cost (const HeinNotes *self);
/* Returns the value of @name; NULL: there is none. */
const char *hein_notes_find (const HeinNotes *self, const char *name);
/* Changes those that nobody else has. The name that is removed must be there,
 * and there must be room for one that is added. */
void hein_notes_remove (HeinNotes *self, const char *name);
void hein_notes_append (HeinNotes *self, const char *name, const char *value);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-link-owner.h"
#include "hein-link-state.h"

/* What links ask of their owner: how many peers may be up, and the note of a
 * protocol for the next connection. */

#define NOTE_MAX_BYTES 255

void
hein_link_owner_clear (HeinLinkOwner *self)
{
  g_clear_pointer (&self->note, g_free);
  g_clear_pointer (&self->rest, g_bytes_unref);
}

void
hein_link_owner_set_note (HeinLinkOwner *self, const char *note)
{
  g_free (self->note);
  self->note = note != NULL ? g_strndup (note, NOTE_MAX_BYTES) : NULL;
}

gboolean
hein_link_owner_has_place (HeinLinkOwner *self)
{
  return self->max_peers == 0 || self->n_placed < self->max_peers;
}

void
hein_link_owner_take_place (HeinLink *link)
{
  if (link->is_dialled || link->is_placed)
    return;
  link->is_placed = TRUE;
  link->owner->n_placed++;
}

void
hein_link_owner_give_place (HeinLink *link)
{
  if (link->is_placed && link->owner != NULL)
    link->owner->n_placed--;
  link->is_placed = FALSE;
}

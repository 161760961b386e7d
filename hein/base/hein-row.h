/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* GQueues whose links are members of what is queued, without a call for each:
 * where something is queued and taken out once for every message, those calls
 * were a tenth of it. They do what the functions of GLib named alike do. */

G_BEGIN_DECLS

static inline void
hein_row_push_tail (GQueue *self, GList *link)
{
  link->next = NULL;
  link->prev = self->tail;
  if (self->tail != NULL)
    self->tail->next = link;
  else
    self->head = link;
  self->tail = link;
  self->length++;
}

static inline void
hein_row_push_head (GQueue *self, GList *link)
{
  link->prev = NULL;
  link->next = self->head;
  if (self->head != NULL)
    self->head->prev = link;
  else
    self->tail = link;
  self->head = link;
  self->length++;
}

static inline void
hein_row_unlink (GQueue *self, GList *link)
{
  if (link->prev != NULL)
    link->prev->next = link->next;
  else
    self->head = link->next;
  if (link->next != NULL)
    link->next->prev = link->prev;
  else
    self->tail = link->prev;
  link->next = link->prev = NULL;
  self->length--;
}

static inline GList *
hein_row_pop_head (GQueue *self)
{
  GList *link = self->head;

  if (link != NULL)
    hein_row_unlink (self, link);
  return link;
}

G_END_DECLS

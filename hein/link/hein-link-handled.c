/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-protocol.h>

#include "hein-link-close.h"
#include "hein-link-handled.h"
#include "hein-link-state.h"

/*
 * What the application has taken of what a connection delivered, for protocols
 * that acknowledge it. The events and the inbox are in order, so counting is
 * enough; only what filters refuse is done with before what came earlier.
 */

static void
tell_protocol (HeinLink *self)
{
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (self->protocol);

  self->handled->n++;
  if (self->state < HEIN_LINK_DRAINING)
    class->handled (self->protocol, self->wire);
}

static gboolean
is_next_refused (HeinLink *self)
{
  return self->handled->refused.length > 0 &&
         g_queue_peek_head (&self->handled->refused) ==
           GSIZE_TO_POINTER (self->handled->n + 1);
}

static void
skip_refused (HeinLink *self)
{
  while (is_next_refused (self))
    {
      g_queue_pop_head (&self->handled->refused);
      tell_protocol (self);
    }
}

/* Closing in order waits for what is being told: a goodbye in the handler of a
 * message must not leave that message without its acknowledgement. */
static void
after_told (HeinLink *self)
{
  if (self->state == HEIN_LINK_FINISHING)
    hein_link_begin_draining (self);
}

void
hein_link_note_delivered (HeinLink *self, gboolean is_refused)
{
  self->handled->n_delivered++;
  if (!is_refused)
    return;
  g_queue_push_tail (&self->handled->refused,
                     GSIZE_TO_POINTER (self->handled->n_delivered));
  skip_refused (self);
}

void
hein_link_note_kept (HeinLink *self)
{
  HeinLoop *loop = self->host->loop;

  self->handled->n_kept++;
  hein_loop_enter (loop);
  after_told (self);
  hein_loop_leave (loop);
}

void
hein_link_note_taken (HeinLink *self)
{
  self->handled->n_kept--;
}

/* Comes from the application too, when it takes a message; a protocol is called
 * in the private context all the same. */
void
hein_link_note_handled (HeinLink *self)
{
  HeinLoop *loop = self->host->loop;

  hein_loop_enter (loop);
  tell_protocol (self);
  skip_refused (self);
  after_told (self);
  hein_loop_leave (loop);
  if (!self->host->is_in_turn)
    hein_link_host_want_turn (self->host);
}

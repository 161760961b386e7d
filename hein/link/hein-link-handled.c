/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-protocol.h>

#include "hein-link-close.h"
#include "hein-link-handled.h"
#include "hein-link-state.h"

/*
 * Keeps track of the delivered messages that the application has taken, for
 * protocols that acknowledge them. Events and inbox are in order, so that
 * counting is enough; only messages that filters refuse are done before earlier
 * ones.
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

/* Closing in order waits for messages that are being delivered: a close within
 * the handler of a message must not prevent the acknowledgement of that
 * message. */
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

/* The application calls this as well, by taking a message; protocols are called
 * within the private context all the same. */
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

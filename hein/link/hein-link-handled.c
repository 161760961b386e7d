/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-error.h>
#include <hein/hein-protocol.h>

#include "hein-link-handled.h"
#include "hein-link-state.h"
#include "message/hein-message-memory.h"

/*
 * Tells protocols that acknowledge messages in bytes of their own what became
 * of each. That passes by all queues: a peer that takes nothing before it has
 * its acknowledgements gets them.
 */

/* Closing in order waits for messages that are being delivered. What is known
 * of the last one is said before the job runs: a close within the handler of a
 * message must not prevent the acknowledgement of that message. */
static void
after_told (HeinLink *self)
{
  if (self->state == HEIN_LINK_FINISHING)
    hein_loop_defer (self->host->loop, &self->job);
  if (!self->host->is_in_turn)
    hein_link_host_want_turn (self->host);
}

void
hein_link_note_kept (HeinLink *self)
{
  self->n_kept++;
  after_told (self);
}

void
hein_link_note_taken (HeinLink *self)
{
  self->n_kept--;
}

void
hein_link_note_told (HeinLink *self)
{
  after_told (self);
}

/* The application calls this as well, by taking a message; protocols are called
 * within the private context all the same. */
void
hein_link_settle_delivery (HeinLink *self,
                           guint64 delivery,
                           const GError *failure)
{
  HeinLoop *loop = self->host->loop;

  if (self->state >= HEIN_LINK_DRAINING)
    return;
  hein_loop_enter (loop);
  HEIN_PROTOCOL_GET_CLASS (self->protocol)
    ->settled (self->protocol, self->wire, delivery, failure);
  hein_loop_leave (loop);
  if (!self->host->is_in_turn)
    hein_link_host_want_turn (self->host);
}

static void
take_failure (HeinLink *self, HeinMessage *message)
{
  const HeinMessageAttributes *said = &message->extra->attributes;
  g_autofree char *why = hein_message_dup_text (message, NULL);
  g_autoptr (GError) failure =
    g_error_new_literal (HEIN_ERROR, (int) said->ask_number,
                         why != NULL ? why : "");

  hein_link_settle_delivery (self, said->ask_id, failure);
}

gboolean
hein_link_take_word (HeinLink *self, HeinMessage *message)
{
  const HeinMessageAttributes *said = &message->extra->attributes;

  if (said->ask == HEIN_ASK_FAILURE)
    take_failure (self, message);
  else if (said->ask == HEIN_ASK_RECEIPT)
    for (guint32 i = 0; i < said->ask_number; i++)
      hein_link_settle_delivery (self, said->ask_id + i, NULL);
  else
    return FALSE;
  return TRUE;
}

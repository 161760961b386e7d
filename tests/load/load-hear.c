/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "load-peer.h"

/* Hearing what is published, and what the members of a group say. */

#define PERIOD_MS 10

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  LoadPeer *self = data;
  LoadText text;
  BoardRow *row;

  if (!load_text_read (message, &text))
    {
      self->board->n_damaged++;
      return;
    }
  row = board_get_row (self->board, text.life);
  if (row->n_heard == 0)
    row->first = text.number;
  else if (text.number <= row->last)
    row->n_out_of_order++;
  row->last = MAX (row->last, text.number);
  row->n_heard++;
  if (hein_message_get_sender (message) != NULL)
    load_note_message (self, hein_message_get_sender (message), text.life,
                       text.number);
  if (!load_text_is_large (text.number))
    board_note_latency (self->board, g_get_monotonic_time () - text.time_us);
}

/* Where a peer has no name it is not known whose it was. */
static BoardRow *
get_sender_row (LoadPeer *self, HeinPeer *peer)
{
  const char *name = peer != NULL ? hein_peer_get_name (peer) : NULL;

  return board_get_row (self->board, name != NULL ? name : "nobody");
}

void
load_hear (LoadPeer *self)
{
  g_signal_connect (self->bus, "message", G_CALLBACK (on_message), self);
  load_count_dropped (self, get_sender_row);
  load_dial (self);
}

/* ---- a member of a group hears, and says, too ---- */

static gboolean
say_due (gpointer data)
{
  return load_send_due (data, "talk");
}

void
load_join (LoadPeer *self)
{
  load_hear (self);
  g_timeout_add (PERIOD_MS, say_due, self);
}

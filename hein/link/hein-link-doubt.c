/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-link-doubt.h"
#include "hein-link-state.h"
#include "hein-losses.h"
#include "hein-peer-state.h"

/* Accounts for messages that were sent and may not have arrived, and for those
 * that have arrived. */

/* While this process may be killed, messages that wait for delivery are not
 * safe, and do not count as taken. In a goodbye they do: then only those that
 * the bus takes with it are not delivered. */
guint64
hein_link_count_taken (HeinLink *self)
{
  guint64 n = self->account.n_refused;

  if (self->peer != NULL)
    n += self->peer->counts.messages_received;
  if (self->peer != NULL && !self->goodbye.is_said)
    return n - self->peer->arrivals.n;
  return n - self->account.n_untold;
}

guint64
hein_link_count_sent (HeinLink *self)
{
  return self->peer != NULL ? self->peer->counts.messages_sent : 0;
}

/* What was sent before the peer said so has come by now, or never will: a line
 * may lose whole messages without a trace. The peer counts them, too, when it
 * ends, as messages that were not taken. */
void
hein_link_check_arrived (HeinLink *self, guint64 n_sent)
{
  guint64 n_come;
  guint64 n_lost;

  if (self->state != HEIN_LINK_UP)
    return;
  n_come = self->peer->counts.messages_received + self->account.n_refused +
           self->account.n_missing;
  if (G_LIKELY (n_sent <= n_come))
    return;
  n_lost = MIN (n_sent - n_come, G_MAXUINT - self->account.n_missing);
  self->account.n_missing += n_lost;
  g_info ("%s: %" G_GUINT64_FORMAT " messages that it has sent did not arrive",
          self->peer->name, n_lost);
  hein_losses_count (self->host, self->peer, HEIN_DROP_REASON_LOST, n_lost, 0);
}

/* The size of the newly confirmed messages is not known: assumes the average of
 * those that were written and not confirmed. */
void
hein_link_set_confirmed (HeinLink *self, guint64 n)
{
  const guint64 n_sent = hein_link_count_sent (self);
  const guint64 n_new = MIN (n, n_sent) - MIN (n, self->account.n_confirmed);

  self->account.is_confirming = TRUE;
  if (n_new == 0 || n <= self->account.n_confirmed)
    return;
  self->account.confirmed_bytes +=
    (self->peer->counts.bytes_sent - self->account.confirmed_bytes) *
    ((double) n_new / (n_sent - self->account.n_confirmed));
  self->account.n_confirmed += n_new;
}

void
hein_link_set_confirmed_by_end (HeinLink *self, guint64 n)
{
  self->account.doubts_end = TRUE;
  self->account.n_by_end = n;
}

/* What was on its way at the previous mark cannot be any more. */
void
hein_link_mark_written (HeinLink *self)
{
  if (!self->goodbye.is_awaited &&
      self->account.n_marked > self->account.n_confirmed)
    {
      self->account.n_confirmed = self->account.n_marked;
      self->account.confirmed_bytes = self->account.marked_bytes;
    }
  self->account.n_marked = self->peer->counts.messages_sent;
  self->account.marked_bytes = self->peer->counts.bytes_sent;
}

void
hein_link_note_last (HeinLink *self)
{
  const HeinQueue *queue = &self->queue;

  if (self->peer != NULL)
    self->account.doubt_end = self->peer->counts.bytes_sent +
                              hein_queue_count_control (queue) +
                              hein_queue_count_bytes (queue);
}

/* For messages that have been put, and are the last ones. */
void
hein_link_set_in_doubt (HeinLink *self, guint64 n_messages, guint64 n_bytes)
{
  self->account.counts_doubt = TRUE;
  self->account.n_doubt = n_messages;
  self->account.doubt_bytes = n_bytes;
  hein_link_note_last (self);
}

/* When the peer ends in order, but what the protocol wrote behind the messages
 * met a closed socket, the network shows that the messages had been read. */
void
hein_link_review_doubt (HeinLink *self)
{
  if (self->account.doubt_end == 0 || self->stream == NULL ||
      self->goodbye.is_awaited ||
      !hein_stream_had_end (self->stream, self->is_eof) ||
      self->account.doubt_end + hein_stream_count_unsent (self->stream) >
        self->peer->counts.bytes_sent)
    return;
  self->account.n_doubt = 0;
  self->account.was_cut = FALSE;
}

/* A peer without goodbyes that closes in order has taken everything; otherwise
 * Linux sends a reset. But somebody on the way may have taken it, so what the
 * protocol knows better counts. */
static guint64
count_sure (HeinLink *self)
{
  if (self->goodbye.is_awaited || self->account.was_cut)
    return self->account.n_confirmed;
  if (self->account.doubts_end && self->is_eof)
    return MAX (self->account.n_by_end, self->account.n_confirmed);
  return G_MAXUINT64;
}

/* A goodbye tells exactly how much arrived. Without one, the number is an upper
 * bound: the peer may have taken more than it last confirmed. */
guint64
hein_link_count_doubt (HeinLink *self)
{
  const guint64 n_sure = count_sure (self);

  if (self->peer == NULL || n_sure == G_MAXUINT64)
    return 0;
  if (self->account.counts_doubt)
    return self->account.n_doubt;
  return self->peer->counts.messages_sent -
         MIN (self->peer->counts.messages_sent, n_sure);
}

/* Of @n messages; those that an end has confirmed are taken to be as large as
 * the others. */
static guint64
count_doubt_bytes (HeinLink *self, guint64 n)
{
  const HeinLinkAccount *account = &self->account;
  const guint64 n_open =
    self->peer->counts.messages_sent -
    MIN (self->peer->counts.messages_sent, account->n_confirmed);

  if (account->counts_doubt)
    return account->doubt_bytes;
  return (self->peer->counts.bytes_sent -
          MIN (self->peer->counts.bytes_sent, account->confirmed_bytes)) *
         ((double) n / MAX (n, n_open));
}

static void
tell_doubt (HeinLink *self, guint64 n)
{
  g_autoptr (GError) error = self->error;

  self->error = NULL;
  if (error == NULL)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED,
                                 "it ended before it had taken everything");
  self->error =
    g_error_new (error->domain, error->code,
                 "%s; of what was sent to it, up to %" G_GUINT64_FORMAT
                 " messages are in doubt",
                 error->message, n);
}

/* Must be called before the peer leaves the bus, which reports why. */
void
hein_link_settle_doubt (HeinLink *self)
{
  const guint64 n = hein_link_count_doubt (self);
  const guint64 n_bytes = n > 0 ? count_doubt_bytes (self, n) : 0;

  if (n == 0)
    return;
  self->account.n_confirmed =
    self->peer->counts.messages_sent; /* so as not to count them again */
  self->account.n_doubt = 0;
  /* why this side has closed is known without that */
  if (!self->goodbye.has_come &&
      (self->error != NULL ||
       (self->is_eof && (self->account.was_cut || self->account.doubts_end))))
    tell_doubt (self, n);
  /* a goodbye that was awaited has told how much was taken */
  hein_losses_count (self->host, self->peer,
                     self->goodbye.has_come && self->goodbye.is_awaited
                       ? HEIN_DROP_REASON_CLOSED
                       : HEIN_DROP_REASON_UNKNOWN,
                     n, n_bytes);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sys/epoll.h>

#include <hein/hein-protocol.h>

#include "hein-link-close.h"
#include "hein-link-doubt.h"
#include "hein-link-owner.h"
#include "hein-link-receive.h"
#include "hein-link-reset.h"
#include "hein-link-send.h"
#include "hein-link-state.h"
#include "hein-link-time.h"
#include "hein-peer-state.h"
#include "io/hein-stream-file.h"

/* What a ready socket leads to: receives bytes, and passes them to the
 * protocol. */

/* From this part of memory-limit on, incomplete messages are moved out of
 * blocks that are much larger. */
#define SHRINK_FROM 8
/* A spare block for a large message is trimmed when the other incomplete
 * messages occupy that much, or when it alone would make half of memory-limit
 * of it. */
#define TRIM_AT(limit) ((limit) / 2 - (limit) / SHRINK_FROM)
/* How many bytes the protocol of an unknown peer is called with at first. */
#define PIECE_MIN 1024

/* After so many messages the peer is told how many have arrived, so that no
 * more are in doubt when this process is killed. */
#define SAY_TAKEN_AFTER 16384

/* More than any protocol says first. */
#define REST_MAX 8192
/* After so many the next link begins with a pause, and without a rest. */
#define RESTS_MAX 3

static void
fail (HeinLink *self, int code, const char *text)
{
  g_autoptr (GError) error = g_error_new_literal (HEIN_ERROR, code, text);

  hein_link_close (self, error);
}

/* Returns FALSE, having paused the peer, when no more may be received for
 * now. */
static gboolean
may_come (HeinLink *self)
{
  if (self->state != HEIN_LINK_UP ||
      self->host->receive_cost < self->host->receive_max)
    return TRUE;
  self->host->funcs->pause (self->host, self->peer);
  return FALSE;
}

/* ---- TLS where it is not expected ---- */

/* Types of TLS records (RFC 8446, 5.1). */
#define TLS_ALERT     0x15
#define TLS_HANDSHAKE 0x16
#define TLS_MAJOR     3

/* The answer of a TLS listener to something else: the fatal alert
 * unexpected_message. */
static const guint8 tls_refusal[] = { TLS_ALERT, TLS_MAJOR, 3, 0, 2, 2, 10 };

/* Returns whether the bytes that the protocol could not use begin like TLS. */
static gboolean
has_met_tls (HeinLink *self, guint8 type)
{
  const gsize size = hein_input_get_size (&self->input);
  g_autoptr (GBytes) bytes = NULL;
  const guint8 *data;

  if (self->stream == NULL || self->stream->is_layer ||
      size < sizeof tls_refusal ||
      (self->peer != NULL && self->peer->counts.bytes_received > size))
    return FALSE;
  bytes = hein_input_get_bytes (&self->input, sizeof tls_refusal);
  data = g_bytes_get_data (bytes, NULL);
  return data[0] == type && data[1] == TLS_MAJOR;
}

/* A client without a key gets an alert from a listener that needs one; a
 * listener without a key gets a handshake from a client that has one. Both then
 * report what is missing. */
static GError *
explain_tls (HeinLink *self)
{
  if (self->is_dialled ? !has_met_tls (self, TLS_ALERT)
                       : !has_met_tls (self, TLS_HANDSHAKE))
    return NULL;
  if (!self->is_dialled && self->state < HEIN_LINK_CLOSING)
    hein_queue_push_control (&self->queue, tls_refusal, sizeof tls_refusal);
  return g_error_new_literal (
    HEIN_ERROR, HEIN_ERROR_INSECURE,
    "the other side encrypts: say key-file= in this address, too, with a copy "
    "of the same file");
}

/* ---- a line, on which nobody sees who leaves ---- */

/* What cannot be understood may be the first words of somebody new, who came
 * after the last one was killed: the next link begins with them. They are said
 * once, and two that each begin anew when the other does would never meet. A
 * link that has understood nothing leaves nothing: it was noise. Two that have
 * both begun anew, and go on doing so, are put out of step now and then. */
static void
leave_rest (HeinLink *self)
{
  const gsize size = hein_input_get_size (&self->input);
  g_autoptr (GBytes) bytes = NULL;

  if (self->owner == NULL || size == 0 || size > REST_MAX ||
      !self->is_dialled || hein_stream_file_count_read (self->stream) <= size)
    return;
  self->owner->n_rests++;
  if (self->owner->n_rests % (RESTS_MAX + 1) == 0)
    return;
  bytes = hein_input_get_bytes (&self->input, size);
  g_clear_pointer (&self->owner->rest, g_bytes_unref);
  /* a copy: the block is for others */
  self->owner->rest = g_bytes_new (g_bytes_get_data (bytes, NULL), size);
  self->said.wants_redial = TRUE;
}

/* After an error nothing is said any more: whoever is there would take it for
 * the beginning of the next conversation. Behind a goodbye there may be that of
 * whoever comes next, which is no error. */
static void
end_line (HeinLink *self, const GError *error)
{
  leave_rest (self);
  if (self->goodbye.has_come)
    hein_link_answer_goodbye (self);
  hein_link_abort (self, self->goodbye.has_come ? NULL : error);
}

static void
fail_consume (HeinLink *self, const GError *error)
{
  g_autoptr (GError) explained = explain_tls (self);
  g_autofree char *text =
    g_strdup_printf ("the protocol %s failed without saying why",
                     G_OBJECT_TYPE_NAME (self->protocol));

  self->said.is_over |= g_error_matches (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  if (explained != NULL)
    hein_link_close (self, explained);
  else if (G_UNLIKELY (hein_link_is_on_line (self)))
    end_line (self, error);
  else if (error != NULL)
    hein_link_close (self, error); /* has no effect if it is closing already */
  else
    fail (self, HEIN_ERROR_FAILED, text);
  if (!self->is_deaf)
    hein_link_want_reset (self); /* it was closing in order */
  self->is_deaf = TRUE;
}

/* Calls the protocol with the first @size bytes. Returns how many it used, -1
 * when the link is done. */
static gssize
consume_some (HeinLink *self, gsize size)
{
  g_autoptr (GBytes) bytes = hein_input_get_bytes (&self->input, size);
  g_autoptr (GError) error = NULL;
  gssize used;

  self->input.expected = 0;
  self->current = bytes;
  used = hein_link_get_class (self)->consume (self->protocol, self->wire, bytes,
                                              &error);
  self->current = NULL;
  /* bindings return 0 from a slot that has raised an exception */
  if (used < 0 || (gsize) used > size || error != NULL)
    fail_consume (self, error);
  if (self->is_deaf)
    return -1;
  g_clear_pointer (&bytes, g_bytes_unref);
  hein_input_consume (&self->input, used);
  if (used > 0 && self->partial != NULL)
    self->partial->since_us = 0; /* the incomplete message is a new one */
  return used;
}

/* Calls the protocol until it uses no more. Before the peer is up, bytes are
 * passed in small pieces, since more may have arrived behind the handshake than
 * the bus may take. */
static void
consume_all (HeinLink *self)
{
  gsize piece = PIECE_MIN;

  /* what came behind a greeting is not read before TLS has begun */
  while (!self->is_deaf && !self->said.wants_upgrade)
    {
      const gsize all = hein_input_get_size (&self->input);
      gsize size = all;
      gssize used;

      if (all == 0 || all < self->input.expected || !may_come (self))
        return;
      if (self->state < HEIN_LINK_UP)
        size = MIN (all, MAX (piece, self->input.expected));
      used = consume_some (self, size);
      if (used < 0 || (used == 0 && size == all))
        return;
      piece = used == 0 ? piece * 2 : PIECE_MIN;
    }
}

/* Closes the link whose message has been incomplete for the longest time. */
static void
check_partial_limit (HeinLink *self)
{
  HeinLinkHost *host = self->host;
  HeinLink *oldest = g_queue_peek_head (&host->partials);

  if (host->partial_cost <= host->settings.memory_limit / 2 || oldest == NULL)
    return;
  if (oldest->state >= HEIN_LINK_CLOSING)
    hein_link_abort (oldest, NULL);
  else
    fail (oldest, HEIN_ERROR_REFUSED,
          "its unfinished message is the oldest, and all of them together "
          "are over half of memory-limit");
}

static void
say_taken (HeinLink *self)
{
  if (self->state == HEIN_LINK_UP && self->said.has_heartbeat &&
      hein_link_count_taken (self) - self->account.n_said >= SAY_TAKEN_AFTER)
    hein_link_ping (self);
}

/* What a peer has announced must not make others lose their connections. */
static void
spare_memory (HeinLink *self)
{
  const guint64 limit = self->host->settings.memory_limit;
  const gsize own = self->partial != NULL ? self->partial->cost : 0;

  if (self->host->partial_cost > limit / SHRINK_FROM)
    hein_input_shrink (&self->input);
  if (self->host->partial_cost - own > limit / SHRINK_FROM ||
      hein_input_get_cost (&self->input) > TRIM_AT (limit))
    hein_input_trim (&self->input);
}

/* Dials again if the protocol wants to try something else after such an end. */
static gboolean
tries_again (HeinLink *self)
{
  if (self->state >= HEIN_LINK_UP || !self->said.redials_at_end)
    return FALSE;
  self->said.wants_redial = TRUE;
  hein_link_abort (self, NULL);
  return TRUE;
}

void
hein_link_end_handshake (HeinLink *self)
{
  g_autoptr (GError) error = explain_tls (self);

  if (error == NULL && tries_again (self))
    return;
  if (error == NULL)
    error =
      g_error_new_literal (HEIN_ERROR, HEIN_ERROR_CLOSED,
                           "the other side closed during the handshake: it may "
                           "be full, have that name already, want "
                           "authentication (PLAIN, CURVE) or trust another "
                           "key, or speak another "
                           "protocol");

  hein_link_abort (self, error);
}

static void
end_whole (HeinLink *self)
{
  g_autoptr (GError) error = NULL;

  if (self->goodbye.has_come)
    {
      hein_link_answer_goodbye (self);
      if (hein_link_wait_for_answer (self))
        return;
    }
  else if (self->goodbye.is_awaited)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED,
                                 "it ended without a goodbye: it was killed, "
                                 "or has crashed");
  hein_link_abort (self, error);
}

static void
on_end (HeinLink *self)
{
  self->is_eof = TRUE;
  if (self->state >= HEIN_LINK_CLOSING)
    {
      if (self->goodbye.is_wanted && self->goodbye.is_awaited)
        {
          hein_link_answer_goodbye (self); /* the peer reads until our end */
          if (hein_link_wait_for_answer (self))
            return;
        }
      hein_link_abort (self, NULL);
      return;
    }
  if (self->state < HEIN_LINK_UP)
    hein_link_end_handshake (self);
  else if (hein_input_get_size (&self->input) > 0)
    {
      g_autoptr (GError) error = g_error_new (
        HEIN_ERROR, HEIN_ERROR_PROTOCOL,
        "the connection ended within a message, after %" G_GSIZE_FORMAT
        " bytes of it",
        hein_input_get_size (&self->input));

      hein_link_abort (self, error);
    }
  else
    end_whole (self);
}

void
hein_link_consume (HeinLink *self)
{
  consume_all (self);
  if (self->goodbye.is_awaited)
    say_taken (self);
  if (self->is_deaf)
    return;
  /* what comes from now on is of whoever comes next */
  if (G_UNLIKELY (self->goodbye.has_come && hein_link_is_on_line (self)))
    {
      leave_rest (self);
      on_end (self);
      return;
    }
  if (G_UNLIKELY (hein_input_get_size (&self->input) > 0))
    spare_memory (self);
  hein_link_set_partial_cost (self, hein_input_get_cost (&self->input));
  check_partial_limit (self);
  if (!self->said.has_heartbeat && hein_link_is_partial (self) &&
      self->state == HEIN_LINK_UP)
    hein_link_rearm (self); /* otherwise the timer fires early enough */
}

static void
discard (HeinLink *self)
{
  guint8 buffer[16384];
  g_autoptr (GError) error = NULL;
  gssize n;

  if (self->keeps_unread)
    return;
  n = hein_stream_read (self->stream, buffer, sizeof buffer, &error);
  self->times.received_us = hein_link_get_now_us (self);
  if (n == 0 || error != NULL)
    {
      self->is_eof = TRUE;
      hein_link_abort (self, error);
    }
  else if (self->must_reset)
    hein_link_end_draining (self);
}

/* Who ends a connection before it has read everything resets it, whether it
 * means to or not. */
static gboolean
is_end_of_handshake (HeinLink *self, const GError *error)
{
  return self->state < HEIN_LINK_UP && hein_link_is_reset (error);
}

static void
read_some (HeinLink *self)
{
  g_autoptr (GError) error = NULL;
  gssize n;

  if (self->is_deaf)
    {
      discard (self);
      return;
    }
  if (G_UNLIKELY (self->host->is_relieving))
    return; /* closes the costliest links first; this one is read next turn */
  if (G_UNLIKELY (!may_come (self)))
    return;
  n = hein_input_read (&self->input, self->stream, NULL, &error);
  if (n < 0)
    {
      if (is_end_of_handshake (self, error))
        hein_link_end_handshake (self);
      else if (error != NULL && !tries_again (self))
        hein_link_abort (self, error);
      return;
    }
  if (n == 0)
    {
      on_end (self);
      return;
    }
  self->times.received_us = hein_link_get_now_us (self);
  if (self->peer != NULL)
    self->peer->counts.bytes_received += n;
  if (self->is_probed)
    {
      self->is_probed = FALSE; /* the next new connection asks again */
      self->host->funcs->review (self->host);
    }
  hein_link_consume (self);
}

void
hein_link_read (HeinLink *self)
{
  read_some (self);
  hein_link_follow_stream (self);
}

static void
abort_reset (HeinLink *self)
{
  g_autoptr (GError) error =
    g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED,
                         "the connection was reset");

  hein_link_abort (self, error);
}

/* The socket takes more again. */
static void
write_on (HeinLink *self)
{
  if (G_UNLIKELY (self->stream->n_unsent > 0))
    {
      hein_link_flush_stream (self);
      hein_link_end_draining (self);
    }
  if (self->stream == NULL || !self->is_blocked || self->is_broken)
    return;
  self->is_blocked = FALSE;
  hein_link_flush (self);
  hein_link_begin_draining (self);
  if (self->stream != NULL && !self->is_blocked)
    hein_link_update_events (self);
}

void
hein_link_on_ready (HeinWatch *watch, guint32 events)
{
  HeinLink *self = HEIN_CONTAINER (watch, HeinLink, watch);

  if (G_UNLIKELY (events & EPOLLOUT))
    write_on (self);
  if (self->stream == NULL || (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0)
    return;
  if (G_UNLIKELY (self->keeps_unread))
    {
      if (events & (EPOLLHUP | EPOLLERR))
        hein_link_abort (self, NULL); /* nobody is there any more */
      return;
    }
  /* a hang-up is reported even when no events are requested: once is enough,
   * until the link is read again */
  if (hein_link_is_reading (self))
    hein_link_read (self);
  else if (events & EPOLLERR)
    abort_reset (self);
  else
    hein_loop_set_events (self->host->loop, &self->watch, EPOLLET);
}

void
hein_link_set_paused (HeinLink *self, gboolean paused)
{
  if (!paused)
    {
      self->times.received_us = hein_link_get_now_us (self);
      self->wants_consume = hein_input_get_size (&self->input) > 0;
    }
  if (self->wants_consume)
    hein_loop_defer (self->host->loop, &self->job);
  hein_link_update_events (self);
  hein_link_rearm (self);
}

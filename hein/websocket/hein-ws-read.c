/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-error.h>

#include "hein-ws-rooms.h"
#include "hein-ws-state.h"

/* Reads frames: what is in their messages goes on, as it comes. */

/* More than any head, so that a caller who wants a few bytes gets them. */
#define LEAST 32
/* With less room than this left, what has come goes on first: another call for
 * a few bytes costs as much as one for many. */
#define LEAST_MORE ((gsize) 8 * 1024)

/* ---- what comes from the stream below ---- */

static gboolean
is_over (const HeinWsStream *self)
{
  return self->failure != NULL || self->has_ended;
}

static void
on_end (HeinWsStream *self)
{
  const HeinWsArrival *arrival = &self->arrival;

  if (!arrival->is_open && !arrival->is_message && arrival->n_head == 0)
    self->has_ended = TRUE;
  else
    self->failure = g_error_new_literal (HEIN_ERROR, HEIN_ERROR_CLOSED,
                                         "the connection ended within a "
                                         "message of WebSocket");
}

/* Sets @is_full when there may be more. FALSE: nothing has come. */
static gboolean
fill (HeinWsStream *self, gsize wanted, gboolean *is_full)
{
  HeinWsRooms *rooms = hein_ws_rooms_get ();
  /* a head of ZMTP may be larger than that of WebSocket */
  const gsize fitting = self->zws != NULL ? wanted - wanted / 32 : wanted;
  const gsize size = MIN (MAX (fitting, LEAST), sizeof rooms->in);
  gssize n;

  hein_ws_keep_input (self);
  n = hein_stream_read (self->inner, rooms->in, size, &self->failure);
  *is_full = n == (gssize) size;
  if (n == 0)
    on_end (self);
  if (n <= 0)
    return FALSE;
  self->in = (HeinWsInput){ rooms->in, 0, n };
  return TRUE;
}

/* ---- frames ---- */

static const char *
check_order (const HeinWsArrival *self)
{
  const HeinWsFrame *frame = &self->frame;

  if (hein_ws_frame_is_control (frame))
    return NULL;
  if (frame->opcode == HEIN_WS_CONTINUATION && !self->is_message)
    return "a message begins with its second piece";
  if (frame->opcode != HEIN_WS_CONTINUATION && self->is_message)
    return "a message begins within another one";
  return NULL;
}

/* A message of one frame passes as it comes. One of several is collected: the
 * size of all of it has to be known first. */
static void
begin_zws (HeinWsStream *self)
{
  const HeinWsFrame *frame = &self->arrival.frame;
  HeinWsZws *zws = self->zws;
  gsize n_collected = zws->pieces != NULL ? zws->pieces->len : 0;

  zws->has_flags = FALSE;
  if (frame->opcode == HEIN_WS_BINARY && frame->is_final)
    {
      if (frame->size == 0)
        hein_ws_fail (self, HEIN_WS_PROTOCOL_ERROR,
                      "a message of ZWS has no flags");
      return;
    }
  if (frame->size > self->message_max - n_collected)
    hein_ws_fail (self, HEIN_WS_TOO_LARGE,
                  "a message that comes in several frames is too large");
  else if (zws->pieces == NULL)
    zws->pieces = g_byte_array_new ();
}

static void
end_frame (HeinWsStream *self)
{
  HeinWsArrival *arrival = &self->arrival;

  arrival->is_open = FALSE;
  if (hein_ws_frame_is_control (&arrival->frame))
    hein_ws_take_control (self);
  else if (self->zws != NULL && self->zws->pieces != NULL &&
           !arrival->is_message && !hein_ws_zws_join (self->zws))
    hein_ws_fail (self, HEIN_WS_PROTOCOL_ERROR,
                  "the flags of a message are none of ZWS");
}

static void
begin_frame (HeinWsStream *self)
{
  HeinWsArrival *arrival = &self->arrival;
  const HeinWsFrame *frame = &arrival->frame;
  const char *trouble = check_order (arrival);

  if (trouble != NULL)
    {
      hein_ws_fail (self, HEIN_WS_PROTOCOL_ERROR, trouble);
      return;
    }
  if (frame->opcode == HEIN_WS_TEXT)
    {
      hein_ws_fail (self, HEIN_WS_UNSUPPORTED,
                    "a message is text, and has to be binary");
      return;
    }
  arrival->is_open = TRUE;
  arrival->n_come = 0;
  if (hein_ws_frame_is_control (frame))
    arrival->control = g_byte_array_sized_new (frame->size);
  else
    {
      arrival->is_message = !frame->is_final;
      if (self->zws != NULL)
        begin_zws (self);
    }
  if (frame->size == 0 && self->failure == NULL)
    end_frame (self);
}

/* Returns the head once all of it has come, NULL before. Where it lies
 * together it is not copied. */
static const guint8 *
take_head (HeinWsStream *self)
{
  HeinWsArrival *arrival = &self->arrival;
  HeinWsInput *in = &self->in;
  const guint8 *data = in->data + in->begin;

  if (arrival->n_head == 0 && hein_ws_input_get_size (in) >= HEIN_WS_HEAD_MAX)
    {
      in->begin += hein_ws_frame_get_head_size (data, HEIN_WS_HEAD_MAX);
      return data;
    }
  while (hein_ws_input_get_size (in) > 0 &&
         arrival->n_head <
           hein_ws_frame_get_head_size (arrival->head, arrival->n_head))
    arrival->head[arrival->n_head++] = in->data[in->begin++];
  if (arrival->n_head <
      hein_ws_frame_get_head_size (arrival->head, arrival->n_head))
    return NULL;
  arrival->n_head = 0;
  return arrival->head;
}

static void
read_head (HeinWsStream *self)
{
  HeinWsArrival *arrival = &self->arrival;
  const guint8 *head = take_head (self);
  const char *trouble;

  if (head == NULL)
    return;
  trouble = hein_ws_frame_read (&arrival->frame, head, !self->is_dialled);
  if (trouble != NULL)
    hein_ws_fail (self, HEIN_WS_PROTOCOL_ERROR, trouble);
  else
    begin_frame (self);
}

/* ---- what is in frames ---- */

/* Takes up to @size bytes of the payload, unmasked. Returns how many. */
static gsize
take (HeinWsStream *self, guint8 *to, gsize size)
{
  HeinWsArrival *arrival = &self->arrival;
  HeinWsInput *in = &self->in;
  const guint64 rest = arrival->frame.size - arrival->n_come;
  const gsize n = MIN (MIN (size, hein_ws_input_get_size (in)), rest);

  if (arrival->frame.is_masked)
    hein_ws_mask (to, in->data + in->begin, n, arrival->frame.mask,
                  arrival->n_come % HEIN_WS_MASK_SIZE);
  else
    memcpy (to, in->data + in->begin, n);
  in->begin += n;
  arrival->n_come += n;
  return n;
}

/* What has come of it is all that memory is taken for. */
static void
collect (HeinWsStream *self, GByteArray *array)
{
  const guint before = array->len;
  const gsize n = MIN (hein_ws_input_get_size (&self->in),
                       self->arrival.frame.size - self->arrival.n_come);

  g_byte_array_set_size (array, before + n);
  take (self, array->data + before, n);
}

static void
take_flags (HeinWsStream *self)
{
  guint8 flags;

  take (self, &flags, 1);
  self->zws->has_flags = TRUE;
  if (!hein_ws_zws_enter (self->zws, flags, self->arrival.frame.size - 1))
    hein_ws_fail (self, HEIN_WS_PROTOCOL_ERROR,
                  "the flags of a message are none of ZWS");
}

static gsize
read_payload (HeinWsStream *self, guint8 *to, gsize size)
{
  HeinWsArrival *arrival = &self->arrival;
  gsize got = 0;

  if (G_UNLIKELY (hein_ws_frame_is_control (&arrival->frame)))
    collect (self, arrival->control);
  else if (self->zws == NULL || self->zws->has_flags)
    got = take (self, to, size);
  else if (self->zws->pieces != NULL)
    collect (self, self->zws->pieces);
  else
    take_flags (self);
  if (arrival->n_come == arrival->frame.size && self->failure == NULL)
    end_frame (self);
  return got;
}

static gsize
decode (HeinWsStream *self, guint8 *to, gsize size)
{
  gsize got = 0;

  while (got < size && !is_over (self))
    {
      if (self->zws != NULL && hein_ws_zws_is_ready (self->zws))
        got += hein_ws_zws_take (self->zws, to + got, size - got);
      else if (hein_ws_input_get_size (&self->in) == 0)
        break;
      else if (!self->arrival.is_open)
        read_head (self);
      else
        got += read_payload (self, to + got, size - got);
    }
  return got;
}

gssize
hein_ws_read (HeinStream *stream, void *buffer, gsize size, GError **error)
{
  HeinWsStream *self = (HeinWsStream *) stream;
  gboolean is_full = TRUE;
  gsize got = 0;

  if (!stream->is_open)
    return 0;
  for (;;)
    {
      got += decode (self, (guint8 *) buffer + got, size - got);
      if (is_over (self) ||
          (got > 0 && (!is_full || size - got < LEAST_MORE)) ||
          !fill (self, size - got, &is_full))
        break;
    }
  hein_ws_keep_input (self);
  hein_ws_note (self);
  stream->has_pending =
    self->inner->has_pending ||
    (got > 0 && (is_over (self) || hein_ws_input_get_size (&self->in) > 0 ||
                 (self->zws != NULL && hein_ws_zws_is_ready (self->zws))));
  if (got > 0)
    return got;
  if (self->failure != NULL && error != NULL)
    *error = g_error_copy (self->failure);
  return self->has_ended ? 0 : -1;
}

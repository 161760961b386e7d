/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "hein-ws-rooms.h"
#include "hein-ws-state.h"

/* Writes frames. What the stream below does not take of them is kept, so that
 * no frame lacks its end, whatever becomes of the messages behind it. */

/* ---- bytes ---- */

static void
forget_out (HeinWsStream *self)
{
  g_clear_pointer (&self->out, g_byte_array_unref);
  self->n_written = 0;
}

/* Returns how many bytes the stream below took, -1 when it is broken. */
static gssize
write_some (HeinWsStream *self, const guint8 *data, gsize size, GError **error)
{
  const struct iovec vector = { (gpointer) data, size };
  g_autoptr (GError) local_error = NULL;
  gssize n = hein_stream_write (self->inner, &vector, 1, &local_error);

  if (local_error == NULL)
    return MAX (n, 0);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return -1;
}

static gboolean
push (HeinWsStream *self, GError **error)
{
  while (self->out != NULL)
    {
      const gssize n = write_some (self, self->out->data + self->n_written,
                                   self->out->len - self->n_written, error);

      if (n <= 0)
        return n == 0;
      self->n_written += n;
      if (self->n_written == self->out->len)
        forget_out (self);
    }
  return TRUE;
}

gboolean
hein_ws_emit (HeinWsStream *self,
              const guint8 *data,
              gsize size,
              GError **error)
{
  gssize n = 1;

  while (self->out == NULL && size > 0 && n > 0)
    {
      n = write_some (self, data, size, error);
      if (n < 0)
        return FALSE;
      data += n;
      size -= n;
    }
  if (size == 0)
    return TRUE;
  if (self->out == NULL)
    self->out = g_byte_array_sized_new (size);
  g_byte_array_append (self->out, data, size);
  return TRUE;
}

/* ---- control frames ---- */

static gboolean
emit_frame (HeinWsStream *self,
            guint8 opcode,
            const guint8 *payload,
            gsize size,
            GError **error)
{
  HeinWsFrame frame = { .opcode = opcode,
                        .is_final = TRUE,
                        .is_masked = self->is_dialled,
                        .size = size };
  guint8 bytes[HEIN_WS_HEAD_MAX + HEIN_WS_CONTROL_MAX];
  gsize n;

  if (frame.is_masked)
    hein_ws_rooms_draw_mask (hein_ws_rooms_get (), frame.mask);
  n = hein_ws_frame_write (&frame, bytes);
  hein_ws_mask (bytes + n, payload, size, frame.mask, 0);
  return hein_ws_emit (self, bytes, n + size, error);
}

gboolean
hein_ws_emit_control (HeinWsStream *self, GError **error)
{
  g_autoptr (GByteArray) pong = NULL;
  const guint16 code = GUINT16_TO_BE (self->close_code);

  if (self->n_body > 0 || self->has_closed || self->shake != NULL)
    return TRUE;
  /* pongs are not heaped up where nobody reads them */
  if (self->out == NULL)
    pong = g_steal_pointer (&self->pong);
  if (pong != NULL &&
      !emit_frame (self, HEIN_WS_PONG, pong->data, pong->len, error))
    return FALSE;
  if (self->close_code == 0)
    return TRUE;
  self->has_closed = TRUE;
  return emit_frame (self, HEIN_WS_CLOSE, (const guint8 *) &code, sizeof code,
                     error);
}

gboolean
hein_ws_flush (HeinStream *stream, GError **error)
{
  HeinWsStream *self = (HeinWsStream *) stream;
  const gboolean ok = hein_stream_flush (self->inner, error) &&
                      push (self, error) && hein_ws_emit_control (self, error);

  hein_ws_note (self);
  if (ok && self->shuts && self->out == NULL)
    {
      self->shuts = FALSE;
      hein_stream_shut_down_write (self->inner);
    }
  return ok;
}

/* ---- messages ---- */

/* A position in an array of vectors. */
typedef struct
{
  const struct iovec *vectors;
  guint n;
  gsize offset; /* in the first of them */
} Place;

static const guint8 *
look (Place *place, gsize *size)
{
  while (place->n > 0 && place->offset == place->vectors->iov_len)
    {
      place->vectors++;
      place->n--;
      place->offset = 0;
    }
  *size = place->n > 0 ? place->vectors->iov_len - place->offset : 0;
  return place->n > 0 ? (guint8 *) place->vectors->iov_base + place->offset
                      : NULL;
}

static gsize
count (const Place *place)
{
  gsize size = 0;

  for (guint i = 0; i < place->n; i++)
    size += place->vectors[i].iov_len;
  return size - place->offset;
}

/* Returns the size of the head. */
static gsize
begin_message (HeinWsStream *self, guint8 *room, guint64 size)
{
  HeinWsFrame frame = { .opcode = HEIN_WS_BINARY,
                        .is_final = TRUE,
                        .is_masked = self->is_dialled,
                        .size = size };

  if (frame.is_masked)
    hein_ws_rooms_draw_mask (hein_ws_rooms_get (), frame.mask);
  memcpy (self->mask, frame.mask, sizeof self->mask);
  self->phase = 0;
  self->n_body = size;
  return hein_ws_frame_write (&frame, room);
}

static void
add (HeinWsStream *self, guint8 *to, const guint8 *from, gsize size)
{
  if (self->is_dialled)
    hein_ws_mask (to, from, size, self->mask, self->phase);
  else
    memcpy (to, from, size);
  self->phase = (self->phase + size) % HEIN_WS_MASK_SIZE;
  self->n_body -= size;
}

/* Adds of the body what there is, and room for. Returns how many bytes. */
static gsize
add_body (HeinWsStream *self, Place *place, guint8 *room, gsize size)
{
  gsize n_added = 0;

  while (self->n_body > 0 && n_added < size)
    {
      gsize n;
      const guint8 *data = look (place, &n);

      n = MIN (MIN (n, size - n_added), self->n_body);
      if (n == 0)
        break;
      add (self, room + n_added, data, n);
      place->offset += n;
      n_added += n;
    }
  return n_added;
}

/* All that there is in one message. Returns the size of the frame. */
static gsize
encode (HeinWsStream *self, Place *place, guint8 *room)
{
  const gsize size = MIN (count (place), HEIN_WS_ROOM - HEIN_WS_HEAD_MAX);
  gsize n;

  if (size == 0)
    return 0;
  n = begin_message (self, room, size);
  return n + add_body (self, place, room + n, size);
}

/* Begins the next message when its head is complete. Returns the size of what
 * it begins with. */
static gsize
begin_zws (HeinWsStream *self, Place *place, guint8 *room)
{
  gsize size, n;
  const guint8 *data = look (place, &size);
  gboolean is_head;
  guint8 flags;
  guint64 body_size;

  place->offset +=
    hein_ws_zws_leave (self->zws, data, size, &is_head, &flags, &body_size);
  if (!is_head)
    return 0;
  n = begin_message (self, room, body_size + 1);
  add (self, room + n, &flags, sizeof flags);
  return n + sizeof flags;
}

/* A message for each frame of ZMTP. One that waits for its turn, such as the
 * answer to a ping, goes between two of them. */
static gsize
encode_zws (HeinWsStream *self, Place *place, guint8 *room)
{
  gsize n = 0;
  gsize size;

  while (n + HEIN_WS_HEAD_MAX + 1 < HEIN_WS_ROOM && look (place, &size) != NULL)
    {
      if (self->n_body > 0)
        n += add_body (self, place, room + n, HEIN_WS_ROOM - n);
      else
        n += begin_zws (self, place, room + n);
      if (self->n_body == 0 && self->pong != NULL)
        break;
    }
  return n;
}

/* Who goes on writing to somebody who has closed learns that it is the end. */
static gssize
refuse (HeinWsStream *self, GError **error)
{
  if (self->failure != NULL)
    {
      if (error != NULL)
        *error = g_error_copy (self->failure);
      return -1;
    }
  self->stream.code = EPIPE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE,
                       "writing: the WebSocket is closed");
  return -1;
}

gssize
hein_ws_write (HeinStream *stream,
               const struct iovec *vectors,
               guint n_vectors,
               GError **error)
{
  HeinWsStream *self = (HeinWsStream *) stream;
  HeinWsRooms *rooms = hein_ws_rooms_get ();
  Place place = { vectors, n_vectors, 0 };
  const gsize size = count (&place);

  if (!hein_ws_flush (stream, error))
    return -1;
  if (stream->n_unsent > 0)
    return -1;
  if (self->failure != NULL || self->has_closed)
    return refuse (self, error);
  do
    {
      const gsize n = self->zws != NULL ? encode_zws (self, &place, rooms->out)
                                        : encode (self, &place, rooms->out);

      if (!hein_ws_emit (self, rooms->out, n, error) ||
          !hein_ws_emit_control (self, error))
        return -1;
    }
  while (count (&place) > 0 && self->out == NULL && self->inner->n_unsent == 0);
  hein_ws_note (self);
  return size - count (&place);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "hein-ws-batch.h"
#include "hein-ws-state.h"
#include "io/hein-cursor.h"

/* Writes frames. What the stream below does not take of them is kept, so that
 * no frame lacks its end, whatever becomes of the messages behind it. */

/* ---- bytes ---- */

static void
forget_out (HeinWsStream *self)
{
  g_clear_pointer (&self->out, g_byte_array_unref);
  self->n_written = 0;
}

/* Takes off what the stream below has taken. FALSE when it is broken. */
static gboolean
write_some (HeinWsStream *self, HeinCursor *cursor, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gssize n =
    hein_stream_write (self->inner, cursor->vectors, cursor->n, &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  while (n > 0)
    {
      gsize size;

      hein_cursor_look (cursor, &size);
      size = MIN (size, (gsize) n);
      hein_cursor_step (cursor, size);
      n -= size;
    }
  return TRUE;
}

static gboolean
push (HeinWsStream *self, GError **error)
{
  struct iovec vector;
  HeinCursor cursor = { &vector, 1, 0 };

  if (self->out == NULL)
    return TRUE;
  vector = (struct iovec){ self->out->data + self->n_written,
                           self->out->len - self->n_written };
  if (!write_some (self, &cursor, error))
    return FALSE;
  self->n_written = self->out->len - hein_cursor_count (&cursor);
  if (self->n_written == self->out->len)
    forget_out (self);
  return TRUE;
}

static void
keep (HeinWsStream *self, HeinCursor *cursor)
{
  const guint8 *data;
  gsize size;

  if (self->out == NULL)
    self->out = g_byte_array_sized_new (hein_cursor_count (cursor));
  while ((data = hein_cursor_look (cursor, &size)) != NULL)
    {
      g_byte_array_append (self->out, data, size);
      hein_cursor_step (cursor, size);
    }
}

/* Sends bytes, or keeps them. FALSE when the stream below is broken. */
static gboolean
emit (HeinWsStream *self,
      const struct iovec *vectors,
      guint n_vectors,
      GError **error)
{
  HeinCursor cursor = { vectors, n_vectors, 0 };
  gsize size;

  if (hein_cursor_look (&cursor, &size) == NULL)
    return TRUE; /* so far there is but a part of a head of ZMTP */
  if (self->out == NULL && !write_some (self, &cursor, error))
    return FALSE;
  if (hein_cursor_look (&cursor, &size) != NULL)
    keep (self, &cursor);
  return TRUE;
}

gboolean
hein_ws_emit (HeinWsStream *self,
              const guint8 *data,
              gsize size,
              GError **error)
{
  const struct iovec vector = { (gpointer) data, size };

  return emit (self, &vector, 1, error);
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

/* Pieces from this size on are referred to: for smaller ones the system takes
 * longer to find them than copying them takes. */
#define LEAST_REFERRED 512

static void
begin_message (HeinWsStream *self, HeinWsBatch *batch, guint64 size)
{
  HeinWsFrame frame = { .opcode = HEIN_WS_BINARY,
                        .is_final = TRUE,
                        .is_masked = self->is_dialled,
                        .size = size };

  if (frame.is_masked)
    hein_ws_rooms_draw_mask (batch->rooms, frame.mask);
  memcpy (self->mask, frame.mask, sizeof self->mask);
  self->phase = 0;
  self->n_body = size;
  hein_ws_batch_add (batch,
                     hein_ws_frame_write (&frame,
                                          hein_ws_batch_get_place (batch)));
}

/* Adds of these bytes what there is room for. Returns how many. */
static gsize
add (HeinWsStream *self, HeinWsBatch *batch, const guint8 *data, gsize size)
{
  if (!self->is_dialled && size >= LEAST_REFERRED)
    {
      size = MIN (size, HEIN_WS_BATCH_MAX - batch->size);
      hein_ws_batch_refer (batch, data, size);
    }
  else
    {
      guint8 *to = hein_ws_batch_get_place (batch);

      size = MIN (size, hein_ws_batch_get_space (batch));
      if (self->is_dialled)
        hein_ws_mask (to, data, size, self->mask, self->phase);
      else
        memcpy (to, data, size);
      hein_ws_batch_add (batch, size);
    }
  self->phase = (self->phase + size) % HEIN_WS_MASK_SIZE;
  self->n_body -= size;
  return size;
}

/* Adds of the body what there is, and room for. */
static void
add_body (HeinWsStream *self, HeinWsBatch *batch, HeinCursor *cursor)
{
  const guint8 *data;
  gsize size;

  while (self->n_body > 0 && !hein_ws_batch_is_full (batch) &&
         (data = hein_cursor_look (cursor, &size)) != NULL)
    hein_cursor_step (cursor,
                      add (self, batch, data, MIN (size, self->n_body)));
}

/* What there is in one message, or as much of it as one call can send whole:
 * the batch must not be full before its end. */
static void
encode (HeinWsStream *self, HeinWsBatch *batch, HeinCursor *cursor)
{
  const gsize size = MIN (hein_cursor_count (cursor), HEIN_WS_MESSAGE_MAX);

  if (size == 0)
    return;
  begin_message (self, batch, size);
  add_body (self, batch, cursor);
}

/* Begins the next message when its head is complete. */
static void
begin_zws (HeinWsStream *self, HeinWsBatch *batch, HeinCursor *cursor)
{
  gsize size;
  const guint8 *data = hein_cursor_look (cursor, &size);
  gboolean is_head;
  guint8 flags;
  guint64 body_size;

  hein_cursor_step (cursor, hein_ws_zws_leave (self->zws, data, size, &is_head,
                                               &flags, &body_size));
  if (!is_head)
    return;
  begin_message (self, batch, body_size + 1);
  add (self, batch, &flags, sizeof flags);
}

/* A message for each frame of ZMTP. One that waits for its turn, such as the
 * answer to a ping, goes between two of them. */
static void
encode_zws (HeinWsStream *self, HeinWsBatch *batch, HeinCursor *cursor)
{
  gsize size;

  while (!hein_ws_batch_is_full (batch) &&
         hein_cursor_look (cursor, &size) != NULL)
    {
      if (self->n_body > 0)
        add_body (self, batch, cursor);
      else
        begin_zws (self, batch, cursor);
      if (self->n_body == 0 && self->pong != NULL)
        break;
    }
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
  HeinCursor cursor = { vectors, n_vectors, 0 };
  const gsize size = hein_cursor_count (&cursor);

  if (!hein_ws_flush (stream, error))
    return -1;
  if (stream->n_unsent > 0)
    return -1;
  if (self->failure != NULL || self->has_closed)
    return refuse (self, error);
  do
    {
      HeinWsBatch batch;

      hein_ws_batch_init (&batch);
      if (self->zws != NULL)
        encode_zws (self, &batch, &cursor);
      else
        encode (self, &batch, &cursor);
      if (!emit (self, batch.rooms->vectors, batch.n_vectors, error) ||
          !hein_ws_emit_control (self, error))
        return -1;
    }
  while (hein_cursor_count (&cursor) > 0 && self->out == NULL &&
         self->inner->n_unsent == 0);
  hein_ws_note (self);
  return size - hein_cursor_count (&cursor);
}

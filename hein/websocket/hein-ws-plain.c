/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "hein-ws-state.h"

/* Where a listener takes both, who speaks without WebSocket: what has come is
 * read first, and the rest is that of the stream below. */

static gssize
plain_read (HeinStream *stream, void *buffer, gsize size, GError **error)
{
  HeinWsStream *self = (HeinWsStream *) stream;
  HeinWsInput *in = &self->in;
  gssize n = MIN (size, hein_ws_input_get_size (in));

  if (n > 0)
    {
      memcpy (buffer, in->data + in->begin, n);
      in->begin += n;
      hein_ws_keep_input (self);
    }
  else
    n = hein_stream_read (self->inner, buffer, size, error);
  hein_ws_note (self);
  stream->has_pending =
    self->inner->has_pending || hein_ws_input_get_size (in) > 0;
  return n;
}

static gssize
plain_write (HeinStream *stream,
             const struct iovec *vectors,
             guint n_vectors,
             GError **error)
{
  HeinWsStream *self = (HeinWsStream *) stream;
  const gssize n = hein_stream_write (self->inner, vectors, n_vectors, error);

  hein_ws_note (self);
  return n;
}

static gboolean
plain_flush (HeinStream *stream, GError **error)
{
  HeinWsStream *self = (HeinWsStream *) stream;
  const gboolean ok = hein_stream_flush (self->inner, error);

  hein_ws_note (self);
  return ok;
}

static void
plain_shut_down_write (HeinStream *stream)
{
  hein_stream_shut_down_write (((HeinWsStream *) stream)->inner);
}

static gboolean
plain_reset_at_close (HeinStream *stream)
{
  return hein_stream_reset_at_close (((HeinWsStream *) stream)->inner);
}

static void
plain_close (HeinStream *stream)
{
  HeinWsStream *self = (HeinWsStream *) stream;

  g_free (self->in.data);
  hein_stream_close (self->inner);
  g_free (self);
}

static HeinStreamProof
plain_get_proof (HeinStream *stream)
{
  return hein_stream_get_proof (((HeinWsStream *) stream)->inner);
}

static const HeinStreamFuncs funcs = {
  .read = plain_read,
  .write = plain_write,
  .flush = plain_flush,
  .get_proof = plain_get_proof,
  .shut_down_write = plain_shut_down_write,
  .reset_at_close = plain_reset_at_close,
  .close = plain_close,
};

void
hein_ws_become_plain (HeinWsStream *self)
{
  self->stream.funcs = &funcs;
}

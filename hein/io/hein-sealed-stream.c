/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-sealed-stream.h"

/* A stream layer that seals what is written before it reaches the socket. */

typedef struct
{
  HeinStream stream;
  HeinStream *inner; /* owned */
  gsize n_plain;     /* bytes still to be sent without encryption */
  HeinSeal seal;
  gpointer user_data;
  GByteArray *out; /* owned, nullable: sealed bytes not yet taken by `inner` */
  gsize written;   /* bytes of `out` that were written */
  gboolean shuts;  /* shut down writing once `out` is written */
} Sealed;

/* Updates the state that this stream reports, from the one below and its
 * own. */
static void
note (Sealed *self)
{
  HeinStream *inner = self->inner;

  self->stream.code = inner->code;
  self->stream.has_pending = inner->has_pending;
  self->stream.n_unsent =
    inner->n_unsent + (self->out != NULL ? self->out->len - self->written : 0);
}

static gssize
sealed_read (HeinStream *stream, void *buffer, gsize size, GError **error)
{
  Sealed *self = (Sealed *) stream;
  gssize n = hein_stream_read (self->inner, buffer, size, error);

  note (self);
  return n;
}

/* ---- writing ---- */

static void
forget_out (Sealed *self)
{
  g_clear_pointer (&self->out, g_byte_array_unref);
  self->written = 0;
}

/* Writes sealed bytes to the stream below. FALSE when that is broken. */
static gboolean
push (Sealed *self, GError **error)
{
  while (self->out != NULL)
    {
      const struct iovec vector = { self->out->data + self->written,
                                    self->out->len - self->written };
      g_autoptr (GError) local_error = NULL;
      gssize n = hein_stream_write (self->inner, &vector, 1, &local_error);

      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      if (n <= 0)
        return TRUE;
      self->written += n;
      if (self->written == self->out->len)
        forget_out (self);
    }
  return TRUE;
}

static gboolean
sealed_flush (HeinStream *stream, GError **error)
{
  Sealed *self = (Sealed *) stream;
  gboolean ok = hein_stream_flush (self->inner, error) && push (self, error);

  note (self);
  if (ok && self->shuts && self->out == NULL)
    {
      self->shuts = FALSE;
      hein_stream_shut_down_write (self->inner);
    }
  return ok;
}

/* Concatenates the vectors: one box for each would be expensive. */
static GByteArray *
join (const struct iovec *vectors, guint n_vectors, gsize size)
{
  GByteArray *all = g_byte_array_sized_new (size);

  for (guint i = 0; i < n_vectors; i++)
    g_byte_array_append (all, vectors[i].iov_base, vectors[i].iov_len);
  return all;
}

static void
seal_some (Sealed *self, const guint8 *data, gsize size)
{
  const gsize plain = MIN (size, self->n_plain);

  if (plain > 0)
    g_byte_array_append (self->out, data, plain);
  self->n_plain -= plain;
  if (size > plain)
    self->seal (self->user_data, data + plain, size - plain, self->out);
}

/* Accepts and seals everything at once. What the socket does not take counts as
 * unsent; until it has been sent, nothing more is accepted. */
static gssize
sealed_write (HeinStream *stream,
              const struct iovec *vectors,
              guint n_vectors,
              GError **error)
{
  Sealed *self = (Sealed *) stream;
  gsize size = 0;

  if (!sealed_flush (stream, error) || stream->n_unsent > 0)
    return -1;
  for (guint i = 0; i < n_vectors; i++)
    size += vectors[i].iov_len;
  self->out = g_byte_array_sized_new (size + 256);
  if (n_vectors == 1)
    seal_some (self, vectors->iov_base, size);
  else
    {
      g_autoptr (GByteArray) all = join (vectors, n_vectors, size);

      seal_some (self, all->data, all->len);
    }
  if (self->out->len == 0) /* the sealer waits for the rest of a frame */
    forget_out (self);
  return sealed_flush (stream, error) ? (gssize) size : -1;
}

static void
sealed_shut_down_write (HeinStream *stream)
{
  Sealed *self = (Sealed *) stream;

  self->shuts = self->out != NULL;
  if (!self->shuts)
    hein_stream_shut_down_write (self->inner);
}

static gboolean
sealed_reset_at_close (HeinStream *stream)
{
  return hein_stream_reset_at_close (((Sealed *) stream)->inner);
}

static void
sealed_close (HeinStream *stream)
{
  Sealed *self = (Sealed *) stream;

  g_clear_pointer (&self->out, g_byte_array_unref);
  hein_stream_close (self->inner);
  g_free (self);
}

static HeinStreamProof
sealed_get_proof (HeinStream *stream)
{
  return hein_stream_get_proof (((Sealed *) stream)->inner);
}

static const HeinStreamFuncs sealed_funcs = {
  .read = sealed_read,
  .write = sealed_write,
  .flush = sealed_flush,
  .get_proof = sealed_get_proof,
  .shut_down_write = sealed_shut_down_write,
  .reset_at_close = sealed_reset_at_close,
  .close = sealed_close,
};

HeinStream *
hein_sealed_stream_new (HeinStream *stream,
                        gsize n_plain,
                        HeinSeal seal,
                        gpointer user_data)
{
  Sealed *self = g_new0 (Sealed, 1);

  self->stream = *stream; /* starts with the state that the inner one reports */
  self->stream.funcs = &sealed_funcs;
  self->stream.is_layer = TRUE;
  self->inner = stream;
  self->n_plain = n_plain;
  self->seal = seal;
  self->user_data = user_data;
  note (self);
  return &self->stream;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "tls-ends.h"

/*
 * What comes to the layer of TLS, by the first byte:
 *
 *   0  to who listens, before the handshake     the rest of the input, in pieces of as
 *   1  to who dials, before the handshake       many bytes as the second byte says
 *   2  to who listens, behind the handshake
 *   4  to who dials, behind the handshake
 *   *  a script for two ends and who carries what they say: two bytes for each step
 *
 * Each end writes a row of numbers, so that what the other one reads can be compared:
 * whatever comes in between, it is the beginning of that row, or nothing.
 */

/* ---- one end ---- */

static void
read_some (TlsEnd *self, gsize size)
{
  guint8 data[512];
  GError *error = NULL;
  gssize n;

  if (self->is_over || !self->stream->is_open || size == 0)
    return;
  n = hein_stream_read (self->stream, data, MIN (size, sizeof data), &error);
  g_assert_cmpint (n, <=, (gssize) MIN (size, sizeof data));
  for (gssize i = 0; i < n; i++)
    g_assert_cmpuint (data[i], ==, self->n_read++);
  self->is_over = self->is_over || n == 0;
  tls_ends_note (self, error);
}

static void
write_some (TlsEnd *self, gsize size)
{
  guint8 data[256];
  const struct iovec vectors[] = { { data, size / 2 },
                                   { data + size / 2, size - size / 2 } };
  GError *error = NULL;
  gssize n;

  if (self->is_over || !self->stream->is_open)
    return;
  for (gsize i = 0; i < size; i++)
    data[i] = self->n_written + i;
  n = hein_stream_write (self->stream, vectors, 2, &error);
  self->n_written += MAX (n, 0);
  tls_ends_note (self, error);
}

/* ---- the four ---- */

static void
feed (TlsEnd *self, const guint8 *data, gsize size, gsize piece)
{
  guint8 lost[4096];

  while (size > 0 && !self->is_over)
    {
      const gsize n = MIN (size, piece);

      if (send (self->wire, data, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return;
      data += n;
      size -= n;
      tls_ends_greet (self);
      for (guint i = 0; i < 2 || self->stream->has_pending; i++)
        {
          if (self->is_over || !self->stream->is_open)
            break;
          read_some (self, 512);
        }
      while (recv (self->wire, lost, sizeof lost, MSG_DONTWAIT) > 0)
        ;
    }
}

static void
feed_stranger (gboolean dials, const guint8 *data, gsize size, gsize piece)
{
  TlsEnd self;

  tls_ends_init (&self, dials);
  tls_ends_greet (&self);
  feed (&self, data, size, piece);
  /* nobody who does not have the key is ever let in */
  g_assert_false (self.stream->is_open);
  tls_ends_clear (&self);
}

static void
feed_session (gboolean dials, const guint8 *data, gsize size, gsize piece)
{
  TlsEnd kirk;
  TlsEnd hub;

  tls_ends_init (&kirk, TRUE);
  tls_ends_init (&hub, FALSE);
  tls_ends_meet (&kirk, &hub);
  feed (dials ? &kirk : &hub, data, size, piece);
  g_assert_cmpuint (hub.n_read + kirk.n_read, ==, 0);
  tls_ends_clear (&kirk);
  tls_ends_clear (&hub);
}

static void
step (TlsEnd *self, TlsEnd *other, guint8 deed, guint8 number)
{
  switch (deed)
    {
    case 0:
      write_some (self, number);
      break;
    case 1:
      read_some (self, 2 * number);
      break;
    case 2:
      tls_ends_carry (self, other, 4 * number, 0);
      break;
    case 3:
      tls_ends_carry (self, other, 1 + number / 8, 1 << number % 8);
      break;
    case 4:
      if (!self->is_over && self->stream->is_open)
        hein_stream_shut_down_write (self->stream);
      break;
    case 5:
      shutdown (self->wire, number & 1 ? SHUT_RDWR : SHUT_WR);
      break;
    default:
      tls_ends_carry (self, other, 4096, 0);
      read_some (other, 512);
    }
}

static void
run (const guint8 *data, gsize size)
{
  TlsEnd ends[2];

  tls_ends_init (&ends[0], TRUE);
  tls_ends_init (&ends[1], FALSE);
  if (size % 2 == 0)
    tls_ends_meet (&ends[0], &ends[1]);
  else
    tls_ends_greet (&ends[0]);
  for (gsize i = 0; i + 1 < size && i < 512; i += 2)
    {
      TlsEnd *self = &ends[data[i] & 1];

      step (self, &ends[!(data[i] & 1)], data[i] >> 1 & 7, data[i + 1]);
    }
  tls_ends_clear (&ends[0]);
  tls_ends_clear (&ends[1]);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const gsize piece = size > 1 ? MAX (data[1], 1) * 8 : 1;

  if (size < 2)
    return 0;
  if (data[0] < 2)
    feed_stranger (data[0], data + 2, size - 2, piece);
  else if (data[0] == 2 || data[0] == 4)
    feed_session (data[0] == 4, data + 2, size - 2, piece);
  else
    run (data + 1, size - 1);
  return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "../../hein/io/hein-tls-module.h"
#include "fuzz.h"

extern const HeinTlsModule hein_tls_module;

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

#define KEY "b7f3d1c0a9e8476655443322110f0e0d0c0b0a09080706050403020100fedcba"
/* How often two ends speak to each other in a handshake, at most. */
#define ROUNDS_MAX 16

typedef struct
{
  HeinStream *stream;
  int wire; /* what it says comes out here */
  guint8 n_written;
  guint8 n_read;
  gboolean is_over; /* it has failed, or heard an end */
} End;

static HeinTls *listener;
static HeinTls *dialler;

static HeinTls *
open_keys (const char *path, gboolean is_dialling)
{
  const HeinTlsOptions options = {
    .key_file = path,
    .is_dialling = is_dialling,
    .bus_name = is_dialling ? "kirk" : "hub",
    .bus_instance = is_dialling ? "00112233445566778899aabbccddeeff"
                                : "ffeeddccbbaa99887766554433221100",
  };
  g_autoptr (GError) error = NULL;
  HeinTls *tls = hein_tls_module.open (&options, &error);

  g_assert_no_error (error);
  return tls;
}

static void
open_both (void)
{
  g_autofree char *path = NULL;
  int fd;

  if (listener != NULL)
    return;
  fd = g_file_open_tmp ("hein-fuzz-tls-XXXXXX", &path, NULL);
  g_assert_cmpint (write (fd, KEY, strlen (KEY)), ==, strlen (KEY));
  close (fd);
  listener = open_keys (path, FALSE);
  dialler = open_keys (path, TRUE);
  g_unlink (path);
}

static void
end_init (End *self, gboolean dials)
{
  int fds[2];

  *self = (End){ NULL };
  g_assert_cmpint (socketpair (AF_UNIX,
                               SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                               fds),
                   ==, 0);
  self->stream =
    hein_tls_module.new_stream (dials ? dialler : listener, fds[0], dials);
  self->wire = fds[1];
}

static void
end_clear (End *self)
{
  hein_stream_close (self->stream);
  close (self->wire);
}

/* ---- one end ---- */

static void
fail (End *self, GError *error)
{
  if (error == NULL)
    return;
  g_assert_cmpuint (strlen (error->message), >, 0);
  g_error_free (error);
  self->is_over = TRUE;
}

static void
greet (End *self)
{
  GError *error = NULL;

  if (!self->is_over && !self->stream->is_open)
    hein_stream_open (self->stream, &error);
  fail (self, error);
}

static void
read_some (End *self, gsize size)
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
  fail (self, error);
}

static void
write_some (End *self, gsize size)
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
  fail (self, error);
}

/* ---- who is in between ---- */

/* At most @size bytes, the first of them changed by @mask. FALSE: there are none. */
static gboolean
carry (End *from, End *to, gsize size, guint8 mask)
{
  guint8 data[4096];
  const gssize n =
    recv (from->wire, data, MIN (size, sizeof data), MSG_DONTWAIT);

  if (n <= 0)
    return FALSE;
  data[0] ^= mask;
  if (send (to->wire, data, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
    return FALSE;
  greet (to);
  return TRUE;
}

static void
meet (End *a, End *b)
{
  greet (a);
  for (guint i = 0; i < ROUNDS_MAX; i++)
    {
      carry (a, b, 4096, 0);
      carry (b, a, 4096, 0);
    }
  g_assert_true (a->stream->is_open && b->stream->is_open);
}

/* ---- the four ---- */

static void
feed (End *self, const guint8 *data, gsize size, gsize piece)
{
  guint8 lost[4096];

  while (size > 0 && !self->is_over)
    {
      const gsize n = MIN (size, piece);

      if (send (self->wire, data, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return;
      data += n;
      size -= n;
      greet (self);
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
  End self;

  end_init (&self, dials);
  greet (&self);
  feed (&self, data, size, piece);
  /* nobody who does not have the key is ever let in */
  g_assert_false (self.stream->is_open);
  end_clear (&self);
}

static void
feed_session (gboolean dials, const guint8 *data, gsize size, gsize piece)
{
  End kirk;
  End hub;

  end_init (&kirk, TRUE);
  end_init (&hub, FALSE);
  meet (&kirk, &hub);
  feed (dials ? &kirk : &hub, data, size, piece);
  g_assert_cmpuint (hub.n_read + kirk.n_read, ==, 0);
  end_clear (&kirk);
  end_clear (&hub);
}

static void
step (End *self, End *other, guint8 deed, guint8 number)
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
      carry (self, other, 4 * number, 0);
      break;
    case 3:
      carry (self, other, 1 + number / 8, 1 << number % 8);
      break;
    case 4:
      if (!self->is_over && self->stream->is_open)
        hein_stream_shut_down_write (self->stream);
      break;
    case 5:
      shutdown (self->wire, number & 1 ? SHUT_RDWR : SHUT_WR);
      break;
    default:
      carry (self, other, 4096, 0);
      read_some (other, 512);
    }
}

static void
run (const guint8 *data, gsize size)
{
  End ends[2];

  end_init (&ends[0], TRUE);
  end_init (&ends[1], FALSE);
  if (size % 2 == 0)
    meet (&ends[0], &ends[1]);
  else
    greet (&ends[0]);
  for (gsize i = 0; i + 1 < size && i < 512; i += 2)
    {
      End *self = &ends[data[i] & 1];

      step (self, &ends[!(data[i] & 1)], data[i] >> 1 & 7, data[i + 1]);
    }
  end_clear (&ends[0]);
  end_clear (&ends[1]);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const gsize piece = size > 1 ? MAX (data[1], 1) * 8 : 1;

  open_both ();
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

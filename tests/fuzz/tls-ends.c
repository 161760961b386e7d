/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-ends.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib/gstdio.h>

extern const HeinTlsModule hein_tls_module;

#define KEY "b7f3d1c0a9e8476655443322110f0e0d0c0b0a09080706050403020100fedcba"
/* How often two ends speak to each other in a handshake, at most. */
#define ROUNDS_MAX 16

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

void
tls_ends_init (TlsEnd *self, gboolean dials)
{
  int fds[2];

  open_both ();
  *self = (TlsEnd){ NULL };
  g_assert_cmpint (socketpair (AF_UNIX,
                               SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                               fds),
                   ==, 0);
  self->stream = hein_tls_module.new_stream (dials ? dialler : listener,
                                             hein_stream_new_socket (fds[0]),
                                             dials, "localhost");
  self->wire = fds[1];
}

void
tls_ends_clear (TlsEnd *self)
{
  hein_stream_close (self->stream);
  close (self->wire);
  g_clear_error (&self->error);
}

/* ---- one end ---- */

void
tls_ends_note (TlsEnd *self, GError *error)
{
  if (error == NULL)
    return;
  g_assert_cmpuint (strlen (error->message), >, 0);
  self->is_over = TRUE;
  if (self->error == NULL)
    self->error = error;
  else
    g_error_free (error);
}

void
tls_ends_greet (TlsEnd *self)
{
  GError *error = NULL;

  if (!self->is_over && !self->stream->is_open)
    hein_stream_open (self->stream, &error);
  tls_ends_note (self, error);
}

/* ---- who is in between ---- */

gboolean
tls_ends_carry (TlsEnd *from, TlsEnd *to, gsize size, guint8 mask)
{
  guint8 data[4096];
  const gssize n =
    recv (from->wire, data, MIN (size, sizeof data), MSG_DONTWAIT);

  if (n <= 0)
    return FALSE;
  data[0] ^= mask;
  if (send (to->wire, data, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
    return FALSE;
  tls_ends_greet (to);
  return TRUE;
}

void
tls_ends_meet (TlsEnd *a, TlsEnd *b)
{
  tls_ends_greet (a);
  for (guint i = 0; i < ROUNDS_MAX; i++)
    {
      tls_ends_carry (a, b, 4096, 0);
      tls_ends_carry (b, a, 4096, 0);
    }
  g_assert_true (a->stream->is_open && b->stream->is_open);
}

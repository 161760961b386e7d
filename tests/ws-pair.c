/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ws-pair.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "websocket/hein-ws-frame.h"
#include "websocket/hein-ws-key.h"
#include "websocket/hein-ws-stream.h"

/* One WebSocket, and somebody at the other end. */

/* The one of RFC 6455, 1.3. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

void
ws_pair_init (WsPair *self, gboolean is_dialled, const HeinWsOptions *options)
{
  HeinWsOptions all = options != NULL ? *options : (HeinWsOptions){ 0 };
  const int few = 8192; /* so that also what was kept is taken in parts */
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds),
                   ==, 0);
  g_assert_cmpint (setsockopt (fds[0], SOL_SOCKET, SO_SNDBUF, &few, sizeof few),
                   ==, 0);
  all.is_dialled = is_dialled;
  all.path = options != NULL ? options->path : "/";
  if (all.authority == NULL)
    all.authority = "example.org";
  if (all.message_max == 0)
    all.message_max = 1024;
  *self = (WsPair){ .is_dialled = is_dialled,
                    .fd = fds[1],
                    .read = g_string_new (NULL) };
  self->stream = hein_ws_stream_new (hein_stream_new_socket (fds[0]), &all);
}

void
ws_pair_clear (WsPair *self)
{
  if (self->stream != NULL)
    hein_stream_close (self->stream);
  close (self->fd);
  g_string_free (self->read, TRUE);
  g_clear_error (&self->error);
}

static void
read_all (WsPair *self, gsize step)
{
  guint8 buffer[4096];
  gssize n;

  if (!self->stream->is_open)
    hein_stream_open (self->stream, &self->error);
  if (!self->stream->is_open)
    return;
  do
    {
      n = hein_stream_read (self->stream, buffer,
                            step > 0 ? step : sizeof buffer, &self->error);
      if (n > 0)
        g_string_append_len (self->read, (const char *) buffer, n);
      self->has_ended |= n == 0;
    }
  while (n > 0);
  g_assert_false (self->stream->has_pending);
}

void
ws_pair_say (WsPair *self, const void *bytes, gsize size, gsize step)
{
  if (self->error != NULL || self->has_ended)
    return;
  if (size > 0)
    g_assert_cmpint (write (self->fd, bytes, size), ==, size);
  read_all (self, step);
}

GByteArray *
ws_pair_hear (WsPair *self)
{
  GByteArray *heard = g_byte_array_new ();
  guint8 buffer[4096];
  gssize n;

  while ((n = read (self->fd, buffer, sizeof buffer)) > 0)
    g_byte_array_append (heard, buffer, n);
  return heard;
}

static char *
find_key (const char *request)
{
  const char *key = strstr (request, "Sec-WebSocket-Key: ");

  g_assert_nonnull (key);
  key += strlen ("Sec-WebSocket-Key: ");
  return g_strndup (key, strcspn (key, "\r"));
}

/* What the other end says, to begin with. */
static char *
dup_words (WsPair *self, const char *subprotocol)
{
  g_autofree char *field =
    subprotocol != NULL
      ? g_strdup_printf ("Sec-WebSocket-Protocol: %s\r\n", subprotocol)
      : g_strdup ("");
  g_autoptr (GByteArray) heard = ws_pair_hear (self);
  g_autofree char *key = NULL;
  g_autofree char *answer = NULL;

  if (heard->len == 0)
    return g_strdup_printf ("GET / HTTP/1.1\r\nHost: a\r\n"
                            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Key: " KEY "\r\n"
                            "Sec-WebSocket-Version: 13\r\n%s\r\n",
                            field);
  g_byte_array_append (heard, (const guint8 *) "", 1);
  key = find_key ((const char *) heard->data);
  answer = hein_ws_key_dup_answer (key);
  return g_strdup_printf ("HTTP/1.1 101 Switching\r\n"
                          "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Accept: %s\r\n%s\r\n",
                          answer, field);
}

void
ws_pair_shake (WsPair *self, const char *subprotocol)
{
  g_autofree char *words = NULL;
  g_autoptr (GByteArray) heard = NULL;

  ws_pair_say (self, NULL, 0, 0);
  words = dup_words (self, subprotocol);
  ws_pair_say (self, words, strlen (words), 0);
  g_assert_no_error (self->error);
  g_assert_true (self->stream->is_open);
  heard = ws_pair_hear (self);
}

GByteArray *
ws_pair_make_frame (WsPair *self, guint8 first, const void *payload, gsize size)
{
  GByteArray *bytes = g_byte_array_new ();
  const HeinWsFrame frame = { .opcode = first & 0x7f,
                              .is_final = (first & WS_FINAL) != 0,
                              .is_masked = !self->is_dialled,
                              .mask = { 1, 2, 3, 0xf0 },
                              .size = size };
  guint8 head[HEIN_WS_HEAD_MAX];
  const gsize n = hein_ws_frame_write (&frame, head);

  g_byte_array_append (bytes, head, n);
  g_byte_array_set_size (bytes, n + size);
  if (frame.is_masked)
    hein_ws_mask (bytes->data + n, payload, size, frame.mask, 0);
  else if (size > 0)
    memcpy (bytes->data + n, payload, size);
  return bytes;
}

void
ws_pair_say_frame (WsPair *self, guint8 first, const void *payload, gsize size)
{
  g_autoptr (GByteArray) frame =
    ws_pair_make_frame (self, first, payload, size);

  ws_pair_say (self, frame->data, frame->len, 0);
}

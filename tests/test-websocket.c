/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hein/hein-error.h>

#include "websocket/hein-ws-frame.h"
#include "websocket/hein-ws-key.h"
#include "ws-pair.h"

/* WebSocket as a layer of a stream: frames in both roles, split anywhere. */

#define BINARY (WS_FINAL | HEIN_WS_BINARY)

static void
say (WsPair *self, gconstpointer bytes, gsize size, gsize step)
{
  ws_pair_say (self, bytes, size, step);
}

static void
assert_read (WsPair *self, const char *expected, gsize size)
{
  g_assert_no_error (self->error);
  g_assert_cmpmem (self->read->str, self->read->len, expected, size);
  g_string_truncate (self->read, 0);
}

static gssize
write_text (WsPair *self, const char *text)
{
  const gsize half = strlen (text) / 2;
  const struct iovec vectors[] = { { (gpointer) text, half },
                                   { (gpointer) (text + half),
                                     strlen (text) - half } };

  return hein_stream_write (self->stream, vectors, 2, NULL);
}

/* The payload of the only frame in @bytes, unmasked. */
static void
assert_frame (WsPair *self,
              const GByteArray *bytes,
              guint8 first,
              const char *payload,
              gsize size)
{
  HeinWsFrame frame;
  const gsize head = hein_ws_frame_get_head_size (bytes->data, bytes->len);
  g_autofree guint8 *text = NULL;

  g_assert_cmpuint (bytes->len, >=, head);
  g_assert_null (hein_ws_frame_read (&frame, bytes->data, self->is_dialled));
  g_assert_cmpuint (frame.opcode | (frame.is_final ? WS_FINAL : 0), ==, first);
  g_assert_cmpuint (frame.size, ==, bytes->len - head);
  text = g_malloc0 (frame.size + 1);
  if (frame.is_masked)
    hein_ws_mask (text, bytes->data + head, frame.size, frame.mask, 0);
  else
    memcpy (text, bytes->data + head, frame.size);
  g_assert_cmpmem (text, frame.size, payload, size);
}

/* RFC 6455, 1.3. */
static void
test_key (void)
{
  g_autofree char *answer = hein_ws_key_dup_answer ("dGhlIHNhbXBsZSBub25jZQ==");
  g_autofree char *made = hein_ws_key_make ();
  g_autofree char *other = hein_ws_key_make ();

  g_assert_cmpstr (answer, ==, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  g_assert_true (hein_ws_key_is_valid (made));
  g_assert_cmpstr (made, !=, other);
  g_assert_false (hein_ws_key_is_valid ("dGhlIHNhbXBsZSBub25jZQ="));
  g_assert_false (hein_ws_key_is_valid ("dGhlIHNhbXBsZSBub25jZ!=="));
  g_assert_false (hein_ws_key_is_valid ("dGhlIHNhbXBsZSBub25jZR=="));
}

/* Each size and phase gives what one byte at a time gives. */
static void
test_mask (void)
{
  const guint8 mask[] = { 0x37, 0xfa, 0x21, 0x3d };
  guint8 from[40], to[41];

  for (guint i = 0; i < sizeof from; i++)
    from[i] = (guint8) (i * 7);
  for (gsize size = 0; size <= sizeof from; size++)
    for (gsize phase = 0; phase < 9; phase++)
      {
        to[size] = 0xee;
        hein_ws_mask (to, from, size, mask, phase);
        for (gsize i = 0; i < size; i++)
          g_assert_cmpuint (to[i], ==, from[i] ^ mask[(phase + i) % 4]);
        g_assert_cmpuint (to[size], ==, 0xee);
      }
}

/* What is written goes out as one frame, masked by who dials. */
static void
test_write (void)
{
  for (guint is_dialled = 0; is_dialled < 2; is_dialled++)
    {
      WsPair pair;
      g_autoptr (GByteArray) heard = NULL;
      g_autoptr (GByteArray) closing = NULL;

      ws_pair_init (&pair, is_dialled, NULL);
      ws_pair_shake (&pair, NULL);
      g_assert_cmpint (write_text (&pair, "hello!"), ==, 6);
      heard = ws_pair_hear (&pair);
      g_assert_cmpuint (heard->len, ==, is_dialled ? 12 : 8);
      assert_frame (&pair, heard, BINARY, "hello!", 6);
      hein_stream_shut_down_write (pair.stream);
      closing = ws_pair_hear (&pair);
      assert_frame (&pair, closing, WS_FINAL | HEIN_WS_CLOSE, "\x03\xe8", 2);
      ws_pair_clear (&pair);
    }
}

#define N_SIZES  4
#define N_PIECES (16 * N_SIZES)
#define GAP      16

/* Writes what is left, in pieces that lie apart, and of which some are copied
 * and some are not. Returns how many bytes were taken. */
static gsize
write_pieces (WsPair *pair, const guint8 *bytes, gsize size)
{
  const gsize sizes[N_SIZES] = { 1, 700, 100, 70000 };
  g_autofree guint8 *apart = g_malloc0 (size + N_PIECES * GAP);
  struct iovec vectors[N_PIECES];
  gsize at = 0;
  guint n = 0;
  gssize n_taken;

  for (; at < size && n < N_PIECES; n++)
    {
      const gsize piece = MIN (sizes[n % N_SIZES], size - at);

      vectors[n] = (struct iovec){ apart + at + n * GAP, piece };
      memcpy (vectors[n].iov_base, bytes + at, piece);
      at += piece;
    }
  n_taken = hein_stream_write (pair->stream, vectors, n, NULL);
  return MAX (n_taken, 0);
}

/* Appends what is in frames that lie one behind the other. */
static void
unpack (WsPair *pair, const GByteArray *frames, GByteArray *payload)
{
  for (gsize at = 0; at < frames->len;)
    {
      const guint before = payload->len;
      const guint8 *data = frames->data + at;
      const gsize head = hein_ws_frame_get_head_size (data, frames->len - at);
      HeinWsFrame frame = { 0 };

      g_assert_null (hein_ws_frame_read (&frame, data, pair->is_dialled));
      g_assert_cmpuint (head + frame.size, <=, frames->len - at);
      g_byte_array_set_size (payload, before + frame.size);
      hein_ws_mask (payload->data + before, data + head, frame.size, frame.mask,
                    0);
      at += head + frame.size;
    }
}

/* What the socket does not take is kept, and follows. */
static void
check_blocked (gboolean is_dialled)
{
  const gsize size = 4 * 1024 * 1024;
  g_autofree guint8 *bytes = g_malloc (size);
  g_autoptr (GByteArray) all = g_byte_array_new ();
  g_autoptr (GByteArray) payload = g_byte_array_new ();
  g_autoptr (GByteArray) rest = NULL;
  gboolean was_blocked = FALSE;
  gsize taken = 0;
  WsPair pair;

  for (gsize i = 0; i < size; i++)
    bytes[i] = (guint8) (i * 2654435761u >> 24);
  ws_pair_init (&pair, is_dialled, NULL);
  ws_pair_shake (&pair, NULL);
  while (taken < size || pair.stream->n_unsent > 0)
    {
      guint8 heard[5000];
      gssize n_heard;

      if (taken < size)
        taken += write_pieces (&pair, bytes + taken, size - taken);
      was_blocked |= pair.stream->n_unsent > 0;
      g_assert_true (hein_stream_flush (pair.stream, NULL));
      n_heard = read (pair.fd, heard, sizeof heard);
      g_byte_array_append (all, heard, MAX (n_heard, 0));
    }
  rest = ws_pair_hear (&pair);
  g_byte_array_append (all, rest->data, rest->len);
  g_assert_true (was_blocked);
  unpack (&pair, all, payload);
  g_assert_cmpmem (payload->data, payload->len, bytes, size);
  ws_pair_clear (&pair);
}

static void
test_blocked (void)
{
  check_blocked (FALSE);
  check_blocked (TRUE);
}

static void
add (GByteArray *all, WsPair *pair, guint8 first, const char *text, gsize size)
{
  g_autoptr (GByteArray) frame = ws_pair_make_frame (pair, first, text, size);

  g_byte_array_append (all, frame->data, frame->len);
}

/* Messages of one frame and of several, with pings between. */
static GByteArray *
make_talk (WsPair *pair, GString *expected)
{
  g_autofree char *large = g_strnfill (300, 'y');
  GByteArray *all = g_byte_array_new ();

  add (all, pair, BINARY, "ab", 2);
  add (all, pair, HEIN_WS_BINARY, "c", 1);
  add (all, pair, WS_FINAL | HEIN_WS_PING, "p", 1);
  add (all, pair, HEIN_WS_CONTINUATION, "", 0);
  add (all, pair, WS_FINAL | HEIN_WS_PONG, "q", 1);
  add (all, pair, WS_FINAL | HEIN_WS_CONTINUATION, "de", 2);
  add (all, pair, BINARY, large, 300);
  add (all, pair, BINARY, "", 0);
  add (all, pair, BINARY, "f", 1);
  g_string_append (expected, "abcde");
  g_string_append (expected, large);
  g_string_append (expected, "f");
  return all;
}

/* The same is read, wherever what comes is cut, and however little is read at
 * once. */
static void
test_split (void)
{
  for (guint is_dialled = 0; is_dialled < 2; is_dialled++)
    for (gsize cut = 0, size = 1; cut < size; cut++)
      {
        g_autoptr (GString) expected = g_string_new (NULL);
        g_autoptr (GByteArray) talk = NULL;
        g_autoptr (GByteArray) heard = NULL;
        WsPair pair;

        ws_pair_init (&pair, is_dialled, NULL);
        ws_pair_shake (&pair, NULL);
        talk = make_talk (&pair, expected);
        size = talk->len;
        say (&pair, talk->data, cut, cut % 4);
        say (&pair, talk->data + cut, size - cut, cut % 3);
        assert_read (&pair, expected->str, expected->len);
        heard = ws_pair_hear (&pair);
        assert_frame (&pair, heard, WS_FINAL | HEIN_WS_PONG, "p", 1);
        ws_pair_clear (&pair);
      }
}

/* Also the handshake may come byte by byte, with the first frames behind it. */
static void
test_split_handshake (void)
{
  const char words[] = "GET /?a=b HTTP/1.1\r\nhost:a\r\nUPGRADE: WebSocket\r\n"
                       "Connection: keep-alive, Upgrade\r\n"
                       "Sec-WebSocket-Key:  dGhlIHNhbXBsZSBub25jZQ== \r\n"
                       "Sec-WebSocket-Version: 13\r\n\r\n";
  WsPair pair;
  g_autoptr (GByteArray) all = g_byte_array_new ();

  for (gsize cut = 0; cut < sizeof words + 8; cut++)
    {
      ws_pair_init (&pair, FALSE, NULL);
      g_byte_array_set_size (all, 0);
      g_byte_array_append (all, (const guint8 *) words, strlen (words));
      add (all, &pair, BINARY, "abc", 3);
      say (&pair, all->data, MIN (cut, all->len), 0);
      say (&pair, all->data + MIN (cut, all->len),
           all->len - MIN (cut, all->len), 1);
      g_assert_true (pair.stream->is_open);
      assert_read (&pair, "abc", 3);
      ws_pair_clear (&pair);
    }
}

/* In order, or with a code and a reason that is shown harmlessly. */
static void
test_close (void)
{
  const struct
  {
    const char *payload;
    gsize size;
    const char *message; /* NULL: in order */
    const char *answer;
  } cases[] = {
    { "", 0, NULL, "\x03\xe8" },
    { "\x03\xe8", 2, NULL, "\x03\xe8" },
    { "\x03\xe9gone", 6, NULL, "\x03\xe9" },
    { "\x03\xf0no\x1b[1m", 8, "1008", "\x03\xf0" },
    { "\x0f\xa0own", 5, "4000: own", "\x0f\xa0" },
    { "\x03", 1, "half a code", "\x03\xea" },
    { "\x03\xed", 2, "nobody may say", "\x03\xea" },
    { "\0\1", 2, "nobody may say", "\x03\xea" },
    { "\x03\xe8\xff", 3, "not UTF-8", "\x03\xef" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      WsPair pair;
      g_autoptr (GByteArray) heard = NULL;

      ws_pair_init (&pair, i % 2, NULL);
      ws_pair_shake (&pair, NULL);
      ws_pair_say_frame (&pair, WS_FINAL | HEIN_WS_CLOSE, cases[i].payload,
                         cases[i].size);
      g_assert_cmpint (pair.has_ended, ==, cases[i].message == NULL);
      g_assert_cmpint (pair.error != NULL, ==, cases[i].message != NULL);
      if (pair.error != NULL)
        {
          g_assert_nonnull (strstr (pair.error->message, cases[i].message));
          g_assert_null (strchr (pair.error->message, '\x1b'));
        }
      if (pair.has_ended)
        hein_stream_shut_down_write (pair.stream);
      heard = ws_pair_hear (&pair);
      assert_frame (&pair, heard, WS_FINAL | HEIN_WS_CLOSE, cases[i].answer, 2);
      g_assert_cmpint (write_text (&pair, "late"), ==, -1);
      ws_pair_clear (&pair);
    }
}

/* A14: where both are taken, the first byte tells them apart. */
static void
test_plain (void)
{
  const HeinWsOptions options = { .path = "/", .may_be_plain = TRUE };
  g_autoptr (GByteArray) heard = NULL;
  WsPair pair;

  ws_pair_init (&pair, FALSE, &options);
  say (&pair, "\0\0\0\2ab", 6, 4);
  assert_read (&pair, "\0\0\0\2ab", 6);
  say (&pair, "more", 4, 3);
  assert_read (&pair, "more", 4);
  g_assert_cmpint (write_text (&pair, "plain"), ==, 5);
  heard = ws_pair_hear (&pair);
  g_assert_cmpmem (heard->data, heard->len, "plain", 5);
  ws_pair_clear (&pair);
  ws_pair_init (&pair, FALSE, &options);
  ws_pair_shake (&pair, NULL);
  ws_pair_say_frame (&pair, BINARY, "\0a", 2);
  assert_read (&pair, "\0a", 2);
  ws_pair_clear (&pair);
}

/* Who has ended may still be told something. */
static void
test_half_closed (void)
{
  g_autoptr (GByteArray) heard = NULL;
  g_autoptr (GByteArray) closing = NULL;
  WsPair pair;

  ws_pair_init (&pair, FALSE, NULL);
  ws_pair_shake (&pair, NULL);
  ws_pair_say_frame (&pair, WS_FINAL | HEIN_WS_CLOSE, "\x03\xe9", 2);
  g_assert_true (pair.has_ended);
  g_assert_cmpint (write_text (&pair, "more"), ==, 4);
  heard = ws_pair_hear (&pair);
  assert_frame (&pair, heard, BINARY, "more", 4);
  hein_stream_close (g_steal_pointer (&pair.stream));
  closing = ws_pair_hear (&pair);
  assert_frame (&pair, closing, WS_FINAL | HEIN_WS_CLOSE, "\x03\xe9", 2);
  ws_pair_clear (&pair);
}

/* Without a word the connection may end between messages, and not in one. */
static void
test_end (void)
{
  for (guint n = 0; n < 3; n++)
    {
      g_autoptr (GByteArray) frame = NULL;
      WsPair pair;

      ws_pair_init (&pair, FALSE, NULL);
      ws_pair_shake (&pair, NULL);
      frame = ws_pair_make_frame (&pair, BINARY, "abc", 3);
      say (&pair, frame->data, n == 0 ? frame->len : n, 0);
      shutdown (pair.fd, SHUT_WR);
      say (&pair, NULL, 0, 0);
      g_assert_cmpint (pair.has_ended, ==, n == 0);
      if (n > 0)
        g_assert_error (pair.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
      ws_pair_clear (&pair);
    }
}

/* ---- ZWS ---- */

#define READY "\4\x10\5READYabcdefghij"

static void
init_zws (WsPair *pair, gboolean is_dialled)
{
  const HeinWsOptions options = { .path = "/", .subprotocols = "ZWS2.0/NULL" };

  ws_pair_init (pair, is_dialled, &options);
  ws_pair_shake (pair, "ZWS2.0/NULL");
  g_assert_cmpuint (pair->read->len, ==, 64);
  g_assert_cmpmem (pair->read->str + 10, 6, "\3\0NULL", 6);
  g_string_truncate (pair->read, 0);
}

/* Frames of ZMTP are what is read, whatever frames of WebSocket carry them. */
static void
test_zws_read (void)
{
  g_autofree char *large = g_strnfill (300, 'z');
  const char head[] = "\3\0\0\0\0\0\0\1\x2b";

  for (guint is_dialled = 0; is_dialled < 2; is_dialled++)
    for (gsize step = 0; step < 5; step++)
      {
        g_autoptr (GByteArray) all = g_byte_array_new ();
        g_autoptr (GString) expected = g_string_new (NULL);
        WsPair pair;

        init_zws (&pair, is_dialled);
        large[0] = 1;
        add (all, &pair, BINARY, "\2\5READYabcdefghij", 17);
        add (all, &pair, BINARY, large, 300);
        large[0] = 'z';
        add (all, &pair, HEIN_WS_BINARY, "", 0);
        add (all, &pair, WS_FINAL | HEIN_WS_PING, "", 0);
        add (all, &pair, HEIN_WS_CONTINUATION, "\1a", 2);
        add (all, &pair, WS_FINAL | HEIN_WS_CONTINUATION, "b", 1);
        add (all, &pair, BINARY, "\0", 1);
        say (&pair, all->data, all->len, step);
        g_string_append_len (expected, READY, 18);
        g_string_append_len (expected, head, 9);
        g_string_append_len (expected, large + 1, 299);
        g_string_append_len (expected, "\1\2ab\0\0", 6);
        assert_read (&pair, expected->str, expected->len);
        ws_pair_clear (&pair);
      }
}

/* Each frame of ZMTP is a message, wherever the writes are cut. */
static void
test_zws_write (void)
{
  g_autoptr (GByteArray) zmtp = g_byte_array_new ();
  const guint8 greeting[64] = { 0xff };

  g_byte_array_append (zmtp, greeting, sizeof greeting);
  g_byte_array_append (zmtp, (const guint8 *) READY "\1\2ab\0\0", 18 + 6);
  for (gsize cut = 1; cut < zmtp->len; cut++)
    {
      const struct iovec parts[] = { { zmtp->data, cut },
                                     { zmtp->data + cut, zmtp->len - cut } };
      g_autoptr (GByteArray) heard = NULL;
      WsPair pair;

      init_zws (&pair, FALSE);
      for (guint i = 0; i < 2; i++)
        g_assert_cmpint (hein_stream_write (pair.stream, &parts[i], 1, NULL),
                         ==, parts[i].iov_len);
      heard = ws_pair_hear (&pair);
      g_assert_cmpmem (heard->data, heard->len,
                       "\x82\x11\2\5READYabcdefghij\x82\3\1ab\x82\1\0",
                       19 + 5 + 3);
      ws_pair_clear (&pair);
    }
}

/* A ping that comes within a message that is being sent is answered behind
 * it. */
static void
test_zws_ping (void)
{
  const guint8 greeting[64] = { 0xff };
  const struct iovec begin[] = { { (gpointer) greeting, 64 }, { "\0\2a", 3 } };
  const struct iovec end = { "b", 1 };
  g_autoptr (GByteArray) heard = NULL;
  WsPair pair;

  init_zws (&pair, FALSE);
  g_assert_cmpint (hein_stream_write (pair.stream, begin, 2, NULL), ==, 67);
  ws_pair_say_frame (&pair, WS_FINAL | HEIN_WS_PING, "1", 1);
  ws_pair_say_frame (&pair, WS_FINAL | HEIN_WS_PING, "2", 1);
  g_assert_cmpint (hein_stream_write (pair.stream, &end, 1, NULL), ==, 1);
  heard = ws_pair_hear (&pair);
  g_assert_cmpmem (heard->data, heard->len,
                   "\x82\3\0ab\x8a\1"
                   "2",
                   8);
  ws_pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/websocket/key", test_key);
  g_test_add_func ("/websocket/mask", test_mask);
  g_test_add_func ("/websocket/write", test_write);
  g_test_add_func ("/websocket/blocked", test_blocked);
  g_test_add_func ("/websocket/split", test_split);
  g_test_add_func ("/websocket/split/handshake", test_split_handshake);
  g_test_add_func ("/websocket/close", test_close);
  g_test_add_func ("/websocket/close/half", test_half_closed);
  g_test_add_func ("/websocket/end", test_end);
  g_test_add_func ("/websocket/plain", test_plain);
  g_test_add_func ("/websocket/zws/read", test_zws_read);
  g_test_add_func ("/websocket/zws/write", test_zws_write);
  g_test_add_func ("/websocket/zws/ping", test_zws_ping);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "socketengine-recorder.h"

/*
 * The protocol alone, byte for byte, with the bytes that the Python library was
 * seen to send. S… are the requirements that a test stands for.
 */

#define KIRK    "{\"type\": \"__name_conn\", \"data\": \"kirk\"}\n"
#define ACK     "{\"type\": \"__ack\", \"data\": \"__ack\"}\n"
#define CLOSING "{\"type\": \"__status\", \"data\": \"__closing\"}\n"
#define PNG     "image/png"

/* Two black points beside each other, as OpenCV writes them. */
static const char png[] =
  "\211PNG\r\n\032\n\0\0\0\015IHDR\0\0\0\002\0\0\0\001\010\002\0\0\0{@\350\335"
  "\0\0\0\013IDATx\001c`\0\003\0\0\007\0\001\206\323\257\255\0\0\0\0IEND\256B`"
  "\202";
#define PNG_SIZE (sizeof png - 1)
#define PNG_TEXT                                                               \
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAC0lEQVR4AWNgAAMAAAcAAYbTr"  \
  "60AAAAASUVORK5CYII="
#define IMAGE "{\"type\": \"__image\", \"data\": \"" PNG_TEXT "\"}\n"

static Recorder *
open_old (void)
{
  Recorder *self = socketengine_recorder_new (TRUE, "dialect",
                                              SOCKETENGINE_DIALECT_J_OLD, NULL);

  WRITTEN (self, NAME);
  return self;
}

static void
assert_unsendable (Recorder *self, HeinMessage *message, const char *advice)
{
  g_autoptr (HeinMessage) owned = message;
  g_autoptr (GError) error = NULL;

  g_assert_false (recorder_encode (self, owned, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, advice));
  WRITTEN (self, "");
}

/* ---- names ---- */

/* S5: the dialler says its name before anything else, and is up at once. */
static void
test_dialler (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_new (TRUE, NULL);

  WRITTEN (self, NAME);
  recorder_assert_logged (self, "offer (null) 2\nready\n");
  ENCODES (self, MAKE ("test", NULL, "hello!"), HELLO);
}

/* S5: an acceptor says nothing, and takes the name that comes. */
static void
test_acceptor (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_new (FALSE, NULL);

  g_assert_false (self->is_ready);
  FEED (self, KIRK);
  recorder_assert_logged (self, "offer kirk 0\nready\n");
  WRITTEN (self, "");
  ENCODES (self, MAKE ("test", NULL, "hello!"), HELLO);
}

/* S1: clients of a host say nothing until they have something to say. */
static void
test_silent_client (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_new (FALSE, NULL);

  recorder_pass_time (self, 99);
  g_assert_false (self->is_ready);
  recorder_pass_time (self, 1);
  recorder_assert_logged (self, "offer (null) 2\nready\n");
  FEED (self, HELLO);
  MESSAGE (self, 0, "test", NULL, "hello!");
}

static void
test_talking_client (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_new (FALSE, NULL);

  FEED (self, HELLO);
  recorder_assert_logged (self, "offer (null) 2\nready\n");
  MESSAGE (self, 0, "test", NULL, "hello!");
}

/* A name of which the end is still on its way is waited for. */
static void
test_slow_name (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_new (FALSE, NULL);

  for (gsize i = 0; i < sizeof KIRK - 1; i++)
    {
      recorder_feed (self, (const guint8 *) KIRK + i, 1);
      recorder_pass_time (self, 60);
    }
  recorder_assert_logged (self, "offer kirk 0\n");
}

/* A first line that is longer than any name is not waited for. */
static void
test_long_first_line (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_new (FALSE, NULL);
  g_autofree char *text = g_strnfill (3000, 'x');

  FEED (self, "{\"type\": \"t\", \"data\": \"");
  recorder_feed (self, (const guint8 *) text, 3000);
  g_assert_true (self->is_ready);
  FEED (self, "\"}\n");
  recorder_assert_message (self, 0, "t", NULL, text, 3000);
}

/* Names of one side that another one could not have. */
static void
test_bad_name (void)
{
  g_autofree char *long_name = g_strnfill (256, 'x');
  g_autofree char *long_text = g_strdup_printf ("\"%s\"", long_name);
  const char *const names[] = {
    "\"\"", "5", "null", "\"a\\u0000b\"", "\"\\ud800\"", "\"\\n\"", long_text,
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (Recorder) self = socketengine_recorder_new (FALSE, NULL);
      g_autofree char *line =
        g_strdup_printf ("{\"type\":\"__name_conn\",\"data\":%s}\n", names[i]);

      recorder_feed (self, (const guint8 *) line, strlen (line));
      recorder_assert_logged (self, "offer (null) 2\nready\ndrop 7 ");
      FEED (self, HELLO);
      MESSAGE (self, 0, "test", NULL, "hello!");
    }
}

/* The rule is the same for whoever reads a name. */
static void
test_check_name (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_new (FALSE, NULL);
  g_autofree char *longest = g_strnfill (256, 'x');
  const struct
  {
    const char *text;
    gsize size;
  } bad[] = { { "", 0 },        { NULL, 0 },   { "a\0b", 3 },
              { longest, 256 }, { "\377", 1 }, { "a\nb", 3 } };

  g_assert_true (hein_wire_check_name (self->wire, longest, 255, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (
        hein_wire_check_name (self->wire, bad[i].text, bad[i].size, &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
    }
}

/* Said once more it is ignored; another one does not take its place. */
static void
test_later_name (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_new (FALSE, NULL);
  g_autoptr (Recorder) dialler = socketengine_recorder_open ();

  FEED (self, KIRK KIRK);
  g_assert_cmpuint (socketengine_recorder_count_logged (self, "drop"), ==, 0);
  FEED (self, NAME);
  g_assert_cmpuint (socketengine_recorder_count_logged (self, "drop 7"), ==, 1);
  g_assert_cmpuint (socketengine_recorder_count_logged (self, "offer"), ==, 1);
  FEED (dialler, KIRK);
  g_assert_cmpuint (socketengine_recorder_count_logged (dialler, "drop 7"), ==,
                    1);
  g_assert_cmpuint (self->delivered->len + dialler->delivered->len, ==, 0);
}

/* What came behind the name waits for the verdict, and is lost with a no. */
static void
test_slow_verdict (void)
{
  g_autoptr (Recorder) named = socketengine_recorder_new (FALSE, NULL);
  g_autoptr (Recorder) silent = socketengine_recorder_new (FALSE, NULL);
  g_autoptr (Recorder) refused = socketengine_recorder_new (FALSE, NULL);
  g_autoptr (GError) refusal =
    g_error_new_literal (HEIN_ERROR, HEIN_ERROR_REFUSED, "too many");

  named->is_slow = silent->is_slow = refused->is_slow = TRUE;
  FEED (named, KIRK HELLO);
  FEED (silent, HELLO HELLO);
  FEED (refused, KIRK HELLO);
  g_assert_cmpuint (named->delivered->len + silent->delivered->len, ==, 0);
  recorder_admit (named, NULL);
  recorder_admit (silent, NULL);
  recorder_admit (refused, refusal);
  g_assert_cmpuint (named->delivered->len, ==, 1);
  g_assert_cmpuint (silent->delivered->len, ==, 2);
  g_assert_cmpuint (refused->delivered->len, ==, 0);
  g_assert_false (refused->is_ready);
}

/* ---- worked bytes ---- */

static const char hello_bytes[] = {
  0x7b, 0x22, 0x74, 0x79, 0x70, 0x65, 0x22, 0x3a, 0x20, 0x22, 0x74, 0x65,
  0x73, 0x74, 0x22, 0x2c, 0x20, 0x22, 0x64, 0x61, 0x74, 0x61, 0x22, 0x3a,
  0x20, 0x22, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x21, 0x22, 0x7d, 0x0a,
};

static void
test_hello (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();

  recorder_assert_encodes (self, MAKE ("test", NULL, "hello!"), hello_bytes,
                           sizeof hello_bytes);
  recorder_assert_encodes (self, MAKE ("test", "text/plain", "hello!"),
                           hello_bytes, sizeof hello_bytes);
  recorder_assert_encodes (self,
                           MAKE ("test", "text/plain; charset=utf-8", "hello!"),
                           hello_bytes, sizeof hello_bytes);
  recorder_feed (self, (const guint8 *) hello_bytes, sizeof hello_bytes);
  MESSAGE (self, 0, "test", NULL, "hello!");
}

/* S7: one of 124 bytes both ways, and what is answered. */
static void
test_image (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();

  g_assert_cmpuint (sizeof IMAGE - 1, ==, 124);
  recorder_assert_encodes (self,
                           recorder_make_message ("camera", PNG, png, PNG_SIZE),
                           IMAGE, 124);
  FEED (self, IMAGE);
  recorder_assert_message (self, 0, "image", PNG, png, PNG_SIZE);
  WRITTEN (self, ACK);
}

/* S8 */
static void
test_closing (void)
{
  g_autoptr (Recorder) leaving = socketengine_recorder_open ();
  g_autoptr (Recorder) left = socketengine_recorder_new (FALSE, NULL);

  HEIN_PROTOCOL_GET_CLASS (leaving->protocol)
    ->finish (leaving->protocol, leaving->wire);
  WRITTEN (leaving, CLOSING);
  FEED (left, KIRK HELLO CLOSING HELLO);
  MESSAGE (left, 0, "test", NULL, "hello!");
  g_assert_cmpuint (left->delivered->len, ==, 1);
  g_assert_error (left->failure, HEIN_ERROR, HEIN_ERROR_CLOSED);
  HEIN_PROTOCOL_GET_CLASS (left->protocol)->finish (left->protocol, left->wire);
  WRITTEN (left, "");
}

/* The other names for images; those of dialect j are plain channels then. */
static void
test_old (void)
{
  g_autoptr (Recorder) self = open_old ();

  ENCODES (self, MAKE ("test", NULL, "hello!"), HELLO);
  recorder_assert_encodes (self,
                           recorder_make_message ("image", PNG, png, PNG_SIZE),
                           "{\"type\": \"image\", \"data\": \"" PNG_TEXT
                           "\"}\n",
                           122);
  recorder_assert_logged (self, "hold 1");
  FEED (self, "{\"type\": \"ACK\", \"data\": \"ACK\"}\n");
  recorder_assert_logged (self, "hold 0");
  FEED (self, "{\"type\": \"image\", \"data\": \"" PNG_TEXT "\"}\n");
  recorder_assert_message (self, 0, "image", PNG, png, PNG_SIZE);
  WRITTEN (self, "{\"type\": \"ACK\", \"data\": \"ACK\"}\n");
  FEED (self, HELLO "{\"type\": \"__ack\", \"data\": 1}\n");
  MESSAGE (self, 1, "test", NULL, "hello!");
  MESSAGE (self, 2, "__ack", JSON, "1");
}

/* And theirs are plain channels here. */
static void
test_old_names_are_free (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();

  ENCODES (self, MAKE ("image", NULL, "x"),
           "{\"type\": \"image\", \"data\": \"x\"}\n");
  FEED (self, "{\"type\": \"image\", \"data\": \"x\"}\n"
              "{\"type\": \"ACK\", \"data\": \"ACK\"}\n");
  MESSAGE (self, 0, "image", NULL, "x");
  MESSAGE (self, 1, "ACK", NULL, "ACK");
  WRITTEN (self, "");
}

/* ---- values ---- */

/* S9: kept by an escape, so that a line stays a line. */
static void
test_newline (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();

  ENCODES (self, MAKE ("t", NULL, "two\nlines\r\n"),
           "{\"type\": \"t\", \"data\": \"two\\nlines\\r\\n\"}\n");
  FEED (self, "{\"type\": \"t\", \"data\": \"two\\nlines\\r\\n\"}\n");
  MESSAGE (self, 0, "t", NULL, "two\nlines\r\n");
}

/* Pure ASCII, because the other side decodes each piece by itself. */
static void
test_ascii (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();

  ENCODES (self,
           MAKE ("k\303\244se", NULL, "\342\202\254\360\235\204\236\0\177\"\\"),
           "{\"type\": \"k\\u00e4se\", \"data\": "
           "\"\\u20ac\\ud834\\udd1e\\u0000\\u007f\\\"\\\\\"}\n");
  ENCODES (self, MAKE ("t", JSON, "[\"\303\244\",\n1]"),
           "{\"type\": \"t\", \"data\": [\"\\u00e4\", 1]}\n");
  FEED (self, "{\"type\": \"k\\u00e4se\", \"data\": "
              "\"\\u20ac\\ud834\\udd1e\\u0000\\u007f\\\"\\\\\"}\n");
  MESSAGE (self, 0, "k\303\244se", NULL,
           "\342\202\254\360\235\204\236\0\177\"\\");
  /* others may write it as it is */
  FEED (self, "{\"type\": \"k\303\244se\", \"data\": \"\342\202\254\"}\n");
  MESSAGE (self, 1, "k\303\244se", NULL, "\342\202\254");
}

/* S10: whatever it is it arrives as it was written. */
static void
test_json (void)
{
  static const char *const values[] = {
    "12345678901234567890",
    "-0.10e+300",
    "true",
    "null",
    "[]",
    "{}",
    "[1, [2, {\"a\": [\"\\ud800\"]}]]",
    "{\"type\": \"__status\", \"data\": \"__closing\"}",
  };
  g_autoptr (Recorder) self = socketengine_recorder_open ();

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      const gsize size = strlen (values[i]);
      g_autofree char *line =
        g_strdup_printf ("{\"type\": \"t\", \"data\": %s}\n", values[i]);

      recorder_assert_encodes (self,
                               recorder_make_message ("t", JSON, values[i],
                                                      size),
                               line, strlen (line));
      recorder_feed (self, (const guint8 *) line, strlen (line));
      recorder_assert_message (self, i, "t", JSON, values[i], size);
    }
  g_assert_null (self->failure);
  ENCODES (self, MAKE ("t", JSON "; charset=utf-8", "\"text\""),
           "{\"type\": \"t\", \"data\": \"text\"}\n");
}

/* Members in any order, any blanks, others beside them, the last one counts. */
static void
test_spelling (void)
{
  static const char *const lines[] = {
    "{\"type\":\"test\",\"data\":\"hello!\"}\n",
    "\t{ \"data\" : \"hello!\" , \"type\" :\t\"test\" } \r\n",
    "{\"meta\":{\"type\":\"x\",\"data\":[1]},\"type\":\"test\",\"n\":1,"
    "\"data\":\"hello!\"}\n",
    "{\"type\":\"a\",\"data\":1,\"data\":\"hello!\",\"type\":\"test\"}\n",
    "{\"\\u0074ype\":\"t\\u0065st\",\"d\\u0061ta\":\"hel\\u006co!\"}\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr (Recorder) self = socketengine_recorder_open ();

      recorder_feed (self, (const guint8 *) lines[i], strlen (lines[i]));
      g_assert_cmpuint (self->delivered->len, ==, 1);
      MESSAGE (self, 0, "test", NULL, "hello!");
      g_assert_cmpuint (socketengine_recorder_count_logged (self, "drop"), ==,
                        0);
    }
}

static void
test_empty (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();
  g_autofree char *topic = g_strnfill (HEIN_TOPIC_MAX, 't');
  g_autofree char *line =
    g_strdup_printf ("{\"type\": \"%s\", \"data\": \"\"}\n", topic);

  ENCODES (self, MAKE ("", NULL, ""), "{\"type\": \"\", \"data\": \"\"}\n");
  FEED (self, "{\"type\": \"\", \"data\": \"\"}\n");
  MESSAGE (self, 0, "", NULL, "");
  recorder_assert_encodes (self, MAKE (topic, NULL, ""), line, strlen (line));
  recorder_feed (self, (const guint8 *) line, strlen (line));
  MESSAGE (self, 1, topic, NULL, "");
}

/* Split at every place, characters of UTF-8 and escapes among them. */
static void
test_split (void)
{
  static const char stream[] =
    KIRK "{\"type\": \"\303\244\", \"data\": \"\342\202\254\\ud834\\udd1e\"}\n"
         "\n{\"type\": \"n\", \"data\": [12345678901234567890]}\n" IMAGE HELLO;
  const gsize size = sizeof stream - 1;

  for (gsize i = 0; i <= size; i++)
    {
      g_autoptr (Recorder) self = socketengine_recorder_new (FALSE, NULL);

      recorder_feed (self, (const guint8 *) stream, i);
      recorder_feed (self, (const guint8 *) stream + i, size - i);
      recorder_assert_logged (self, "offer kirk 0");
      g_assert_cmpuint (self->delivered->len, ==, 4);
      MESSAGE (self, 0, "\303\244", NULL, "\342\202\254\360\235\204\236");
      MESSAGE (self, 1, "n", JSON, "[12345678901234567890]");
      recorder_assert_message (self, 2, "image", PNG, png, PNG_SIZE);
      MESSAGE (self, 3, "test", NULL, "hello!");
      WRITTEN (self, ACK);
      g_assert_cmpuint (self->unused->len, ==, 0);
      g_assert_cmpuint (socketengine_recorder_count_logged (self, "drop"), ==,
                        0);
    }
}

/* Cut short: what was whole is there, and nothing of the rest. */
static void
test_truncated (void)
{
  static const char stream[] = KIRK HELLO HELLO;
  const gsize size = sizeof stream - 1;

  for (gsize i = 0; i < size; i++)
    {
      g_autoptr (Recorder) self = socketengine_recorder_new (FALSE, NULL);
      guint whole = 0;

      for (gsize n = 0; n < i; n++)
        whole += stream[n] == '\n';
      recorder_feed (self, (const guint8 *) stream, i);
      g_assert_cmpuint (self->delivered->len, ==, MAX (whole, 1) - 1);
      g_assert_null (self->failure);
    }
}

/* S11: the stress test of the library, in one piece. */
static void
test_thousand (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_new (FALSE, NULL);
  g_autoptr (GString) stream = g_string_new (KIRK);
  g_autofree char *text = g_strnfill (2500, 'x');

  for (guint i = 0; i < 1000; i++)
    g_string_append_printf (stream,
                            "{\"type\": \"test%u\", \"data\": \"%s\"}\n", i,
                            text);
  recorder_feed (self, (const guint8 *) stream->str, stream->len);
  g_assert_cmpuint (self->delivered->len, ==, 1000);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *topic = g_strdup_printf ("test%u", i);

      recorder_assert_message (self, i, topic, NULL, text, 2500);
    }
}

/* ---- what cannot be sent ---- */

static void
test_unsendable (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();
  g_autoptr (GBytes) part = g_bytes_new_static ("x", 1);
  GBytes *parts[] = { part, part };

  assert_unsendable (self, hein_message_new_parts ("t", parts, 2), "one part");
  assert_unsendable (self, MAKE ("t", "image/gif", "GIF"), "image/png");
  assert_unsendable (self, MAKE ("t", "image/pngx", "x"), "image/png");
  assert_unsendable (self, MAKE ("t", "application/octet-stream", "x"),
                     "application/json");
  assert_unsendable (self, MAKE ("t", NULL, "\377\376"), "UTF-8");
  assert_unsendable (self, MAKE ("t", NULL, "\303"), "UTF-8");
  assert_unsendable (self, MAKE ("t", PNG, ""), "PNG");
  g_assert_cmpuint (socketengine_recorder_count_logged (self, "hold"), ==, 0);
}

/* Nothing that would end the value and add members of its own. */
static void
test_unsendable_json (void)
{
  static const char *const values[] = {
    "",       "{",   "1 2",    "[1,]",     "1}, {\"type\": \"__status\"",
    "'a'",    "nul", "\"\xff", "\"\xff\"", "1, \"type\": \"__status\"",
    "\"\n\"",
  };
  g_autoptr (Recorder) self = socketengine_recorder_open ();

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    assert_unsendable (self,
                       recorder_make_message ("t", JSON, values[i],
                                              strlen (values[i])),
                       "JSON");
}

static void
test_reserved (void)
{
  static const char *const names[] = { "__name_conn", "__status", "__image",
                                       "__ack",       "image",    "ACK" };
  g_autoptr (Recorder) self = socketengine_recorder_open ();
  g_autoptr (Recorder) old = open_old ();

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (i < 4)
        assert_unsendable (self, MAKE (names[i], NULL, "x"), names[i]);
      assert_unsendable (old, MAKE (names[i], NULL, "x"), names[i]);
      assert_unsendable (old, MAKE (names[i], JSON, "1"), names[i]);
    }
}

/* The line is a level by itself: 63 more are sent and read, 64 are not. */
static void
test_depth (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();
  g_autofree char *open = g_strnfill (64, '[');
  g_autofree char *close = g_strnfill (64, ']');
  g_autofree char *deepest = g_strdup_printf ("%s%s", open + 1, close + 1);
  g_autofree char *too_deep = g_strdup_printf ("%s%s", open, close);
  g_autofree char *line =
    g_strdup_printf ("{\"type\": \"t\", \"data\": %s}\n", deepest);
  g_autofree char *bad =
    g_strdup_printf ("{\"type\": \"t\", \"data\": %s}\n", too_deep);

  recorder_assert_encodes (self,
                           recorder_make_message ("t", JSON, deepest, 126),
                           line, strlen (line));
  assert_unsendable (self, recorder_make_message ("t", JSON, too_deep, 128),
                     "63 levels");
  recorder_feed (self, (const guint8 *) bad, strlen (bad));
  recorder_feed (self, (const guint8 *) line, strlen (line));
  g_assert_cmpuint (socketengine_recorder_count_logged (self, "drop 7"), ==, 1);
  g_assert_cmpuint (self->delivered->len, ==, 1);
  recorder_assert_message (self, 0, "t", JSON, deepest, 126);
}

/* ---- images: one at a time ---- */

static void
send_image (Recorder *self)
{
  recorder_assert_encodes (self, recorder_make_message ("", PNG, png, PNG_SIZE),
                           IMAGE, sizeof IMAGE - 1);
}

/* S7: the acknowledgement lets the next ones go. */
static void
test_image_acked (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();

  send_image (self);
  recorder_assert_logged (self, "hold 1\npending 1\n");
  recorder_pass_time (self, 900);
  g_assert_cmpuint (socketengine_recorder_count_logged (self, "hold 0"), ==, 0);
  FEED (self, ACK);
  recorder_assert_logged (self, "hold 0\npending 0\n");
  /* an image that follows waits as long as the first one */
  send_image (self);
  recorder_pass_time (self, 900);
  g_assert_cmpuint (socketengine_recorder_count_logged (self, "hold 0"), ==, 1);
  FEED (self, ACK);
  g_assert_cmpuint (socketengine_recorder_count_logged (self, "hold 0"), ==, 2);
}

/* Hosts and clients never send one: the wait ends, and it is no error. */
static void
test_image_not_acked (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();

  send_image (self);
  recorder_pass_time (self, 999);
  g_assert_cmpuint (socketengine_recorder_count_logged (self, "hold 0"), ==, 0);
  recorder_pass_time (self, 1);
  recorder_assert_logged (self, "hold 0\npending 0\n");
  g_assert_null (self->failure);
}

static void
test_image_without_waiting (void)
{
  g_autoptr (Recorder) self =
    socketengine_recorder_new (TRUE, "image-ack-ms", 0, NULL);
  g_autoptr (Recorder) old =
    socketengine_recorder_new (TRUE, "image-ack-ms", 0, "dialect",
                               SOCKETENGINE_DIALECT_J_OLD, NULL);
  g_autoptr (Recorder) waiting = socketengine_recorder_open ();

  WRITTEN (self, NAME);
  send_image (self);
  send_image (self);
  FEED (self, ACK);
  g_assert_cmpuint (socketengine_recorder_count_logged (self, "hold"), ==, 0);
  g_assert_cmpuint (socketengine_recorder_count_logged (self, "pending"), ==,
                    0);
  /* only then all peers may take the bytes that one of them has made */
  recorder_assert_logged (self, "encoding socketengine-j\n");
  recorder_assert_logged (old, "encoding socketengine-j-old\n");
  g_assert_cmpuint (socketengine_recorder_count_logged (waiting, "encoding"),
                    ==, 0);
}

static void
test_stray_ack (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();

  FEED (self, ACK ACK HELLO);
  g_assert_cmpuint (socketengine_recorder_count_logged (self, "hold"), ==, 0);
  g_assert_cmpuint (socketengine_recorder_count_logged (self, "drop"), ==, 0);
  g_assert_cmpuint (self->delivered->len, ==, 1);
}

/* The library takes JPEG as well. */
static void
test_jpeg (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();

  ENCODES (self, MAKE ("", "image/jpeg", "\377\330\377\340"),
           "{\"type\": \"__image\", \"data\": \"/9j/4A==\"}\n");
  FEED (self, "{\"type\": \"__image\", \"data\": \"\\/9j\\/4A==\"}\n");
  MESSAGE (self, 0, "image", "image/jpeg", "\377\330\377\340");
  WRITTEN (self, ACK);
}

/* It is dropped, and acknowledged: a hub would not send another one. */
static void
test_bad_image (void)
{
  static const char *const values[] = {
    "\"\"",        "\"A\"",           "\"AAA\"",     "\"AA=A\"",
    "\"A===\"",    "\"====\"",        "\"AA-_\"",    "\"AA\\nAA\"",
    "\"AAAA\\n\"", "\"AAA\303\244\"", "\"\\ud800\"", "5",
    "null",        "[\"AAAA\"]",      "\"AAAA=\"",   "\"AA==AA==\"",
  };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (Recorder) self = socketengine_recorder_open ();
      g_autofree char *line =
        g_strdup_printf ("{\"type\": \"__image\", \"data\": %s}\n", values[i]);

      recorder_feed (self, (const guint8 *) line, strlen (line));
      FEED (self, HELLO);
      g_assert_cmpuint (socketengine_recorder_count_logged (self, "drop 7"), ==,
                        1);
      g_assert_cmpuint (self->delivered->len, ==, 1);
      WRITTEN (self, ACK);
      g_assert_null (self->failure);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/socketengine/" path, test)
  ADD ("name/dialler", test_dialler);
  ADD ("name/acceptor", test_acceptor);
  ADD ("name/silent-client", test_silent_client);
  ADD ("name/talking-client", test_talking_client);
  ADD ("name/slow", test_slow_name);
  ADD ("name/long-first-line", test_long_first_line);
  ADD ("name/bad", test_bad_name);
  ADD ("name/rule", test_check_name);
  ADD ("name/later", test_later_name);
  ADD ("name/slow-verdict", test_slow_verdict);
  ADD ("bytes/hello", test_hello);
  ADD ("bytes/image", test_image);
  ADD ("bytes/closing", test_closing);
  ADD ("bytes/old", test_old);
  ADD ("bytes/old-names-are-free", test_old_names_are_free);
  ADD ("values/newline", test_newline);
  ADD ("values/ascii", test_ascii);
  ADD ("values/json", test_json);
  ADD ("values/spelling", test_spelling);
  ADD ("values/empty", test_empty);
  ADD ("values/split", test_split);
  ADD ("values/truncated", test_truncated);
  ADD ("values/thousand", test_thousand);
  ADD ("unsendable/kinds", test_unsendable);
  ADD ("unsendable/json", test_unsendable_json);
  ADD ("unsendable/reserved", test_reserved);
  ADD ("unsendable/depth", test_depth);
  ADD ("images/acked", test_image_acked);
  ADD ("images/not-acked", test_image_not_acked);
  ADD ("images/without-waiting", test_image_without_waiting);
  ADD ("images/stray-ack", test_stray_ack);
  ADD ("images/jpeg", test_jpeg);
  ADD ("images/bad", test_bad_image);
  return g_test_run ();
}

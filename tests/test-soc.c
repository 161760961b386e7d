/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "../plugins/protocols/soc/hein-soc.h"
#include "recording-wire.h"

/*
 * The protocol alone, byte for byte, with the bytes that the Python library
 * was seen to send. H… are the requirements that a test stands for.
 */

#define END "\xac\x96\xac\x96"

static Recorder *
start (gboolean dialled, const char *first_option, ...)
{
  GObject *protocol;
  va_list options;

  va_start (options, first_option);
  protocol = g_object_new_valist (HEIN_TYPE_SOC, first_option, options);
  va_end (options);
  return recorder_new (HEIN_PROTOCOL (protocol), dialled, "spock", NULL);
}

static Recorder *
open_transmitter (const char *dialect)
{
  Recorder *self = start (FALSE, NULL);

  g_object_set (self->protocol, "dialect",
                dialect[0] == 'a'   ? SOC_DIALECT_A
                : dialect[0] == 'b' ? SOC_DIALECT_B
                                    : SOC_DIALECT_C,
                NULL);
  FEED (self, "kirk");
  recorder_pass_time (self, 30);
  g_bytes_unref (recorder_take_written (self));
  g_assert_true (self->is_ready);
  return self;
}

static Recorder *
open_receiver (SocDialect dialect)
{
  Recorder *self = start (TRUE, "dialect", dialect, NULL);

  if (dialect == SOC_DIALECT_A)
    FEED (self, "\xaa\xaa");
  else
    FEED (self, "\6\6");
  WRITTEN (self, "spock");
  g_assert_true (self->is_ready);
  return self;
}

/* ---- the handshake ---- */

static void
test_transmitter_shakes_hands (void)
{
  g_autoptr (Recorder) self = start (FALSE, NULL);

  WRITTEN (self, "\6");
  FEED (self, "kirk");
  recorder_pass_time (self, 5);
  g_assert_false (self->is_ready);
  recorder_pass_time (self, 30);
  recorder_assert_logged (self, "offer kirk");
  WRITTEN (self, "\6");
  g_assert_true (self->is_ready);
}

/* One byte at a time, and the longest name at once. */
static void
test_name_in_pieces (void)
{
  g_autoptr (Recorder) slow = start (FALSE, NULL);
  g_autoptr (Recorder) longest = start (FALSE, NULL);

  for (const char *p = "kirk"; *p != '\0'; p++)
    {
      recorder_feed (slow, (const guint8 *) p, 1);
      recorder_pass_time (slow, 10);
    }
  recorder_pass_time (slow, 30);
  recorder_assert_logged (slow, "offer kirk");
  FEED (longest, "fifteen-letters");
  recorder_assert_logged (longest, "offer fifteen-letters");
  g_assert_true (longest->is_ready);
}

static void
test_receiver_shakes_hands (void)
{
  g_autoptr (Recorder) self = start (TRUE, NULL);

  WRITTEN (self, "");
  FEED (self, "\6");
  WRITTEN (self, "spock");
  g_assert_false (self->is_ready);
  FEED (self, "\6");
  g_assert_true (self->is_ready);
}

/* A name over 15 bytes is cut, between characters. */
static void
test_long_name (void)
{
  g_autoptr (Recorder) self =
    recorder_new (g_object_new (HEIN_TYPE_SOC, NULL), TRUE,
                  "vierzehn-lang-\303\244\303\266", NULL);

  FEED (self, "\6");
  WRITTEN (self, "vierzehn-lang-");
}

static void
test_wrong_greeting (void)
{
  g_autoptr (Recorder) self = start (TRUE, NULL);

  FEED (self, "\xaa");
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
}

/* H4: the socket is shut after the first ACK, nothing more is said. */
static void
test_refused (void)
{
  g_autoptr (Recorder) self = start (FALSE, NULL);
  g_autoptr (GError) refusal =
    g_error_new_literal (HEIN_ERROR, HEIN_ERROR_REFUSED, "name taken: kirk");

  self->is_slow = TRUE;
  FEED (self, "kirk");
  recorder_pass_time (self, 30);
  WRITTEN (self, "\6");
  recorder_admit (self, refusal);
  WRITTEN (self, "");
  g_assert_false (self->is_ready);
}

/* ---- worked bytes ---- */

/* H1, H8, H9, H10, H14 */
static void
test_bytes_c (void)
{
  g_autoptr (Recorder) self = open_transmitter ("c");

  ENCODES (self, MAKE ("", NULL, "hello!"), "__raw__:0:hello!" END);
  ENCODES (self, MAKE ("chat", NULL, "hello!"), "__raw__chat:0:hello!" END);
  ENCODES (self, MAKE ("", "application/x-soc+json", "\"u:hello!\""),
           "__jsn__:1:\"u:hello!\"" END);
  ENCODES (self, MAKE ("", "application/x-soc+json; unpack=0", "\"u:hello!\""),
           "__jsn__:0:\"u:hello!\"" END);
  ENCODES (self,
           MAKE ("", NULL,
                 "a\xac\x96"
                 "b"),
           "__raw__:0:a\xac\x96\xee"
           "b" END);
  ENCODES (self, MAKE ("a:b/c, a long tag of more", NULL, ""),
           "__raw__abc a long t:0:" END);
}

static void
test_bytes_b (void)
{
  g_autoptr (Recorder) b = open_transmitter ("b");
  g_autoptr (Recorder) a = open_transmitter ("a");

  ENCODES (b, MAKE ("chat", NULL, "hello!"), "__raw__hello!" END);
  ENCODES (b, MAKE ("", "application/json; key=jsn", "{\"a\": 1}"),
           "__jsn__{\"a\": 1}" END);
  ENCODES (b, MAKE ("", "application/json", "{\"a\": 1}"),
           "__jxn__{\"a\":\"i:1\"}" END);
  ENCODES (b,
           MAKE ("", "application/x-soc; key=dic",
                 "a:1\xac\xbd\xac\xbd"
                 "b:x\xac\xbd\xac\xbd"),
           "__dic__a:1\xac\xbd\xac\xbd"
           "b:x\xac\xbd\xac\xbd" END);
  ENCODES (a, MAKE ("", NULL, "hello!"), "__raw__hello!" END);
}

static void
test_unsendable (void)
{
  g_autoptr (Recorder) self = open_transmitter ("c");
  g_autoptr (HeinMessage) message = MAKE ("", "image/png", "");
  g_autoptr (GError) error = NULL;

  g_assert_false (recorder_encode (self, message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
}

static void
test_receives_c (void)
{
  static const char stream[] =
    "__raw__:0:hello!" END "__raw__chat:0:hi" END
    "__jsn__:1:{\"a\":\"i:1\"}" END "__jsn__t:0:\"u:lazy\"" END
    "__raw__:0:a\xac\x96\xee"
    "b" END;
  g_autoptr (Recorder) self = open_receiver (SOC_DIALECT_C);

  FEED (self, stream);
  MESSAGE (self, 0, "", NULL, "hello!");
  MESSAGE (self, 1, "chat", NULL, "hi");
  MESSAGE (self, 2, "", "application/json", "{\"a\":1}");
  MESSAGE (self, 3, "t", "application/x-soc+json; unpack=0", "\"u:lazy\"");
  MESSAGE (self, 4, "", NULL,
           "a\xac\x96"
           "b");
  g_assert_cmpuint (self->delivered->len, ==, 5);
  /* one for the read, not for each message */
  WRITTEN (self, "\6");
}

/* H11, H17: also dialect a */
static void
test_receives_b (void)
{
  g_autoptr (Recorder) b = open_receiver (SOC_DIALECT_B);
  g_autoptr (Recorder) a = open_receiver (SOC_DIALECT_A);

  FEED (b, "__raw__a:b" END "__dic__a:1\xac\xbd\xac\xbd" END "__abc__x:1" END);
  MESSAGE (b, 0, "", NULL, "a:b");
  MESSAGE (b, 1, "", "application/json; key=dic", "{\"a\":\"1\"}");
  MESSAGE (b, 2, "", "application/x-soc; key=abc", "x:1");
  WRITTEN (b, "\6");
  FEED (a, "__raw__hello!" END);
  MESSAGE (a, 0, "", NULL, "hello!");
  WRITTEN (a, "\xaa");
}

/* H9: what has its like in JSON, and how the library writes it. */
static void
test_typed_json (void)
{
  g_autoptr (Recorder) out = open_transmitter ("c");
  g_autoptr (Recorder) in = open_receiver (SOC_DIALECT_C);

  ENCODES (out, MAKE ("", "application/json", "\"hello!\""),
           "__jsn__:1:\"u:hello!\"" END);
  ENCODES (out,
           MAKE ("", "application/json",
                 "{\"a\": 1, \"b\": [1.5, null, true, \"x\"]}"),
           "__jsn__:1:{\"a\":\"i:1\",\"b\":[\"f:1.5\",\"n:\",\"b:1\","
           "\"u:x\"]}" END);
  ENCODES (out, MAKE ("t", "application/json; unpack=0", "[]"),
           "__jsn__t:0:[]" END);
  /* up to U+00FF escaped, above as UTF-8 */
  ENCODES (out, MAKE ("", "application/json", "\"\\\" \303\251 \\u20ac\""),
           "__jsn__:1:\"u:\\\" \\u00e9 \342\202\254\"" END);
  FEED (in, "__jsn__:1:[\"b:0\",\"i:-12345678901234567890\",\"f:1e+16\","
            "\"n:\",\"u:\\u00e9\",\"s:old\",{\"k\":\"u:\"}]" END);
  MESSAGE (in, 0, "", "application/json",
           "[false,-12345678901234567890,1e+16,null,\"\\u00e9\",\"old\","
           "{\"k\":\"\"}]");
}

/* H9: the other five types, and what is damaged, stay as they are; a damaged
 * text of the Python side (which escapes badly) does not end the connection. */
static void
test_stays_typed (void)
{
  static const char *const bodies[] = {
    "\"y:x\"",
    "[\"Y:x\"]",
    "\"t:2018,1,2,3,4,5,6,UTC\"",
    "\"D:2018,1,2\"",
    "\"T:3,4,5,6,\"",
    "\"f:nan\"",
    "\"i:\"",
    "\"b:2\"",
    "\"q:x\"",
    "\"u\"",
    "12",
    "\"u:a\\\\\"b\"",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_autoptr (Recorder) in = open_receiver (SOC_DIALECT_C);
      g_autoptr (Recorder) out = open_transmitter ("c");
      g_autofree char *frame = g_strconcat ("__jsn__:1:", bodies[i], END, NULL);

      recorder_feed (in, (const guint8 *) frame, strlen (frame));
      recorder_assert_message (in, 0, "", "application/x-soc+json", bodies[i],
                               strlen (bodies[i]));
      /* and so they go out again */
      recorder_assert_encodes (out, hein_message_ref (in->delivered->pdata[0]),
                               frame, strlen (frame));
    }
}

typedef struct
{
  const char *type;
  const char *json;
  const char *frame;
  const char *again; /* what arrives; NULL: @json */
} Items;

#define EOI "\xac\xbd\xac\xbd"

/* H11, H14: the senders of dialect b, both ways. */
static void
test_items (void)
{
  static const Items items[] = {
    { "application/json; key=dic", "{\"a\":1,\"b\":\"x\"}",
      "__dic__a:1" EOI "b:x" EOI END, "{\"a\":\"1\",\"b\":\"x\"}" },
    { "application/json; key=rpt", "{\"a\":1}", "__rpt__a:1" EOI END,
      "{\"a\":\"1\"}" },
    { "application/json; key=abc", "{\"a\":1}", "__abc__a:1" EOI END,
      "{\"a\":\"1\"}" },
    { "application/json; key=tdi", "{\"a\":1,\"b\":\"x\",\"c\":null}",
      "__tdi__a:i:1" EOI "b:u:x" EOI "c:n:" EOI END, NULL },
    { "application/json; key=lst", "[1,\"x\"]", "__lst__1" EOI "x" EOI END,
      "[\"1\",\"x\"]" },
    { "application/json; key=tls", "[1,\"x\"]", "__tls__i:1" EOI "u:x" EOI END,
      NULL },
    { "application/json; key=lst", "[true,null,1.5]",
      "__lst__True" EOI "None" EOI "1.5" EOI END,
      "[\"True\",\"None\",\"1.5\"]" },
    { "application/json; key=lst", "[]", "__lst__" END, NULL },
    { "application/json; key=dic", "{}", "__dic__" END, NULL },
    { "application/json; key=dic", "{\"a\":\"b:c\"}", "__dic__a:b:c" EOI END,
      NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    {
      const Items *item = &items[i];
      const char *again = item->again != NULL ? item->again : item->json;
      g_autoptr (Recorder) out = open_transmitter ("b");
      g_autoptr (Recorder) in = open_receiver (SOC_DIALECT_B);

      recorder_assert_encodes (out,
                               recorder_make_message ("", item->type,
                                                      item->json,
                                                      strlen (item->json)),
                               item->frame, strlen (item->frame));
      recorder_feed (in, (const guint8 *) item->frame, strlen (item->frame));
      recorder_assert_message (in, 0, "", item->type, again, strlen (again));
    }
}

/* H14: the mark within an item cannot be UTF-8, so it stays as it came. */
static void
test_items_not_text (void)
{
  static const char *const bodies[] = {
    "a:\xac\xbd\xee" EOI,
    "no end",
    "no colon" EOI,
  };

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_autoptr (Recorder) in = open_receiver (SOC_DIALECT_B);
      g_autofree char *frame = g_strconcat ("__dic__", bodies[i], END, NULL);

      recorder_feed (in, (const guint8 *) frame, strlen (frame));
      recorder_assert_message (in, 0, "", "application/x-soc; key=dic",
                               bodies[i], strlen (bodies[i]));
    }
}

static void
assert_unsendable (const char *dialect, const char *type, const char *json)
{
  g_autoptr (Recorder) self = open_transmitter (dialect);
  g_autoptr (HeinMessage) message =
    recorder_make_message ("", type, json, strlen (json));
  g_autoptr (GError) error = NULL;

  g_assert_false (recorder_encode (self, message, &error));
  g_assert_nonnull (error);
  WRITTEN (self, "");
}

static void
test_unsendable_json (void)
{
  assert_unsendable ("c", "application/json", "{");
  assert_unsendable ("c", "application/json; key=dic", "{}");
  assert_unsendable ("b", "application/json; key=dic", "[]");
  assert_unsendable ("b", "application/json; key=lst", "{}");
  assert_unsendable ("b", "application/json; key=dic", "{\"a\":[1]}");
  assert_unsendable ("b", "application/json; key=d", "{}");
  assert_unsendable ("b", "application/json; key=long", "{}");
  assert_unsendable ("b", "application/json; key=a_b", "{}");
  assert_unsendable ("b", "application/x-soc", "x");
  assert_unsendable ("a", "application/json", "1");
}

/* Split at every place: an acknowledgement for each part that ends one. */
static void
test_split (void)
{
  static const char stream[] = "__raw__:0:a\xac\x96\xee"
                               "b" END "__png__:1:" END "__raw__x:0:\xac" END;
  const gsize size = sizeof stream - 1;

  for (gsize i = 1; i < size; i++)
    {
      g_autoptr (Recorder) self = open_receiver (SOC_DIALECT_C);

      recorder_feed (self, (const guint8 *) stream, i);
      recorder_feed (self, (const guint8 *) stream + i, size - i);
      g_assert_cmpuint (self->delivered->len, ==, 2);
      MESSAGE (self, 0, "", NULL,
               "a\xac\x96"
               "b");
      MESSAGE (self, 1, "x", NULL, "\xac");
      g_assert_null (self->failure);
    }
}

/* ---- acknowledgements, pings, the end ---- */

/* H5 */
static void
test_ping (void)
{
  g_autoptr (Recorder) transmitter = open_transmitter ("c");
  g_autoptr (Recorder) receiver = open_receiver (SOC_DIALECT_C);

  HEIN_PROTOCOL_GET_CLASS (transmitter->protocol)
    ->ping (transmitter->protocol, transmitter->wire);
  WRITTEN (transmitter, "__png__:1:" END);
  transmitter->now_us += 1500;
  FEED (transmitter, "\6");
  recorder_assert_logged (transmitter, "rtt 1500");
  FEED (receiver, "__png__:1:" END);
  WRITTEN (receiver, "\6");
  g_assert_cmpuint (receiver->delivered->len, ==, 0);
}

/* H6 */
static void
test_ack_timeout (void)
{
  g_autoptr (Recorder) self = open_transmitter ("c");

  ENCODES (self, MAKE ("", NULL, "1"), "__raw__:0:1" END);
  recorder_pass_time (self, 900);
  FEED (self, "\6");
  ENCODES (self, MAKE ("", NULL, "2"), "__raw__:0:2" END);
  recorder_pass_time (self, 900);
  g_assert_null (self->failure);
  recorder_pass_time (self, 200);
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
}

/* H5: the dead are dropped. */
static void
test_ping_timeout (void)
{
  g_autoptr (Recorder) self = open_transmitter ("c");

  recorder_ping (self);
  recorder_pass_time (self, 1100);
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
}

/* H6 */
static void
test_no_ack_timeout (void)
{
  g_autoptr (Recorder) self = start (FALSE, "ack-timeout-ms", 0, NULL);

  FEED (self, "kirk");
  recorder_pass_time (self, 30);
  g_bytes_unref (recorder_take_written (self));
  ENCODES (self, MAKE ("", NULL, "1"), "__raw__:0:1" END);
  recorder_pass_time (self, 3600000);
  g_assert_null (self->failure);
}

/* What is out without an acknowledgement is bounded. */
static void
test_hold (void)
{
  g_autoptr (Recorder) self = open_transmitter ("c");
  g_autofree char *text = g_strnfill (1000, 'x');

  for (guint i = 0; i < 70; i++)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text ("", text);

      g_assert_true (recorder_encode (self, message, NULL));
    }
  recorder_assert_logged (self, "hold 1");
  FEED (self, "\6");
  recorder_assert_logged (self, "hold 0");
}

/* H13 */
static void
test_die (void)
{
  g_autoptr (Recorder) transmitter = open_transmitter ("c");
  g_autoptr (Recorder) receiver = open_receiver (SOC_DIALECT_C);

  HEIN_PROTOCOL_GET_CLASS (transmitter->protocol)
    ->finish (transmitter->protocol, transmitter->wire);
  WRITTEN (transmitter, "__die__:1:" END);
  FEED (receiver, "__raw__:0:last" END "__die__:1:" END);
  MESSAGE (receiver, 0, "", NULL, "last");
  g_assert_error (receiver->failure, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

/* ---- bad input ---- */

/* H18: an error that says what it was; the connection is made again. */
static void
test_malformed (void)
{
  static const char *const frames[] = {
    END,
    "__raw__" END,
    "__raw__:0" END,
    "__raw__:2:x" END,
    "__raw__tag" END,
    "_raw__:0:x" END,
    "__r\nw__:0:x" END,
    "garbage" END,
    "__raw__\xff\xfe:0:x" END,
  };

  for (guint i = 0; i < G_N_ELEMENTS (frames); i++)
    {
      g_autoptr (Recorder) self = open_receiver (SOC_DIALECT_C);

      recorder_feed (self, (const guint8 *) frames[i], strlen (frames[i]));
      g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
      g_assert_cmpuint (self->delivered->len, ==, 0);
    }
}

static void
test_endless_frame (void)
{
  g_autoptr (Recorder) self = open_receiver (SOC_DIALECT_C);
  g_autofree char *piece = g_strnfill (65536, 'x');

  for (guint i = 0; i < 2000 && self->failure == NULL; i++)
    recorder_feed (self, (const guint8 *) piece, 65536);
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
}

static void
test_too_large (void)
{
  g_autoptr (Recorder) self = open_receiver (SOC_DIALECT_C);
  g_autofree char *text = g_strnfill (100001, 'x');
  g_autofree char *frame = g_strdup_printf ("__raw__:0:%s" END, text);

  recorder_feed (self, (const guint8 *) frame, strlen (frame));
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (self->failure->message,
                            "100001 bytes is over max-message-size, 100000"));
  g_assert_cmpuint (self->delivered->len, ==, 0);
}

static void
test_talkative_receiver (void)
{
  g_autoptr (Recorder) self = open_transmitter ("c");

  FEED (self, "\6\6\6");
  g_assert_null (self->failure);
  FEED (self, "hello");
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/soc/handshake/transmitter", test_transmitter_shakes_hands);
  g_test_add_func ("/soc/handshake/name-in-pieces", test_name_in_pieces);
  g_test_add_func ("/soc/handshake/receiver", test_receiver_shakes_hands);
  g_test_add_func ("/soc/handshake/long-name", test_long_name);
  g_test_add_func ("/soc/handshake/wrong-greeting", test_wrong_greeting);
  g_test_add_func ("/soc/handshake/refused", test_refused);
  g_test_add_func ("/soc/bytes/c", test_bytes_c);
  g_test_add_func ("/soc/bytes/b", test_bytes_b);
  g_test_add_func ("/soc/bytes/unsendable", test_unsendable);
  g_test_add_func ("/soc/json/typed", test_typed_json);
  g_test_add_func ("/soc/json/stays-typed", test_stays_typed);
  g_test_add_func ("/soc/json/items", test_items);
  g_test_add_func ("/soc/json/items-not-text", test_items_not_text);
  g_test_add_func ("/soc/json/unsendable", test_unsendable_json);
  g_test_add_func ("/soc/receives/c", test_receives_c);
  g_test_add_func ("/soc/receives/b", test_receives_b);
  g_test_add_func ("/soc/receives/split", test_split);
  g_test_add_func ("/soc/life/ping", test_ping);
  g_test_add_func ("/soc/life/ack-timeout", test_ack_timeout);
  g_test_add_func ("/soc/life/ping-timeout", test_ping_timeout);
  g_test_add_func ("/soc/life/no-ack-timeout", test_no_ack_timeout);
  g_test_add_func ("/soc/life/hold", test_hold);
  g_test_add_func ("/soc/life/die", test_die);
  g_test_add_func ("/soc/hostile/malformed", test_malformed);
  g_test_add_func ("/soc/hostile/endless-frame", test_endless_frame);
  g_test_add_func ("/soc/hostile/too-large", test_too_large);
  g_test_add_func ("/soc/hostile/talkative-receiver", test_talkative_receiver);
  return g_test_run ();
}

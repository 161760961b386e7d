/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "../plugins/protocols/zmtp/hein-zmtp.h"
#include "recording-wire.h"

/* Requests on ZMTP, byte for byte: between heins, and towards libzmq. */

#define GREETING                                                               \
  "\xff\0\0\0\0\0\0\0\0\x7f\3\1NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"           \
  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define INSTANCE "ffeeddccbbaa99887766554433221100"
#define HEIN(size, more)                                                       \
  "\4" size "\5READY\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0\4kirk"       \
  "\6X-Hein\0\0\0\1"                                                           \
  "1\17X-Hein-Instance\0\0\0\40" INSTANCE more
#define READY_HEIN                                                             \
  HEIN ("\x7d", "\12X-Hein-Ask\0\0\0\1"                                        \
                "1")
#define READY_CREDIT(size, text_size, text)                                    \
  HEIN (size, "\12X-Hein-Ask\0\0\0\1"                                          \
              "1\15X-Hein-Credit\0\0\0" text_size text)
#define READY_OLD_HEIN HEIN ("\x6d", "")
#define READY(size, type_size, type)                                           \
  "\4" size "\5READY\13Socket-Type\0\0\0" type_size type
#define READY_SUB    READY ("\x19", "\3", "SUB")
#define READY_REQ    READY ("\x19", "\3", "REQ")
#define READY_REP    READY ("\x19", "\3", "REP")
#define READY_PUSH   READY ("\x1a", "\4", "PUSH")
#define READY_PAIR   READY ("\x1a", "\4", "PAIR")
#define READY_DEALER READY ("\x1c", "\6", "DEALER")
#define READY_ROUTER READY ("\x1c", "\6", "ROUTER")

/* kind, number, number */
#define ASK(size, kind, id, number)                                            \
  "\1\2\xfft\1" size "\3Ask\0\0\0\15" kind "\0\0\0\0\0\0\0" id "\0\0" number

static Recorder *
meet (const char *ready, gsize size)
{
  Recorder *self =
    recorder_new (g_object_new (HEIN_TYPE_ZMTP, NULL), FALSE, "spock", NULL);
  g_autoptr (GBytes) written = NULL;

  FEED (self, GREETING);
  recorder_feed (self, (const guint8 *) ready, size);
  g_assert_no_error (self->failure);
  written = recorder_take_written (self);
  return self;
}

#define MEET(literal) meet (literal, sizeof (literal) - 1)

static void
encode (Recorder *self,
        const HeinMessageAttributes *attributes,
        const char *text,
        GBytes *return_path)
{
  g_autoptr (GBytes) payload = g_bytes_new (text, strlen (text));
  g_autoptr (HeinMessage) message =
    hein_message_new_attributed ("t", attributes, &payload, 1, return_path);
  g_autoptr (GError) error = NULL;

  recorder_encode (self, message, &error);
  g_assert_no_error (error);
}

static const HeinMessageAttributes *
get_attributes (Recorder *self, guint index)
{
  HeinMessageView view;

  g_assert_cmpuint (index, <, self->delivered->len);
  hein_message_peek (g_ptr_array_index (self->delivered, index), &view);
  return view.attributes;
}

static void
assert_text (Recorder *self, guint index, const char *topic, const char *text)
{
  HeinMessage *message = g_ptr_array_index (self->delivered, index);
  g_autofree char *payload = hein_message_dup_text (message, NULL);

  g_assert_cmpstr (hein_message_get_topic (message), ==, topic);
  g_assert_cmpstr (payload, ==, text);
}

/* Who understands what. */
static void
test_who (void)
{
  static const struct
  {
    const char *ready;
    gsize size;
    HeinAsks asks;
  } rows[] = {
#define ROW(ready, asks) { ready, sizeof (ready) - 1, asks }
    ROW (READY_HEIN, HEIN_ASKS_ALL),    ROW (READY_OLD_HEIN, HEIN_ASKS_NONE),
    ROW (READY_REP, HEIN_ASKS_ONCE),    ROW (READY_ROUTER, HEIN_ASKS_ONCE),
    ROW (READY_DEALER, HEIN_ASKS_ONCE), ROW (READY_REQ, HEIN_ASKS_NONE),
    ROW (READY_SUB, HEIN_ASKS_NONE),    ROW (READY_PUSH, HEIN_ASKS_NONE),
    ROW (READY_PAIR, HEIN_ASKS_NONE),
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Recorder) self = meet (rows[i].ready, rows[i].size);

      g_assert_cmpint (self->asks, ==, rows[i].asks);
    }
}

/* How many deliveries it takes at a time; what is no number is none. */
static void
test_credit (void)
{
  static const struct
  {
    const char *ready;
    gsize size;
    guint credit;
  } rows[] = {
    ROW (READY_HEIN, 0),
    ROW (READY_CREDIT ("\x91", "\2", "64"), 64),
    ROW (READY_CREDIT ("\x94", "\5", "99999"), HEIN_CREDIT_MAX),
    ROW (READY_CREDIT ("\x98", "\11", "000000001"), 1),
    ROW (READY_CREDIT ("\x99", "\12", "0000000001"), 0),
    ROW (READY_CREDIT ("\x91", "\2", "6x"), 0),
    ROW (READY_CREDIT ("\x8f", "\0", ""), 0),
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Recorder) self = meet (rows[i].ready, rows[i].size);

      g_assert_no_error (self->failure);
      g_assert_cmpuint (self->credit, ==, rows[i].credit);
    }
}

/* A delivery, that it was handled, and that it was not. */
static void
test_deliveries (void)
{
  g_autoptr (Recorder) self = MEET (READY_CREDIT ("\x91", "\2", "64"));
  const HeinMessageAttributes receipt = { .ask = HEIN_ASK_RECEIPT,
                                          .ask_id = 5,
                                          .ask_number = 3 };

  encode (self, &receipt, "", NULL);
  WRITTEN (self, ASK ("\25", "\12", "\5", "\0\3") "\0\0");
  FEED (self, ASK ("\25", "\11", "\5", "\1\2") "\0\2hi");
  FEED (self, ASK ("\25", "\12", "\5", "\0\3") "\0\0");
  FEED (self, ASK ("\25", "\13", "\5", "\0\11") "\0\2no");
  g_assert_cmpuint (self->delivered->len, ==, 3);
  g_assert_cmpint (get_attributes (self, 0)->ask, ==, HEIN_ASK_DELIVERY);
  g_assert_cmpuint (get_attributes (self, 0)->ask_id, ==, 5);
  g_assert_cmpuint (get_attributes (self, 0)->ask_number, ==, 0x102);
  assert_text (self, 0, "t", "hi");
  g_assert_cmpint (get_attributes (self, 1)->ask, ==, HEIN_ASK_RECEIPT);
  g_assert_cmpuint (get_attributes (self, 1)->ask_number, ==, 3);
  g_assert_cmpint (get_attributes (self, 2)->ask, ==, HEIN_ASK_FAILURE);
  g_assert_cmpuint (get_attributes (self, 2)->ask_number, ==, 9);
  assert_text (self, 2, "t", "no");
}

static HeinMessage *
make_delivery (const HeinMessageAttributes *attributes,
               const char *topic,
               gsize size)
{
  g_autofree guint8 *data = g_malloc (size + 1);

  memset (data, 'x', size);
  return attributes != NULL
           ? hein_message_new_attributed_data (topic, attributes, data, size,
                                               NULL)
           : hein_message_new_data (topic, data, size);
}

static void
assert_delivery (Recorder *self, guint index, HeinMessage *expected)
{
  HeinMessage *got = g_ptr_array_index (self->delivered, index);
  const HeinMessageAttributes *said = get_attributes (self, index);
  gsize size;
  gsize expected_size;
  const guint8 *data = hein_message_peek_data (got, &size);
  const guint8 *expected_data =
    hein_message_peek_data (expected, &expected_size);

  g_assert_cmpint (said->ask, ==, HEIN_ASK_DELIVERY);
  g_assert_cmpuint (said->ask_id, ==, G_GUINT64_CONSTANT (0x1020304050607080));
  g_assert_cmpuint (said->ask_number, ==, 0x90a0b0c0);
  g_assert_cmpuint (said->ask_credit, ==, 0);
  g_assert_cmpstr (hein_message_get_topic (got), ==,
                   hein_message_get_topic (expected));
  g_assert_cmpmem (data, size, expected_data, expected_size);
}

/* Two in a row, and what is there of a third. */
static void
feed_three (Recorder *self, GBytes *one)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (one, &size);
  g_autoptr (GByteArray) all = g_byte_array_new ();

  for (guint i = 0; i < 3; i++)
    g_byte_array_append (all, data, size);
  recorder_feed (self, all->data, all->len - 1);
  g_assert_cmpuint (self->delivered->len, ==, 2);
  recorder_feed (self, all->data + all->len - 1, 1);
  g_assert_cmpuint (self->delivered->len, ==, 3);
}

static void
check_delivery (const char *topic, gsize size)
{
  const HeinMessageAttributes attributes = {
    .ask = HEIN_ASK_DELIVERY,
    .ask_id = G_GUINT64_CONSTANT (0x1020304050607080),
    .ask_number = 0x90a0b0c0,
  };
  g_autoptr (Recorder) self = MEET (READY_CREDIT ("\x91", "\2", "64"));
  g_autoptr (HeinMessage) said = make_delivery (&attributes, topic, size);
  g_autoptr (HeinMessage) plain = make_delivery (NULL, topic, size);
  g_autoptr (GBytes) expected = NULL;
  g_autoptr (GBytes) written = NULL;

  g_assert_true (recorder_encode (self, said, NULL));
  expected = recorder_take_written (self);
  HEIN_PROTOCOL_GET_CLASS (self->protocol)
    ->encode_delivery (self->protocol, self->wire, plain, attributes.ask_id,
                       attributes.ask_number);
  written = recorder_take_written (self);
  g_assert_cmpmem (g_bytes_get_data (written, NULL), g_bytes_get_size (written),
                   g_bytes_get_data (expected, NULL),
                   g_bytes_get_size (expected));
  feed_three (self, written);
  for (guint i = 0; i < 3; i++)
    assert_delivery (self, i, plain);
  g_assert_no_error (self->failure);
}

/* The shorter way for most deliveries makes the same bytes, and the same
 * messages of them, where frames change their form. */
static void
test_delivery_sizes (void)
{
  static const guint topic_sizes[] = { 0, 1, 16, 17, 253, 254, 255 };
  static const gsize sizes[] = { 0, 1, 255, 256, 4096, 4097, 40000 };

  for (guint i = 0; i < G_N_ELEMENTS (topic_sizes); i++)
    for (guint k = 0; k < G_N_ELEMENTS (sizes); k++)
      {
        g_autofree char *topic = g_strnfill (topic_sizes[i], 't');

        check_delivery (topic, sizes[k]);
      }
}

static void
test_hein (void)
{
  g_autoptr (Recorder) self = MEET (READY_HEIN);
  const HeinMessageAttributes request = { .ask = HEIN_ASK_REQUEST,
                                          .ask_id = 5,
                                          .ask_number = 0x102 };
  const HeinMessageAttributes many = { .ask = HEIN_ASK_REQUEST,
                                       .ask_id = 5,
                                       .ask_credit = 8 };
  const HeinMessageAttributes typed = { .content_type = "a/b",
                                        .ask = HEIN_ASK_ANSWER,
                                        .ask_id = G_MAXUINT64 };
  const HeinMessageAttributes *got;

  encode (self, &request, "hi", NULL);
  WRITTEN (self, ASK ("\25", "\1", "\5", "\1\2") "\0\2hi");
  encode (self, &many, "hi", NULL);
  WRITTEN (self, "\1\2\xfft\1\31\3Ask\0\0\0\21\1\0\0\0\0\0\0\0\5\0\0\0\0"
                 "\0\0\0\10\0\2hi");
  encode (self, &typed, "", NULL);
  WRITTEN (self, "\1\2\xfft\1\51\14Content-Type\0\0\0\3"
                 "a/b\3Ask\0\0\0\15\2\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0"
                 "\0\0");
  FEED (self, ASK ("\25", "\1", "\5", "\1\2") "\0\2hi" ASK ("\25", "\6", "\5",
                                                            "\0\0") "\0\0");
  g_assert_cmpuint (self->delivered->len, ==, 2);
  assert_text (self, 0, "t", "hi");
  got = get_attributes (self, 0);
  g_assert_cmpint (got->ask, ==, HEIN_ASK_REQUEST);
  g_assert_cmpuint (got->ask_id, ==, 5);
  g_assert_cmpuint (got->ask_number, ==, 0x102);
  g_assert_cmpuint (got->ask_credit, ==, 0);
  g_assert_cmpint (get_attributes (self, 1)->ask, ==, HEIN_ASK_CANCEL);
  FEED (self, "\1\2\xfft\1\31\3Ask\0\0\0\21\1\0\0\0\0\0\0\0\5\0\0\0\0"
              "\0\0\0\10\0\2hi");
  g_assert_cmpuint (get_attributes (self, 2)->ask_credit, ==, 8);
  FEED (self, ASK ("\25", "\7", "\5", "\0\3") "\0\0" ASK ("\25", "\10", "\5",
                                                          "\0\0") "\0\0");
  g_assert_cmpint (get_attributes (self, 3)->ask, ==, HEIN_ASK_CREDIT);
  g_assert_cmpuint (get_attributes (self, 3)->ask_number, ==, 3);
  g_assert_cmpint (get_attributes (self, 4)->ask, ==, HEIN_ASK_END);
}

/* Which deliveries have come, after a cut: asked only by whom that was said. */
static void
test_hein_resumes (void)
{
  g_autoptr (Recorder) self = MEET (HEIN ("\xa5", "\12X-Hein-Ask\0\0\0\1"
                                                  "1\15X-Hein-Credit\0\0\0\3"
                                                  "256\15X-Hein-Resume\0\0\0\1"
                                                  "1"));
  g_autoptr (Recorder) before = MEET (READY_HEIN);
  const HeinMessageAttributes resume = { .ask = HEIN_ASK_RESUME,
                                         .ask_number = 3,
                                         .ask_id = 5 };

  g_assert_true (self->resumes);
  g_assert_false (before->resumes);
  encode (self, &resume, "", NULL);
  WRITTEN (self, ASK ("\25", "\14", "\5", "\0\3") "\0\0");
  FEED (self, ASK ("\25", "\15", "\7", "\0\1") "\0\0");
  g_assert_cmpint (get_attributes (self, 0)->ask, ==, HEIN_ASK_RESUMED);
  g_assert_cmpuint (get_attributes (self, 0)->ask_id, ==, 7);
  g_assert_cmpuint (get_attributes (self, 0)->ask_number, ==, 1);
}

/* What is not known is no message, and none of ours: the rest goes on. */
static void
test_hein_unknown (void)
{
  g_autoptr (Recorder) self = MEET (READY_HEIN);

  FEED (self, ASK ("\25", "\16", "\5", "\0\0") "\0\2hi");
  FEED (self, ASK ("\25", "\0", "\5", "\0\0") "\0\2hi");
  FEED (self, "\1\2\xfft\1\11\3Ask\0\0\0\1\1\0\2hi");
  g_assert_cmpuint (self->delivered->len, ==, 0);
  g_assert_no_error (self->failure);
  FEED (self, "\1\2\xfft\1\11\3Bsk\0\0\0\1\1\0\2ho");
  g_assert_cmpuint (self->delivered->len, ==, 1);
  assert_text (self, 0, "t", "ho");
  g_assert_null (get_attributes (self, 0));
}

/* ---- attributes ---- */

/* Byte for byte; the time that is left is the only thing that moves. */
static void
test_attributes (void)
{
  g_autoptr (Recorder) self = MEET (READY_HEIN);
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "hi");
  HeinMessage *got;

  g_assert_true (self->carries_attributes);
  hein_message_set_attribute (message, "id", "7", NULL);
  hein_message_set_attribute (message, "x", "", NULL);
  recorder_encode (self, message, NULL);
  WRITTEN (self, "\1\2\xfft\1\20\3.id\0\0\0\1"
                 "7\2.x\0\0\0\0\0\2hi");
  FEED (self, "\1\2\xfft\1\30\6Expiry\0\0\0\4\0\1\0\0\3.id\0\0\0\1"
              "7\0\2hi");
  g_assert_cmpuint (self->delivered->len, ==, 1);
  got = self->delivered->pdata[0];
  g_assert_cmpstr (hein_message_get_attribute (got, "id"), ==, "7");
  g_assert_cmpint (hein_message_get_expiry_ms (got), >, 0);
  g_assert_cmpint (hein_message_get_expiry_ms (got), <=, 65536);
  assert_text (self, 0, "t", "hi");
  g_assert_cmpuint (self->n_stripped, ==, 0);
}

/* The largest payload that this side takes may have as many as a message can have. */
static void
test_largest (void)
{
  g_autoptr (Recorder) self = MEET (READY_HEIN);
  const gsize max = hein_wire_get_max_message_size (self->wire);
  g_autofree guint8 *data = g_malloc0 (max);
  g_autoptr (HeinMessage) message = hein_message_new_data ("t", data, max);
  g_autofree char *most = g_strnfill (HEIN_ATTRIBUTES_SIZE_MAX - 1, 'x');
  g_autoptr (GBytes) written = NULL;

  hein_message_set_attribute (message, "x", most, NULL);
  recorder_encode (self, message, NULL);
  written = recorder_take_written (self);
  recorder_feed (self, g_bytes_get_data (written, NULL),
                 g_bytes_get_size (written));
  g_assert_no_error (self->failure);
  g_assert_cmpuint (self->delivered->len, ==, 1);
  g_assert_cmpstr (hein_message_get_attribute (self->delivered->pdata[0], "x"),
                   ==, most);
}

/* As many as there may be, and a time: nothing is missing, and nothing counts. */
static void
test_most_attributes (void)
{
  g_autoptr (Recorder) self = MEET (READY_HEIN);
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "hi");
  g_autoptr (GBytes) written = NULL;
  HeinMessage *got;

  for (guint i = 0; i < HEIN_ATTRIBUTES_MAX; i++)
    {
      const char name[] = { (char) ('a' + i), '\0' };

      g_assert_true (hein_message_set_attribute (message, name, name, NULL));
    }
  hein_message_set_expiry_ms (message, 60000);
  recorder_encode (self, message, NULL);
  written = recorder_take_written (self);
  recorder_feed (self, g_bytes_get_data (written, NULL),
                 g_bytes_get_size (written));
  got = self->delivered->pdata[0];
  g_assert_cmpstr (hein_message_get_attribute (got, "p"), ==, "p");
  g_assert_cmpint (hein_message_get_expiry_ms (got), >, 0);
  g_assert_cmpuint (self->n_stripped, ==, 0);
}

/* What cannot be had is left out, which counts; the message comes. */
static void
test_bad_attributes (void)
{
  g_autoptr (Recorder) self = MEET (READY_HEIN);
  g_autoptr (GString) many = g_string_new (NULL);
  g_autoptr (GString) frames = g_string_new (NULL);

  FEED (self, "\1\2\xfft\1\20\3.\xff"
              "d\0\0\0\1"
              "7\2.x\0\0\0\0\0\2hi");
  FEED (self, "\1\2\xfft\1\7\2.\0\0\0\0\0\0\2hi");
  FEED (self, "\1\2\xfft\1\10\2.a\0\0\0\1\0\0\2hi");
  FEED (self, "\1\2\xfft\1\16\6Expiry\0\0\0\3\0\0\1\0\2hi");
  FEED (self, "\1\2\xfft\1\22\14.traceparent\0\0\0\1x\0\2hi");
  for (char name = 'a'; name <= 'q'; name++)
    g_string_append_printf (many, "%c.%c%c%c%c%c", 2, name, 0, 0, 0, 0);
  g_string_append_printf (frames,
                          "%c%c\xff"
                          "t%c%c",
                          1, 2, 1, (int) many->len);
  g_string_append_len (frames, many->str, many->len);
  g_string_append_len (frames, "\0\2hi", 4);
  recorder_feed (self, (const guint8 *) frames->str, frames->len);
  g_assert_no_error (self->failure);
  g_assert_cmpuint (self->delivered->len, ==, 6);
  g_assert_cmpuint (self->n_stripped, ==, 6);
  for (guint i = 0; i < 5; i++)
    {
      assert_text (self, i, "t", "hi");
      g_assert_cmpint (hein_message_get_expiry_ms (self->delivered->pdata[i]),
                       ==, -1);
    }
  g_assert_cmpuint (g_strv_length ((char **) hein_message_get_attributes (
                      self->delivered->pdata[5])),
                    ==, 2 * HEIN_ATTRIBUTES_MAX);
}

/* Others get the message alone. */
static void
test_attributes_zmq (void)
{
  g_autoptr (Recorder) self = MEET (READY_PUSH);
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "hi");

  g_assert_false (self->carries_attributes);
  hein_message_set_attribute (message, "id", "7", NULL);
  hein_message_set_expiry_ms (message, 1000);
  recorder_encode (self, message, NULL);
  WRITTEN (self, "\1\1t\0\2hi");
}

/* A REP or ROUTER brings the number back. */
static void
test_ask_zmq (void)
{
  static const struct
  {
    const char *ready;
    gsize size;
  } rows[] = {
    { READY_REP, sizeof (READY_REP) - 1 },
    { READY_ROUTER, sizeof (READY_ROUTER) - 1 },
    { READY_DEALER, sizeof (READY_DEALER) - 1 },
  };
  const HeinMessageAttributes request = { .ask = HEIN_ASK_REQUEST,
                                          .ask_id = 5,
                                          .ask_number = 100 };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Recorder) self = meet (rows[i].ready, rows[i].size);

      encode (self, &request, "hi", NULL);
      WRITTEN (self, "\1\10\0\0\0\0\0\0\0\5\1\0\1\1t\0\2hi");
      self->awaited = 5;
      FEED (self, "\1\10\0\0\0\0\0\0\0\5\1\0\0\3yes");
      FEED (self, "\1\10\0\0\0\0\0\0\0\5\1\0\1\1t\0\3and");
      g_assert_cmpuint (self->delivered->len, ==, 2);
      assert_text (self, 0, "", "yes");
      assert_text (self, 1, "t", "and");
      g_assert_cmpint (get_attributes (self, 0)->ask, ==, HEIN_ASK_ANSWER);
      g_assert_cmpuint (get_attributes (self, 0)->ask_id, ==, 5);
      g_assert_cmpuint (get_attributes (self, 1)->ask_id, ==, 5);
      g_assert_null (
        hein_message_get_return_path (g_ptr_array_index (self->delivered, 0)));
      /* of a request that nobody waits for: a message */
      FEED (self, "\1\10\0\0\0\0\0\0\0\6\1\0\0\2no");
      g_assert_cmpuint (self->delivered->len, ==, 3);
      g_assert_null (get_attributes (self, 2));
    }
}

/* A request of libzmq where its topic is served, and a message as before where it
 * is not; the answer goes back the way that it came. */
static void
test_serve_zmq (void)
{
  g_autoptr (Recorder) self = MEET (READY_DEALER);
  const HeinMessageAttributes answer = { .ask = HEIN_ASK_ANSWER };
  const HeinMessageAttributes error = { .ask = HEIN_ASK_ERROR,
                                        .ask_number = 7 };
  GBytes *path;

  FEED (self, "\1\2id\1\0\1\1t\0\2hi");
  g_assert_cmpuint (self->delivered->len, ==, 1);
  assert_text (self, 0, "id", "");
  g_assert_null (get_attributes (self, 0));
  self->served = "t";
  FEED (self, "\1\2id\1\0\1\1t\0\2hi");
  FEED (self, "\1\0\1\1t\0\2ho");
  FEED (self, "\1\0\1\1u\0\2hu"); /* another topic */
  FEED (self, "\1\1t\0\2ha");     /* no envelope */
  FEED (self, "\1\2id\0\0");      /* and no content */
  g_assert_cmpuint (self->delivered->len, ==, 6);
  assert_text (self, 1, "t", "hi");
  g_assert_cmpint (get_attributes (self, 1)->ask, ==, HEIN_ASK_REQUEST);
  g_assert_cmpuint (get_attributes (self, 1)->ask_id, ==, 0);
  g_assert_cmpint (get_attributes (self, 2)->ask, ==, HEIN_ASK_REQUEST);
  for (guint i = 3; i < 6; i++)
    g_assert_null (get_attributes (self, i));
  path = hein_message_get_return_path (g_ptr_array_index (self->delivered, 1));
  encode (self, &answer, "yes", path);
  WRITTEN (self, "\1\2id\1\0\1\1t\0\3yes");
  encode (self, &error, "no", path);
  WRITTEN (self, "\1\2id\1\0\1\0\0\2no");
}

static void
test_serve_req (void)
{
  g_autoptr (Recorder) self = MEET (READY_REQ);
  const HeinMessageAttributes answer = { .ask = HEIN_ASK_ANSWER };

  self->served = "";
  FEED (self, "\1\0\0\2hi");
  g_assert_cmpuint (self->delivered->len, ==, 1);
  g_assert_cmpint (get_attributes (self, 0)->ask, ==, HEIN_ASK_REQUEST);
  encode (self, &answer, "yes",
          hein_message_get_return_path (
            g_ptr_array_index (self->delivered, 0)));
  WRITTEN (self, "\1\0\1\1t\0\3yes");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/zmtp-ask/who", test_who);
  g_test_add_func ("/zmtp-ask/credit", test_credit);
  g_test_add_func ("/zmtp-ask/deliveries", test_deliveries);
  g_test_add_func ("/zmtp-ask/delivery-sizes", test_delivery_sizes);
  g_test_add_func ("/zmtp-ask/hein", test_hein);
  g_test_add_func ("/zmtp-ask/hein-unknown", test_hein_unknown);
  g_test_add_func ("/zmtp-ask/hein-resumes", test_hein_resumes);
  g_test_add_func ("/zmtp-ask/attributes", test_attributes);
  g_test_add_func ("/zmtp-ask/most-attributes", test_most_attributes);
  g_test_add_func ("/zmtp-ask/bad-attributes", test_bad_attributes);
  g_test_add_func ("/zmtp-ask/largest", test_largest);
  g_test_add_func ("/zmtp-ask/attributes-zmq", test_attributes_zmq);
  g_test_add_func ("/zmtp-ask/ask-zmq", test_ask_zmq);
  g_test_add_func ("/zmtp-ask/serve-zmq", test_serve_zmq);
  g_test_add_func ("/zmtp-ask/serve-req", test_serve_req);
  return g_test_run ();
}

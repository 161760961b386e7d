/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-message.h>

#include "io/hein-segment.h"
#include "message/hein-message-receive.h"

#define N_THREADS  4
#define N_MESSAGES 500

/* The message never looks into its sender: any object will do. */
static HeinPeer *
make_peer (void)
{
  return (HeinPeer *) g_object_new (G_TYPE_OBJECT, NULL);
}

static guint8 *
make_data (gsize size)
{
  guint8 *data = g_malloc (MAX (size, 1));

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (i * 7 + size);
  return data;
}

static void
assert_holds (HeinMessage *message, const guint8 *data, gsize size)
{
  gsize peeked_size = 1;
  const guint8 *peeked = hein_message_peek_data (message, &peeked_size);
  GBytes *payload = hein_message_get_payload (message);

  g_assert_nonnull (peeked);
  g_assert_cmpmem (peeked, peeked_size, data, size);
  g_assert_cmpmem (g_bytes_get_data (payload, NULL), g_bytes_get_size (payload),
                   data, size);
  g_assert_true (hein_message_get_payload (message) == payload);
  g_assert_true (hein_message_get_part (message, 0) == payload);
  g_assert_cmpuint (hein_message_get_size (message), ==, size);
}

static void
test_sizes (void)
{
  const gsize sizes[] = { 0,   1,   100, 400,  440,  450,  460,  470,
                          500, 512, 513, 4095, 4096, 4097, 70000 };
  char topic[HEIN_TOPIC_MAX + 1];

  memset (topic, 't', HEIN_TOPIC_MAX);
  topic[HEIN_TOPIC_MAX] = '\0';
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint length = 0; length <= HEIN_TOPIC_MAX; length += 51)
      {
        g_autofree guint8 *data = make_data (sizes[i]);
        const char *tail = topic + HEIN_TOPIC_MAX - length;
        g_autoptr (HeinMessage) message =
          hein_message_new_data (tail, data, sizes[i]);

        g_assert_cmpstr (hein_message_get_topic (message), ==, tail);
        assert_holds (message, data, sizes[i]);
        g_assert_cmpuint (hein_message_get_n_parts (message), ==, 1);
        g_assert_cmpuint (hein_message_get_cost (message), >=,
                          sizeof *message + length + sizes[i]);
        g_assert_cmpuint (hein_message_get_cost (message), <=,
                          2 * (sizeof *message + length + sizes[i]) + 256);
      }
}

static HeinMessage *
make_of_parts (gsize n_parts, gsize size)
{
  g_autoptr (GPtrArray) parts =
    g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  for (gsize i = 0; i < n_parts; i++)
    g_ptr_array_add (parts, g_bytes_new_take (g_malloc0 (size), size));
  return hein_message_new_parts ("t", (GBytes **) parts->pdata, n_parts);
}

/* What a message counts is what it takes, however many parts it has. */
static void
test_cost (void)
{
  const gsize shapes[][2] = { { 1, 16 },    { 1, 4096 }, { 1, 5000 },
                              { 1, 70000 }, { 8, 100 },  { 1001, 0 },
                              { 1000, 1 },  { 1000, 64 } };

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      const gsize size = shapes[i][1];
      gsize cost = 0;
      gsize least = 0;

      for (guint j = 0; j < 10; j++)
        {
          g_autoptr (HeinMessage) message = make_of_parts (shapes[i][0], size);

          cost += hein_message_get_cost (message);
          /* a GBytes and a pointer to it, without what malloc adds */
          least += sizeof *message + shapes[i][0] * (size + 40 + 8);
        }
      g_assert_cmpuint (cost, >=, least);
      g_assert_cmpuint (cost, <=, 4 * least);
    }
}

static void
test_bytes_are_shared (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new ("small", 5);
  g_autoptr (HeinMessage) message = hein_message_new ("t", bytes);

  g_assert_true (hein_message_get_payload (message) == bytes);
  assert_holds (message, (const guint8 *) "small", 5);
}

static void
test_defaults (void)
{
  g_autoptr (HeinMessage) message = hein_message_new (NULL, NULL);

  g_assert_cmpstr (hein_message_get_topic (message), ==, "");
  assert_holds (message, (const guint8 *) "", 0);
  g_assert_null (hein_message_get_content_type (message));
  g_assert_null (hein_message_get_return_path (message));
  g_assert_null (hein_message_get_sender (message));
  g_assert_null (hein_message_get_reply_peer (message));
  g_assert_cmpint (hein_message_get_time_us (message), ==, 0);
}

static void
test_bad_topic (void)
{
  char topic[HEIN_TOPIC_MAX + 2];

  memset (topic, 't', HEIN_TOPIC_MAX + 1);
  topic[HEIN_TOPIC_MAX + 1] = '\0';
  g_test_expect_message ("Hein", G_LOG_LEVEL_CRITICAL, "*is_topic*");
  g_assert_null (hein_message_new (topic, NULL));
  g_test_assert_expected_messages ();
  g_test_expect_message ("Hein", G_LOG_LEVEL_CRITICAL, "*is_topic*");
  g_assert_null (hein_message_new_text ("\xff", "text"));
  g_test_assert_expected_messages ();
}

static void
test_text (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "grüße");
  g_autofree char *text = hein_message_dup_text (message, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "grüße");
  g_assert_cmpuint (hein_message_get_size (message), ==, 7);
}

static void
assert_no_text (const char *data, gsize size, const char *reason)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) message =
    hein_message_new_data ("t", (const guint8 *) data, size);

  g_assert_null (hein_message_dup_text (message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  g_assert_cmpstr (error->message, ==, reason);
}

static void
test_bad_text (void)
{
  assert_no_text ("ab\xff", 3, "payload is not text: byte 2 of 3 is not UTF-8");
  assert_no_text ("ab\xc3", 3, "payload is not text: byte 2 of 3 is not UTF-8");
  assert_no_text ("a\0c", 3, "payload is not text: byte 1 of 3 is NUL");
}

static void
test_variant (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value =
    g_variant_ref_sink (g_variant_new_parsed ("{'a': <uint32 7>}"));
  g_autoptr (HeinMessage) message = hein_message_new_variant ("t", value);
  g_autoptr (GVariant) typed =
    hein_message_dup_variant (message, G_VARIANT_TYPE_VARDICT, &error);
  g_autoptr (GVariant) untyped =
    hein_message_dup_variant (message, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (hein_message_get_content_type (message), ==,
                   "application/x-gvariant; type=\"a{sv}\"");
  g_assert_cmpvariant (typed, value);
  g_assert_cmpvariant (untyped, value);
  g_assert_false (g_variant_is_floating (typed));
}

static void
test_variant_byte_order (void)
{
  const guint8 wire[] = { 0x04, 0x03, 0x02, 0x01 };
  g_autoptr (HeinMessage) message =
    hein_message_new_variant ("t", g_variant_new_uint32 (0x01020304));
  g_autoptr (GVariant) value = hein_message_dup_variant (message, NULL, NULL);

  assert_holds (message, wire, sizeof wire);
  g_assert_cmpuint (g_variant_get_uint32 (value), ==, 0x01020304);
}

static void
assert_no_variant (HeinMessage *message, const char *type, const char *pattern)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value =
    hein_message_dup_variant (message,
                              type != NULL ? G_VARIANT_TYPE (type) : NULL,
                              &error);

  g_assert_null (value);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  g_assert_true (g_pattern_match_simple (pattern, error->message));
}

static void
test_bad_variant (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new ("\x02", 1);
  g_autoptr (HeinMessage) plain = hein_message_new ("t", bytes);
  g_autoptr (HeinMessage) lying =
    hein_message_new_typed ("t", "application/x-gvariant; type=\"u\"", bytes);
  g_autoptr (HeinMessage) odd =
    hein_message_new_typed ("t", "application/x-gvariant; type=\"a*\"", bytes);
  g_autoptr (HeinMessage) open =
    hein_message_new_typed ("t", "application/x-gvariant; type=\"", bytes);

  assert_no_variant (plain, "b", "*1 bytes*type b in normal form");
  assert_no_variant (plain, "u", "*1 bytes*type u in normal form");
  assert_no_variant (plain, NULL, "*does not say*");
  assert_no_variant (lying, NULL, "*1 bytes*type u*");
  assert_no_variant (lying, "y", "*type u, not y");
  assert_no_variant (odd, NULL, "*does not say*");
  assert_no_variant (open, NULL, "*does not say*");
}

static void
test_long_variant_type (void)
{
  g_autoptr (GVariantBuilder) builder =
    g_variant_builder_new (G_VARIANT_TYPE_TUPLE);
  g_autoptr (HeinMessage) message = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) back = NULL;

  for (guint i = 0; i < 300; i++)
    g_variant_builder_add (builder, "y", (guchar) i);
  value = g_variant_ref_sink (g_variant_builder_end (builder));
  message = hein_message_new_variant ("t", value);
  g_assert_cmpstr (hein_message_get_content_type (message), ==,
                   "application/x-gvariant");
  back = hein_message_dup_variant (message, g_variant_get_type (value), NULL);
  g_assert_cmpvariant (back, value);
}

static void
test_parts (void)
{
  g_autoptr (GBytes) first = g_bytes_new ("one", 3);
  g_autoptr (GBytes) second = g_bytes_new ("second", 6);
  g_autoptr (GBytes) third = g_bytes_new (NULL, 0);
  GBytes *parts[] = { first, second, third };
  g_autoptr (HeinMessage) message =
    hein_message_new_full ("t", "text/plain", parts, 3, second);
  g_autoptr (HeinMessage) none = hein_message_new_parts ("t", NULL, 0);

  g_assert_cmpuint (hein_message_get_n_parts (message), ==, 3);
  for (guint i = 0; i < 3; i++)
    g_assert_true (hein_message_get_part (message, i) == parts[i]);
  g_assert_cmpuint (hein_message_get_size (message), ==, 9);
  g_assert_cmpstr (hein_message_get_content_type (message), ==, "text/plain");
  g_assert_true (hein_message_get_return_path (message) == second);
  g_assert_cmpuint (hein_message_get_n_parts (none), ==, 1);
  g_assert_cmpuint (hein_message_get_size (none), ==, 0);
  g_test_expect_message ("Hein", G_LOG_LEVEL_CRITICAL, "*get_n_parts*");
  g_assert_null (hein_message_get_part (message, 3));
  g_test_assert_expected_messages ();
}

static void
test_received (void)
{
  HeinPeer *peer = make_peer ();
  GBytes *bytes = g_bytes_new ("bytes", 5);
  HeinMessage *small =
    hein_message_new_received ("topic!", 5, (const guint8 *) "data", 4, peer,
                               42);
  HeinMessage *shared =
    hein_message_new_received_bytes ("", 0, bytes, peer, 43);

  g_assert_cmpstr (hein_message_get_topic (small), ==, "topic");
  assert_holds (small, (const guint8 *) "data", 4);
  g_assert_true (hein_message_get_sender (small) == peer);
  g_assert_cmpint (hein_message_get_time_us (small), ==, 42);
  g_assert_true (hein_message_get_payload (shared) == bytes);
  g_assert_cmpuint (((GObject *) peer)->ref_count, ==, 1);
  hein_message_release (small);
  hein_message_release (shared);
  g_assert_finalize_object ((GObject *) peer);
}

static void
test_sender_is_kept (void)
{
  HeinPeer *peer = make_peer ();
  HeinMessage *message = hein_message_new_received ("t", 1, NULL, 0, peer, 1);

  hein_message_ref (message);
  hein_message_release (message);
  g_assert_cmpuint (((GObject *) peer)->ref_count, ==, 2);
  hein_message_keep_sender (message);
  g_assert_cmpuint (((GObject *) peer)->ref_count, ==, 2);
  g_assert_true (hein_message_get_sender (message) == peer);
  hein_message_unref (message);
  g_assert_finalize_object ((GObject *) peer);
}

static void
test_reply (void)
{
  HeinPeer *peer = make_peer ();
  g_autoptr (GBytes) path = g_bytes_new ("path", 4);
  g_autoptr (GBytes) answer = g_bytes_new ("answer", 6);
  HeinMessage *asked = hein_message_new_full ("t", NULL, NULL, 0, path);
  HeinMessage *request = hein_message_receive (asked, peer, 1);
  HeinMessage *reply = hein_message_new_reply (request, answer);

  g_assert_cmpstr (hein_message_get_topic (reply), ==, "t");
  g_assert_true (hein_message_get_payload (reply) == answer);
  g_assert_true (hein_message_get_reply_peer (reply) == peer);
  g_assert_true (hein_message_get_return_path (reply) == path);
  g_assert_null (hein_message_get_sender (reply));
  hein_message_release (request);
  hein_message_unref (asked);
  g_assert_cmpuint (((GObject *) peer)->ref_count, ==, 2);
  hein_message_unref (reply);
  g_assert_finalize_object ((GObject *) peer);
}

static void
test_reply_to_nobody (void)
{
  g_autoptr (HeinMessage) message = hein_message_new ("t", NULL);

  g_test_expect_message ("Hein", G_LOG_LEVEL_CRITICAL, "*sender != NULL*");
  g_assert_null (hein_message_new_reply (message, NULL));
  g_test_assert_expected_messages ();
}

static void
test_receive_same (void)
{
  HeinPeer *peer = make_peer ();
  HeinMessage *message = hein_message_new_text ("t", "text");
  HeinMessage *received = hein_message_receive (message, peer, 9);

  g_assert_true (received == message);
  g_assert_true (hein_message_get_sender (received) == peer);
  g_assert_cmpint (hein_message_get_time_us (received), ==, 9);
  hein_message_release (received);
  hein_message_unref (message);
  g_assert_finalize_object ((GObject *) peer);
}

static void
assert_received_copy (HeinMessage *message, gboolean is_reply)
{
  HeinPeer *peer = make_peer ();
  HeinMessage *copy = hein_message_receive (message, peer, 9);
  gsize size;
  const guint8 *data = hein_message_peek_data (message, &size);

  g_assert_true (copy != message);
  g_assert_true (hein_message_get_sender (message) != peer);
  g_assert_true (hein_message_get_sender (copy) == peer);
  g_assert_cmpstr (hein_message_get_topic (copy), ==,
                   hein_message_get_topic (message));
  assert_holds (copy, data, size);
  g_assert_cmpstr (hein_message_get_content_type (copy), ==,
                   hein_message_get_content_type (message));
  g_assert_null (hein_message_get_reply_peer (copy));
  g_assert_true (hein_message_get_return_path (copy) ==
                 (is_reply ? NULL : hein_message_get_return_path (message)));
  hein_message_release (copy);
  g_assert_finalize_object ((GObject *) peer);
}

static void
test_receive_copies (void)
{
  HeinPeer *peer = make_peer ();
  g_autoptr (GBytes) path = g_bytes_new ("path", 4);
  g_autoptr (HeinMessage) held = hein_message_new_text ("t", "text");
  g_autoptr (HeinMessage) other = hein_message_ref (held);
  HeinMessage *full = hein_message_new_full ("t", "text/plain", &path, 1, path);
  HeinMessage *request = hein_message_receive (full, peer, 1);
  HeinMessage *reply = hein_message_new_reply (request, path);

  assert_received_copy (held, FALSE);
  assert_received_copy (request, FALSE);
  assert_received_copy (reply, TRUE);
  hein_message_unref (reply);
  hein_message_release (request);
  hein_message_unref (full);
  g_assert_finalize_object ((GObject *) peer);
}

static gpointer
read_payloads (gpointer data)
{
  GPtrArray *messages = data;
  GPtrArray *payloads = g_ptr_array_new ();

  for (guint i = 0; i < messages->len; i++)
    g_ptr_array_add (payloads, hein_message_get_payload (messages->pdata[i]));
  return payloads;
}

/* All threads that ask at once are given the same bytes. */
static void
test_payload_threads (void)
{
  g_autoptr (GPtrArray) messages =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  GThread *threads[N_THREADS];
  GPtrArray *payloads[N_THREADS];

  for (guint i = 0; i < N_MESSAGES; i++)
    g_ptr_array_add (messages, hein_message_new_text ("t", "text"));
  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("reader", read_payloads, messages);
  for (guint i = 0; i < N_THREADS; i++)
    payloads[i] = g_thread_join (threads[i]);
  for (guint i = 1; i < N_THREADS; i++)
    g_assert_cmpmem (payloads[0]->pdata, N_MESSAGES * sizeof (gpointer),
                     payloads[i]->pdata, N_MESSAGES * sizeof (gpointer));
  for (guint i = 0; i < N_THREADS; i++)
    g_ptr_array_unref (payloads[i]);
}

static gpointer
make_and_take (gpointer data)
{
  GAsyncQueue *queue = data;

  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_autofree guint8 *bytes = make_data (i * 9);
      HeinMessage *other;

      g_async_queue_push (queue, hein_message_new_data ("t", bytes, i * 9));
      other = g_async_queue_try_pop (queue);
      if (other == NULL)
        continue;
      g_free (bytes);
      bytes = make_data (hein_message_get_size (other));
      assert_holds (other, bytes, hein_message_get_size (other));
      hein_message_unref (other);
    }
  return NULL;
}

/* Blocks wander from thread to thread, and outlive the thread they are of. */
static void
test_blocks_threads (void)
{
  g_autoptr (GAsyncQueue) queue =
    g_async_queue_new_full ((GDestroyNotify) hein_message_unref);
  GThread *threads[N_THREADS];

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("maker", make_and_take, queue);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
}

static void
test_boxed (void)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "text");

  g_value_init (&value, HEIN_TYPE_MESSAGE);
  g_value_set_boxed (&value, message);
  g_assert_true (g_value_get_boxed (&value) == message);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/message/cost", test_cost);
  g_test_add_func ("/message/sizes", test_sizes);
  g_test_add_func ("/message/bytes-are-shared", test_bytes_are_shared);
  g_test_add_func ("/message/defaults", test_defaults);
  g_test_add_func ("/message/bad-topic", test_bad_topic);
  g_test_add_func ("/message/text", test_text);
  g_test_add_func ("/message/text/bad", test_bad_text);
  g_test_add_func ("/message/variant", test_variant);
  g_test_add_func ("/message/variant/byte-order", test_variant_byte_order);
  g_test_add_func ("/message/variant/bad", test_bad_variant);
  g_test_add_func ("/message/variant/long-type", test_long_variant_type);
  g_test_add_func ("/message/parts", test_parts);
  g_test_add_func ("/message/received", test_received);
  g_test_add_func ("/message/sender-is-kept", test_sender_is_kept);
  g_test_add_func ("/message/reply", test_reply);
  g_test_add_func ("/message/reply/to-nobody", test_reply_to_nobody);
  g_test_add_func ("/message/receive/same", test_receive_same);
  g_test_add_func ("/message/receive/copies", test_receive_copies);
  g_test_add_func ("/message/threads/payload", test_payload_threads);
  g_test_add_func ("/message/threads/blocks", test_blocks_threads);
  g_test_add_func ("/message/boxed", test_boxed);
  return g_test_run ();
}

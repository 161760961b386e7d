/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

#include "../plugins/transports/udp-multicast/datagram/mc-message.h"

/*
 * Messages of the format hein of udp-multicast, written into a block and made
 * again out of it.
 */

#define BEFORE 3 /* bytes of something else */
#define AFTER  2

typedef struct
{
  const char *topic;
  const char *type;
  guint n_parts;
  gsize sizes[3];
} Shape;

static GBytes *
make_part (gsize size, guint seed)
{
  guint8 *data = g_malloc (MAX (size, 1));

  for (gsize i = 0; i < size; i++)
    data[i] = i * 7 + seed;
  return g_bytes_new_take (data, size);
}

static HeinMessage *
make_message (const Shape *shape)
{
  g_autoptr (GPtrArray) parts =
    g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  for (guint i = 0; i < shape->n_parts; i++)
    g_ptr_array_add (parts, make_part (shape->sizes[i], i));
  return hein_message_new_full (shape->topic, shape->type,
                                (GBytes **) parts->pdata, parts->len, NULL);
}

/* In the middle of others. */
static GBytes *
put_in_block (HeinMessage *message, McShape *shape)
{
  guint8 *block;
  gsize size;

  g_assert_true (mc_message_measure (message, shape, NULL));
  size = BEFORE + shape->size + AFTER;
  block = g_malloc (size);
  memset (block, 0xee, size);
  mc_message_put (message, shape, block + BEFORE);
  for (guint i = 0; i < AFTER; i++)
    g_assert_cmpuint (block[size - AFTER + i], ==, 0xee);
  return g_bytes_new_take (block, size);
}

static void
assert_same (HeinMessage *message, const Shape *shape)
{
  g_assert_nonnull (message);
  g_assert_cmpstr (hein_message_get_topic (message), ==, shape->topic);
  g_assert_cmpstr (hein_message_get_content_type (message), ==, shape->type);
  g_assert_cmpuint (hein_message_get_n_parts (message), ==, shape->n_parts);
  for (guint i = 0; i < shape->n_parts; i++)
    {
      g_autoptr (GBytes) expected = make_part (shape->sizes[i], i);
      GBytes *part = i == 0 ? hein_message_get_payload (message)
                            : hein_message_get_part (message, i);

      g_assert_true (g_bytes_equal (part, expected));
    }
}

static void
assert_simple (GBytes *bytes, const Shape *shape)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  g_autoptr (GBytes) part = make_part (shape->sizes[0], 0);
  const gboolean is_simple =
    shape->n_parts == 1 && shape->type == NULL && shape->sizes[0] <= 4096;
  McSimple simple;

  g_assert_cmpint (mc_message_get_simple (data, size, &simple), ==, is_simple);
  if (!is_simple)
    return;
  g_assert_cmpmem (simple.topic, simple.topic_size, shape->topic,
                   strlen (shape->topic));
  g_assert_cmpmem (simple.data, simple.size, g_bytes_get_data (part, NULL),
                   g_bytes_get_size (part));
}

static void
test_round_trip (void)
{
  static const Shape shapes[] = {
    { "", NULL, 1, { 0 } },
    { "a", NULL, 1, { 100 } },
    { "weather/\xc3\xa4", NULL, 1, { 4096 } },
    { "large", NULL, 1, { 4097 } },
    { "typed", "image/png", 1, { 20 } },
    { "typed", "image/png", 1, { 0 } },
    { "", NULL, 2, { 0, 5 } },
    { "parts", "text/plain", 3, { 7, 0, 9000 } },
    { "parts", NULL, 3, { 300, 70000, 0 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_autoptr (HeinMessage) message = make_message (&shapes[i]);
      g_autoptr (HeinMessage) again = NULL;
      McShape shape;
      g_autoptr (GBytes) block = put_in_block (message, &shape);
      g_autoptr (GBytes) alone = mc_message_encode (message, &shape);
      g_autoptr (GBytes) slice =
        g_bytes_new_from_bytes (block, BEFORE, shape.size);

      g_assert_true (g_bytes_equal (alone, slice));
      assert_simple (slice, &shapes[i]);
      again = mc_message_decode (block, BEFORE, shape.size);
      assert_same (again, &shapes[i]);
    }
}

/* All but the last part say how long they are. */
static void
test_cut (void)
{
  const Shape shape = { "topic", "type", 3, { 3, 5, 7 } };
  g_autoptr (HeinMessage) message = make_message (&shape);
  McShape measured;
  g_autoptr (GBytes) block = put_in_block (message, &measured);

  for (gsize n = 0; n <= measured.size; n++)
    {
      g_autoptr (HeinMessage) cut = mc_message_decode (block, BEFORE, n);

      g_assert_cmpint (cut != NULL, ==, n >= measured.size - shape.sizes[2]);
    }
}

static void
assert_refused (const char *text, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, size);
  McSimple simple;

  g_assert_null (mc_message_decode (bytes, 0, size));
  g_assert_false (mc_message_get_simple ((const guint8 *) text, size, &simple));
}

static void
test_hostile (void)
{
#define REFUSE(text) assert_refused (text, sizeof text - 1)
  REFUSE ("");
  REFUSE ("\0\0\0\0");                         /* no part */
  REFUSE ("\0\0\4\1");                         /* too many parts */
  REFUSE ("\2\0\0\1a");                        /* cut topic */
  REFUSE ("\1\0\0\1\xff");                     /* no text */
  REFUSE ("\2\0\0\1a\0");                      /* a NUL in it */
  REFUSE ("\0\1\0\1\xff");                     /* no text as a type */
  REFUSE ("\0\0\0\2\xff\xff\xff\xff\1\2\3\4"); /* more than there is */
  REFUSE ("\0\0\0\2\0\0\0\5\1\2\3\4");
  REFUSE ("\0\0\0\3\0\0\0\4");
#undef REFUSE
}

static void
test_limits (void)
{
  g_autoptr (GBytes) part = make_part (1, 0);
  GBytes *parts[1025];
  g_autoptr (HeinMessage) most = NULL;
  g_autoptr (HeinMessage) more = NULL;
  g_autoptr (GError) error = NULL;
  McShape shape;

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    parts[i] = part;
  most = hein_message_new_parts ("", parts, 1024);
  g_assert_true (mc_message_measure (most, &shape, NULL));
  g_assert_cmpuint (shape.size, ==, 4 + 4 * 1023 + 1024);
  g_assert_cmpuint (shape.payload_size, ==, 1024);
  more = hein_message_new_parts ("", parts, 1025);
  g_assert_false (mc_message_measure (more, &shape, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mc-message/round-trip", test_round_trip);
  g_test_add_func ("/mc-message/cut", test_cut);
  g_test_add_func ("/mc-message/hostile", test_hostile);
  g_test_add_func ("/mc-message/limits", test_limits);
  return g_test_run ();
}

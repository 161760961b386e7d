/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

#include "../../plugins/transports/udp-multicast/datagram/mc-message.h"
#include "../../plugins/transports/udp-multicast/datagram/mc-pack.h"
#include "fuzz.h"

#include <string.h>

/*
 * The input: a byte, and a message of the format `hein`, or with an odd byte a
 * block of them. What is taken is written as the same again, and what is simple
 * says the same both ways.
 */

static void
check_message (GBytes *bytes, gsize from, gsize size)
{
  const guint8 *all = g_bytes_get_data (bytes, NULL);
  const guint8 *data = from > 0 ? all + from : all; /* which may be NULL */
  g_autoptr (HeinMessage) message = mc_message_decode (bytes, from, size);
  g_autoptr (GBytes) again = NULL;
  McSimple simple;
  McShape shape;
  const gboolean is_simple = mc_message_get_simple (data, size, &simple);

  g_assert_true (message != NULL || !is_simple);
  if (message == NULL)
    return;
  g_assert_true (mc_message_measure (message, &shape, NULL));
  g_assert_cmpuint (shape.size, ==, size);
  again = mc_message_encode (message, &shape);
  g_assert_cmpmem (g_bytes_get_data (again, NULL), size, data, size);
  if (!is_simple)
    return;
  g_assert_cmpmem (simple.topic, simple.topic_size,
                   hein_message_get_topic (message),
                   strlen (hein_message_get_topic (message)));
  g_assert_cmpuint (hein_message_get_size (message), ==, simple.size);
}

static void
check_block (GBytes *block)
{
  const guint n_messages = mc_pack_count (block);
  gsize at = 0, from, size;
  guint n = 0;

  if (n_messages == 0)
    return;
  for (; mc_pack_find_next (block, &at, &from, &size); n++)
    {
      g_assert_cmpuint (from, <=, g_bytes_get_size (block));
      g_assert_cmpuint (size, <=, g_bytes_get_size (block) - from);
      check_message (block, from, size);
    }
  g_assert_cmpuint (n, ==, n_messages);
  g_assert_cmpuint (at, ==, g_bytes_get_size (block));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = NULL;

  if (size == 0)
    return 0;
  bytes = g_bytes_new (data + 1, size - 1);
  if (data[0] & 1)
    check_block (bytes);
  else
    check_message (bytes, 0, size - 1);
  return 0;
}

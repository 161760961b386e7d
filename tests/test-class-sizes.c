/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <hein/hein.h>

/*
 * What plugins are built against: a slot that moves breaks every one of them,
 * without a word from the compiler.
 */

#define PARENT sizeof (GObjectClass)
#define SLOT   sizeof (gpointer)
/* 20 bytes come before the first pointer, which is aligned to its own size */
#define HEAD ((20 + SLOT - 1) / SLOT * SLOT)

static void
test_strategy (void)
{
  g_assert_cmpuint (sizeof (HeinStrategyClass), ==, PARENT + 10 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinStrategyClass, select), ==, PARENT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinStrategyClass, lost), ==,
                    PARENT + SLOT);
}

static void
test_transport (void)
{
  g_assert_cmpuint (sizeof (HeinTransportClass), ==, PARENT + 12 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinTransportClass, begin_open), ==,
                    PARENT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinTransportClass, send), ==,
                    PARENT + SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinTransportClass, pause), ==,
                    PARENT + 2 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinTransportClass, close), ==,
                    PARENT + 3 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinTransportClass, finish), ==,
                    PARENT + 4 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinTransportClass, close_peer), ==,
                    PARENT + 5 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinTransportClass, measure), ==,
                    PARENT + 7 * SLOT);
}

static void
test_stream_transport (void)
{
  const gsize start = sizeof (HeinTransportClass);

  g_assert_cmpuint (sizeof (HeinStreamTransportClass), ==, start + 11 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinStreamTransportClass, get_connectable),
                    ==, start);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinStreamTransportClass, listen), ==,
                    start + SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinStreamTransportClass, accepts), ==,
                    start + 2 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinStreamTransportClass, open_fd), ==,
                    start + 3 * SLOT);
}

static void
test_protocol (void)
{
  g_assert_cmpuint (sizeof (HeinProtocolClass), ==, PARENT + 24 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, start), ==, PARENT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, consume), ==,
                    PARENT + SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, encode), ==,
                    PARENT + 2 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, tick), ==,
                    PARENT + 3 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, admitted), ==,
                    PARENT + 4 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, finish), ==,
                    PARENT + 5 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, subscription), ==,
                    PARENT + 6 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, ping), ==,
                    PARENT + 7 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, lost), ==,
                    PARENT + 8 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, settled), ==,
                    PARENT + 9 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, prepare), ==,
                    PARENT + 10 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, seal), ==,
                    PARENT + 11 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, pattern), ==,
                    PARENT + 12 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, confirm), ==,
                    PARENT + 13 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, is_pure), ==,
                    PARENT + 14 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, get_web_use), ==,
                    PARENT + 15 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, encode_delivery), ==,
                    PARENT + 16 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, ends_in_order), ==,
                    PARENT + 19 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, join), ==,
                    PARENT + 20 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinProtocolClass, leaving), ==,
                    PARENT + 21 * SLOT);
}

static void
test_description (void)
{
  g_assert_cmpuint (sizeof (HeinPluginDescription), ==, HEAD + 5 * SLOT);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinPluginDescription, abi), ==, 8);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinPluginDescription, kind), ==, 16);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinPluginDescription, name), ==, HEAD);
  g_assert_cmpuint (G_STRUCT_OFFSET (HeinPluginDescription, get_type), ==,
                    HEAD + 4 * SLOT);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/class-sizes/strategy", test_strategy);
  g_test_add_func ("/class-sizes/transport", test_transport);
  g_test_add_func ("/class-sizes/stream-transport", test_stream_transport);
  g_test_add_func ("/class-sizes/protocol", test_protocol);
  g_test_add_func ("/class-sizes/description", test_description);
  return g_test_run ();
}

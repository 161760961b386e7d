/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "../plugins/transports/udp-multicast/keys/mc-key-file.h"
#include "sealed-pair.h"

/* Datagrams that another program has sealed: sealed-vectors.py. */

static GBytes *
from_hex (const char *hex)
{
  gsize n = strlen (hex) / 2;
  guint8 *bytes = g_malloc (MAX (n, 1));

  g_assert_cmpuint (strlen (hex) % 2, ==, 0);
  for (gsize i = 0; i < n; i++)
    bytes[i] = g_ascii_xdigit_value (hex[2 * i]) << 4 |
               g_ascii_xdigit_value (hex[2 * i + 1]);
  return g_bytes_new_take (bytes, n);
}

#define DATA(bytes) ((const guint8 *) g_bytes_get_data (bytes, NULL))
#define SIZE(bytes) (g_bytes_get_size (bytes))

static void
check_opens (McSuite suite,
             McKey *key,
             const guint8 *recipient,
             GBytes *datagram,
             GBytes *inner)
{
  static const guint8 seed[MC_OPENER_SEED_SIZE] = { 7 };
  g_autoptr (McKeyRing) ring = mc_key_ring_new (0);
  g_autoptr (McOpener) opener = NULL;
  guint8 opened_inner[ROOM];
  McOpened opened;

  g_assert_true (
    mc_key_ring_add (ring, key, 1, MC_TIME_MIN, MC_TIME_MAX, NULL));
  opener = mc_opener_new (suite != MC_SUITE_NONE ? ring : NULL,
                          MC_ADMISSION_NONE, seed);
  if (recipient != NULL)
    mc_opener_set_own_id (opener, recipient);
  g_assert_cmpint (mc_opener_open (opener, DATA (datagram), SIZE (datagram), 0,
                                   opened_inner, ROOM, &opened),
                   ==, MC_OPENED);
  g_assert_cmpmem (opened_inner, opened.size, DATA (inner), SIZE (inner));
}

/* Of a sender's words only the salt is random; here it is given. */
static gsize
seal_with_salt (const McHeader *header,
                const McKey *key,
                GBytes *inner,
                guint8 *datagram)
{
  guint8 subkey[MC_KEY_SIZE] = { 0 };
  McCipher cipher;

  if (header->suite != MC_SUITE_NONE)
    mc_suite_make_subkey (header->suite, key, header->sender_id, subkey);
  mc_cipher_init_once (&cipher, header->suite, subkey);
  mc_header_put (header, datagram);
  mc_cipher_seal (&cipher, mc_header_get_size (header->is_for_one),
                  DATA (inner), SIZE (inner), datagram);
  return mc_suite_get_sealed_size (header->suite, header->is_for_one,
                                   SIZE (inner));
}

static void
check_sealed_line (char **words)
{
  McHeader header = { .suite = atoi (words[1]),
                      .seq = g_ascii_strtoull (words[5], NULL, 10),
                      .is_for_one = !g_str_equal (words[6], "-") };
  g_autoptr (McKey) key = mc_key_new_from_hex (words[2], strlen (words[2]));
  g_autoptr (GBytes) id = from_hex (words[3]);
  g_autoptr (GBytes) salt = from_hex (words[4]);
  g_autoptr (GBytes) recipient = from_hex (header.is_for_one ? words[6] : "");
  g_autoptr (GBytes) inner = from_hex (words[7]);
  g_autoptr (GBytes) expected = from_hex (words[8]);
  guint8 datagram[ROOM];
  gsize size;

  if (!mc_suite_is_available (header.suite))
    {
      g_test_message ("suite %d is not to be had here", header.suite);
      return;
    }
  if (header.suite != MC_SUITE_NONE)
    header.key_id = mc_key_get_id (key);
  memcpy (header.sender_id, DATA (id), MC_SENDER_ID_SIZE);
  memcpy (header.salt, DATA (salt), MC_HEADER_SALT);
  if (header.is_for_one)
    memcpy (header.recipient, DATA (recipient), MC_SENDER_ID_SIZE);
  size = seal_with_salt (&header, key, inner, datagram);
  g_assert_cmpmem (datagram, size, DATA (expected), SIZE (expected));
  check_opens (header.suite, key, header.is_for_one ? header.recipient : NULL,
               expected, inner);
}

static void
check_salt_line (char **words)
{
  g_autoptr (GBytes) name = from_hex (words[1]);
  g_autofree char *text = g_strndup ((const char *) DATA (name), SIZE (name));
  g_autoptr (GBytes) bytes = from_hex (words[2]);
  g_autoptr (GInetAddress) inet =
    g_inet_address_new_from_bytes (DATA (bytes), SIZE (bytes) == 4
                                                   ? G_SOCKET_FAMILY_IPV4
                                                   : G_SOCKET_FAMILY_IPV6);
  g_autoptr (GSocketAddress) address =
    g_inet_socket_address_new (inet, atoi (words[3]));
  g_autoptr (GBytes) expected = from_hex (words[5]);
  guint8 salt[MC_SALT_SIZE];

  mc_key_make_salt (text, G_INET_SOCKET_ADDRESS (address), atoi (words[4]),
                    salt);
  g_assert_cmpmem (salt, sizeof salt, DATA (expected), SIZE (expected));
}

static void
test_vectors (void)
{
  g_autofree char *path =
    g_test_build_filename (G_TEST_DIST, "sealed-vectors.txt", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;
  guint n_sealed = 0, n_salts = 0;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (lines[i], " ", -1);

      if (g_strcmp0 (words[0], "sealed") == 0)
        {
          check_sealed_line (words);
          n_sealed++;
        }
      else if (g_strcmp0 (words[0], "salt") == 0)
        {
          check_salt_line (words);
          n_salts++;
        }
    }
  g_assert_cmpuint (n_sealed, ==, 20);
  g_assert_cmpuint (n_salts, ==, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sealed-known/vectors", test_vectors);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "../plugins/transports/udp-multicast/multisock/multisock-base64.h"
#include "../plugins/transports/udp-multicast/multisock/multisock-crypter.h"
#include "../plugins/transports/udp-multicast/multisock/multisock-pickle.h"
#include "multisock-test.h"

/*
 * What datagrams of the Python library multisock hold, byte for byte. M… are
 * the requirements that a test stands for. Ciphertexts are those of openssl,
 * unless the library's own were seen.
 */

/* ---- base64 ---- */

static void
assert_decoded (const char *text, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) bytes =
    multisock_base64_decode ((const guint8 *) text, strlen (text), &error);

  g_assert_no_error (error);
  g_assert_cmpmem (bytes->data, bytes->len, expected, strlen (expected));
}

static void
test_base64_takes (void)
{
  assert_decoded ("", "");
  assert_decoded ("SGk=", "Hi");
  assert_decoded ("S G\nk\t=\n", "Hi");
  assert_decoded ("~S-G_k*=", "Hi");
  assert_decoded ("=S=GVs=bG8=", "Hello"); /* a pad too early is noise */
  assert_decoded ("SGk=SGk=", "Hi");       /* behind the end: not looked at */
  assert_decoded ("SQ==", "I");
  assert_decoded ("+/+/", "\xfb\xff\xbf");
}

static void
test_base64_refuses (void)
{
  static const char *const texts[] = { "S",       "SG", "SGk", "SQ=",
                                       "SGVsbG8", "S=", "S===" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (multisock_base64_decode ((const guint8 *) texts[i],
                                              strlen (texts[i]), &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
    }
}

/* A line feed after every 76 characters, and one at the end only. */
static void
test_base64_lines (void)
{
  guint8 data[171] = { 0 };

  for (gsize size = 0; size <= sizeof data; size++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      const gsize n_chars = (size + 2) / 3 * 4;

      multisock_base64_append (text, data, size, TRUE);
      g_assert_cmpuint (text->len, ==, n_chars + (n_chars + 75) / 76);
      for (gsize i = 0; i < text->len; i++)
        g_assert_true ((text->str[i] == '\n') ==
                       (i % 77 == 76 || i == text->len - 1));
    }
}

static void
test_utf8 (void)
{
  g_assert_true (multisock_is_utf8 ((const guint8 *) "", 0));
  g_assert_true (multisock_is_utf8 ((const guint8 *) "a\0\303\244\0", 5));
  g_assert_true (multisock_is_utf8 ((const guint8 *) "\364\217\277\277", 4));
  g_assert_false (multisock_is_utf8 ((const guint8 *) "a\0\xff", 3));
  g_assert_false (multisock_is_utf8 ((const guint8 *) "a\303", 2));
  g_assert_false (multisock_is_utf8 ((const guint8 *) "\303\0\244", 3));
  g_assert_false (multisock_is_utf8 ((const guint8 *) "\355\240\200", 3));
  g_assert_false (multisock_is_utf8 ((const guint8 *) "\300\200", 2));
}

/* ---- crypter ---- */

static const guint8 dice[16] = { 0,  1,  2,  3,  4,  25, 26, 27,
                                 51, 52, 99, 77, 50, 60, 70, 255 };
#define LETTERS "abcdezabzavzyisv"

static MultisockCrypter *
new_k (const char *key, const char *iv)
{
  g_autoptr (GError) error = NULL;
  MultisockCrypter *self = multisock_crypter_new_k (key, iv, &error);

  g_assert_no_error (error);
  return self;
}

static MultisockCrypter *
new_d (guint8 pad)
{
  g_autoptr (GError) error = NULL;
  MultisockCrypter *self =
    multisock_crypter_new_d ("key", "passphrase", pad, &error);

  g_assert_no_error (error);
  return self;
}

static GBytes *
encrypt (const MultisockCrypter *self, const char *text, const guint8 *random)
{
  return multisock_crypter_encrypt (self, (const guint8 *) text, strlen (text),
                                    random);
}

static GBytes *
decrypt (const MultisockCrypter *self,
         const void *data,
         gsize size,
         MultisockFront *front,
         GError **error)
{
  g_autofree guint8 *block = copy_bytes (data, size);

  return multisock_crypter_decrypt (self, block, size, front, error);
}

static void
assert_decrypts (const MultisockCrypter *self,
                 GBytes *datagram,
                 MultisockFront expected_front,
                 const void *expected,
                 gsize expected_size)
{
  g_autoptr (GError) error = NULL;
  MultisockFront front;
  gsize size;
  const void *data = g_bytes_get_data (datagram, &size);
  g_autoptr (GBytes) plain = decrypt (self, data, size, &front, &error);

  g_assert_no_error (error);
  g_assert_cmpint (front, ==, expected_front);
  assert_bytes (plain, expected, expected_size);
}

static void
assert_undecryptable (const MultisockCrypter *self, const char *datagram)
{
  g_autoptr (GError) error = NULL;
  MultisockFront front;

  g_assert_null (decrypt (self, datagram, strlen (datagram), &front, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
}

/* M7 */
static void
test_k_vector (void)
{
  g_autoptr (MultisockCrypter) self = new_k ("pwd", "passphrase");
  g_autoptr (GBytes) datagram = encrypt (self, "hello!", NULL);

  assert_hex (multisock_crypter_get_key (self), 32,
              "7077641d1d1d1d1d1d1d1d1d1d1d1d1d"
              "1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d");
  assert_hex (multisock_crypter_get_iv (self), 16,
              "70617373706872617365060606060606");
  ASSERT_BYTES (datagram, "JcQn6MVGjG/+PJzciQ3ozw==\n");
  assert_decrypts (self, datagram, MULTISOCK_FRONT_NONE, "hello!", 6);
}

/* M7: an object is base64 that is encrypted as text. */
static void
test_k_object_vector (void)
{
  g_autoptr (MultisockCrypter) self = new_k ("pwd", "passphrase");
  g_autoptr (GBytes) object =
    multisock_object_from_json ("\"hello!\"", 8, NULL);
  g_autoptr (GBytes) datagram =
    multisock_crypter_encrypt (self, g_bytes_get_data (object, NULL),
                               g_bytes_get_size (object), NULL);

  ASSERT_BYTES (datagram, "KrK77XToVRxqwm7Ek0nJZUKFC6g2ZIot9BmtvtkZG3c=\n");
}

/* M7 */
static void
test_k_long_line (void)
{
  static const char expected[] =
    "oUx69IKDi8SAd//SkPOSQfZzYJpHcv29FQg/ShX2bnpovfAT1R3vNqxuQFlwYDA+RbERO8dYh"
    "wA2\n"
    "EQUwJg5zvLYayNnxWcq5UJiSWHIuYJPahymgzc76aSn6FuxO3sW9VMioPxSWwjHzHPs/W9axU"
    "A==\n";
  g_autoptr (MultisockCrypter) self = new_k ("pwd", "passphrase");
  g_autofree char *text = g_strnfill (100, 'a');
  g_autoptr (GBytes) datagram = encrypt (self, text, NULL);

  ASSERT_BYTES (datagram, expected);
  assert_decrypts (self, datagram, MULTISOCK_FRONT_NONE, text, 100);
}

/* M7: a bytearray. */
static void
test_k_letters (void)
{
  g_autoptr (MultisockCrypter) self = new_k ("pwd", "passphrase");
  const guint8 data[] = { 0xff, 0x00 };
  g_autoptr (GBytes) theirs =
    g_bytes_new_static ("VmiHx8+x6s002wtKXxsU+b3GdEZeXpyE0awLZtSjP+A=\n", 45);
  g_autoptr (GBytes) bytes =
    multisock_crypter_encrypt (self, data, sizeof data, dice);
  g_autoptr (GBytes) text = encrypt (self, "text", dice);

  assert_decrypts (self, theirs, MULTISOCK_FRONT_LETTERS, data, sizeof data);
  assert_decrypts (self, bytes, MULTISOCK_FRONT_LETTERS, data, sizeof data);
  /* nobody can tell these from text */
  assert_decrypts (self, text, MULTISOCK_FRONT_NONE, LETTERS "text", 20);
}

/* M7: bytes without letters, of which the library loses 16. */
static void
test_k_bytes (void)
{
  g_autoptr (MultisockCrypter) self = new_k ("pwd", "passphrase");
  g_autoptr (GBytes) few = encrypt (self, "\xff", NULL);
  g_autoptr (GBytes) many = encrypt (self, "abcdefghijklmnoP\xff", NULL);
  g_autoptr (GBytes) none = encrypt (self, "", NULL);

  assert_decrypts (self, few, MULTISOCK_FRONT_BYTES, "\xff", 1);
  assert_decrypts (self, many, MULTISOCK_FRONT_BYTES, "abcdefghijklmnoP\xff",
                   17);
  assert_decrypts (self, none, MULTISOCK_FRONT_NONE, "", 0);
}

/* M7: whatever is sent with letters where it needs them arrives as it was. */
static void
test_k_round_trip (void)
{
  g_autoptr (MultisockCrypter) self =
    new_k ("exactly thirty-two characters ab", "fifteen charact");
  guint8 data[200];

  for (gsize size = 0; size < sizeof data; size++)
    {
      const guint8 from = size % 2 == 0 ? 0xf0 : 0x00;
      gboolean needs_letters;
      g_autoptr (GBytes) datagram = NULL;

      for (gsize i = 0; i < size; i++)
        data[i] = from | (i * 7 & 0x7f);
      needs_letters = multisock_crypter_needs_letters (self, data, size);
      g_assert_true (needs_letters == (size > 0 && from > 0));
      datagram = multisock_crypter_encrypt (self, data, size,
                                            needs_letters ? dice : NULL);
      g_assert_cmpuint (g_bytes_get_size (datagram), ==,
                        multisock_crypter_get_size (self, size, needs_letters));
      assert_decrypts (self, datagram,
                       needs_letters ? MULTISOCK_FRONT_LETTERS
                                     : MULTISOCK_FRONT_NONE,
                       data, size);
    }
}

/* Whose noise the base64 of Python ignores. */
static void
test_k_noise (void)
{
  static const char text[] = "JcQn6MVG\r\n jG/+PJ~zciQ3ozw==";
  g_autoptr (MultisockCrypter) self = new_k ("pwd", "passphrase");
  g_autoptr (GBytes) datagram = g_bytes_new_static (text, sizeof text - 1);

  assert_decrypts (self, datagram, MULTISOCK_FRONT_NONE, "hello!", 6);
  assert_undecryptable (self, "");
  assert_undecryptable (self, "\n");
  assert_undecryptable (self, "hello!");
  assert_undecryptable (self, "JcQn6MVGjG/+PJzciQ3o\n");
  assert_undecryptable (self, "JcQn6MVGjG/+PJzciQ3oz\n");
  assert_undecryptable (self, "JcQn6MVGjG/+PJzciQ3ozwAA\n");
}

/* M8: noticed but for one in 256, where the last byte happens to be 1. */
static void
test_k_wrong_key (void)
{
  g_autoptr (MultisockCrypter) self = new_k ("pwd", "passphrase");
  g_autoptr (GBytes) datagram = encrypt (self, "hello!", NULL);
  guint n_noticed = 0;

  for (guint i = 0; i < 256; i++)
    {
      g_autofree char *key = g_strdup_printf ("wrong %u", i);
      g_autoptr (MultisockCrypter) wrong = new_k (key, "passphrase");
      g_autoptr (GError) error = NULL;
      MultisockFront front;
      g_autoptr (GBytes) plain =
        decrypt (wrong, g_bytes_get_data (datagram, NULL),
                 g_bytes_get_size (datagram), &front, &error);

      g_assert_true ((plain == NULL) == (error != NULL));
      if (plain != NULL)
        g_assert_cmpint (front, ==, MULTISOCK_FRONT_BYTES);
      if (error != NULL)
        g_assert_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
      if (error != NULL)
        n_noticed++;
    }
  g_assert_cmpuint (n_noticed, >=, 250);
}

/* M8: never a crash, and never the text; that it is wrong shows only where the
 * padding is in the first block, and then not always: its bytes change alike
 * when both texts were padded there. */
static void
test_k_wrong_iv (void)
{
  g_autoptr (MultisockCrypter) self = new_k ("pwd", "passphrase");
  g_autoptr (GBytes) datagram = encrypt (self, "hello!", NULL);
  guint n_noticed = 0;

  for (guint i = 0; i < 256; i++)
    {
      g_autofree char *iv = g_strdup_printf ("a wrong iv %u", i);
      g_autoptr (MultisockCrypter) wrong = new_k ("pwd", iv);
      g_autoptr (GError) error = NULL;
      MultisockFront front;
      g_autoptr (GBytes) plain =
        decrypt (wrong, g_bytes_get_data (datagram, NULL),
                 g_bytes_get_size (datagram), &front, &error);

      if (plain == NULL)
        g_assert_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
      else
        g_assert_cmpuint (g_bytes_get_size (plain), !=, 6);
      n_noticed += plain == NULL;
    }
  g_assert_cmpuint (n_noticed, >, 200);
}

/* Each padding that is none: of a block that says it has @n bytes of it. */
static void
test_k_padding (void)
{
  g_autoptr (MultisockCrypter) k = new_k ("pwd", "passphrase");
  gsize iv_at = MULTISOCK_BLOCK_SIZE;

  for (guint n = 0; n < 256; n++)
    {
      /* the block before the last is added to the last when it is decrypted */
      guint8 raw[32] = { 0 };
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) plain = NULL;
      MultisockFront front;
      g_autoptr (GBytes) whole = encrypt (k, "0123456789abcdef", NULL);
      g_autoptr (GByteArray) blocks =
        multisock_base64_decode (g_bytes_get_data (whole, NULL),
                                 g_bytes_get_size (whole), NULL);

      g_assert_cmpuint (blocks->len, ==, sizeof raw);
      memcpy (raw, blocks->data, sizeof raw);
      raw[iv_at - 1] ^= 16 ^ n;
      multisock_base64_append (text, raw, sizeof raw, TRUE);
      plain = decrypt (k, text->str, text->len, &front, &error);
      if (n == 16 || n == 1)
        g_assert_no_error (error);
      else
        g_assert_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
      if (n == 16)
        ASSERT_BYTES (plain, "0123456789abcdef");
      else if (n == 1)
        g_assert_cmpuint (g_bytes_get_size (plain), ==, 31);
    }
}

/* A block of sixteen bytes, each of which says that there are more. */
static void
test_k_padding_alone (void)
{
  g_autoptr (MultisockCrypter) self = new_k ("pwd", "passphrase");

  for (guint n = 0; n < 256; n++)
    {
      guint8 plain[16];
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (GBytes) datagram = NULL;
      g_autoptr (GByteArray) raw = NULL;

      memset (plain, (int) n, sizeof plain);
      datagram = multisock_crypter_encrypt (self, plain, sizeof plain, NULL);
      raw = multisock_base64_decode (g_bytes_get_data (datagram, NULL),
                                     g_bytes_get_size (datagram), NULL);
      multisock_base64_append (text, raw->data, 16, TRUE);
      if (n == 0 || n > 16)
        assert_undecryptable (self, text->str);
      else
        {
          g_autoptr (GBytes) block = g_bytes_new (text->str, text->len);

          assert_decrypts (self, block, MULTISOCK_FRONT_NONE, plain, 16 - n);
        }
    }
}

/* M8 */
static void
test_k_truncated (void)
{
  g_autoptr (MultisockCrypter) self = new_k ("pwd", "passphrase");
  g_autoptr (GBytes) datagram = encrypt (self,
                                         "three blocks of sixteen bytes "
                                         "make this",
                                         NULL);
  gsize size;
  const guint8 *data = g_bytes_get_data (datagram, &size);

  for (gsize n = 0; n < size - 1; n++)
    {
      g_autoptr (GError) error = NULL;
      MultisockFront front;

      g_assert_null (decrypt (self, data, n, &front, &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
    }
}

/* M8: never a crash, and never the text. */
static void
test_k_flipped (void)
{
  g_autoptr (MultisockCrypter) self = new_k ("pwd", "passphrase");
  g_autoptr (GBytes) original =
    g_bytes_new_static ("a text of three blocks, and a bit", 33);
  g_autoptr (GBytes) datagram =
    multisock_crypter_encrypt (self, g_bytes_get_data (original, NULL),
                               g_bytes_get_size (original), NULL);
  guint n_noticed = 0;
  g_autoptr (GByteArray) raw =
    multisock_base64_decode (g_bytes_get_data (datagram, NULL),
                             g_bytes_get_size (datagram), NULL);

  for (guint bit = 0; bit < raw->len * 8; bit++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) plain = NULL;
      MultisockFront front;

      raw->data[bit / 8] ^= 1 << bit % 8;
      multisock_base64_append (text, raw->data, raw->len, TRUE);
      raw->data[bit / 8] ^= 1 << bit % 8;
      plain = decrypt (self, text->str, text->len, &front, &error);
      g_assert_true ((plain == NULL) == (error != NULL));
      if (plain == NULL)
        n_noticed++;
      else
        g_assert_false (g_bytes_equal (plain, original));
    }
  /* the last block, and the padding that the one before it is added to */
  g_assert_cmpuint (n_noticed, >=, 240);
}

/* M9: what is wrong is named, and the secret is not. */
static void
test_k_parameters (void)
{
  static const struct
  {
    const char *key;
    const char *iv;
    const char *message;
  } wrong[] = {
    { NULL, "iv", "key: blank" },
    { "", "iv", "key: blank" },
    { " \t\r\n", "iv", "key: blank" },
    { "secret", NULL, "iv: blank" },
    { "secret", "", "iv: blank" },
    { "secret", "    ", "iv: blank" },
    { "secret that has more than 32 byte", "iv", "key: more than 32 bytes" },
    { "secret", "sixteen letters!",
      "iv: more than 15 bytes, with which multisock fails" },
    { "s\303\244cret", "iv",
      "key: characters that are not ASCII, with which multisock fails" },
    { "secret", "\303\244",
      "iv: characters that are not ASCII, with which multisock fails" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (
        multisock_crypter_new_k (wrong[i].key, wrong[i].iv, &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
      g_assert_cmpstr (error->message, ==, wrong[i].message);
    }
}

/* Neither is stripped, unlike in dialect D. */
static void
test_k_limits (void)
{
  g_autoptr (MultisockCrypter) longest =
    new_k ("01234567890123456789012345678901", "0123456789abcde");
  g_autoptr (MultisockCrypter) blanks = new_k (" k ", " i ");

  g_assert_cmpmem (multisock_crypter_get_key (longest), 32,
                   "01234567890123456789012345678901", 32);
  g_assert_cmpmem (multisock_crypter_get_iv (longest), 16, "0123456789abcde\1",
                   16);
  g_assert_cmpmem (multisock_crypter_get_key (blanks), 4, " k \x1d", 4);
  g_assert_cmpmem (multisock_crypter_get_iv (blanks), 4, " i \x0d", 4);
}

/* M13 */
static void
test_d_vector (void)
{
  g_autoptr (MultisockCrypter) nul = new_d (0);
  g_autoptr (MultisockCrypter) control = new_d (4);
  g_autoptr (GBytes) first = encrypt (nul, "hello!", NULL);
  g_autoptr (GBytes) second = encrypt (control, "hello!", NULL);

  assert_hex (
    multisock_crypter_get_key (nul), 32,
    "2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683");
  assert_hex (multisock_crypter_get_iv (nul), 16,
              "1e089e3c5323ad80a90767bdd5907297");
  assert_hex (g_bytes_get_data (first, NULL), g_bytes_get_size (first),
              "c4158bd44edff942574b0d27f767fd0c");
  assert_hex (g_bytes_get_data (second, NULL), g_bytes_get_size (second),
              "ebef0b3f6ecce6d1089dc2ca799254a3");
  /* each takes the other's pad */
  assert_decrypts (control, first, MULTISOCK_FRONT_NONE, "hello!", 6);
  assert_decrypts (nul, second, MULTISOCK_FRONT_NONE, "hello!", 6);
}

/* M13: blanks around the texts do not matter. */
static void
test_d_stripped (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MultisockCrypter) plain = new_d (0);
  g_autoptr (MultisockCrypter) self =
    multisock_crypter_new_d (" \t\n\v\f\rkey ", "passphrase\n", 0, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (multisock_crypter_get_key (self), 32,
                   multisock_crypter_get_key (plain), 32);
  g_assert_cmpmem (multisock_crypter_get_iv (self), 16,
                   multisock_crypter_get_iv (plain), 16);
}

/* M13 */
static void
test_d_round_trip (void)
{
  g_autoptr (MultisockCrypter) self = new_d (0);
  guint8 data[100];

  for (gsize size = 0; size < sizeof data; size++)
    {
      g_autoptr (GBytes) datagram = NULL;

      memset (data, (int) (128 + size), sizeof data);
      g_assert_false (multisock_crypter_needs_letters (self, data, size));
      datagram = multisock_crypter_encrypt (self, data, size, dice);
      g_assert_cmpuint (g_bytes_get_size (datagram), ==, size / 16 * 16 + 16);
      g_assert_cmpuint (g_bytes_get_size (datagram), ==,
                        multisock_crypter_get_size (self, size, TRUE));
      assert_decrypts (self, datagram, MULTISOCK_FRONT_NONE, data, size);
    }
}

/* M13: all of the run goes, a visible pad is none, but for the own one. */
static void
test_d_padding (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MultisockCrypter) self = new_d (0);
  g_autoptr (MultisockCrypter) visible = new_d ('#');
  const guint8 zeros[] = { 'a', 0, 0, 0 };
  g_autoptr (GBytes) datagram =
    multisock_crypter_encrypt (self, zeros, sizeof zeros, NULL);
  g_autoptr (GBytes) empty = multisock_crypter_encrypt (self, NULL, 0, NULL);
  g_autoptr (GBytes) theirs = encrypt (visible, "hello!", NULL);
  MultisockFront front;

  assert_decrypts (self, datagram, MULTISOCK_FRONT_NONE, "a", 1);
  assert_decrypts (self, empty, MULTISOCK_FRONT_NONE, "", 0);
  assert_decrypts (visible, theirs, MULTISOCK_FRONT_NONE, "hello!", 6);
  g_assert_null (
    decrypt (self, g_bytes_get_data (theirs, NULL), 16, &front, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
}

/* M8, M13 */
static void
test_d_damaged (void)
{
  g_autoptr (MultisockCrypter) self = new_d (0);
  guint8 data[64] = { 0 };

  for (gsize size = 0; size <= sizeof data; size++)
    {
      g_autoptr (GError) error = NULL;
      MultisockFront front;
      g_autoptr (GBytes) plain = decrypt (self, data, size, &front, &error);

      g_assert_true ((plain == NULL) == (error != NULL));
      if (size == 0 || size % 16 != 0)
        g_assert_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
    }
}

/* M9 */
static void
test_d_parameters (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (multisock_crypter_new_d (" ", "passphrase", 0, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
  g_assert_cmpstr (error->message, ==, "key: blank");
  g_clear_error (&error);
  g_assert_null (multisock_crypter_new_d ("key", "", 0, &error));
  g_assert_cmpstr (error->message, ==, "passphrase: blank");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/multisock/base64/takes", test_base64_takes);
  g_test_add_func ("/multisock/base64/refuses", test_base64_refuses);
  g_test_add_func ("/multisock/base64/lines", test_base64_lines);
  g_test_add_func ("/multisock/utf8/all", test_utf8);
  g_test_add_func ("/multisock/k/vector", test_k_vector);
  g_test_add_func ("/multisock/k/object-vector", test_k_object_vector);
  g_test_add_func ("/multisock/k/long-line", test_k_long_line);
  g_test_add_func ("/multisock/k/letters", test_k_letters);
  g_test_add_func ("/multisock/k/bytes", test_k_bytes);
  g_test_add_func ("/multisock/k/round-trip", test_k_round_trip);
  g_test_add_func ("/multisock/k/noise", test_k_noise);
  g_test_add_func ("/multisock/k/wrong-key", test_k_wrong_key);
  g_test_add_func ("/multisock/k/wrong-iv", test_k_wrong_iv);
  g_test_add_func ("/multisock/k/padding", test_k_padding);
  g_test_add_func ("/multisock/k/padding-alone", test_k_padding_alone);
  g_test_add_func ("/multisock/k/truncated", test_k_truncated);
  g_test_add_func ("/multisock/k/flipped", test_k_flipped);
  g_test_add_func ("/multisock/k/parameters", test_k_parameters);
  g_test_add_func ("/multisock/k/limits", test_k_limits);
  g_test_add_func ("/multisock/d/vector", test_d_vector);
  g_test_add_func ("/multisock/d/stripped", test_d_stripped);
  g_test_add_func ("/multisock/d/round-trip", test_d_round_trip);
  g_test_add_func ("/multisock/d/padding", test_d_padding);
  g_test_add_func ("/multisock/d/damaged", test_d_damaged);
  g_test_add_func ("/multisock/d/parameters", test_d_parameters);
  return g_test_run ();
}

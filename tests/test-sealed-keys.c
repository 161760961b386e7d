/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <hein/hein.h>

#include "../plugins/transports/udp-multicast/keys/mc-key-file.h"
#include "../plugins/transports/udp-multicast/keys/mc-key-ring.h"

/*
 * The keys of groups, and the files that they are in.
 */

#define HEX_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX_B "202122232425262728292A2B2C2D2E2F303132333435363738393a3b3c3d3e3f"
#define HEX_0 "0000000000000000000000000000000000000000000000000000000000000000"

typedef struct
{
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->folder = g_dir_make_tmp ("hein-keys-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "key", NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_remove (self->path);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->path);
  g_free (self->folder);
}

static void
write_file (Fixture *self, const char *text, gssize size, guint mode)
{
  g_autoptr (GError) error = NULL;

  g_remove (self->path);
  g_file_set_contents (self->path, text, size, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (self->path, mode), ==, 0);
}

static void
assert_is_a (const McKey *key)
{
  for (guint i = 0; i < MC_KEY_SIZE; i++)
    g_assert_cmpuint (mc_key_get_bytes (key)[i], ==, i);
}

static void
test_reads_files (Fixture *self, gconstpointer data)
{
  static const guint modes[] = { 0600, 0400 };
  guint8 raw[MC_KEY_SIZE];
  const char *const texts[] = { HEX_A, HEX_A "\n", HEX_A "\r\n" };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < sizeof raw; i++)
    raw[i] = i;
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (McKey) key = NULL;

      write_file (self, (const char *) raw, sizeof raw, modes[i]);
      key = mc_key_new_from_file (self->path, &error);
      g_assert_no_error (error);
      assert_is_a (key);
    }
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (McKey) key = NULL;

      write_file (self, texts[i], -1, 0600);
      key = mc_key_new_from_file (self->path, &error);
      g_assert_no_error (error);
      assert_is_a (key);
    }
}

static void
assert_refused (Fixture *self, int code, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mc_key_new_from_file (self->path, &error));
  g_assert_error (error, HEIN_ERROR, code);
  g_assert_nonnull (strstr (error->message, part));
  g_assert_nonnull (strstr (error->message, self->path));
  g_assert_null (strstr (error->message, "0a0b0c"));
}

static void
test_wrong_modes (Fixture *self, gconstpointer data)
{
  for (guint mode = 0400; mode <= 01777; mode++)
    {
      if (mode == 0400 || mode == 0600)
        continue;
      write_file (self, HEX_A, -1, 0600);
      g_assert_cmpint (g_chmod (self->path, mode), ==, 0);
      /* only root reads what nobody may */
      if (g_access (self->path, R_OK) == 0)
        assert_refused (self, HEIN_ERROR_INSECURE, "chmod 600");
    }
}

static void
test_wrong_contents (Fixture *self, gconstpointer data)
{
  static const gsize sizes[] = { 0, 1, 31, 33, 63 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      write_file (self, HEX_A, sizes[i], 0600);
      assert_refused (self, HEIN_ERROR_FAILED, "neither 32 bytes nor 64");
    }
  write_file (self, HEX_A "0", -1, 0600);
  assert_refused (self, HEIN_ERROR_FAILED, "neither");
  write_file (self, HEX_A "\n\n", -1, 0600);
  assert_refused (self, HEIN_ERROR_FAILED, "neither");
  write_file (self, HEX_A "\n\n\n", -1, 0600);
  assert_refused (self, HEIN_ERROR_FAILED, "at most 66 bytes");
  write_file (self, "g" HEX_A, 64, 0600);
  assert_refused (self, HEIN_ERROR_FAILED, "neither");
  write_file (self, HEX_0, -1, 0600);
  assert_refused (self, HEIN_ERROR_INSECURE, "zeros");
}

static void
test_no_regular_file (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mc_key_new_from_file (self->path, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpint (mkfifo (self->path, 0600), ==, 0);
  assert_refused (self, HEIN_ERROR_FAILED, "not a regular file");
  g_remove (self->path);
  g_assert_cmpint (g_mkdir (self->path, 0700), ==, 0);
  assert_refused (self, HEIN_ERROR_FAILED, "not a regular file");
}

/* What counts is the file, not how one comes to it. */
static void
test_symbolic_link (Fixture *self, gconstpointer data)
{
  g_autofree char *link_path = g_build_filename (self->folder, "link", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (McKey) key = NULL;

  write_file (self, HEX_A, -1, 0600);
  g_assert_cmpint (symlink (self->path, link_path), ==, 0);
  key = mc_key_new_from_file (link_path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (self->path, 0644), ==, 0);
  g_assert_null (mc_key_new_from_file (link_path, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_remove (link_path);
}

static void
test_of_another_user (Fixture *self, gconstpointer data)
{
  write_file (self, HEX_A, -1, 0600);
  if (geteuid () != 0 || chown (self->path, 65534, -1) != 0)
    {
      g_test_skip ("only root can give files away");
      return;
    }
  assert_refused (self, HEIN_ERROR_INSECURE, "belongs to user 65534");
}

/* ---- the ring ---- */

static McKeyRing *
read_ring (Fixture *self, const char *text, gint64 now)
{
  g_autoptr (GError) error = NULL;
  McKeyRing *ring;

  write_file (self, text, -1, 0600);
  ring = mc_key_ring_new_from_file (self->path, now, &error);
  g_assert_no_error (error);
  return ring;
}

static void
test_ring_file (Fixture *self, gconstpointer data)
{
  g_autoptr (McKeyRing) ring =
    read_ring (self,
               "# two keys\n\n"
               "  7 " HEX_A " 1000 2000\r\n"
               "8\t" HEX_B " 1970-01-01T00:30:00Z 1970-01-01T02:00:00+01:00",
               1500);

  assert_is_a (mc_key_ring_get_sending (ring));
  g_assert_cmpint (mc_key_ring_get_due (ring), ==, 1740);
  g_assert_true (mc_key_ring_set_time (ring, 1800));
  g_assert_cmpuint (mc_key_get_bytes (mc_key_ring_get_sending (ring))[0], ==,
                    0x20);
  g_assert_false (mc_key_ring_set_time (ring, 1999));
  g_assert_cmpuint (mc_key_ring_get_last_epoch (ring), ==, 8);
  mc_key_ring_set_time (ring, 3599);
  g_assert_nonnull (mc_key_ring_get_sending (ring));
  mc_key_ring_set_time (ring, 3600);
  g_assert_null (mc_key_ring_get_sending (ring));
}

/* Without times: always, however wrong the clock is. */
static void
test_ring_without_times (Fixture *self, gconstpointer data)
{
  g_autoptr (McKeyRing) ring = read_ring (self, "0 " HEX_A " - -\n", -1);
  static const gint64 times[] = { G_MININT64, 0, G_MAXINT64 };

  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    {
      g_assert_false (mc_key_ring_set_time (ring, times[i]));
      g_assert_nonnull (mc_key_ring_get_sending (ring));
      g_assert_nonnull (mc_key_ring_get_nth (ring, 0));
      g_assert_null (mc_key_ring_get_nth (ring, 1));
      g_assert_cmpint (mc_key_ring_get_due (ring), ==, MC_TIME_MAX);
    }
}

static void
test_bad_ring_file (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *text;
    const char *part;
  } cases[] = {
    { "", "has no key" },
    { "# nothing\n", "has no key" },
    { "1 " HEX_A " 0", ":1: expected" },
    { "1 " HEX_A " 0 1 2", ":1: expected" },
    { "\n-1 " HEX_A " 0 1", ":2: the epoch" },
    { "x " HEX_A " 0 1", "the epoch" },
    { "1 " HEX_A "00 0 1", "64 hex" },
    { "1 0a0b0c 0 1", "64 hex" },
    { "1 " HEX_A " soon 1", "a time" },
    { "1 " HEX_A " 0 2020-13-01", "a time" },
    { "1 " HEX_A " 5 5", "ends before" },
    { "1 " HEX_0 " 0 5", "zeros" },
    { "1 " HEX_A " 0 5\n1 " HEX_B " 0 5", ":2: two keys of one epoch" },
    { "1 " HEX_A " 0 5\n2 " HEX_A " 0 5", "same id" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      write_file (self, cases[i].text, -1, 0600);
      g_assert_null (mc_key_ring_new_from_file (self->path, 0, &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
      g_assert_nonnull (strstr (error->message, cases[i].part));
      g_assert_nonnull (strstr (error->message, self->path));
      g_assert_null (strstr (error->message, "0a0b0c"));
    }
}

static void
test_ring_file_bounds (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *long_text = g_strnfill (16385, '\n');

  write_file (self, "1 " HEX_A " 0 5\n\0 rest", 78, 0600);
  g_assert_null (mc_key_ring_new_from_file (self->path, 0, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_clear_error (&error);
  write_file (self, long_text, -1, 0600);
  g_assert_null (mc_key_ring_new_from_file (self->path, 0, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_clear_error (&error);
  write_file (self, "1 " HEX_A " 0 5\n", -1, 0640);
  g_assert_null (mc_key_ring_new_from_file (self->path, 0, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE);
}

static McKey *
make_key (guint8 first)
{
  guint8 bytes[MC_KEY_SIZE] = { first, 1 };

  return mc_key_new (bytes);
}

static void
test_ring_limit (void)
{
  g_autoptr (McKeyRing) ring = mc_key_ring_new (0);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < MC_KEY_RING_MAX; i++)
    {
      g_autoptr (McKey) key = make_key (i);

      g_assert_true (mc_key_ring_add (ring, key, i, 0, 10, NULL));
    }
  {
    g_autoptr (McKey) key = make_key (99);

    g_assert_false (mc_key_ring_add (ring, key, 99, 0, 10, &error));
    g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  }
}

/* Make before break: at no time is a key sent with that others refuse, even if
 * their clocks are 59 seconds away. */
static void
test_ring_overlap (void)
{
  g_autoptr (McKeyRing) ours = mc_key_ring_new (0);
  g_autoptr (McKeyRing) early = mc_key_ring_new (0);
  g_autoptr (McKeyRing) late = mc_key_ring_new (0);
  guint n_changes = 0;

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (McKey) key = make_key (i);
      McKeyRing *const rings[] = { ours, early, late };

      for (guint j = 0; j < 3; j++)
        g_assert_true (
          mc_key_ring_add (rings[j], key, i, 1000 * i, 1000 * (i + 1), NULL));
    }
  for (gint64 now = 0; now < 3000; now++)
    {
      guint32 id;
      gint64 due = mc_key_ring_get_due (ours);
      gboolean changes = mc_key_ring_set_time (ours, now);

      g_assert_cmpint (changes, ==, now == due);
      n_changes += changes;
      mc_key_ring_set_time (early, now - 59);
      mc_key_ring_set_time (late, now + 59);
      id = mc_key_get_id (mc_key_ring_get_sending (ours));
      g_assert_nonnull (mc_key_ring_find (early, id));
      g_assert_nonnull (mc_key_ring_find (late, id));
    }
  /* three each at the two handovers: at 940, 1000 and 1060, … */
  g_assert_cmpuint (n_changes, ==, 6);
}

static void
test_ring_edges (void)
{
  g_autoptr (McKeyRing) ring = mc_key_ring_new (0);
  g_autoptr (McKey) key = make_key (1);
  guint32 id = mc_key_get_id (key);

  g_assert_true (mc_key_ring_add (ring, key, 5, 1000, 2000, NULL));
  mc_key_ring_set_time (ring, 939);
  g_assert_null (mc_key_ring_find (ring, id));
  g_assert_cmpuint (mc_key_ring_get_first_epoch (ring), ==, 5);
  mc_key_ring_set_time (ring, 940);
  g_assert_nonnull (mc_key_ring_find (ring, id));
  g_assert_null (mc_key_ring_get_sending (ring));
  g_assert_null (mc_key_ring_find (ring, id + 1));
  mc_key_ring_set_time (ring, 2000);
  g_assert_null (mc_key_ring_get_sending (ring));
  mc_key_ring_set_time (ring, 2059);
  g_assert_nonnull (mc_key_ring_find (ring, id));
  mc_key_ring_set_time (ring, 2060);
  g_assert_null (mc_key_ring_find (ring, id));
  g_assert_cmpuint (mc_key_ring_get_first_epoch (ring), ==, G_MAXUINT64);
}

/* ---- passphrases ---- */

/* Made by the command of Argon2's authors, version 20171227:
 * argon2 saltsaltsaltsalt -id -t 2 -k 65536 -p 1 -l 32 -r */
static void
test_passphrase (void)
{
  static const char known[] =
    "52bd5243314f789540126816a3f20d90210b9d846d8ec7e0b718c68b8c9da01c";
  static const guint8 salt[] = "saltsaltsaltsalt";
  static const char *const spellings[] = { "gr\303\274ne Wiese 42",
                                           "gru\314\210ne Wiese 42" };
  g_autoptr (McKey) expected = mc_key_new_from_hex (known, strlen (known));

  for (guint i = 0; i < G_N_ELEMENTS (spellings); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (McKey) key =
        mc_key_derive (spellings[i], salt, MC_LEVEL_INTERACTIVE, &error);

      g_assert_no_error (error);
      g_assert_cmpmem (mc_key_get_bytes (key), MC_KEY_SIZE,
                       mc_key_get_bytes (expected), MC_KEY_SIZE);
    }
}

/* The default: -t 3 -k 262144 */
static void
test_passphrase_moderate (void)
{
  static const char known[] =
    "6f557dd46d44f9d5f5abdd9334da3785b3793a3e21cb1a99374c0041e60feb04";
  g_autoptr (McKey) expected = mc_key_new_from_hex (known, strlen (known));
  g_autoptr (GError) error = NULL;
  g_autoptr (McKey) key =
    mc_key_derive ("gr\303\274ne Wiese 42", (const guint8 *) "saltsaltsaltsalt",
                   MC_LEVEL_MODERATE, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (mc_key_get_bytes (key), MC_KEY_SIZE,
                   mc_key_get_bytes (expected), MC_KEY_SIZE);
}

static void
test_bad_passphrase (void)
{
  static const guint8 salt[MC_SALT_SIZE] = { 0 };
  g_autofree char *endless = g_strnfill (MC_PASSPHRASE_MAX + 1, 'x');
  g_autoptr (GError) error = NULL;

  /* eleven characters in 22 bytes */
  g_assert_null (mc_key_derive ("\303\244\303\244\303\244\303\244\303\244\303"
                                "\244\303\244\303\244\303\244\303\244\303\244",
                                salt, MC_LEVEL_INTERACTIVE, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_clear_error (&error);
  g_assert_null (
    mc_key_derive ("no \377 UTF-8 at all", salt, MC_LEVEL_INTERACTIVE, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_null (mc_key_derive (endless, salt, MC_LEVEL_INTERACTIVE, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
}

int
main (int argc, char **argv)
{
#define FILE_TEST(path, name)                                                  \
  g_test_add ("/sealed-keys/" path, Fixture, NULL, set_up, name, tear_down)

  g_test_init (&argc, &argv, NULL);
  FILE_TEST ("file/reads", test_reads_files);
  FILE_TEST ("file/wrong-modes", test_wrong_modes);
  FILE_TEST ("file/wrong-contents", test_wrong_contents);
  FILE_TEST ("file/no-regular-file", test_no_regular_file);
  FILE_TEST ("file/symbolic-link", test_symbolic_link);
  FILE_TEST ("file/of-another-user", test_of_another_user);
  FILE_TEST ("ring/file", test_ring_file);
  FILE_TEST ("ring/without-times", test_ring_without_times);
  FILE_TEST ("ring/bad-file", test_bad_ring_file);
  FILE_TEST ("ring/file-bounds", test_ring_file_bounds);
  g_test_add_func ("/sealed-keys/ring/limit", test_ring_limit);
  g_test_add_func ("/sealed-keys/ring/overlap", test_ring_overlap);
  g_test_add_func ("/sealed-keys/ring/edges", test_ring_edges);
  g_test_add_func ("/sealed-keys/passphrase/known", test_passphrase);
  g_test_add_func ("/sealed-keys/passphrase/moderate",
                   test_passphrase_moderate);
  g_test_add_func ("/sealed-keys/passphrase/bad", test_bad_passphrase);
  return g_test_run ();
}

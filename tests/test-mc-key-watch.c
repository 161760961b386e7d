/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../plugins/transports/udp-multicast/keys/mc-key-watch.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <hein/hein.h>

/* When the file of keys is read again, and what is made of it. */

#define KEY_1    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_2    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
#define NOW      1000000 /* s since 1970, when the clock says 0 */
#define STEP_US  (G_USEC_PER_SEC / 10)
#define LINE(n)  #n " " KEY_##n " - -\n"
#define MINUTE_S 60

typedef struct
{
  char *folder;
  char *path;
  McKeyWatch *watch;
  McKeyRing *ring;
  gint64 clock_us;
  guint n_read;
  guint n_told;
  GError *error; /* the last one */
} Fixture;

static gint64
get_time (Fixture *self)
{
  return NOW + self->clock_us / G_USEC_PER_SEC;
}

/* Another file, which takes its place at once. */
static void
replace (Fixture *self, const char *text)
{
  g_autofree char *path = g_build_filename (self->folder, "new", NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600,
                            &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_rename (path, self->path), ==, 0);
}

static void
append (Fixture *self, const char *text)
{
  FILE *file = g_fopen (self->path, "ae");

  g_assert_nonnull (file);
  g_assert_cmpint (fputs (text, file), >=, 0);
  g_assert_cmpint (fclose (file), ==, 0);
}

static void
begin (Fixture *self, gboolean is_ring, const char *text)
{
  g_autoptr (GError) error = NULL;

  replace (self, text);
  self->watch = mc_key_watch_new (self->path, is_ring);
  self->ring = mc_key_watch_read (self->watch, NOW, &error);
  g_assert_no_error (error);
  g_assert_nonnull (self->ring);
}

/* Time goes on, and it is asked far more often than need be. */
static void
pass (Fixture *self, guint seconds)
{
  const gint64 end_us = self->clock_us + seconds * G_USEC_PER_SEC;

  for (; self->clock_us < end_us; self->clock_us += STEP_US)
    {
      g_autoptr (GError) error = NULL;
      McKeyRing *ring =
        mc_key_watch_check (self->watch, self->ring, self->clock_us,
                            get_time (self), &error);

      g_assert_false (ring != NULL && error != NULL);
      if (ring != NULL)
        {
          mc_key_ring_unref (self->ring);
          self->ring = ring;
          self->n_read++;
        }
      if (error != NULL)
        {
          self->n_told++;
          g_clear_error (&self->error);
          self->error = g_steal_pointer (&error);
        }
      mc_key_ring_set_time (self->ring, get_time (self));
    }
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->folder = g_dir_make_tmp ("hein-watch-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "keys", NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  mc_key_watch_free (self->watch);
  mc_key_ring_unref (self->ring);
  g_clear_error (&self->error);
  g_remove (self->path);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->path);
  g_free (self->folder);
}

/* By its first byte. */
static void
assert_sends_with (Fixture *self, guint8 first)
{
  g_assert_cmpuint (mc_key_get_bytes (mc_key_ring_get_sending (self->ring))[0],
                    ==, first);
}

static guint
count_keys (Fixture *self)
{
  guint n = 0;

  while (mc_key_ring_get_nth (self->ring, n) != NULL)
    n++;
  return n;
}

static void
assert_told (Fixture *self, guint n, int code, const char *part)
{
  g_assert_cmpuint (self->n_told, ==, n);
  g_assert_error (self->error, HEIN_ERROR, code);
  g_assert_true (
    g_str_has_prefix (self->error->message, "the keys stay as they were: "));
  g_assert_nonnull (strstr (self->error->message, self->path));
  g_assert_nonnull (strstr (self->error->message, part));
  g_assert_null (strstr (self->error->message, "0a0b0c"));
}

/* ---- when ---- */

static void
test_unchanged (Fixture *self, gconstpointer data)
{
  begin (self, TRUE, LINE (1));
  pass (self, 3600);
  g_assert_cmpuint (self->n_read + self->n_told, ==, 0);
}

/* However it was changed, it is read once. */
static void
test_changed (Fixture *self, gconstpointer data)
{
  begin (self, TRUE, LINE (1));
  pass (self, 10);
  append (self, "# a remark\n");
  pass (self, 10);
  g_assert_cmpuint (self->n_read, ==, 1);
  replace (self, LINE (1));
  pass (self, 10);
  g_assert_cmpuint (self->n_read, ==, 2);
  g_assert_cmpint (g_chmod (self->path, 0400), ==, 0);
  pass (self, 10);
  g_assert_cmpuint (self->n_read, ==, 3);
  g_assert_cmpuint (self->n_told, ==, 0);
}

/* Who writes it byte by byte has nothing read before it is done. */
static void
test_half_written (Fixture *self, gconstpointer data)
{
  const char *const line = LINE (2);

  begin (self, TRUE, LINE (1));
  pass (self, 10);
  for (gsize i = 0; line[i] != '\0'; i++)
    {
      append (self, (char[]){ line[i], '\0' });
      self->clock_us += MC_KEY_WATCH_SETTLE_US;
      g_assert_null (mc_key_watch_check (self->watch, self->ring,
                                         self->clock_us, get_time (self),
                                         NULL));
    }
  pass (self, 10);
  g_assert_cmpuint (self->n_read, ==, 1);
  g_assert_cmpuint (self->n_told, ==, 0);
  assert_sends_with (self, 0x20);
}

/* ---- what is of no use ---- */

typedef struct
{
  const char *name;
  const char *keys; /* what takes its place; NULL: nothing does */
  guint mode;
  int code;
  const char *why;
} Bad;

static const Bad bad_rings[] = {
  { "cut", "1 0001020304", 0600, HEIN_ERROR_FAILED, ":1: expected" },
  { "empty", "", 0600, HEIN_ERROR_FAILED, "has no key" },
  { "readable", LINE (2), 0644, HEIN_ERROR_INSECURE, "mode is 0644" },
  { "over", "2 " KEY_2 " 0 900000\n", 0600, HEIN_ERROR_FAILED,
    "no key of the ring is valid now" },
  { "early", "2 " KEY_2 " 2000000 -\n", 0600, HEIN_ERROR_FAILED,
    "no key of the ring is valid now" },
};

/* What was read before stays, and it is told once a minute at most; what takes
 * the place of the bad file is read. */
static void
test_bad (Fixture *self, gconstpointer data)
{
  const Bad *bad = data;

  begin (self, TRUE, LINE (1));
  pass (self, 10);
  replace (self, bad->keys);
  g_assert_cmpint (g_chmod (self->path, bad->mode), ==, 0);
  pass (self, 50);
  assert_told (self, 1, bad->code, bad->why);
  assert_sends_with (self, 0);
  pass (self, 5 * MINUTE_S);
  assert_told (self, 6, bad->code, bad->why);
  g_assert_cmpuint (self->n_read, ==, 0);
  assert_sends_with (self, 0);
  replace (self, LINE (1) LINE (2));
  pass (self, 10);
  g_assert_cmpuint (self->n_read, ==, 1);
  assert_sends_with (self, 0x20);
  pass (self, 10 * MINUTE_S);
  g_assert_cmpuint (self->n_read, ==, 1);
  g_assert_cmpuint (self->n_told, ==, 6);
}

/* Bad, well and bad again: still once a minute. */
static void
test_bad_again (Fixture *self, gconstpointer data)
{
  begin (self, FALSE, KEY_1);
  for (guint i = 0; i < 6; i++)
    {
      replace (self, "?");
      pass (self, 5);
      g_assert_cmpuint (self->n_told, ==, 1);
      replace (self, KEY_1);
      pass (self, 5);
      g_assert_cmpuint (self->n_read, ==, i + 1);
    }
  replace (self, "?");
  pass (self, 5);
  assert_told (self, 2, HEIN_ERROR_FAILED, "neither 32 bytes nor 64");
}

static void
test_gone (Fixture *self, gconstpointer data)
{
  begin (self, FALSE, KEY_1);
  g_assert_cmpint (g_remove (self->path), ==, 0);
  pass (self, 10);
  g_assert_cmpuint (self->n_told, ==, 1);
  g_assert_error (self->error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  assert_sends_with (self, 0);
  replace (self, KEY_2);
  pass (self, 10);
  assert_sends_with (self, 0x20);
}

/* A forked child that looks at the file takes nothing from its parent. */
static void
test_forked (Fixture *self, gconstpointer data)
{
  pid_t pid;
  int status;

  begin (self, FALSE, KEY_1);
  replace (self, KEY_2);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      pass (self, 10);
      /* not _exit: valgrind would call the parent's locals lost in here */
      if (self->n_read == 1)
        execlp ("true", "true", NULL);
      _exit (1);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  pass (self, 10);
  g_assert_cmpuint (self->n_read, ==, 1);
}

/* ---- make before break ---- */

/* Two that share a file read it at different times, and at no time does one send
 * with a key that the other one does not have. */
static void
test_two (Fixture *self, gconstpointer data)
{
  const gboolean is_ring = GPOINTER_TO_INT (data);
  g_autoptr (McKeyWatch) watch = mc_key_watch_new (self->path, is_ring);
  g_autoptr (McKeyRing) ring = NULL;
  gint64 switched_us = 0;

  begin (self, is_ring, is_ring ? LINE (1) : KEY_1);
  ring = mc_key_watch_read (watch, NOW, NULL);
  pass (self, 1);
  replace (self, is_ring ? LINE (1) LINE (2) : KEY_2);
  for (guint i = 0; i < 200; i++)
    {
      McKeyRing *next = NULL;
      McKey *key;

      pass (self, 1);
      if (i % 2 == 1)
        next = mc_key_watch_check (watch, ring, self->clock_us, get_time (self),
                                   NULL);
      if (next != NULL)
        {
          mc_key_ring_unref (ring);
          ring = next;
        }
      mc_key_ring_set_time (ring, get_time (self));
      key = mc_key_ring_get_sending (self->ring);
      g_assert_nonnull (mc_key_ring_find (ring, mc_key_get_id (key)));
      if (switched_us == 0 && mc_key_get_bytes (key)[0] == 0x20)
        switched_us = self->clock_us;
      key = mc_key_ring_get_sending (ring);
      g_assert_nonnull (mc_key_ring_find (self->ring, mc_key_get_id (key)));
    }
  g_assert_cmpint (switched_us, >, 0);
  assert_sends_with (self, 0x20);
  g_assert_cmpuint (count_keys (self), ==, is_ring ? 2 : 1);
}

/* What is taken out of a ring is gone, and its successor does not wait. */
static void
test_taken_out (Fixture *self, gconstpointer data)
{
  begin (self, TRUE, LINE (1));
  replace (self, LINE (2));
  while (self->n_read == 0)
    pass (self, 1);
  assert_sends_with (self, 0x20);
  g_assert_cmpuint (count_keys (self), ==, 1);
}

/* An old key that ends within the pause makes it shorter: there is one to send
 * with at any time. */
static void
test_ends_within_pause (Fixture *self, gconstpointer data)
{
  begin (self, TRUE, "1 " KEY_1 " - 1000005\n");
  pass (self, 1);
  replace (self, "1 " KEY_1 " - 1000005\n" LINE (2));
  while (self->clock_us < 20 * G_USEC_PER_SEC)
    {
      pass (self, 1);
      g_assert_nonnull (mc_key_ring_get_sending (self->ring));
    }
  assert_sends_with (self, 0x20);
}

/* A file of one key that changes all the time: never more keys than a ring has
 * places, and the last one counts; and one that goes back to the first. */
static void
test_many_keys (Fixture *self, gconstpointer data)
{
  begin (self, FALSE, KEY_1);
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *key = g_strdup_printf ("%02x%s", i + 0x40, KEY_1 + 2);

      replace (self, key);
      pass (self, 4);
      g_assert_cmpuint (self->n_read, ==, i + 1);
      g_assert_nonnull (mc_key_ring_get_sending (self->ring));
      g_assert_cmpuint (count_keys (self), <=, MC_KEY_RING_MAX);
    }
  pass (self, 10);
  assert_sends_with (self, 0x40 + 19);
  pass (self, 2 * MINUTE_S);
  g_assert_cmpuint (count_keys (self), ==, 1);
  replace (self, KEY_1);
  pass (self, 10);
  assert_sends_with (self, 0);
  replace (self, KEY_2);
  pass (self, 4);
  replace (self, KEY_1);
  pass (self, 10);
  assert_sends_with (self, 0);
  g_assert_cmpuint (count_keys (self), >=, 2);
  pass (self, 2 * MINUTE_S);
  g_assert_cmpuint (count_keys (self), ==, 1);
  g_assert_cmpuint (self->n_told, ==, 0);
}

static void
add (const char *path,
     gconstpointer data,
     void (*test) (Fixture *self, gconstpointer data))
{
  g_test_add (path, Fixture, data, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/key-watch/unchanged", NULL, test_unchanged);
  add ("/key-watch/changed", NULL, test_changed);
  add ("/key-watch/half-written", NULL, test_half_written);
  for (guint i = 0; i < G_N_ELEMENTS (bad_rings); i++)
    {
      g_autofree char *path =
        g_strconcat ("/key-watch/bad/", bad_rings[i].name, NULL);

      add (path, &bad_rings[i], test_bad);
    }
  add ("/key-watch/bad/again", NULL, test_bad_again);
  add ("/key-watch/bad/gone", NULL, test_gone);
  add ("/key-watch/forked", NULL, test_forked);
  add ("/key-watch/two/key", GINT_TO_POINTER (FALSE), test_two);
  add ("/key-watch/two/ring", GINT_TO_POINTER (TRUE), test_two);
  add ("/key-watch/taken-out", NULL, test_taken_out);
  add ("/key-watch/ends-within-pause", NULL, test_ends_within_pause);
  add ("/key-watch/many-keys", NULL, test_many_keys);
  return g_test_run ();
}

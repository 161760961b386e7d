/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include <hein/hein-error.h>

#include "spool-folder.h"

/* A spool as files: what is in them after each way of ending, and what a disk
 * does that fails. */

#define MIB (1024 * 1024)

/* ---- a disk that fails ---- */

static int sync_errno;
static gsize write_room = G_MAXSIZE; /* then the disk is full */
static gsize write_max = G_MAXSIZE;  /* at a time */
static guint n_syncs;

static gpointer
find (const char *name)
{
  gpointer function = dlsym (RTLD_NEXT, name);

  g_assert_nonnull (function);
  return function;
}

int
fdatasync (int fd)
{
  int (*real) (int) = (int (*) (int)) find ("fdatasync");

  n_syncs++;
  if (sync_errno == 0)
    return real (fd);
  errno = sync_errno;
  return -1;
}

ssize_t
pwrite (int fd, const void *data, size_t size, off_t at)
{
  ssize_t (*real) (int, const void *, size_t, goffset) =
    (ssize_t (*) (int, const void *, size_t, goffset)) find ("pwrite64");
  static gboolean is_interrupted;

  is_interrupted = !is_interrupted;
  errno = is_interrupted && write_max < G_MAXSIZE ? EINTR : ENOSPC;
  if (errno == EINTR || write_room == 0)
    return -1;
  size = MIN (MIN (size, write_max), write_room);
  write_room -= write_room < G_MAXSIZE ? size : 0;
  return real (fd, data, size, at);
}

/* ---- what is kept ---- */

static void
assert_text (SpoolFolder *folder, const char *expected)
{
  g_autofree char *text = spool_folder_dup_text (folder);

  g_assert_cmpstr (text, ==, expected);
}

static void
reopen (SpoolFolder *folder)
{
  spool_folder_close (folder);
  spool_folder_open (folder, MIB);
}

static HeinSpoolEntry *
append (SpoolFolder *folder, const char *text)
{
  g_autoptr (GError) error = NULL;
  HeinSpoolEntry *entry = spool_folder_append (folder, text, &error);

  g_assert_no_error (error);
  return entry;
}

static void
test_kept (void)
{
  g_auto (SpoolFolder) folder;
  HeinSpoolEntry *two;

  spool_folder_init (&folder);
  spool_folder_open (&folder, MIB);
  assert_text (&folder, "");
  append (&folder, "one");
  two = append (&folder, "two");
  append (&folder, "");
  append (&folder, "three");
  hein_spool_settle (folder.spool, two);
  reopen (&folder);
  assert_text (&folder, "one  three ");
  hein_spool_settle (folder.spool, g_ptr_array_index (folder.stock.entries, 0));
  append (&folder, "four");
  reopen (&folder);
  assert_text (&folder, " three four ");
  g_assert_cmpuint (hein_spool_get_next (folder.spool), ==, 6);
  g_assert_cmpuint (folder.stock.n_torn + folder.stock.n_damaged, ==, 0);
}

/* What is settled without anything new being posted stays settled, and files
 * do not pile up. */
static void
test_emptied (void)
{
  g_auto (SpoolFolder) folder;

  spool_folder_init (&folder);
  spool_folder_open (&folder, MIB);
  append (&folder, "one");
  append (&folder, "two");
  for (guint i = 0; i < 2; i++)
    {
      reopen (&folder);
      hein_spool_settle (folder.spool,
                         g_ptr_array_index (folder.stock.entries, 0));
    }
  for (guint i = 0; i < 3; i++)
    {
      reopen (&folder);
      assert_text (&folder, "");
      g_assert_cmpuint (hein_spool_get_next (folder.spool), ==, 3);
    }
  spool_folder_close (&folder);
  g_assert_cmpuint (spool_folder_count (&folder), ==, 1);
}

/* One batch is synced once, whatever it has. */
static void
test_batches (void)
{
  enum
  {
    N = 200
  };
  g_auto (SpoolFolder) folder;
  g_autoptr (GBytes) body = g_bytes_new_static ("x", 1);
  guint n_done = 0;

  spool_folder_init (&folder);
  spool_folder_open (&folder, MIB);
  n_syncs = 0;
  for (guint i = 0; i < N; i++)
    g_assert_nonnull (hein_spool_append (folder.spool, body, body, NULL));
  hein_spool_flush (folder.spool);
  while (hein_spool_take_done (folder.spool, NULL) != NULL)
    n_done++;
  g_assert_cmpuint (n_done, ==, N);
  g_assert_cmpuint (n_syncs, >=, 1);
  g_assert_cmpuint (n_syncs, <=, N);
}

/* ---- files that end early, or are damaged ---- */

typedef struct
{
  char *bytes;
  gsize size;
} Contents;

static void
read_file (SpoolFolder *folder, guint64 number, Contents *contents)
{
  g_autofree char *path = spool_folder_get_file (folder, number);
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &contents->bytes, &contents->size, &error);
  g_assert_no_error (error);
}

static void
write_file (SpoolFolder *folder, const char *bytes, gsize size)
{
  g_autofree char *path = spool_folder_get_file (folder, 1);
  g_autoptr (GError) error = NULL;

  spool_folder_empty (folder);
  g_file_set_contents (path, bytes, size, &error);
  g_assert_no_error (error);
}

/* A file with three messages, of which the second is settled behind the
 * third. @ends: where each record ends. */
static void
make_file (SpoolFolder *folder, Contents *contents, gsize ends[4])
{
  HeinSpoolEntry *two;

  spool_folder_open (folder, MIB);
  ends[0] = HEIN_SPOOL_HEADER_SIZE + HEIN_SPOOL_RECORD_SIZE + 3;
  ends[1] = ends[0] + HEIN_SPOOL_RECORD_SIZE + 3;
  ends[2] = ends[1] + HEIN_SPOOL_RECORD_SIZE + 5;
  ends[3] = ends[2] + HEIN_SPOOL_RECORD_SIZE + 16;
  append (folder, "one");
  two = append (folder, "two");
  append (folder, "three");
  hein_spool_settle (folder->spool, two);
  spool_folder_close (folder);
  read_file (folder, 1, contents);
  g_assert_cmpuint (contents->size, ==, ends[3]);
}

/* Whichever part of a file has reached the disk: what was whole is there, and
 * the spool goes on. */
static void
test_cut (void)
{
  static const char *const texts[] = { "", "one ", "one two ", "one two three ",
                                       "one three " };
  g_auto (SpoolFolder) folder;
  g_autofree char *bytes = NULL;
  Contents contents;
  gsize ends[4];
  guint n_whole = 0;

  spool_folder_init (&folder);
  make_file (&folder, &contents, ends);
  bytes = contents.bytes;
  for (gsize size = 0; size <= contents.size; size++)
    {
      g_autofree char *more = NULL;

      if (n_whole < 4 && size == ends[n_whole])
        n_whole++;
      write_file (&folder, bytes, size);
      spool_folder_open (&folder, MIB);
      assert_text (&folder, texts[n_whole]);
      g_assert_cmpuint (folder.stock.n_damaged + folder.stock.n_missing, ==, 0);
      append (&folder, "more");
      reopen (&folder);
      more = g_strconcat (texts[n_whole], "more ", NULL);
      assert_text (&folder, more);
      spool_folder_close (&folder);
    }
  g_assert_cmpuint (n_whole, ==, 4);
}

/* With any byte changed, each message is either there as it was or counted. */
static void
test_damaged (void)
{
  g_auto (SpoolFolder) folder;
  g_autofree char *bytes = NULL;
  Contents contents;
  gsize ends[4];

  spool_folder_init (&folder);
  make_file (&folder, &contents, ends);
  bytes = contents.bytes;
  for (gsize at = 0; at < contents.size; at++)
    {
      bytes[at] ^= 0x41;
      write_file (&folder, bytes, contents.size);
      bytes[at] ^= 0x41;
      if (at < HEIN_SPOOL_HEADER_SIZE)
        {
          g_autoptr (GError) error = spool_folder_fail (&folder);

          g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
          continue;
        }
      spool_folder_open (&folder, MIB);
      if (at < ends[0])
        assert_text (&folder, "three ");
      else if (at < ends[1])
        assert_text (&folder, "one three ");
      else if (at < ends[2])
        assert_text (&folder, "one ");
      else
        assert_text (&folder, "one two three ");
      /* that the second one was there is known from its being settled */
      g_assert_cmpuint (folder.stock.n_missing, ==,
                        at < ends[0] || (at >= ends[1] && at < ends[2]));
      g_assert_true (at < ends[2] ? folder.stock.n_damaged > 0
                                  : folder.stock.n_torn > 0);
      spool_folder_close (&folder);
    }
}

/* A message with the bytes of a spool in it is not taken for them when what is
 * before it is damaged. */
static void
test_within (void)
{
  g_auto (SpoolFolder) folder;
  g_autoptr (GByteArray) inner = g_byte_array_new ();
  g_autoptr (GBytes) body = NULL;
  g_autofree char *bytes = NULL;
  Contents contents;

  spool_folder_init (&folder);
  spool_folder_open (&folder, MIB);
  hein_spool_record_append (inner, 0, HEIN_SPOOL_MESSAGE, 7, "forged", 6);
  body = g_bytes_new (inner->data, inner->len);
  g_assert_nonnull (hein_spool_append (folder.spool, body, body, NULL));
  hein_spool_flush (folder.spool);
  g_assert_nonnull (hein_spool_take_done (folder.spool, NULL));
  append (&folder, "two");
  spool_folder_close (&folder);
  read_file (&folder, 1, &contents);
  bytes = contents.bytes;
  bytes[HEIN_SPOOL_HEADER_SIZE] ^= 1;
  write_file (&folder, bytes, contents.size);
  spool_folder_open (&folder, MIB);
  assert_text (&folder, "two ");
  g_assert_cmpuint (folder.stock.n_missing, ==, 1);
}

static void
test_foreign (void)
{
  static const char other[] = "What somebody else keeps in such a file";
  HeinSpoolHeader header = { 1, 1 };
  guint8 newer[HEIN_SPOOL_HEADER_SIZE];
  g_auto (SpoolFolder) folder;
  g_autoptr (GError) foreign = NULL;
  g_autoptr (GError) later = NULL;

  spool_folder_init (&folder);
  write_file (&folder, other, sizeof other);
  foreign = spool_folder_fail (&folder);
  g_assert_error (foreign, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (foreign->message, "no file of a spool"));
  hein_spool_header_fill (&header, newer);
  newer[8] = 2;
  write_file (&folder, (const char *) newer, sizeof newer);
  later = spool_folder_fail (&folder);
  g_assert_nonnull (strstr (later->message, "version 2"));
}

/* What is none of a spool is not read to its end, wherever that is. */
static void
test_foreign_size (void)
{
  g_auto (SpoolFolder) folder;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  spool_folder_init (&folder);
  write_file (&folder, "Somebody else's disk, in a file", 31);
  path = spool_folder_get_file (&folder, 1);
  g_assert_cmpint (truncate (path, G_GINT64_CONSTANT (1) << 40), ==, 0);
  error = spool_folder_fail (&folder);
  g_assert_nonnull (strstr (error->message, "no file of a spool"));
}

/* Behind the last number there is none for what comes next. */
static void
test_last_numbers (void)
{
  const HeinSpoolHeader header = { 1, HEIN_SPOOL_NUMBER_MAX };
  guint8 last[HEIN_SPOOL_HEADER_SIZE];
  g_auto (SpoolFolder) folder;
  g_autofree char *path = NULL;
  g_autoptr (GError) of_file = NULL;
  g_autoptr (GError) of_message = NULL;

  spool_folder_init (&folder);
  path = g_build_filename (folder.path, "ffffffffffffffff.spool", NULL);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  of_file = spool_folder_fail (&folder);
  g_assert_error (of_file, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_cmpint (g_unlink (path), ==, 0);
  hein_spool_header_fill (&header, last);
  write_file (&folder, (const char *) last, sizeof last);
  of_message = spool_folder_fail (&folder);
  g_assert_error (of_message, HEIN_ERROR, HEIN_ERROR_FAILED);
}

/* ---- who may use it ---- */

static void
test_locked (void)
{
  g_auto (SpoolFolder) folder;
  g_autoptr (GError) error = NULL;

  spool_folder_init (&folder);
  spool_folder_open (&folder, MIB);
  append (&folder, "one");
  error = spool_folder_fail (&folder);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  reopen (&folder);
  assert_text (&folder, "one ");
}

static void
test_modes (void)
{
  g_auto (SpoolFolder) folder;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  struct stat status;

  spool_folder_init (&folder);
  spool_folder_open (&folder, MIB);
  append (&folder, "one");
  path = spool_folder_get_file (&folder, 1);
  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 07777, ==, 0600);
  spool_folder_close (&folder);
  g_assert_cmpint (chmod (folder.path, 0777), ==, 0);
  error = spool_folder_fail (&folder);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE);
}

/* ---- its limit ---- */

static char *
make_text (gsize size)
{
  char *text = g_malloc (size + 1);

  memset (text, 'x', size);
  text[size] = '\0';
  return text;
}

static void
test_full (void)
{
  g_auto (SpoolFolder) folder;
  g_autofree char *text = make_text (10000);
  g_autoptr (GPtrArray) entries = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) large = NULL;
  g_autofree char *huge = make_text (2 * MIB);
  HeinSpoolEntry *entry;

  spool_folder_init (&folder);
  spool_folder_open (&folder, MIB);
  g_assert_null (spool_folder_append (&folder, huge, &large));
  g_assert_error (large, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
  while ((entry = spool_folder_append (&folder, text, &error)) != NULL)
    g_ptr_array_add (entries, entry);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
  g_assert_cmpuint (entries->len, >, 90);
  g_assert_cmpuint (hein_spool_get_size (folder.spool), <=, MIB);
  for (guint i = 0; i < entries->len; i++)
    hein_spool_settle (folder.spool, g_ptr_array_index (entries, i));
  append (&folder, "one");
  reopen (&folder);
  assert_text (&folder, "one ");
  g_assert_cmpuint (spool_folder_count (&folder), <=, 2);
}

/* The size of a message has 32 bits, whatever the limit. */
static void
test_too_large (void)
{
  g_auto (SpoolFolder) folder;
  g_autoptr (GBytes) body =
    g_bytes_new_static ("never read", G_GUINT64_CONSTANT (5) << 30);
  g_autoptr (GError) error = NULL;

  spool_folder_init (&folder);
  spool_folder_open (&folder, G_GUINT64_CONSTANT (1) << 40);
  g_assert_null (hein_spool_append (folder.spool, body, NULL, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
}

/* One that stays does not keep the space of the many that come and go. */
static void
test_moved (void)
{
  g_auto (SpoolFolder) folder;
  g_autofree char *text = make_text (10000);

  spool_folder_init (&folder);
  spool_folder_open (&folder, MIB);
  append (&folder, "one");
  append (&folder, "two");
  for (guint i = 0; i < 1000; i++)
    {
      hein_spool_settle (folder.spool, append (&folder, text));
      g_assert_cmpuint (hein_spool_get_size (folder.spool), <=, MIB);
      if (i % 300 == 0)
        {
          reopen (&folder);
          assert_text (&folder, "one two ");
        }
    }
  reopen (&folder);
  assert_text (&folder, "one two ");
  hein_spool_settle (folder.spool, g_ptr_array_index (folder.stock.entries, 1));
  reopen (&folder);
  assert_text (&folder, "one ");
}

/* ---- disks that fail ---- */

static void
test_short (void)
{
  g_auto (SpoolFolder) folder;

  spool_folder_init (&folder);
  spool_folder_open (&folder, MIB);
  write_max = 3;
  append (&folder, "one");
  append (&folder, "two");
  write_max = G_MAXSIZE;
  reopen (&folder);
  assert_text (&folder, "one two ");
}

/* A full disk, wherever in a record: what was accepted is there, what was not
 * is not, and it goes on when there is room. */
static void
test_no_space (void)
{
  for (gsize room = 0; room <= HEIN_SPOOL_RECORD_SIZE + 3; room++)
    {
      g_auto (SpoolFolder) folder;
      g_autoptr (GError) error = NULL;

      spool_folder_init (&folder);
      spool_folder_open (&folder, MIB);
      write_room = room;
      g_assert_null (spool_folder_append (&folder, "none", &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      g_clear_error (&error);
      write_room = G_MAXSIZE;
      append (&folder, "one");
      write_room = room;
      g_assert_null (spool_folder_append (&folder, "none", &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      write_room = G_MAXSIZE;
      append (&folder, "two");
      reopen (&folder);
      assert_text (&folder, "one two ");
      g_assert_cmpuint (folder.stock.n_damaged + folder.stock.n_torn, ==, 0);
    }
}

/* What the disk has not kept is lost to every later sync of the file: nothing
 * is accepted any more. */
static void
test_sync (void)
{
  g_auto (SpoolFolder) folder;
  g_autoptr (GError) first = NULL;
  g_autoptr (GError) later = NULL;
  HeinSpoolEntry *one;

  spool_folder_init (&folder);
  spool_folder_open (&folder, MIB);
  one = append (&folder, "one");
  append (&folder, "two");
  sync_errno = EIO;
  g_assert_null (spool_folder_append (&folder, "none", &first));
  g_assert_error (first, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_nonnull (strstr (first->message, "not on the disk"));
  sync_errno = 0;
  g_assert_null (spool_folder_append (&folder, "none", &later));
  g_assert_cmpstr (later->message, ==, first->message);
  hein_spool_settle (folder.spool, one);
  reopen (&folder);
  /* nor is it written that the first one is settled */
  assert_text (&folder, "one two ");
  append (&folder, "three");
  reopen (&folder);
  assert_text (&folder, "one two three ");
}

typedef struct
{
  const char *path;
  gint is_over; /* atomic */
} Looker;

static gpointer
look_on_and_on (gpointer data)
{
  Looker *self = data;
  HeinSpoolFolder folder;

  g_assert_true (hein_spool_folder_look (&folder, self->path, NULL));
  while (!g_atomic_int_get (&self->is_over))
    hein_spool_folder_get_use (&folder);
  hein_spool_folder_close (&folder);
  return NULL;
}

/* Who looks whether a spool is used keeps nobody from opening it. */
static void
test_looked_at (void)
{
  g_auto (SpoolFolder) folder;
  HeinSpoolFolder look;
  Looker looker;
  GThread *thread;

  spool_folder_init (&folder);
  g_assert_true (hein_spool_folder_look (&look, folder.path, NULL));
  g_assert_cmpint (hein_spool_folder_get_use (&look), ==, HEIN_SPOOL_NO_LOCK);
  looker = (Looker){ folder.path, FALSE };
  thread = g_thread_new ("looker", look_on_and_on, &looker);
  for (guint i = 0; i < 300; i++)
    {
      spool_folder_open (&folder, MIB);
      g_assert_cmpint (hein_spool_folder_get_use (&look), ==,
                       HEIN_SPOOL_IN_USE);
      spool_folder_close (&folder);
    }
  g_atomic_int_set (&looker.is_over, TRUE);
  g_thread_join (thread);
  g_assert_cmpint (hein_spool_folder_get_use (&look), ==, HEIN_SPOOL_FREE);
  hein_spool_folder_close (&look);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/spool/kept", test_kept);
  g_test_add_func ("/spool/emptied", test_emptied);
  g_test_add_func ("/spool/batches", test_batches);
  g_test_add_func ("/spool/cut", test_cut);
  g_test_add_func ("/spool/damaged", test_damaged);
  g_test_add_func ("/spool/within", test_within);
  g_test_add_func ("/spool/foreign", test_foreign);
  g_test_add_func ("/spool/foreign-size", test_foreign_size);
  g_test_add_func ("/spool/last-numbers", test_last_numbers);
  g_test_add_func ("/spool/locked", test_locked);
  g_test_add_func ("/spool/modes", test_modes);
  g_test_add_func ("/spool/full", test_full);
  g_test_add_func ("/spool/too-large", test_too_large);
  g_test_add_func ("/spool/moved", test_moved);
  g_test_add_func ("/spool/short", test_short);
  g_test_add_func ("/spool/no-space", test_no_space);
  g_test_add_func ("/spool/sync", test_sync);
  g_test_add_func ("/spool/looked-at", test_looked_at);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Runs a fuzz target without libFuzzer: first with each file given (or each
 * file of a folder given), then with random changes of them. The same seed
 * makes the same inputs.
 */

#include <string.h>

#include <gio/gio.h>

#include "fuzz.h"

#define SIZE_MAX_BYTES 65536

static int n_runs = 20000;
static int seed = 1;
static char **paths;

static const GOptionEntry options[] = {
  { "runs", 'n', 0, G_OPTION_ARG_INT, &n_runs, "How many changed inputs", "N" },
  { "seed", 's', 0, G_OPTION_ARG_INT, &seed, "Where randomness starts", "N" },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &paths, NULL,
    "FILE…" },
  { NULL }
};

/* In a block of just that size, so that a sanitizer sees a read past it. */
static void
run_one (const GByteArray *input)
{
  g_autofree guint8 *copy = g_malloc (MAX (input->len, 1));

  if (input->len > 0)
    memcpy (copy, input->data, input->len);
  LLVMFuzzerTestOneInput (copy, input->len);
}

static gboolean
add_file (GPtrArray *corpus, const char *path, GError **error)
{
  g_autofree char *data = NULL;
  gsize size;

  if (!g_file_get_contents (path, &data, &size, error))
    return FALSE;
  g_ptr_array_add (corpus,
                   g_byte_array_new_take ((guint8 *) g_steal_pointer (&data),
                                          size));
  return TRUE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* In order of name, since the random numbers are to find the same inputs. */
static gboolean
add_folder (GPtrArray *corpus, const char *path, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, error);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (dir == NULL)
    return FALSE;
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (files, g_build_filename (path, name, NULL));
  g_ptr_array_sort (files, compare_names);
  for (guint i = 0; i < files->len; i++)
    if (!add_file (corpus, files->pdata[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
add_path (GPtrArray *corpus, const char *path, GError **error)
{
  return g_file_test (path, G_FILE_TEST_IS_DIR)
           ? add_folder (corpus, path, error)
           : add_file (corpus, path, error);
}

static guint
random_below (GRand *dice, guint end)
{
  return (guint) g_rand_int_range (dice, 0, (gint32) MAX (end, 1));
}

static void
insert_bytes (GByteArray *input, guint at, const guint8 *bytes, guint n)
{
  guint old = input->len;

  g_byte_array_set_size (input, old + n);
  memmove (input->data + at + n, input->data + at, old - at);
  memcpy (input->data + at, bytes, n);
}

static void
insert_random (GByteArray *input, GRand *dice)
{
  guint8 bytes[8];
  guint n = 1 + random_below (dice, sizeof bytes);

  for (guint i = 0; i < n; i++)
    bytes[i] = (guint8) g_rand_int (dice);
  insert_bytes (input, random_below (dice, input->len + 1), bytes, n);
}

static void
insert_piece (GByteArray *input, const GByteArray *other, GRand *dice)
{
  guint from = random_below (dice, other->len);
  guint n = random_below (dice, other->len - from + 1);
  g_autofree guint8 *piece = NULL;

  if (n == 0)
    return;
  piece = g_memdup2 (other->data + from, n);
  insert_bytes (input, random_below (dice, input->len + 1), piece, n);
}

static void
change_once (GByteArray *input, const GByteArray *other, GRand *dice)
{
  static const guint8 odd[] = { 0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff };
  guint at = random_below (dice, input->len);
  guint choice = random_below (dice, 6);

  if (input->len == 0 || choice == 0)
    insert_random (input, dice);
  else if (choice == 1)
    input->data[at] ^= (guint8) (1u << random_below (dice, 8));
  else if (choice == 2)
    input->data[at] = odd[random_below (dice, sizeof odd)];
  else if (choice == 3)
    g_byte_array_remove_range (input, at,
                               random_below (dice, MIN (input->len - at, 16)) +
                                 1);
  else if (choice == 4)
    g_byte_array_set_size (input, at);
  else
    insert_piece (input, other, dice);
}

static void
run_changed (GPtrArray *corpus, GRand *dice)
{
  const GByteArray *from = corpus->pdata[random_below (dice, corpus->len)];
  const GByteArray *other = corpus->pdata[random_below (dice, corpus->len)];
  g_autoptr (GByteArray) input = g_byte_array_new ();
  guint n_changes = 1 + random_below (dice, 6);

  g_byte_array_append (input, from->data, from->len);
  for (guint i = 0; i < n_changes && input->len < SIZE_MAX_BYTES; i++)
    change_once (input, other, dice);
  run_one (input);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GPtrArray) corpus =
    g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
  g_autoptr (GRand) dice = NULL;
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    g_error ("%s", error->message);
  for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
    if (!add_path (corpus, paths[i], &error))
      g_error ("%s", error->message);
  g_ptr_array_add (corpus, g_byte_array_new ());
  for (guint i = 0; i < corpus->len; i++)
    run_one (corpus->pdata[i]);
  dice = g_rand_new_with_seed ((guint32) seed);
  for (int i = 0; i < n_runs; i++)
    run_changed (corpus, dice);
  g_print ("%u files, %d changed inputs, seed %d\n", corpus->len - 1, n_runs,
           seed);
  g_strfreev (paths);
  return 0;
}

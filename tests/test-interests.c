/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

#include "message/hein-interests.h"

/* Sets of prefixes, and the table of all of them, beside plain models. */

#define N_SETS  40
#define N_STEPS 30000

/* What a set has to have: prefix -> how often. */
typedef struct
{
  HeinPrefixes set;
  GHashTable *model;
} Subject;

static guint
count (Subject *self, const char *prefix)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->model, prefix));
}

static char *
make_prefix (void)
{
  char text[8] = "";
  const guint size = g_test_rand_int_range (0, 7);

  for (guint i = 0; i < size; i++)
    text[i] = "abc"[g_test_rand_int_range (0, 3)];
  return g_strdup (text);
}

static void
add (HeinInterests *all, Subject *self, const char *prefix)
{
  const gsize size = strlen (prefix);
  const guint n = count (self, prefix);
  gboolean added;

  g_assert_true (hein_prefixes_add (&self->set, (const guint8 *) prefix, size,
                                    &added, NULL));
  g_assert_cmpint (added, ==, n == 0);
  if (added && size > 0)
    hein_interests_add (all,
                        hein_prefixes_find (&self->set, (const guint8 *) prefix,
                                            size),
                        self);
  g_hash_table_insert (self->model, g_strdup (prefix),
                       GUINT_TO_POINTER (n + 1));
}

static void
take (HeinInterests *all, Subject *self, const char *prefix)
{
  const gsize size = strlen (prefix);
  const guint n = count (self, prefix);
  HeinPrefix *found =
    hein_prefixes_find (&self->set, (const guint8 *) prefix, size);

  g_assert_cmpint (found != NULL, ==, n > 0 && size > 0);
  if (found != NULL && n == 1)
    hein_interests_remove (all, found);
  g_assert_cmpint (hein_prefixes_remove (&self->set, (const guint8 *) prefix,
                                         size),
                   ==, n == 1);
  if (n > 1)
    g_hash_table_insert (self->model, g_strdup (prefix),
                         GUINT_TO_POINTER (n - 1));
  else
    g_hash_table_remove (self->model, prefix);
}

static guint
count_matches (Subject *self, const char *topic, gboolean with_empty)
{
  GHashTableIter iter;
  gpointer prefix;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->model);
  while (g_hash_table_iter_next (&iter, &prefix, NULL))
    n += g_str_has_prefix (topic, prefix) &&
         (with_empty || *(char *) prefix != '\0');
  return n;
}

static void
check_topic (HeinInterests *all, Subject *subjects, const char *topic)
{
  g_autoptr (GPtrArray) owners = g_ptr_array_new ();
  const gsize size = strlen (topic);

  hein_interests_match (all, (const guint8 *) topic, size, owners);
  for (guint i = 0; i < N_SETS; i++)
    {
      guint n = 0;

      for (guint k = 0; k < owners->len; k++)
        n += g_ptr_array_index (owners, k) == &subjects[i];
      g_assert_cmpuint (n, ==, count_matches (&subjects[i], topic, FALSE));
      g_assert_cmpint (hein_prefixes_match (&subjects[i].set,
                                            (const guint8 *) topic, size),
                       ==, count_matches (&subjects[i], topic, TRUE) > 0);
    }
}

static void
check_set (Subject *self)
{
  const guint n = hein_prefixes_get_size (&self->set);

  g_assert_cmpuint (n, ==, g_hash_table_size (self->model));
  g_assert_cmpint (hein_prefixes_has_all (&self->set), ==,
                   count (self, "") > 0);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (count (self, hein_prefixes_get (&self->set, i)), >, 0);
}

static void
leave (HeinInterests *all, Subject *self)
{
  while (hein_prefixes_get_size (&self->set) > 0)
    {
      g_autofree char *prefix = g_strdup (hein_prefixes_get (&self->set, 0));

      take (all, self, prefix);
    }
  g_assert_cmpuint (hein_prefixes_get_cost (&self->set), ==, 0);
}

static void
test_model (void)
{
  Subject subjects[N_SETS] = { 0 };
  HeinInterests all = { 0 };

  for (guint i = 0; i < N_SETS; i++)
    subjects[i].model =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < N_STEPS; i++)
    {
      Subject *subject = &subjects[g_test_rand_int_range (0, N_SETS)];
      g_autofree char *prefix = make_prefix ();

      if (i % 3000 == 2999)
        leave (&all, subject);
      else if (g_test_rand_int_range (0, i % 10000 < 6000 ? 3 : 2) > 0)
        add (&all, subject, prefix);
      else
        take (&all, subject, prefix);
      if (i % 50 != 0)
        continue;
      check_set (subject);
      check_topic (&all, subjects, prefix);
    }
  for (guint i = 0; i < N_SETS; i++)
    {
      leave (&all, &subjects[i]);
      g_hash_table_unref (subjects[i].model);
    }
  g_assert_cmpuint (all.n, ==, 0);
  g_assert_cmpuint (all.longest, ==, 0);
  g_assert_cmpuint (all.cost, ==, 0);
  g_assert_null (all.buckets);
}

/* As many as one peer may have: added, found, counted, removed. */
static void
test_many (void)
{
  HeinPrefixes set = { 0 };
  HeinInterests all = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean added;
  char text[16];

  for (guint i = 0; i < HEIN_PREFIXES_MAX; i++)
    {
      const gsize size = g_snprintf (text, sizeof text, "%u.", i);

      g_assert_true (
        hein_prefixes_add (&set, (const guint8 *) text, size, &added, NULL));
      hein_interests_add (&all,
                          hein_prefixes_find (&set, (const guint8 *) text,
                                              size),
                          &set);
    }
  g_assert_true (
    hein_prefixes_add (&set, (const guint8 *) "7.", 2, &added, NULL));
  g_assert_false (added);
  g_assert_false (
    hein_prefixes_add (&set, (const guint8 *) "x", 1, &added, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED);
  g_assert_cmpuint (hein_prefixes_get_cost (&set), >, HEIN_PREFIXES_MAX * 64);
  g_assert_true (hein_prefixes_match (&set, (const guint8 *) "99999.x", 7));
  g_assert_false (hein_prefixes_match (&set, (const guint8 *) "99999", 5));
  g_assert_false (hein_prefixes_remove (&set, (const guint8 *) "7.", 2));
  for (guint i = 0; i < HEIN_PREFIXES_MAX; i++)
    {
      const gsize size = g_snprintf (text, sizeof text, "%u.", i);

      hein_interests_remove (&all,
                             hein_prefixes_find (&set, (const guint8 *) text,
                                                 size));
      g_assert_true (hein_prefixes_remove (&set, (const guint8 *) text, size));
    }
  g_assert_cmpuint (hein_prefixes_get_size (&set), ==, 0);
  g_assert_cmpuint (hein_prefixes_get_cost (&set), ==, 0);
  g_assert_cmpuint (all.n, ==, 0);
  g_assert_cmpuint (all.cost, ==, 0);
}

/* Many who have the same: each may go without looking at the others. */
static void
test_shared (void)
{
  g_autofree HeinPrefixes *sets = g_new0 (HeinPrefixes, 5000);
  g_autoptr (GPtrArray) owners = g_ptr_array_new ();
  HeinInterests all = { 0 };
  gboolean added;

  for (guint i = 0; i < 5000; i++)
    {
      hein_prefixes_add (&sets[i], (const guint8 *) "n", 1, &added, NULL);
      hein_interests_add (&all,
                          hein_prefixes_find (&sets[i], (const guint8 *) "n",
                                              1),
                          &sets[i]);
    }
  /* a place each, which may be free as often as it is not */
  g_assert_cmpuint (all.cost, >, 5000 * sizeof (gpointer));
  g_assert_cmpuint (all.cost, <, 2 * 5000 * sizeof (gpointer) + 1000);
  for (guint i = 0; i < 5000; i += 2)
    {
      hein_interests_remove (&all,
                             hein_prefixes_find (&sets[i], (const guint8 *) "n",
                                                 1));
      hein_prefixes_clear (&sets[i]);
    }
  hein_interests_match (&all, (const guint8 *) "news", 4, owners);
  g_assert_cmpuint (owners->len, ==, 2500);
  for (guint i = 1; i < 5000; i += 2)
    g_assert_true (g_ptr_array_find (owners, &sets[i], NULL));
  hein_interests_clear (&all);
  for (guint i = 1; i < 5000; i += 2)
    hein_prefixes_clear (&sets[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/interests/model", test_model);
  g_test_add_func ("/interests/many", test_many);
  g_test_add_func ("/interests/shared", test_shared);
  return g_test_run ();
}

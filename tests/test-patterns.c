/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

#include "message/hein-pattern-tree.h"
#include "message/hein-pattern.h"

/* The tree of the patterns of many, beside comparing each of them. */

#define N_SETS  12
#define N_STEPS 6000

static void
add (HeinPatternTree *tree, HeinPrefixes *set, const char *pattern)
{
  const guint8 *bytes = (const guint8 *) pattern;
  const gsize size = strlen (pattern);
  gboolean added;

  g_assert_true (hein_prefixes_add_pattern (set, bytes, size, &added, NULL));
  if (added)
    hein_pattern_tree_add (tree, hein_prefixes_find (set, bytes, size), set);
}

static void
take (HeinPatternTree *tree, HeinPrefixes *set, const char *pattern)
{
  const guint8 *bytes = (const guint8 *) pattern;
  const gsize size = strlen (pattern);
  HeinPrefix *found = hein_prefixes_find (set, bytes, size);

  if (found == NULL)
    return;
  if (found->count == 1)
    hein_pattern_tree_remove (tree, found);
  hein_prefixes_remove (set, bytes, size);
}

static void
leave (HeinPatternTree *tree, HeinPrefixes *set)
{
  while (hein_prefixes_get_size (set) > 0)
    {
      g_autofree char *pattern = g_strdup (hein_prefixes_get (set, 0));

      take (tree, set, pattern);
    }
}

/* Levels that are equal, wild, empty, or nothing but a star in a topic. */
static char *
make (const char *const *levels, guint n_levels)
{
  GString *text = g_string_new (NULL);
  const guint n = g_test_rand_int_range (1, 6);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (
      text, "%s%s", i > 0 ? "/" : "",
      levels[g_test_rand_int_range (0, (gint32) n_levels)]);
  if (text->len == 0)
    g_string_append_c (text, 'a');
  return g_string_free (text, FALSE);
}

static char *
make_pattern (void)
{
  static const char *const levels[] = { "a", "b", "*", "**", "" };

  return make (levels, G_N_ELEMENTS (levels));
}

static char *
make_topic (void)
{
  static const char *const levels[] = { "a", "b", "c", "", "*", "**" };

  return make (levels, G_N_ELEMENTS (levels));
}

static guint
count_matches (const HeinPrefixes *set, const char *topic)
{
  guint n = 0;

  for (guint i = 0; i < hein_prefixes_get_size (set); i++)
    n += hein_pattern_match (hein_prefixes_get (set, i), topic, strlen (topic));
  return n;
}

static void
check_topic (HeinPatternTree *tree, HeinPrefixes *sets, const char *topic)
{
  g_autoptr (GPtrArray) owners = g_ptr_array_new ();
  guint n_all = 0;

  hein_pattern_tree_match (tree, topic, strlen (topic), owners);
  for (guint i = 0; i < N_SETS; i++)
    {
      const guint n = count_matches (&sets[i], topic);
      guint n_found = 0;

      for (guint k = 0; k < owners->len; k++)
        n_found += g_ptr_array_index (owners, k) == &sets[i];
      g_assert_cmpuint (n_found, ==, n);
      g_assert_cmpint (hein_pattern_tree_has_match (tree, topic, strlen (topic),
                                                    &sets[i]),
                       ==, n > 0);
      n_all += n;
    }
  g_assert_cmpuint (owners->len, ==, n_all);
  g_assert_cmpint (hein_pattern_tree_has_match (tree, topic, strlen (topic),
                                                NULL),
                   ==, n_all > 0);
}

static void
test_model (void)
{
  HeinPrefixes sets[N_SETS] = { 0 };
  HeinPatternTree tree = { 0 };

  for (guint i = 0; i < N_STEPS; i++)
    {
      HeinPrefixes *set = &sets[g_test_rand_int_range (0, N_SETS)];
      g_autofree char *pattern = make_pattern ();
      g_autofree char *topic = make_topic ();

      if (i % 1000 == 999)
        leave (&tree, set);
      else if (g_test_rand_int_range (0, 3) > 0)
        add (&tree, set, pattern);
      else
        take (&tree, set, pattern);
      check_topic (&tree, sets, topic);
    }
  for (guint i = 0; i < N_SETS; i++)
    leave (&tree, &sets[i]);
  g_assert_true (hein_pattern_tree_is_empty (&tree));
  g_assert_cmpuint (tree.cost, ==, 0);
  g_assert_null (tree.buckets);
}

/* What all topics that match begin with. */
static void
test_beginning (void)
{
  static const struct
  {
    const char *pattern;
    const char *beginning;
  } cases[] = {
    { "a/b", "a/b" },  { "a/*", "a/" }, { "a/**", "a" },   { "**", "" },
    { "a/*/b", "a/" }, { "*", "" },     { "a/**/b", "a" }, { "/**", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpuint (hein_pattern_get_beginning (cases[i].pattern), ==,
                      strlen (cases[i].beginning));
  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *pattern = make_pattern ();
      g_autofree char *topic = make_topic ();

      if (hein_pattern_match (pattern, topic, strlen (topic)))
        g_assert_cmpint (strncmp (pattern, topic,
                                  hein_pattern_get_beginning (pattern)),
                         ==, 0);
    }
}

/* As many as there may be that begin with the same wildcard; most are never
 * looked at, however many there are. */
static void
test_many (void)
{
  HeinPrefixes set = { 0 };
  HeinPatternTree tree = { 0 };
  g_autoptr (GPtrArray) owners = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  gboolean added;

  for (guint i = 0; i < HEIN_PATTERNS_MAX; i++)
    {
      g_autofree char *pattern = g_strdup_printf ("**/x/%u/*", i);

      add (&tree, &set, pattern);
    }
  g_assert_false (
    hein_prefixes_add_pattern (&set, (const guint8 *) "y", 1, &added, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED);
  hein_pattern_tree_match (&tree, "p/q/x/77/z", 10, owners);
  g_assert_cmpuint (owners->len, ==, 1);
  /* 5 levels, and the beginning: what a walk marks is what it looks at */
  g_assert_cmpuint (tree.n_nodes, ==, 2 + 2 * HEIN_PATTERNS_MAX);
  leave (&tree, &set);
  g_assert_cmpuint (tree.cost, ==, 0);
}

static void
assert_bad (const char *pattern, gsize size, HeinError code, const char *words)
{
  HeinPrefixes set = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean added;

  g_assert_false (hein_prefixes_add_pattern (&set, (const guint8 *) pattern,
                                             size, &added, &error));
  g_assert_error (error, HEIN_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, words));
  g_assert_cmpuint (hein_prefixes_get_size (&set), ==, 0);
}

static void
test_bad (void)
{
  g_autofree char *large = g_strnfill (256, 'a');

  assert_bad ("", 0, HEIN_ERROR_FAILED, "must not be empty");
  assert_bad ("a/b*", 4, HEIN_ERROR_FAILED, "the level \"b*\"");
  assert_bad ("***/b", 5, HEIN_ERROR_FAILED, "the level \"***\"");
  assert_bad ("\xff", 1, HEIN_ERROR_FAILED, "UTF-8");
  assert_bad ("a\0b", 3, HEIN_ERROR_FAILED, "zero byte");
  assert_bad (large, 256, HEIN_ERROR_TOO_LARGE, "limit is 255");
}

/* Ways that many patterns share are walked once: these would take 2 to the
 * power of 60 steps one by one. */
static void
test_hostile (void)
{
  HeinPrefixes set = { 0 };
  HeinPatternTree tree = { 0 };
  GString *pattern = g_string_new (NULL);
  GString *topic = g_string_new ("a");

  for (guint i = 0; i < 50; i++)
    g_string_append (pattern, "**/a/");
  g_string_append (pattern, "z");
  for (guint i = 0; i < 120; i++)
    g_string_append (topic, "/a");
  add (&tree, &set, pattern->str);
  g_assert_false (
    hein_pattern_tree_has_match (&tree, topic->str, topic->len, NULL));
  add (&tree, &set, "**/a/**/a");
  g_assert_true (
    hein_pattern_tree_has_match (&tree, topic->str, topic->len, NULL));
  leave (&tree, &set);
  g_string_free (pattern, TRUE);
  g_string_free (topic, TRUE);
}

/* All ways to combine wildcards of so many levels. (transfer full) */
static char *
make_combination (guint bits, guint n_levels)
{
  GString *pattern = g_string_new (NULL);

  for (guint i = 0; i < n_levels; i++)
    g_string_append_printf (pattern, "%s%s", i > 0 ? "/" : "",
                            (bits >> i & 1) != 0 ? "**" : "*");
  return g_string_free (pattern, FALSE);
}

/* One peer with as many patterns as it may have makes a message cost no more than
 * a few for each shape: without the limit of shapes a topic would reach all of
 * these at each of its levels. Those of one shape are no more than one. */
static void
test_hostile_many (void)
{
  enum
  {
    N_LEVELS = 13
  };
  HeinPrefixes set = { 0 };
  HeinPatternTree tree = { 0 };
  g_autoptr (GPtrArray) owners = g_ptr_array_new ();
  g_autofree char *first = make_combination (0, N_LEVELS);
  guint n_refused = 0;

  for (guint i = 0; i < 1 << N_LEVELS; i++)
    {
      g_autofree char *pattern = make_combination (i, N_LEVELS);
      g_autoptr (GError) error = NULL;
      gboolean added;

      if (hein_prefixes_add_pattern (&set, (const guint8 *) pattern,
                                     strlen (pattern), &added, &error))
        {
          hein_pattern_tree_add (&tree,
                                 hein_prefixes_find (&set,
                                                     (const guint8 *) pattern,
                                                     strlen (pattern)),
                                 &set);
          continue;
        }
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED);
      n_refused++;
    }
  g_assert_cmpuint (n_refused, ==, (1 << N_LEVELS) - HEIN_PATTERN_SHAPES_MAX);
  add (&tree, &set, "a/*");
  add (&tree, &set, first);
  hein_pattern_tree_match (&tree, "1/2/3/4/5/6/7/8/9/a/b/c/d", 25, owners);
  g_assert_cmpuint (owners->len, ==, HEIN_PATTERN_SHAPES_MAX);
  /* of each shape and level of the topic, less than the places of a pattern */
  g_assert_cmpuint (tree.n_visits, <,
                    N_LEVELS * N_LEVELS / 2 * HEIN_PATTERN_SHAPES_MAX);
  leave (&tree, &set);
  g_assert_cmpuint (tree.cost, ==, 0);
}

/* One that goes makes room for another shape, once it was the last of its own. */
static void
test_shapes (void)
{
  HeinPrefixes set = { 0 };
  HeinPatternTree tree = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean added;
  gsize cost;

  add (&tree, &set, "*/a/*");
  cost = set.row->cost;
  add (&tree, &set, "*/b/*");
  g_assert_cmpuint (set.row->cost - cost, <, 100);
  for (guint i = 1; i < HEIN_PATTERN_SHAPES_MAX; i++)
    {
      g_autofree char *pattern = make_combination (i, 8);

      add (&tree, &set, pattern);
    }
  g_assert_false (hein_prefixes_add_pattern (&set, (const guint8 *) "*/*/a", 5,
                                             &added, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED);
  add (&tree, &set, "*/c/*");
  add (&tree, &set, "a/**");
  take (&tree, &set, "*/a/*");
  take (&tree, &set, "*/b/*");
  g_assert_false (hein_prefixes_add_pattern (&set, (const guint8 *) "*/*/a", 5,
                                             &added, NULL));
  take (&tree, &set, "*/c/*");
  add (&tree, &set, "*/*/a");
  leave (&tree, &set);
  g_assert_null (set.row);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/patterns/hostile-many", test_hostile_many);
  g_test_add_func ("/patterns/shapes", test_shapes);
  g_test_add_func ("/patterns/model", test_model);
  g_test_add_func ("/patterns/beginning", test_beginning);
  g_test_add_func ("/patterns/many", test_many);
  g_test_add_func ("/patterns/bad", test_bad);
  g_test_add_func ("/patterns/hostile", test_hostile);
  return g_test_run ();
}

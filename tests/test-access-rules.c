/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

#include "message/hein-access-index.h"
#include "message/hein-access-rules.h"

/* Large access files: the index that finds rules decides as the file says, and a
 * message costs no more because there are rules about others. */

static HeinAccessRules *
read_rules (const char *text)
{
  g_autoptr (GError) error = NULL;
  HeinAccessRules *rules = hein_access_rules_new (text, strlen (text), &error);

  g_assert_no_error (error);
  return rules;
}

/* ---- the same as the file says ---- */

static const char *const whos[] = { "*",     "anonymous", "kirk",  "spock",
                                    "psk:*", "psk:lamps", "pin:*", "pin:kirk" };
static const char *const actions[] = { "publish", "receive,request", "*" };
static const char *const levels[] = { "a", "b", "", "long level", "*", "**" };

static const HeinAccessPeer peers[] = {
  { NULL, NULL },        { "kirk", "pin:kirk" },  { "spock", "psk:spock" },
  { NULL, "psk:lamps" }, { "kirk", "psk:lamps" }, { "psk:lamps", "ca:fleet" },
  { "*", "*" },          { NULL, "psk" },
};

static const char *
pick (GRand *dice, const char *const *words, guint n)
{
  return words[g_rand_int_range (dice, 0, n)];
}

/* Some levels out of the first @n_levels above. */
static char *
make_levels (GRand *dice, guint n_levels)
{
  GString *text = g_string_new (pick (dice, levels, n_levels));

  for (guint n = g_rand_int_range (dice, 0, 4); n > 0; n--)
    g_string_append_printf (text, "/%s", pick (dice, levels, n_levels));
  return g_string_free (text, FALSE);
}

static char *
make_line (GRand *dice)
{
  g_autofree char *pattern = make_levels (dice, G_N_ELEMENTS (levels));

  return g_strdup_printf ("%s %s %s %s\n",
                          g_rand_boolean (dice) ? "allow" : "deny",
                          pick (dice, whos, G_N_ELEMENTS (whos)),
                          pick (dice, actions, G_N_ELEMENTS (actions)),
                          *pattern != '\0' ? pattern : "**");
}

/* As many files of one rule, which has no index. */
static int
find_first (GPtrArray *singles,
            const HeinAccessPeer *peer,
            HeinAction action,
            const char *topic,
            gboolean *allows)
{
  *allows = FALSE;
  for (guint i = 0; i < singles->len; i++)
    {
      int rule;

      *allows = hein_access_rules_allow (singles->pdata[i], peer, action, topic,
                                         strlen (topic), &rule);
      if (rule >= 0)
        return i;
    }
  return -1;
}

static void
compare (GRand *dice, HeinAccessRules *all, GPtrArray *singles)
{
  g_autofree char *topic = make_levels (dice, G_N_ELEMENTS (levels) - 2);
  const HeinAction action = g_rand_int_range (dice, 0, HEIN_ACTION_REQUEST + 1);

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    {
      gboolean allows;
      int rule;
      const int expected =
        find_first (singles, &peers[i], action, topic, &allows);

      g_assert_cmpint (hein_access_rules_allow (all, &peers[i], action, topic,
                                                strlen (topic), &rule),
                       ==, allows);
      g_assert_cmpint (rule, ==, expected);
    }
}

/* Files of 1 to 60 rules: those that have an index, and those that have none. */
static void
test_same (void)
{
  g_autoptr (GRand) dice = g_rand_new_with_seed (g_test_rand_int ());

  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (GPtrArray) singles = g_ptr_array_new_with_free_func (
        (GDestroyNotify) hein_access_rules_release);
      g_autoptr (HeinAccessRules) all = NULL;

      for (int n = g_rand_int_range (dice, 1, 61); n > 0; n--)
        {
          g_autofree char *line = make_line (dice);

          g_string_append (text, line);
          g_ptr_array_add (singles, read_rules (line));
        }
      all = read_rules (text->str);
      for (guint j = 0; j < 50; j++)
        compare (dice, all, singles);
    }
}

/* ---- what is looked at ---- */

static gboolean
count (gconstpointer data, guint rule)
{
  guint *n_asked = (guint *) data;

  (*n_asked)++;
  return FALSE;
}

/* A rule for each of many peers, another for each of many topics: few come into
 * question. */
static void
test_few_are_asked (void)
{
  HeinAccessIndex *index = hein_access_index_new (10000);
  const guint kirk = hein_access_index_get_key ("kirk", 4);
  guint n_asked = 0;

  for (guint i = 10000; i-- > 0;)
    {
      g_autofree char *who = g_strdup_printf ("peer-%u", i);
      g_autofree char *pattern = g_strdup_printf ("lamps/%u/**", i);

      hein_access_index_add (index, i,
                             i % 2
                               ? kirk
                               : hein_access_index_get_key (who, strlen (who)),
                             pattern);
    }
  for (guint i = 0; i < 100; i++)
    g_assert_cmpuint (hein_access_index_find (index, &kirk, 1, "lamps/41/state",
                                              14, count, &n_asked),
                      ==, G_MAXUINT);
  g_assert_cmpuint (n_asked, >=, 100);
  g_assert_cmpuint (n_asked, <=, 300);
  hein_access_index_free (index);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/access-rules/same", test_same);
  g_test_add_func ("/access-rules/few-are-asked", test_few_are_asked);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ask/hein-ask-table.h"

/* The table of pending requests, beside a plain search. */

#define N_ENTRIES 1000

typedef struct
{
  HeinAskEntry entry;
  gboolean is_in;
} Entry;

static void
assert_same (const HeinAskTable *table, Entry *entries, guint64 first)
{
  guint n = 0;

  for (guint i = 0; i < N_ENTRIES; i++)
    {
      gpointer found = hein_ask_table_find (table, first + i);

      g_assert_true (found == (entries[i].is_in ? &entries[i] : NULL));
      n += entries[i].is_in;
    }
  g_assert_cmpuint (table->n, ==, n);
  g_assert_null (hein_ask_table_find (table, first + N_ENTRIES));
  g_assert_null (hein_ask_table_find (table, first - 1));
}

static void
add (HeinAskTable *table, Entry *entry, guint64 id)
{
  entry->entry.id = id;
  entry->is_in = TRUE;
  hein_ask_table_add (table, &entry->entry);
}

static void
remove_one (HeinAskTable *table, Entry *entry)
{
  entry->is_in = FALSE;
  hein_ask_table_remove (table, &entry->entry);
}

/* It grows and shrinks with what is in it; the numbers wrap. */
static void
test_grows (void)
{
  const guint64 first = G_MAXUINT64 - N_ENTRIES / 2;
  g_autofree Entry *entries = g_new0 (Entry, N_ENTRIES);
  HeinAskTable table;

  hein_ask_table_init (&table);
  for (guint i = 0; i < N_ENTRIES; i++)
    add (&table, &entries[i], first + i);
  g_assert_cmpuint (table.n_slots, >=, N_ENTRIES);
  assert_same (&table, entries, first);
  for (guint i = 0; i < N_ENTRIES; i++)
    if (i % 7 != 0)
      remove_one (&table, &entries[i]);
  assert_same (&table, entries, first);
  for (guint i = 0; i < N_ENTRIES; i += 7)
    remove_one (&table, &entries[i]);
  assert_same (&table, entries, first);
  g_assert_cmpuint (table.n_slots, <, N_ENTRIES / 8);
  hein_ask_table_clear (&table);
}

/* One that stays does not make room for all that come and go beside it. */
static void
test_stays (void)
{
  g_autofree Entry *entries = g_new0 (Entry, N_ENTRIES);
  HeinAskTable table;
  guint n_slots;

  hein_ask_table_init (&table);
  n_slots = table.n_slots;
  add (&table, &entries[0], 0);
  for (guint i = 1; i < N_ENTRIES; i++)
    {
      add (&table, &entries[i], i);
      g_assert_true (hein_ask_table_find (&table, i) == &entries[i]);
      g_assert_true (hein_ask_table_find (&table, 0) == &entries[0]);
      remove_one (&table, &entries[i]);
      g_assert_null (hein_ask_table_find (&table, i));
    }
  g_assert_cmpuint (table.n_slots, ==, n_slots);
  remove_one (&table, &entries[0]);
  hein_ask_table_clear (&table);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ask-table/grows", test_grows);
  g_test_add_func ("/ask-table/stays", test_stays);
  return g_test_run ();
}

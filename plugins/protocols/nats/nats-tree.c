/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-tree.h"

#include <string.h>

#include "nats-subject.h"

struct _NatsTree
{
  GHashTable *children; /* owned level -> owned NatsTree; NULL: none */
  gpointer value;       /* of the subject that ends here */
};

NatsTree *
nats_tree_new (void)
{
  return g_new0 (NatsTree, 1);
}

void
nats_tree_free (NatsTree *self)
{
  g_clear_pointer (&self->children, g_hash_table_unref);
  g_free (self);
}

static NatsTree *
get_child (const NatsTree *self, const char *level)
{
  return self->children != NULL ? g_hash_table_lookup (self->children, level)
                                : NULL;
}

static NatsTree *
ensure_child (NatsTree *self, const char *level)
{
  NatsTree *child = get_child (self, level);

  if (child != NULL)
    return child;
  if (self->children == NULL)
    self->children = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                            (GDestroyNotify) nats_tree_free);
  child = nats_tree_new ();
  g_hash_table_insert (self->children, g_strdup (level), child);
  return child;
}

void
nats_tree_add (NatsTree *self, const char *subject, gpointer value)
{
  g_auto (GStrv) levels = g_strsplit (subject, ".", -1);

  for (char **level = levels; *level != NULL; level++)
    self = ensure_child (self, *level);
  self->value = value;
}

/* Returns whether nothing is left below. */
static gboolean
remove_below (NatsTree *self, char **level)
{
  NatsTree *child;

  if (*level == NULL)
    {
      self->value = NULL;
      return self->children == NULL;
    }
  child = get_child (self, *level);
  if (child != NULL && remove_below (child, level + 1))
    g_hash_table_remove (self->children, *level);
  if (self->children != NULL && g_hash_table_size (self->children) == 0)
    g_clear_pointer (&self->children, g_hash_table_unref);
  return self->children == NULL && self->value == NULL;
}

void
nats_tree_remove (NatsTree *self, const char *subject)
{
  g_auto (GStrv) levels = g_strsplit (subject, ".", -1);

  remove_below (self, levels);
}

/* ---- what overlaps ---- */

static gboolean
is_special (const char *level)
{
  return nats_subject_is_special (level, strlen (level));
}

static void
add_value (const NatsTree *self, GPtrArray *found)
{
  if (self != NULL && self->value != NULL)
    g_ptr_array_add (found, self->value);
}

/* Those whose subjects go on from here. */
static void
add_below (const NatsTree *self, gboolean is_top, GPtrArray *found)
{
  GHashTableIter iter;
  gpointer level;
  gpointer child;

  if (self->children == NULL)
    return;
  g_hash_table_iter_init (&iter, self->children);
  while (g_hash_table_iter_next (&iter, &level, &child))
    {
      if (is_top && is_special (level))
        continue;
      add_value (child, found);
      add_below (child, FALSE, found);
    }
}

static void
find (const NatsTree *self, char **level, gboolean is_top, GPtrArray *found);

static void
find_in_all (const NatsTree *self,
             char **level,
             gboolean is_top,
             GPtrArray *found)
{
  GHashTableIter iter;
  gpointer name;
  gpointer child;

  if (self->children == NULL)
    return;
  g_hash_table_iter_init (&iter, self->children);
  while (g_hash_table_iter_next (&iter, &name, &child))
    if (!g_str_equal (name, ">") && !(is_top && is_special (name)))
      find (child, level + 1, FALSE, found);
}

static void
find (const NatsTree *self, char **level, gboolean is_top, GPtrArray *found)
{
  const NatsTree *exact;
  const NatsTree *any;

  if (*level == NULL)
    {
      add_value (self, found);
      return;
    }
  if (g_str_equal (*level, ">"))
    {
      add_below (self, is_top, found);
      return;
    }
  if (!(is_top && is_special (*level)))
    add_value (get_child (self, ">"), found);
  if (g_str_equal (*level, "*"))
    {
      find_in_all (self, level, is_top, found);
      return;
    }
  exact = get_child (self, *level);
  any = is_top && is_special (*level) ? NULL : get_child (self, "*");
  if (exact != NULL)
    find (exact, level + 1, FALSE, found);
  if (any != NULL)
    find (any, level + 1, FALSE, found);
}

void
nats_tree_find (const NatsTree *self, const char *subject, GPtrArray *found)
{
  g_auto (GStrv) levels = g_strsplit (subject, ".", -1);

  find (self, levels, TRUE, found);
}

char *
nats_tree_join (const char *a, const char *b)
{
  g_auto (GStrv) of_a = g_strsplit (a, ".", -1);
  g_auto (GStrv) of_b = g_strsplit (b, ".", -1);
  GString *joined = g_string_new (NULL);
  guint i;

  for (i = 0; of_a[i] != NULL && of_b[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (joined, '.');
      if (g_str_equal (of_a[i], ">") || g_str_equal (of_b[i], ">"))
        break;
      g_string_append (joined, g_str_equal (of_a[i], of_b[i]) ? of_a[i] : "*");
    }
  /* two that overlap are as long, or one of them goes on without an end */
  if (of_a[i] != NULL || of_b[i] != NULL)
    g_string_append_c (joined, '>');
  return g_string_free (joined, FALSE);
}

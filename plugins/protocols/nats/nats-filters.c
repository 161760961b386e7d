/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-filters.h"

/* What is subscribed to: one subject for all that overlap. */
typedef struct
{
  char *subject;
  GQueue members; /* Wanted by in_group, as they came */
} Group;

typedef struct
{
  char *subject;
  guint n_users; /* prefixes and patterns */
  Group *group;
  GList in_group;
} Wanted;

static Group *
group_new (NatsFilters *self, const char *subject)
{
  Group *group = g_new0 (Group, 1);

  group->subject = g_strdup (subject);
  nats_tree_add (self->tree, subject, group);
  return group;
}

static void
group_free (Group *self)
{
  g_free (self->subject);
  g_free (self);
}

static void
join_group (Group *self, Wanted *wanted)
{
  g_queue_push_tail_link (&self->members, &wanted->in_group);
  wanted->group = self;
}

static void
take_members (Group *self, Group *other)
{
  GList *link;

  while ((link = g_queue_pop_head_link (&other->members)) != NULL)
    join_group (self, link->data);
}

/* Returns a subject that has all of @subject, and all of those that it overlaps
 * with, which are found. (transfer full) */
static char *
widen (const NatsFilters *self, const char *subject, GPtrArray *found)
{
  char *wide = g_strdup (subject);
  guint n;

  nats_tree_find (self->tree, wide, found);
  do
    {
      n = found->len;
      for (guint i = 0; i < n; i++)
        {
          const Group *group = g_ptr_array_index (found, i);
          g_autofree char *narrow = wide;

          wide = nats_tree_join (narrow, group->subject);
        }
      g_ptr_array_set_size (found, 0);
      nats_tree_find (self->tree, wide, found);
    }
  while (found->len > n);
  return wide;
}

/* Takes what is found out of the tree, into a group of their own. */
static Group *
merge (NatsFilters *self, const char *subject, GPtrArray *found)
{
  Group *merged;

  for (guint i = 0; i < found->len; i++)
    nats_tree_remove (self->tree,
                      ((Group *) g_ptr_array_index (found, i))->subject);
  merged = group_new (self, subject);
  for (guint i = 0; i < found->len; i++)
    take_members (merged, g_ptr_array_index (found, i));
  return merged;
}

static void
place (NatsFilters *self, Wanted *wanted, NatsFilterFunc func, gpointer data)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  g_autofree char *wide = widen (self, wanted->subject, found);
  Group *only = found->len == 1 ? g_ptr_array_index (found, 0) : NULL;
  Group *merged;

  if (only != NULL && g_str_equal (only->subject, wide))
    {
      join_group (only, wanted);
      return;
    }
  merged = merge (self, wide, found);
  join_group (merged, wanted);
  /* before the others go, so that nothing is missed */
  func (data, wide, TRUE);
  for (guint i = 0; i < found->len; i++)
    {
      Group *old = g_ptr_array_index (found, i);

      func (data, old->subject, FALSE);
      group_free (old);
    }
}

/* Those that are left may need less. */
static void
place_again (NatsFilters *self,
             Group *group,
             NatsFilterFunc func,
             gpointer data)
{
  GList *link;

  func (data, group->subject, FALSE);
  while ((link = g_queue_pop_head_link (&group->members)) != NULL)
    place (self, link->data, func, data);
}

static gboolean
has_member (const NatsFilters *self, const Group *group)
{
  const Wanted *wanted = g_hash_table_lookup (self->by_wanted, group->subject);

  return wanted != NULL && wanted->group == group;
}

static void
leave_group (NatsFilters *self,
             Wanted *wanted,
             NatsFilterFunc func,
             gpointer data)
{
  Group *group = wanted->group;

  g_queue_unlink (&group->members, &wanted->in_group);
  g_hash_table_remove (self->by_wanted, wanted->subject);
  if (has_member (self, group))
    return;
  nats_tree_remove (self->tree, group->subject);
  place_again (self, group, func, data);
  group_free (group);
}

static void
wanted_free (gpointer data)
{
  Wanted *self = data;

  g_free (self->subject);
  g_free (self);
}

void
nats_filters_add (NatsFilters *self,
                  const char *subject,
                  NatsFilterFunc func,
                  gpointer data)
{
  Wanted *wanted;

  if (self->tree == NULL)
    {
      self->tree = nats_tree_new ();
      self->by_wanted =
        g_hash_table_new_full (g_str_hash, g_str_equal, NULL, wanted_free);
    }
  wanted = g_hash_table_lookup (self->by_wanted, subject);
  if (wanted != NULL)
    {
      wanted->n_users++;
      return;
    }
  wanted = g_new0 (Wanted, 1);
  wanted->subject = g_strdup (subject);
  wanted->in_group.data = wanted;
  wanted->n_users = 1;
  g_hash_table_insert (self->by_wanted, wanted->subject, wanted);
  place (self, wanted, func, data);
}

void
nats_filters_remove (NatsFilters *self,
                     const char *subject,
                     NatsFilterFunc func,
                     gpointer data)
{
  Wanted *wanted =
    self->tree != NULL ? g_hash_table_lookup (self->by_wanted, subject) : NULL;

  if (wanted != NULL && --wanted->n_users == 0)
    leave_group (self, wanted, func, data);
}

/* Frees groups: each by the last of its members. */
static void
clear_groups (NatsFilters *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->by_wanted);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Wanted *wanted = value;
      Group *group = wanted->group;

      g_queue_unlink (&group->members, &wanted->in_group);
      if (group->members.length == 0)
        group_free (group);
    }
}

void
nats_filters_clear (NatsFilters *self)
{
  if (self->tree == NULL)
    return;
  clear_groups (self);
  g_clear_pointer (&self->by_wanted, g_hash_table_unref);
  g_clear_pointer (&self->tree, nats_tree_free);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-post-groups.h"

#include <hein/hein-hash.h>

/* Chooses which message of a spool is delivered next. A peer that is not there,
 * or is slow, holds up only what is for it. */

/* So many of a group are being delivered at a time. */
#define FLYING_MAX 256

static void
group_free (gpointer data)
{
  HeinPostGroup *self = data;

  g_free (self->key);
  g_free (self->to);
  g_free (self);
}

void
hein_post_groups_init (HeinPostGroups *self)
{
  self->groups =
    g_hash_table_new_full (hein_hash_text, g_str_equal, NULL, group_free);
  self->ready = g_sequence_new (NULL);
}

void
hein_post_groups_clear (HeinPostGroups *self)
{
  g_clear_pointer (&self->ready, g_sequence_free);
  g_clear_pointer (&self->groups, g_hash_table_unref);
}

/* ---- who is ready ---- */

static guint64
get_first (const HeinPostGroup *self)
{
  return ((const HeinPost *) self->row.head->data)->number;
}

static int
compare (gconstpointer a, gconstpointer b, gpointer data)
{
  const guint64 first = get_first (a);
  const guint64 second = get_first (b);

  return first < second ? -1 : first > second;
}

/* Before the row of a group changes. */
static void
unready (HeinPostGroup *group)
{
  g_clear_pointer (&group->ready, g_sequence_remove);
}

/* After it has changed. */
static void
make_ready (HeinPostGroups *self, HeinPostGroup *group)
{
  if (group->ready == NULL && !group->is_blocked && group->row.length > 0 &&
      group->n_flying < FLYING_MAX)
    group->ready = g_sequence_insert_sorted (self->ready, group, compare, NULL);
}

HeinPost *
hein_post_groups_peek (HeinPostGroups *self)
{
  HeinPost *unread = g_queue_peek_head (&self->unread);
  GSequenceIter *begin = g_sequence_get_begin_iter (self->ready);
  HeinPostGroup *group;

  if (g_sequence_iter_is_end (begin))
    return unread;
  group = g_sequence_get (begin);
  return unread != NULL && unread->number < get_first (group)
           ? unread
           : g_queue_peek_head (&group->row);
}

void
hein_post_groups_block (HeinPostGroups *self, HeinPostGroup *group)
{
  if (group->is_blocked)
    return;
  group->is_blocked = TRUE;
  self->n_blocked++;
  unready (group);
}

void
hein_post_groups_unblock_all (HeinPostGroups *self)
{
  if (self->n_blocked == 0)
    return;
  self->n_blocked = 0;
  for (GList *l = self->all.head; l != NULL; l = l->next)
    {
      HeinPostGroup *group = l->data;

      group->is_blocked = FALSE;
      make_ready (self, group);
    }
}

/* ---- posts ---- */

static HeinPostGroup *
get_group (HeinPostGroups *self, const char *to, const char *topic)
{
  g_autofree char *key =
    g_strconcat (to != NULL ? "n" : "t", to != NULL ? to : topic, NULL);
  HeinPostGroup *group = g_hash_table_lookup (self->groups, key);

  if (group != NULL)
    return group;
  group = g_new0 (HeinPostGroup, 1);
  group->key = g_steal_pointer (&key);
  group->to = g_strdup (to);
  group->in_all.data = group;
  g_hash_table_insert (self->groups, group->key, group);
  g_queue_push_tail_link (&self->all, &group->in_all);
  return group;
}

void
hein_post_groups_add (HeinPostGroups *self,
                      HeinPost *post,
                      const char *to,
                      const char *topic)
{
  HeinPostGroup *group = get_group (self, to, topic);

  post->group = group;
  group->n++;
  g_queue_push_tail_link (&group->row, &post->in_row);
  make_ready (self, group);
}

void
hein_post_groups_take_off (HeinPostGroups *self, HeinPost *post)
{
  HeinPostGroup *group = post->group;

  unready (group);
  g_queue_unlink (&group->row, &post->in_row);
  post->is_flying = TRUE;
  group->n_flying++;
  make_ready (self, group);
}

static void
land (HeinPost *post)
{
  post->is_flying = FALSE;
  post->group->n_flying--;
}

void
hein_post_groups_bring_back (HeinPostGroups *self, HeinPost *post)
{
  HeinPostGroup *group = post->group;
  GList *before = group->row.head;

  unready (group);
  land (post);
  while (before != NULL && ((HeinPost *) before->data)->number < post->number)
    before = before->next;
  g_queue_insert_before_link (&group->row, before, &post->in_row);
  make_ready (self, group);
}

void
hein_post_groups_remove (HeinPostGroups *self, HeinPost *post)
{
  HeinPostGroup *group = post->group;

  if (group == NULL)
    {
      g_queue_unlink (&self->unread, &post->in_row);
      return;
    }
  unready (group);
  if (post->is_flying)
    land (post);
  else
    g_queue_unlink (&group->row, &post->in_row);
  post->group = NULL;
  if (--group->n > 0)
    {
      make_ready (self, group);
      return;
    }
  if (group->is_blocked)
    self->n_blocked--;
  g_queue_unlink (&self->all, &group->in_all);
  g_hash_table_remove (self->groups, group->key);
}

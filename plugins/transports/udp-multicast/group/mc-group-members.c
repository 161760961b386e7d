/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-group-members.h"

#include <string.h>

#include "mc-group-send.h"

/*
 * The table of members: adding them, giving them names, and removing those
 * that were not heard for long.
 */

#define MEMBERS_MAX   1024
#define TEXT_MAX      255
#define INSTANCE_SIZE 32
/* A new member that has met another one waits this long for the rest to admit
 * it, too, before it sends anything to all. */
#define OTHERS_US (50 * 1000)

static gint64
get_age_us (McMember *self, gint64 now_us)
{
  return now_us - self->heard_us;
}

/* A member that was killed and started again wants its name while the bus
 * still knows its former self. That one goes when it was silent for half the
 * time after which it would. */
static void
make_way (McGroup *self, McMember *newcomer, gint64 now_us)
{
  for (GList *l = self->membership.members.head; l != NULL; l = l->next)
    {
      McMember *member = l->data;

      if (member != newcomer && member->peer != NULL &&
          g_str_equal (member->name, newcomer->name) &&
          get_age_us (member, now_us) > MC_SILENCE_US / 2)
        mc_member_leave (member, "another one has its name, and it is silent");
    }
}

void
mc_group_enter (McGroup *self, McMember *member, gint64 now_us)
{
  if (!mc_member_enter (member))
    make_way (self, member, now_us);
  mc_member_enter (member);
}

static void
forget_silent (McGroup *self)
{
  McMember *oldest = NULL;

  for (GList *l = self->membership.members.head; l != NULL; l = l->next)
    if (oldest == NULL || ((McMember *) l->data)->heard_us < oldest->heard_us)
      oldest = l->data;
  if (oldest != NULL)
    g_hash_table_remove (self->members, oldest->id);
}

/* An instance is 32 hexadecimal digits; the bus compares it with those of its
 * other peers to find the same bus twice. */
static gboolean
is_instance (const char *text, gsize size)
{
  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isxdigit (text[i]))
      return FALSE;
  return size == INSTANCE_SIZE;
}

McMember *
mc_group_add_member (McGroup *self,
                     const guint8 *id,
                     const McAddress *seen,
                     const char *text,
                     gsize size,
                     gint64 now_us)
{
  const char *end = memchr (text, '\0', size);
  g_autofree char *instance = NULL;
  McMember *member;

  if (end == NULL || !hein_name_is_valid (text, end - text) ||
      !is_instance (end + 1, text + size - (end + 1)))
    return NULL;
  instance = g_strndup (end + 1, INSTANCE_SIZE);
  if (g_hash_table_size (self->members) >= MEMBERS_MAX)
    forget_silent (self);
  member = mc_member_new (&self->membership, id, seen, text, instance, now_us);
  g_hash_table_insert (self->members, member->id, member);
  mc_group_enter (self, member, now_us);
  if (now_us + OTHERS_US < self->met_us)
    mc_group_hold (self, now_us + OTHERS_US);
  return member;
}

gint64
mc_group_tick_members (McGroup *self, gint64 now_us)
{
  gint64 due_us = G_MAXINT64;
  GList *next;

  for (GList *l = self->membership.members.head; l != NULL; l = next)
    {
      McMember *member = l->data;
      gint64 member_us;

      next = l->next;
      mc_receiver_set_group_size (member->all,
                                  g_hash_table_size (self->members));
      member_us = mc_member_tick (member, now_us);
      due_us = MIN (due_us, member_us);
      if (self->is_paused)
        continue;
      if (get_age_us (member, now_us) < MC_SILENCE_US)
        {
          due_us = MIN (due_us, member->heard_us + MC_SILENCE_US);
          continue;
        }
      mc_member_leave (member, "nothing was heard of it for 15 s");
      /* it may only have been out of reach, and then comes back as it is */
      mc_opener_forget (self->opener, member->id);
      g_hash_table_remove (self->members, member->id);
    }
  return due_us;
}

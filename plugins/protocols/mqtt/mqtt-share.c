/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-share.h"

#include <string.h>

#include "mqtt-topic.h"
#include "mqtt-tree.h"

#define PREFIX "$share/"
/* What one takes beside its name, its filter and its members. */
#define COST 256
/* So many of those who are next are asked whether they have room. */
#define LOOKED_AT 8
/* Of who has none, beside what waits for it. */
#define LOAD_OF_FULL G_MAXUINT32

struct _MqttShare
{
  char *name;         /* owned; "$share/group/filter" */
  GPtrArray *members; /* borrowed MqttGrant; never empty */
  guint next;         /* who gets what the next client says */
  MqttGrant *holder;  /* borrowed, nullable: who gets what the bus says */
};

struct _MqttShares
{
  GHashTable *by_name; /* borrowed names -> owned MqttShare */
  MqttTree *tree;      /* of MqttShare */
};

/* ---- names ---- */

gboolean
mqtt_share_is (const char *name)
{
  return g_str_has_prefix (name, PREFIX);
}

const char *
mqtt_share_get_filter (const char *name)
{
  const char *group = name + strlen (PREFIX);
  const gsize size = strcspn (group, "/");

  if (size == 0 || size > HEIN_TOPIC_MAX || group[size] == '\0' ||
      group[size + 1] == '\0' || mqtt_topic_has_wildcard (group, size))
    return NULL;
  return group + size + 1;
}

/* ---- all groups ---- */

static void
share_free (gpointer data)
{
  MqttShare *self = data;

  g_ptr_array_unref (self->members);
  g_free (self->name);
  g_free (self);
}

MqttShares *
mqtt_shares_new (void)
{
  MqttShares *self = g_new0 (MqttShares, 1);

  self->by_name =
    g_hash_table_new_full (hein_hash_text, g_str_equal, NULL, share_free);
  self->tree = mqtt_tree_new ();
  return self;
}

void
mqtt_shares_free (MqttShares *self)
{
  mqtt_tree_free (self->tree);
  g_hash_table_unref (self->by_name);
  g_free (self);
}

static MqttShare *
ensure (MqttShares *self, const char *name)
{
  MqttShare *share = g_hash_table_lookup (self->by_name, name);

  if (share != NULL)
    return share;
  share = g_new0 (MqttShare, 1);
  share->name = g_strdup (name);
  share->members = g_ptr_array_new ();
  g_hash_table_insert (self->by_name, share->name, share);
  mqtt_tree_add (self->tree, mqtt_share_get_filter (name), share);
  return share;
}

static void
forget (MqttShares *self, MqttShare *share)
{
  mqtt_tree_remove (self->tree, mqtt_share_get_filter (share->name), share);
  g_hash_table_remove (self->by_name, share->name);
}

static void
note_match (gpointer data, gpointer item)
{
  g_ptr_array_add (data, item);
}

void
mqtt_shares_match (const MqttShares *self,
                   const char *topic,
                   gsize size,
                   GPtrArray *found)
{
  if (g_hash_table_size (self->by_name) > 0)
    mqtt_tree_match (self->tree, topic, size, note_match, found);
}

gsize
mqtt_shares_get_cost (const char *name)
{
  return COST + strlen (name) + mqtt_tree_get_cost (name);
}

/* ---- turns ---- */

static MqttGrant *
get_member (const MqttShare *self, guint place)
{
  return g_ptr_array_index (self->members, place % self->members->len);
}

static guint64
get_load (const MqttGrant *grant)
{
  return hein_wire_count_unsent (grant->client->client->wire) +
         (grant->client->is_held ? LOAD_OF_FULL : 0);
}

/* Returns the one for whom the least waits, of @n from @place on: with that, the
 * first of those who are idle. */
static MqttGrant *
find_idle (const MqttShare *self, guint place, guint n)
{
  MqttGrant *best = get_member (self, place);
  guint64 least = get_load (best);

  for (guint i = 1; i < MIN (n, LOOKED_AT) && least > 0; i++)
    {
      MqttGrant *other = get_member (self, place + i);
      const guint64 load = get_load (other);

      if (load >= least)
        continue;
      best = other;
      least = load;
    }
  return best;
}

static gboolean
give_turn (MqttShare *self, MqttGrant *grant)
{
  char pattern[HEIN_TOPIC_MAX + 1];

  if (!mqtt_topic_write_pattern (mqtt_share_get_filter (self->name), pattern) ||
      !hein_wire_share_pattern (grant->client->client->wire,
                                (const guint8 *) pattern, strlen (pattern),
                                NULL))
    return FALSE;
  self->holder = grant;
  return TRUE;
}

static void
take_turn (const MqttShare *self, const MqttGrant *grant)
{
  char pattern[HEIN_TOPIC_MAX + 1];

  if (mqtt_topic_write_pattern (mqtt_share_get_filter (self->name), pattern))
    hein_wire_unsubscribe_pattern (grant->client->client->wire,
                                   (const guint8 *) pattern, strlen (pattern));
}

const char *
mqtt_share_get_name (const MqttShare *self)
{
  return self->name;
}

const MqttGrant *
mqtt_share_choose (MqttShare *self)
{
  const MqttGrant *chosen = find_idle (self, self->next, self->members->len);

  self->next = (chosen->place + 1) % self->members->len;
  return chosen;
}

/* Who cannot have the pattern, since it has too many, does not get the turn. */
void
mqtt_share_pass_turn (MqttShare *self, const HeinMqtt *client)
{
  const MqttGrant *holder = self->holder;

  if (holder == NULL || holder->client != client || self->members->len < 2)
    return;
  if (give_turn (self,
                 find_idle (self, holder->place + 1, self->members->len - 1)))
    take_turn (self, holder);
}

/* ---- members ---- */

gboolean
mqtt_shares_join (MqttShares *self, const char *name, MqttGrant *grant)
{
  MqttShare *share = ensure (self, name);

  if (share->holder == NULL && !give_turn (share, grant))
    {
      if (share->members->len == 0)
        forget (self, share);
      return FALSE;
    }
  grant->place = share->members->len;
  g_ptr_array_add (share->members, grant);
  return TRUE;
}

/* The last one gets its place. */
static void
remove_member (MqttShare *self, const MqttGrant *grant)
{
  const guint place = grant->place;

  g_ptr_array_remove_index_fast (self->members, place);
  if (place < self->members->len)
    get_member (self, place)->place = place;
  if (self->next >= self->members->len)
    self->next = 0;
}

void
mqtt_shares_leave (MqttShares *self,
                   const char *name,
                   MqttGrant *grant,
                   gboolean stays)
{
  MqttShare *share = g_hash_table_lookup (self->by_name, name);
  const gboolean had_turn = share->holder == grant;
  const guint place = grant->place;

  remove_member (share, grant);
  if (had_turn)
    share->holder = NULL;
  if (had_turn && stays)
    take_turn (share, grant);
  if (share->members->len == 0)
    {
      forget (self, share);
      return;
    }
  for (guint i = 0;
       share->holder == NULL && i < MIN (share->members->len, LOOKED_AT); i++)
    give_turn (share, get_member (share, place + i));
}

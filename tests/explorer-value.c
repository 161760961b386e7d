/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explorer-value.h"

#include <stdio.h>
#include <string.h>

/* Retained values: see explorer-value.h. */

#include "explorer-right.h"
#include "explorer-topic.h"

#define LARGEST 20000 /* bytes of a value */

/* By value: the last version. */
typedef struct
{
  guint versions[EXPLORER_N_VALUES];
} Ear;

void
value_begin (Party *self)
{
  self->ears_of_peers = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->ears_of_lives = g_hash_table_new_full (NULL, NULL, NULL, g_free);
}

void
value_end (Party *self)
{
  g_clear_pointer (&self->ears_of_peers, g_hash_table_unref);
  g_clear_pointer (&self->ears_of_lives, g_hash_table_unref);
}

void
value_forget (Party *self, HeinPeer *peer)
{
  g_hash_table_remove (self->ears_of_peers, peer);
}

/* ---- sending ---- */

static void
send_value (Party *self, guint value, gsize size)
{
  g_autofree char *filling = g_strnfill (size, 'x');
  g_autofree char *topic = g_strdup_printf ("value/%u", value);
  g_autofree char *text =
    g_strdup_printf ("value %s %u %u %s", self->name, value,
                     self->versions[value] + 1, filling);
  g_autoptr (HeinMessage) message = hein_message_new_text (topic, text);

  self->acted_us = hein_simulation_get_time_us (self->scene->net);
  self->version_us[value] = self->acted_us;
  /* what was not accepted is no value */
  if (!hein_bus_send (self->bus, message, NULL))
    return;
  self->versions[value]++;
}

void
value_send_one (Party *self)
{
  send_value (self, scene_draw (EXPLORER_N_VALUES),
              scene_draw (20) == 0 ? scene_draw (LARGEST) : scene_draw (200));
}

void
value_send_all (Party *self)
{
  for (guint value = 0; value < EXPLORER_N_VALUES; value++)
    send_value (self, value, 0);
}

/* ---- hearing ---- */

static Ear *
get_ear (GHashTable *ears, gpointer of)
{
  Ear *self = g_hash_table_lookup (ears, of);

  if (self == NULL)
    {
      self = g_new0 (Ear, 1);
      g_hash_table_insert (ears, of, self);
    }
  return self;
}

gboolean
value_hear (Party *self, HeinPeer *peer, const char *text)
{
  char name[16];
  guint value;
  guint version;
  Party *sender;
  Ear *of_peer;
  Ear *of_life;

  if (sscanf (text, "value %15s %u %u ", name, &value, &version) != 3)
    return FALSE;
  sender = g_hash_table_lookup (self->scene->lives, name);
  /* a handler may hear it within the call that sends it */
  if (sender == NULL || value >= EXPLORER_N_VALUES ||
      version > sender->versions[value] + 1)
    {
      scene_break (self->scene, "%s hears value %u of %s, which has no %u",
                   self->name, value, name, version);
      return TRUE;
    }
  right_check_message (self, sender, HEIN_ACTION_PUBLISH,
                       topic_find ("value/0") + value,
                       version < sender->versions[value]
                         ? 0
                         : sender->version_us[value]);
  of_peer = get_ear (self->ears_of_peers, peer);
  of_life = get_ear (self->ears_of_lives, sender);
  if (version <= of_peer->versions[value] || version < of_life->versions[value])
    scene_break (self->scene, "%s hears version %u of value %u of %s after %u",
                 self->name, version, value, name, of_life->versions[value]);
  of_peer->versions[value] = of_life->versions[value] = version;
  return TRUE;
}

gboolean
value_has_all (const Party *self, const Party *other)
{
  GHashTableIter iter;
  gpointer peer;
  gpointer ear;

  g_hash_table_iter_init (&iter, self->ears_of_peers);
  while (g_hash_table_iter_next (&iter, &peer, &ear))
    if (strcmp (hein_peer_get_name (peer), other->name) == 0)
      return memcmp (((Ear *) ear)->versions, other->versions,
                     sizeof other->versions) == 0;
  return FALSE;
}

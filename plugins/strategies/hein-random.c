/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

/* One of the peers with room, each as likely as the others. */
struct _HeinRandom
{
  HeinStrategy parent_instance;

  guint seed;
  GRand *dice;
};

#define HEIN_TYPE_RANDOM (hein_random_get_type ())
G_DECLARE_FINAL_TYPE (HeinRandom, hein_random, HEIN, RANDOM, HeinStrategy)

enum
{
  PROP_SEED = 1,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (HeinRandom, hein_random, HEIN_TYPE_STRATEGY)

/* Each that can take it replaces the choice so far with a chance of one in the
 * number seen: uniform, without a list of them. */
static HeinPeer *
choose_with_room (HeinRandom *self, HeinPeers *peers, HeinMessage *message)
{
  guint n_peers = hein_peers_get_n_peers (peers);
  HeinPeer *choice = NULL;
  int n_seen = 0;

  for (guint i = 0; i < n_peers; i++)
    {
      HeinPeer *peer = hein_peers_get_peer (peers, i);

      if (hein_peer_can_take (peer, message) &&
          g_rand_int_range (self->dice, 0, ++n_seen) == 0)
        choice = peer;
    }
  return choice;
}

static void
hein_random_select (HeinStrategy *strategy,
                    HeinPeers *peers,
                    const char *key,
                    HeinMessage *message,
                    HeinSelection *selection)
{
  HeinRandom *self = HEIN_RANDOM (strategy);
  guint n_peers = hein_peers_get_n_peers (peers);
  HeinPeer *peer;
  HeinPeer *other;

  if (n_peers == 0)
    {
      hein_selection_hold (selection);
      return;
    }
  peer = hein_peers_get_peer (peers,
                              g_rand_int_range (self->dice, 0, (int) n_peers));
  if (!hein_peer_can_take (peer, message))
    {
      other = choose_with_room (self, peers, message);
      peer = other != NULL ? other : peer;
    }
  hein_selection_add (selection, peer);
}

static void
hein_random_get_property (GObject *object,
                          guint id,
                          GValue *value,
                          GParamSpec *pspec)
{
  HeinRandom *self = HEIN_RANDOM (object);

  switch (id)
    {
    case PROP_SEED:
      g_value_set_uint (value, self->seed);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
hein_random_set_property (GObject *object,
                          guint id,
                          const GValue *value,
                          GParamSpec *pspec)
{
  HeinRandom *self = HEIN_RANDOM (object);

  switch (id)
    {
    case PROP_SEED:
      self->seed = g_value_get_uint (value);
      g_rand_set_seed (self->dice,
                       self->seed != 0 ? self->seed : hein_get_random_int ());
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
hein_random_finalize (GObject *object)
{
  HeinRandom *self = HEIN_RANDOM (object);

  g_clear_pointer (&self->dice, g_rand_free);

  G_OBJECT_CLASS (hein_random_parent_class)->finalize (object);
}

static void
hein_random_class_init (HeinRandomClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = hein_random_get_property;
  object_class->set_property = hein_random_set_property;
  object_class->finalize = hein_random_finalize;
  HEIN_STRATEGY_CLASS (class)->select = hein_random_select;

  /**
   * HeinRandom:seed:
   *
   * Where the random numbers start, for a sequence that can be repeated; 0 (the
   * default) starts anywhere.
   *
   * Since: 0.9
   */
  props[PROP_SEED] =
    g_param_spec_uint ("seed", NULL, NULL, 0, G_MAXUINT32, 0,
                       G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
hein_random_init (HeinRandom *self)
{
  self->dice = g_rand_new_with_seed (hein_get_random_int ());
}

HEIN_PLUGIN_DEFINE (HeinRandom,
                    hein_random,
                    STRATEGY,
                    "random",
                    "",
                    "One of the peers with room, by chance")

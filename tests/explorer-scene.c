/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explorer-scene.h"

#include <string.h>
#include <unistd.h>

#include "explorer-errand.h"
#include "explorer-right.h"

/* What all programs on a random network share. */

guint
scene_draw (guint n)
{
  return hein_get_random_int () % n;
}

void
scene_init (Scene *self, const ExplorerKind *kind, HeinSimulation *net)
{
  static const char *const names[SCENE_N_STRATEGIES] = {
    "round-robin", "least-queued", "random", "failover", "sticky",
  };
  static const char *const overflows[] = {
    "default", "wait", "drop-oldest", "drop-newest", "latest", "disconnect",
  };

  *self = (Scene){ .kind = kind, .net = net, .may_close = TRUE };
  for (guint i = 0; i < SCENE_N_STRATEGIES; i++)
    self->strategies[i] = hein_strategy_new (names[i], NULL);
  self->lives = g_hash_table_new (g_str_hash, g_str_equal);
  self->errands =
    g_hash_table_new_full (g_str_hash, g_str_equal, NULL, errand_free);
  self->overflow = overflows[scene_draw (G_N_ELEMENTS (overflows))];
  self->is_star = scene_draw (2) == 0;
  self->has_small_limits = scene_draw (2) == 0;
  self->is_heavy = scene_draw (3) == 0;
  self->is_narrow = self->is_heavy && scene_draw (2) == 0;
  /* who comes gets copies of its own of what is retained */
  self->has_counts = !kind->has_values && scene_draw (2) == 0;
  /* what nobody wants is counted nowhere */
  self->is_choosy =
    kind->has_subscriptions && !self->has_counts && scene_draw (2) == 0;
  self->dials_back =
    kind->knows_buses && !kind->has_ring && scene_draw (4) == 0;
}

void
scene_clear (Scene *self)
{
  g_hash_table_unref (self->errands);
  g_hash_table_unref (self->lives);
  for (guint i = 0; i < SCENE_N_STRATEGIES; i++)
    g_clear_object (&self->strategies[i]);
  for (guint i = 0; i < self->n_places; i++)
    g_clear_pointer (&self->rights[i], rights_free);
  g_clear_pointer (&self->broken, g_free);
}

guint
scene_get_parent (const Scene *self, guint place)
{
  return self->is_star ? 0 : place / 2;
}

gboolean
scene_is_above (const Scene *self, const char *parent, const char *child)
{
  const guint place = child[0] - 'a'; /* what its name begins with */

  return place > 0 && scene_get_parent (self, place) == (guint) parent[0] - 'a';
}

char *
scene_dup_proof (const Scene *self, const Party *of)
{
  if (self->kind->has_ring)
    return g_strconcat ("psk:", of->name, NULL);
  if (g_strcmp0 (self->kind->proof, "unix:") == 0)
    return g_strdup_printf ("unix:%u", (guint) geteuid ());
  return g_strdup (self->kind->proof);
}

gboolean
scene_loses_nothing (const Scene *self)
{
  return !self->has_small_limits && !self->kind->has_rights &&
         strcmp (self->overflow, "latest") != 0;
}

void
scene_break (Scene *self, const char *format, ...)
{
  va_list arguments;

  if (self->broken != NULL)
    return;
  va_start (arguments, format);
  self->broken = g_strdup_vprintf (format, arguments);
  va_end (arguments);
}

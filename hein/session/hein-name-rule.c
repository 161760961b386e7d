/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "base/hein-name-private.h"
#include "core/hein-core-state.h"
#include "core/hein-directory.h"
#include "hein-name-rule.h"
#include "link/hein-link-state.h"
#include "link/hein-peer-state.h"

/*
 * The name under which a peer is admitted, and whether another peer may have it
 * already.
 *
 * A protocol offers a name with a rule (HeinNameRule). What makes a name valid
 * at all is in base/hein-name.c.
 */

static char *
make_up_name (HeinLink *self)
{
  HeinCore *core = hein_core_of_link (self);
  const char *hint =
    self->entry->offer.name != NULL ? self->entry->offer.name : "peer";

  for (;;)
    {
      g_autofree char *name =
        g_strdup_printf ("%s-%08x", hint,
                         (guint) hein_wire_random (self->wire));

      if (hein_directory_find (core, name) == NULL)
        return g_steal_pointer (&name);
    }
}

char *
hein_name_rule_choose (HeinLink *self)
{
  if (self->entry->offer.rule == HEIN_NAME_RULE_MADE_UP)
    return make_up_name (self);
  if (self->entry->offer.name != NULL)
    return g_strdup (self->entry->offer.name);
  if (self->entry->offer.identity != NULL &&
      g_bytes_get_size (self->entry->offer.identity) > 0)
    return hein_name_from_identity (self->entry->offer.identity);
  return make_up_name (self);
}

HeinPeer *
hein_name_rule_find_holder (HeinLink *self)
{
  HeinCore *core = hein_core_of_link (self);
  HeinPeer *peer = NULL;

  if (self->entry->offer.instance != NULL)
    peer =
      g_hash_table_lookup (core->roster.instances, self->entry->offer.instance);
  if (peer == NULL && self->entry->offer.rule == HEIN_NAME_RULE_UNIQUE)
    peer = hein_directory_find (core, self->peer->name);
  return peer;
}

/* Of two that were dialled by both sides, the one by the smaller instance id is
 * never held up: it could be the other at the other end. */
HeinPeer *
hein_name_rule_find_entering (HeinLink *self)
{
  HeinCore *core = hein_core_of_link (self);
  const char *instance = self->entry->offer.instance;
  HeinPeer *alike =
    hein_directory_find_entering (core, instance, self->is_dialled);
  HeinPeer *crossed =
    hein_directory_find_entering (core, instance, !self->is_dialled);

  if (alike != NULL || crossed == NULL)
    return alike;
  return (strcmp (self->host->instance, instance) < 0) == self->is_dialled
           ? NULL
           : crossed;
}

gboolean
hein_name_rule_take_proof (HeinLink *self, char **name)
{
  const char *proved =
    self->stream != NULL ? hein_stream_get_proof (self->stream).name : NULL;
  const gboolean says_one =
    self->entry->offer.rule != HEIN_NAME_RULE_MADE_UP &&
    (self->entry->offer.name != NULL ||
     (self->entry->offer.identity != NULL &&
      g_bytes_get_size (self->entry->offer.identity) > 0));

  if (proved == NULL)
    return TRUE;
  if (says_one)
    return g_str_equal (*name, proved);
  if (self->entry->offer.rule == HEIN_NAME_RULE_MADE_UP)
    self->entry->offer.rule = HEIN_NAME_RULE_SHARED;
  g_free (*name);
  *name = g_strdup (proved);
  return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-probe.h"

#include "bus/hein-bus-state.h"
#include "bus/hein-turn.h"
#include "link/hein-link-state.h"

/* Bytes wait, and neither its job nor the socket will have them written. */
static gboolean
is_stuck (HeinLink *link)
{
  return link->stream != NULL && !hein_queue_is_empty (&link->queue) &&
         !link->is_blocked && link->job.link.data == NULL;
}

/* What only a turn does, and what nothing tells of. */
static const char *
find_left (HeinBus *bus)
{
  if (bus->core.host.losses.drops != NULL)
    return "drops are not told";
  if (bus->core.news.changed != NULL)
    return "properties are not notified";
  if (bus->core.news.receives.length > 0 && bus->core.news.inbox.length > 0)
    return "messages wait, and somebody for them";
  if ((bus->core.roster.room_changed || bus->core.held.is_passing) &&
      bus->core.held.n_held > 0)
    return "there is room for what waits";
  if (bus->core.news.resumable.length > 0 &&
      bus->core.host.receive_cost < bus->core.host.receive_max)
    return "a peer may be read again";
  if (bus->core.run.range.segment != NULL &&
      bus->core.run.job.link.data == NULL)
    return "a run is not ended";
  for (GList *l = bus->core.host.links.head; l != NULL; l = l->next)
    if (is_stuck (l->data))
      return "what is queued is not written";
  return NULL;
}

const char *
hein_probe_find_unsettled (HeinBus *bus)
{
  const char *left;

  if (!hein_turn_is_settled (bus))
    return "a turn is wanted, or a timer is due";
  if (bus->core.host.is_disposed)
    return NULL;
  left = find_left (bus);
  /* readable: a turn comes */
  return left != NULL && !hein_loop_is_settled (bus->core.host.loop, TRUE)
           ? left
           : NULL;
}

void
hein_probe_unsettle (HeinBus *bus)
{
  bus->core.host.wants_turn = TRUE;
}

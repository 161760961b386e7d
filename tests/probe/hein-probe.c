/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-probe.h"

#include "bus/hein-turn.h"
#include "core/hein-bus-state.h"
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
  if (bus->drops != NULL)
    return "drops are not told";
  if (bus->changed != NULL)
    return "properties are not notified";
  if (bus->receives.length > 0 && bus->inbox.length > 0)
    return "messages wait, and somebody for them";
  if (bus->room_changed && bus->held.length > 0)
    return "there is room for what waits";
  if (bus->resumable.length > 0 && bus->receive_cost < bus->receive_max)
    return "a peer may be read again";
  if (bus->run.range.segment != NULL && bus->run.job.link.data == NULL)
    return "a run is not ended";
  for (GList *l = bus->links.head; l != NULL; l = l->next)
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
  if (bus->is_disposed)
    return NULL;
  left = find_left (bus);
  /* readable: a turn comes */
  return left != NULL && !hein_loop_is_settled (bus->loop, TRUE) ? left : NULL;
}

void
hein_probe_unsettle (HeinBus *bus)
{
  bus->wants_turn = TRUE;
}

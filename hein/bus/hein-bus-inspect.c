/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>
#include <hein/hein-peer.h>

#include "hein-bus-inspect.h"
#include "hein-bus-state.h"
#include "inspect/hein-inspect.h"

/* Lets operators' tools look into a bus, or not. */

static guint64
get_memory_used (HeinCore *core)
{
  return hein_bus_get_memory_used (core->bus);
}

static void
ping (HeinPeer *peer,
      int timeout_ms,
      GAsyncReadyCallback callback,
      gpointer data)
{
  hein_peer_ping_async (peer, timeout_ms, NULL, callback, data);
}

static const HeinInspectHost host = {
  .get_memory_used = get_memory_used,
  .ping = ping,
  .ping_finish = hein_peer_ping_finish,
};

/* What the operator says in the environment: "1", "0" or nothing. */
static gboolean
is_said (const char *value)
{
  return g_strcmp0 (g_getenv ("HEIN_INSPECT"), value) == 0;
}

void
hein_bus_set_inspectable (HeinBus *self, gboolean is_inspectable)
{
  g_autoptr (GError) error = NULL;

  self->core.host.settings.inspectable = is_inspectable;
  if (!is_inspectable)
    hein_inspect_end (&self->inspect, FALSE);
  else if (self->inspect == NULL && !self->core.host.is_disposed &&
           !is_said ("0"))
    self->inspect = hein_inspect_new (&self->core, &host, &error);
  /* a bus works as well without: who misses it in `hein ps` turns this on */
  if (error != NULL)
    g_info ("%s cannot be looked into: %s", self->core.host.name,
            error->message);
}

void
hein_bus_begin_inspect (HeinBus *self)
{
  if (is_said ("1"))
    hein_bus_set_inspectable (self, TRUE);
}

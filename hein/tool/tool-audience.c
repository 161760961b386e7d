/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-audience.h"

#include "tool-options.h"

/* Who hears what `hein send` sends, and what is said when nobody does. */

/* Subscriptions arrive later than the peers do: waits for them before the
 * hint. */
#define HINT_S 2
/* Members of a group notice each other immediately, or at the latest with the
 * second of the announcements that they send every 5 s. */
#define NOBODY_S 10

gboolean
tool_audience_has_medium (ToolAudience *self, gboolean knows_peers)
{
  GListModel *endpoints = hein_bus_get_endpoints (self->session->bus);
  gboolean found = FALSE;

  for (guint i = 0; !found && i < g_list_model_get_n_items (endpoints); i++)
    {
      g_autoptr (HeinEndpoint) endpoint = g_list_model_get_item (endpoints, i);

      found = hein_endpoint_get_state (endpoint) == HEIN_ENDPOINT_STATE_OPEN &&
              hein_endpoint_get_reaches_all (endpoint) &&
              hein_endpoint_get_knows_peers (endpoint) == knows_peers;
    }
  return found;
}

gboolean
tool_audience_is_there (ToolAudience *self)
{
  HeinPeers *peers = hein_bus_get_peers (self->session->bus);
  const guint n_wanted = self->wait_peers >= 0 ? self->wait_peers : 1;

  return (self->to == NULL || hein_peers_lookup (peers, self->to) != NULL) &&
         (n_wanted == 0 ||
          tool_session_count_takers (self->session) >= n_wanted ||
          (self->wait_peers < 0 && tool_audience_has_medium (self, FALSE)));
}

void
tool_audience_complain (ToolAudience *self)
{
  HeinPeers *peers = hein_bus_get_peers (self->session->bus);

  if (self->has_hinted || tool_session_count_takers (self->session) > 0 ||
      hein_peers_get_n_peers (peers) == 0)
    return;
  self->has_hinted = TRUE;
  tool_complain ("%s is there, but takes no messages: it only sends, or has "
                 "subscribed to nothing yet",
                 hein_peer_get_name (hein_peers_get_peer (peers, 0)));
}

static gboolean
on_no_takers (gpointer user_data)
{
  ToolAudience *self = user_data;

  self->hint_id = 0;
  tool_audience_complain (self);
  return G_SOURCE_REMOVE;
}

void
tool_audience_plan_hint (ToolAudience *self)
{
  HeinPeers *peers = hein_bus_get_peers (self->session->bus);

  if (!self->has_hinted && self->hint_id == 0 &&
      hein_peers_get_n_peers (peers) > 0 &&
      tool_session_count_takers (self->session) == 0)
    self->hint_id = g_timeout_add_seconds (HINT_S, on_no_takers, self);
}

static gboolean
on_nobody (gpointer user_data)
{
  ToolAudience *self = user_data;

  self->nobody_id = 0;
  if (tool_audience_has_medium (self, TRUE) &&
      tool_session_count_takers (self->session) == 0 && !self->has_sent)
    {
      tool_complain ("nobody was heard: no member of the group with the same "
                     "key answered within %d s, and nothing was sent",
                     NOBODY_S);
      tool_session_end (self->session, TOOL_FAILED);
    }
  return G_SOURCE_REMOVE;
}

void
tool_audience_plan_nobody (ToolAudience *self)
{
  if (self->session->end_us == 0 && self->wait_peers < 0)
    self->nobody_id = g_timeout_add_seconds (NOBODY_S, on_nobody, self);
}

void
tool_audience_clear (ToolAudience *self)
{
  g_clear_handle_id (&self->hint_id, g_source_remove);
  g_clear_handle_id (&self->nobody_id, g_source_remove);
  g_free (self->to);
}

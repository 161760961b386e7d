/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inspect-answer.h"

#include <unistd.h>

#include <hein/hein-endpoint.h>
#include <hein/hein-uri.h>
#include <hein/hein-version.h>

#include "core/hein-peers-private.h"
#include "core/hein-run.h"
#include "hein-inspect-json.h"
#include "hein-inspect-log.h"
#include "hein-inspect-news.h"
#include "link/hein-link-state.h"
#include "link/hein-losses.h"

/* Says what a bus is and does, in lines of JSON. */

/* Endpoints or peers that are described at a time, in some 700 us. */
#define ITEMS_AT_A_TIME 64

static const char *
get_nick (GType type, int value)
{
  /* what is static is never unloaded, and lives without a reference */
  GEnumClass *class = g_type_class_peek_static (type);

  if (class == NULL)
    class = g_type_class_ref (type);
  return g_enum_get_value (class, value)->value_nick;
}

/* ---- the bus ---- */

static void
append_dropped (const guint64 *dropped, GString *text)
{
  hein_inspect_append_name (text, "dropped");
  g_string_append_c (text, '{');
  for (guint i = 0; i < HEIN_N_DROP_REASONS; i++)
    if (dropped[i] > 0)
      hein_inspect_append_number (text, get_nick (HEIN_TYPE_DROP_REASON, i),
                                  dropped[i]);
  g_string_append_c (text, '}');
}

/* Of all peers that there ever were. */
static void
append_counts (HeinCore *core, GString *text)
{
  HeinPeerCounts sum = core->roster.gone;
  guint64 queued = 0;

  hein_run_settle (core);
  for (GList *l = core->host.links.head; l != NULL; l = l->next)
    if (((HeinLink *) l->data)->peer != NULL)
      hein_peer_counts_add (&sum, &((HeinLink *) l->data)->peer->counts);
  for (guint i = 0; i < core->roster.peers->array->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (core->roster.peers->array, i);

      if (peer->is_up && peer->link == NULL)
        hein_peer_counts_add (&sum, &peer->counts);
      queued += hein_peer_get_queued_bytes (peer);
    }
  hein_inspect_append_number (text, "messages-sent", sum.messages_sent);
  hein_inspect_append_number (text, "messages-received", sum.messages_received);
  hein_inspect_append_number (text, "bytes-sent", sum.bytes_sent);
  hein_inspect_append_number (text, "bytes-received", sum.bytes_received);
  hein_inspect_append_number (text, "queued-bytes", queued);
}

static void
append_bus (HeinInspectAnswer *self, GString *text)
{
  HeinCore *core = self->core;

  g_string_append (text, "{\"bus\":{");
  hein_inspect_append_text (text, "name", core->host.name);
  hein_inspect_append_text (text, "instance", core->host.instance);
  hein_inspect_append_number (text, "pid", getpid ());
  hein_inspect_append_text (text, "program", g_get_prgname ());
  hein_inspect_append_text (
    text, "version",
    G_STRINGIFY (HEIN_MAJOR_VERSION) "." G_STRINGIFY (
      HEIN_MINOR_VERSION) "." G_STRINGIFY (HEIN_MICRO_VERSION));
  hein_inspect_append_flag (text, "is-closed",
                            g_atomic_int_get (&core->is_closed));
  hein_inspect_append_number (text, "peers", core->roster.peers->array->len);
  hein_inspect_append_number (text, "connections", core->host.links.length);
  append_counts (core, text);
  hein_inspect_append_number (text, "waiting-messages",
                              core->news.inbox.length +
                                core->news.ahead.length);
  hein_inspect_append_number (text, "held-messages", core->held.n_held);
  hein_inspect_append_number (text, "memory-used",
                              self->host->get_memory_used (core));
  hein_inspect_append_number (text, "memory-limit",
                              core->host.settings.memory_limit);
  append_dropped (core->host.losses.n_dropped, text);
  g_string_append (text, "}}\n");
}

static void
append_address (GString *text, const char *name, const char *uri)
{
  g_autofree char *shown = uri != NULL ? hein_uri_hide_secrets (uri) : NULL;

  hein_inspect_append_text (text, name, shown);
}

static void
append_endpoint (HeinEndpoint *endpoint, GString *text)
{
  const GError *error = hein_endpoint_get_error (endpoint);

  g_string_append (text, "{\"endpoint\":{");
  hein_inspect_append_text (text, "role",
                            get_nick (HEIN_TYPE_ROLE,
                                      hein_endpoint_get_role (endpoint)));
  append_address (text, "uri", hein_endpoint_get_uri (endpoint));
  append_address (text, "bound-uri", hein_endpoint_get_bound_uri (endpoint));
  hein_inspect_append_text (text, "state",
                            get_nick (HEIN_TYPE_ENDPOINT_STATE,
                                      hein_endpoint_get_state (endpoint)));
  hein_inspect_append_text (text, "error",
                            error != NULL ? error->message : NULL);
  hein_inspect_append_number (text, "connections",
                              hein_endpoint_get_n_connections (endpoint));
  g_string_append (text, "}}\n");
}

static gboolean
append_endpoints (HeinInspectAnswer *self, GString *text)
{
  GListModel *all = G_LIST_MODEL (self->core->endpoints);

  for (guint n = 0; n < ITEMS_AT_A_TIME; n++)
    {
      g_autoptr (HeinEndpoint) endpoint =
        g_list_model_get_item (all, (guint) self->last);

      if (endpoint == NULL)
        return FALSE;
      append_endpoint (endpoint, text);
      self->last++;
    }
  return TRUE;
}

/* ---- peers ---- */

static void
append_peer (HeinPeer *peer, GString *text)
{
  GSocketAddress *address = hein_peer_get_address (peer);
  g_autofree char *shown =
    address != NULL
      ? g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address))
      : NULL;

  g_string_append (text, "{\"peer\":{");
  hein_inspect_append_text (text, "name", peer->name);
  hein_inspect_append_text (text, "instance", peer->instance);
  hein_inspect_append_text (text, "address", shown);
  append_address (text, "endpoint", hein_endpoint_get_uri (peer->endpoint));
  hein_inspect_append_text (text, "origin",
                            get_nick (HEIN_TYPE_ORIGIN, peer->origin));
  hein_inspect_append_text (text, "transport", peer->transport_name);
  hein_inspect_append_text (text, "protocol", peer->protocol_name);
  hein_inspect_append_text (text, "security", hein_peer_get_security (peer));
  hein_inspect_append_flag (text, "is-up", peer->is_up);
  hein_inspect_append_flag (text, "accepts-messages",
                            peer->is_up && peer->accepts);
  hein_inspect_append_flag (text, "has-room", !peer->is_full);
  hein_inspect_append_number (text, "queued-bytes",
                              hein_peer_get_queued_bytes (peer));
  hein_inspect_append_number (text, "messages-sent",
                              peer->counts.messages_sent);
  hein_inspect_append_number (text, "messages-received",
                              peer->counts.messages_received);
  hein_inspect_append_number (text, "messages-dropped",
                              hein_losses_sum_dropped (peer));
  hein_inspect_append_number (text, "bytes-sent", peer->counts.bytes_sent);
  hein_inspect_append_number (text, "bytes-received",
                              peer->counts.bytes_received);
  if (peer->rtt_us >= 0)
    hein_inspect_append_number (text, "rtt-us", peer->rtt_us);
  if (peer->counts.dropped != NULL)
    append_dropped (peer->counts.dropped, text);
  g_string_append (text, "}}\n");
}

/* Peers that come and go meanwhile do not move the others: their order is that
 * of arrival. */
static gboolean
append_peers (HeinInspectAnswer *self, GString *text)
{
  for (guint n = 0; n < ITEMS_AT_A_TIME; n++)
    {
      HeinPeer *peer =
        hein_peers_find_after (self->core->roster.peers, self->last);

      if (peer == NULL)
        return FALSE;
      append_peer (peer, text);
      self->last = peer->arrival[HEIN_PEERS_TOLD];
    }
  return TRUE;
}

/* ---- pings ---- */

/* What waits for the answers of peers, and may outlive who asked. */
struct _HeinInspectPing
{
  HeinInspectAnswer *answer; /* borrowed; NULL: nobody wants to know */
  GString *said;             /* owned: lines of those that have answered */
  guint n_waiting;
  gboolean has_asked; /* all that were there */
};

static void
ping_release (HeinInspectPing *self)
{
  if (self->n_waiting > 0 || self->answer != NULL)
    return;
  g_string_free (self->said, TRUE);
  g_free (self);
}

static void
append_pinged (HeinPeer *peer, const GError *error, GString *text)
{
  g_string_append (text, "{\"ping\":{");
  hein_inspect_append_text (text, "peer", peer->name);
  if (error != NULL)
    hein_inspect_append_text (text, "error", error->message);
  else if (peer->rtt_us >= 0)
    hein_inspect_append_number (text, "rtt-us", peer->rtt_us);
  g_string_append (text, "}}\n");
}

static void
on_pinged (GObject *source, GAsyncResult *result, gpointer data)
{
  HeinInspectPing *self = data;
  g_autoptr (GError) error = NULL;

  self->n_waiting--;
  if (self->answer != NULL)
    {
      self->answer->host->ping_finish (HEIN_PEER (source), result, &error);
      append_pinged (HEIN_PEER (source), error, self->said);
      self->answer->resume (self->answer->data);
    }
  ping_release (self);
}

static gboolean
is_meant (HeinInspectAnswer *self, HeinPeer *peer)
{
  return self->request.peer == NULL ||
         g_str_equal (self->request.peer, peer->name);
}

/* Asks some more peers; FALSE: all have been. A peer that is asked may answer
 * at once, but is not told before the turn ends. */
static gboolean
ask_some (HeinInspectAnswer *self)
{
  for (guint n = 0; n < ITEMS_AT_A_TIME; n++)
    {
      HeinPeer *peer =
        hein_peers_find_after (self->core->roster.peers, self->last);

      if (peer == NULL)
        return FALSE;
      self->last = peer->arrival[HEIN_PEERS_TOLD];
      if (!is_meant (self, peer))
        continue;
      self->ping->n_waiting++;
      self->host->ping (peer, self->request.timeout_ms, on_pinged, self->ping);
    }
  return TRUE;
}

static gboolean
append_pings (HeinInspectAnswer *self, GString *text)
{
  if (self->ping == NULL)
    {
      self->ping = g_new0 (HeinInspectPing, 1);
      self->ping->answer = self;
      self->ping->said = g_string_new (NULL);
    }
  if (!self->ping->has_asked)
    self->ping->has_asked = !ask_some (self);
  self->is_waiting = self->ping->has_asked;
  g_string_append_len (text, self->ping->said->str, self->ping->said->len);
  g_string_truncate (self->ping->said, 0);
  return !self->is_waiting || self->ping->n_waiting > 0;
}

/* ---- the log ---- */

static void
on_heard (gpointer data)
{
  HeinInspectAnswer *self = data;

  self->resume (self->data);
}

/* Goes on until the tool has enough. */
static gboolean
append_log (HeinInspectAnswer *self, GString *text)
{
  g_autoptr (GError) error = NULL;

  if (self->log == NULL)
    self->log =
      hein_inspect_log_new (self->core->host.loop, self->request.levels,
                            on_heard, self, &error);
  if (self->log == NULL)
    {
      hein_inspect_answer_refuse (error, text);
      return FALSE;
    }
  if (self->news == NULL)
    self->news = hein_inspect_news_new (self->core, self->log);
  hein_inspect_log_take (self->log, text);
  self->is_waiting = TRUE;
  return TRUE;
}

/* ---- answers ---- */

void
hein_inspect_answer_clear (HeinInspectAnswer *self)
{
  HeinInspectPing *ping = g_steal_pointer (&self->ping);

  hein_inspect_request_clear (&self->request);
  g_clear_pointer (&self->news, hein_inspect_news_free);
  g_clear_pointer (&self->log, hein_inspect_log_free);
  if (ping == NULL)
    return;
  ping->answer = NULL;
  ping_release (ping);
}

void
hein_inspect_answer_begin (HeinInspectAnswer *self,
                           const HeinInspectRequest *request)
{
  hein_inspect_answer_clear (self);
  self->request = *request;
  self->is_open = TRUE;
  self->is_waiting = FALSE;
  self->is_begun = FALSE;
  self->last = 0;
}

static gboolean
append_some (HeinInspectAnswer *self, GString *text)
{
  switch (self->request.ask)
    {
    case HEIN_INSPECT_BUS:
      if (!self->is_begun)
        append_bus (self, text);
      return append_endpoints (self, text);
    case HEIN_INSPECT_PEERS:
      return append_peers (self, text);
    case HEIN_INSPECT_PING:
      return append_pings (self, text);
    case HEIN_INSPECT_LOG:
      return append_log (self, text);
    default:
      g_assert_not_reached ();
    }
}

void
hein_inspect_answer_go_on (HeinInspectAnswer *self, GString *text)
{
  if (!self->is_begun)
    g_string_append_printf (text, "{\"hein\":%d}\n", HEIN_INSPECT_VERSION);
  self->is_open = append_some (self, text);
  self->is_begun = TRUE;
  if (!self->is_open)
    g_string_append (text, "{\"end\":true}\n");
}

void
hein_inspect_answer_refuse (const GError *error, GString *text)
{
  g_string_append_printf (text, "{\"hein\":%d}\n{", HEIN_INSPECT_VERSION);
  hein_inspect_append_text (text, "error", error->message);
  g_string_append (text, "}\n");
}

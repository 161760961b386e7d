/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-local.h"

#include <string.h>

#include "monitor-control.h"
#include "monitor-peer.h"

/* Follows a bus of another program by asking its control socket. */

/* So many peers are shown. */
#define PEERS_MAX 5000
/* A bus with more peers than this is asked for them less often. */
#define PEERS_MANY     1000
#define MANY_EVERY_NTH 10

struct _MonitorLocal
{
  MonitorBus parent_instance;

  char *file_name;
  MonitorControl *control;
  GCancellable *cancellable;
  gboolean is_asking;
  gboolean is_gone;

  GListStore *peers;
  GHashTable *by_instance; /* owned text -> MonitorPeer, borrowed of peers */

  /* while it is asked */
  MonitorCounts counts;
  char *address;    /* nullable */
  GHashTable *seen; /* borrowed: peers that are still there */
  guint64 n_hidden;
  guint64 n_peers; /* as the bus says */
  guint n_rounds;
};

G_DEFINE_FINAL_TYPE (MonitorLocal, monitor_local, MONITOR_TYPE_BUS)

/* ---- members of lines, which need not be there ---- */

static const char *
get_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
           ? json_node_get_string (node)
           : NULL;
}

static gint64
get_number (JsonObject *object, const char *name, gint64 otherwise)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_INT64
           ? json_node_get_int (node)
           : otherwise;
}

static guint64
get_count (JsonObject *object, const char *name)
{
  return (guint64) MAX (get_number (object, name, 0), 0);
}

static JsonObject *
get_object (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node)
           ? json_node_get_object (node)
           : NULL;
}

/* NULL: nothing was lost. @n (nullable): how many were. */
static char *
dup_losses (JsonObject *object, guint64 *n)
{
  JsonObject *dropped = get_object (object, "dropped");
  g_autoptr (GString) text = g_string_new (NULL);
  JsonObjectIter iter;
  const char *reason;
  JsonNode *node;

  if (dropped == NULL)
    return NULL;
  json_object_iter_init (&iter, dropped);
  while (json_object_iter_next (&iter, &reason, &node))
    {
      const guint64 lost = get_count (dropped, reason);

      g_string_append_printf (text, "%s%" G_GUINT64_FORMAT " %s",
                              text->len > 0 ? ", " : "", lost, reason);
      if (n != NULL)
        *n += lost;
    }
  return text->len > 0 ? g_strdup (text->str) : NULL;
}

/* ---- lines ---- */

static void
take_bus (MonitorLocal *self, JsonObject *bus)
{
  const char *program = get_text (bus, "program");
  g_autofree char *detail =
    g_strdup_printf ("%s, process %" G_GUINT64_FORMAT,
                     program != NULL ? program : "a program",
                     get_count (bus, "pid"));
  const char *name = get_text (bus, "name");

  if (name != NULL)
    monitor_bus_set_name (MONITOR_BUS (self), name);
  monitor_bus_set_detail (MONITOR_BUS (self), detail);
  self->counts = (MonitorCounts){
    .sent = get_count (bus, "messages-sent"),
    .received = get_count (bus, "messages-received"),
    .queued_bytes = get_count (bus, "queued-bytes"),
  };
  self->n_peers = get_count (bus, "peers");
  g_free (dup_losses (bus, &self->counts.dropped));
}

static void
take_endpoint (MonitorLocal *self, JsonObject *endpoint)
{
  if (self->address == NULL &&
      g_strcmp0 (get_text (endpoint, "role"), "listen") == 0)
    self->address = g_strdup (get_text (endpoint, "bound-uri"));
}

static MonitorPeer *
find_row (MonitorLocal *self, JsonObject *peer)
{
  const char *instance = get_text (peer, "instance");
  g_autofree char *key =
    g_strdup_printf ("%s %s %s", instance != NULL ? instance : "",
                     get_text (peer, "name"), get_text (peer, "address"));
  MonitorPeer *row = g_hash_table_lookup (self->by_instance, key);

  if (row == NULL)
    {
      row = monitor_peer_new ();
      g_list_store_append (self->peers, row);
      g_hash_table_insert (self->by_instance, g_steal_pointer (&key), row);
      g_object_unref (row);
    }
  return row;
}

static void
take_peer (MonitorLocal *self, JsonObject *peer)
{
  const char *protocol = get_text (peer, "protocol");
  const char *transport = get_text (peer, "transport");
  g_autofree char *how =
    g_strdup_printf ("%s over %s",
                     protocol != NULL ? protocol : "an unknown protocol",
                     transport != NULL ? transport : "an unknown transport");
  g_autofree char *losses = dup_losses (peer, NULL);
  const MonitorPeerFacts facts = {
    .name = get_text (peer, "name"),
    .address = get_text (peer, "address"),
    .protocol = how,
    .security = get_text (peer, "security"),
    .losses = losses,
    .sent = get_count (peer, "messages-sent"),
    .received = get_count (peer, "messages-received"),
    .dropped = get_count (peer, "messages-dropped"),
    .queued_bytes = get_count (peer, "queued-bytes"),
    .rtt_us = get_number (peer, "rtt-us", -1),
  };
  MonitorPeer *row;

  if (g_hash_table_size (self->seen) >= PEERS_MAX)
    {
      self->n_hidden++;
      return;
    }
  row = find_row (self, peer);
  monitor_peer_update (row, &facts, g_get_monotonic_time ());
  g_hash_table_add (self->seen, row);
}

static void
on_line (JsonObject *line, gpointer data)
{
  MonitorLocal *self = data;
  JsonObject *object;

  if ((object = get_object (line, "bus")) != NULL)
    take_bus (self, object);
  else if ((object = get_object (line, "endpoint")) != NULL)
    take_endpoint (self, object);
  else if ((object = get_object (line, "peer")) != NULL)
    take_peer (self, object);
}

/* ---- asking ---- */

static gboolean
is_not_seen (gpointer key, gpointer row, gpointer data)
{
  MonitorLocal *self = data;
  guint at;

  if (g_hash_table_contains (self->seen, row))
    return FALSE;
  if (g_list_store_find (self->peers, row, &at))
    g_list_store_remove (self->peers, at);
  return TRUE;
}

static void
fail (MonitorLocal *self, const GError *error)
{
  self->is_asking = FALSE;
  self->is_gone =
    g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED) ||
    g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    monitor_bus_tell_problem (MONITOR_BUS (self), error->message);
}

static void
tell (MonitorLocal *self)
{
  self->is_asking = FALSE;
  monitor_bus_set_address (MONITOR_BUS (self), self->address);
  monitor_bus_tell (MONITOR_BUS (self), &self->counts);
}

static void
on_peers (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (MonitorLocal) self = data;
  g_autoptr (GError) error = NULL;

  if (!monitor_control_ask_finish (MONITOR_CONTROL (source), result, &error))
    {
      fail (self, error);
      return;
    }
  g_hash_table_foreach_remove (self->by_instance, is_not_seen, self);
  monitor_bus_set_n_hidden (MONITOR_BUS (self), self->n_hidden);
  tell (self);
}

static void
on_bus (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (MonitorLocal) self = data;
  g_autoptr (GError) error = NULL;

  if (!monitor_control_ask_finish (MONITOR_CONTROL (source), result, &error))
    {
      fail (self, error);
      return;
    }
  monitor_control_ask_async (self->control, "peers", on_line, self->cancellable,
                             on_peers, g_object_ref (self));
}

static void
monitor_local_refresh (MonitorBus *bus)
{
  MonitorLocal *self = MONITOR_LOCAL (bus);

  if (self->is_asking)
    return;
  self->is_asking = TRUE;
  g_clear_pointer (&self->address, g_free);
  monitor_control_ask_async (self->control, "bus", on_line, self->cancellable,
                             on_bus, g_object_ref (self));
}

/* ---- class ---- */

static void
monitor_local_dispose (GObject *object)
{
  MonitorLocal *self = MONITOR_LOCAL (object);

  g_cancellable_cancel (self->cancellable);
  G_OBJECT_CLASS (monitor_local_parent_class)->dispose (object);
}

static void
monitor_local_finalize (GObject *object)
{
  MonitorLocal *self = MONITOR_LOCAL (object);

  g_hash_table_unref (self->seen);
  g_hash_table_unref (self->by_instance);
  g_object_unref (self->peers);
  g_object_unref (self->cancellable);
  g_clear_object (&self->control);
  g_free (self->address);
  g_free (self->file_name);
  G_OBJECT_CLASS (monitor_local_parent_class)->finalize (object);
}

static void
monitor_local_class_init (MonitorLocalClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = monitor_local_dispose;
  G_OBJECT_CLASS (klass)->finalize = monitor_local_finalize;
  MONITOR_BUS_CLASS (klass)->refresh = monitor_local_refresh;
}

static void
monitor_local_init (MonitorLocal *self)
{
  self->cancellable = g_cancellable_new ();
  self->peers = g_list_store_new (MONITOR_TYPE_PEER);
  self->seen = g_hash_table_new (NULL, NULL);
  self->by_instance =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  monitor_bus_set_peers (MONITOR_BUS (self), G_LIST_MODEL (self->peers));
}

MonitorLocal *
monitor_local_new (const char *folder, const char *file_name)
{
  const gsize digits = strspn (file_name, "0123456789");
  g_autofree char *path = NULL;
  g_autofree char *name = NULL;
  MonitorLocal *self;

  if (digits == 0 || file_name[digits] != '-')
    return NULL;
  path = g_build_filename (folder, file_name, NULL);
  name = g_uri_unescape_string (file_name + digits + 1, NULL);
  self = g_object_new (MONITOR_TYPE_LOCAL, NULL);
  self->file_name = g_strdup (file_name);
  self->control = monitor_control_new (path);
  monitor_bus_set_name (MONITOR_BUS (self),
                        name != NULL ? name : file_name + digits + 1);
  return self;
}

const char *
monitor_local_get_file_name (MonitorLocal *self)
{
  return self->file_name;
}

gboolean
monitor_local_is_there (MonitorLocal *self)
{
  return !self->is_gone;
}

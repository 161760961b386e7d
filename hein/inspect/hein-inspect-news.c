/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inspect-news.h"

#include <hein/hein-endpoint.h>
#include <hein/hein-enums.h>
#include <hein/hein-peer.h>
#include <hein/hein-uri.h>

#include "io/hein-world.h"

/*
 * Notes what a bus tells its program, while a tool listens. Without a listener
 * no signal is connected.
 */

/* Drops are told once per turn: so often at most is a line. */
#define DROPS_US G_TIME_SPAN_SECOND

struct _HeinInspectNews
{
  HeinCore *core;      /* borrowed */
  HeinInspectLog *log; /* borrowed */
  gint64 dropped_us;   /* when a drop was noted */
  guint64 n_unsaid;    /* messages that were dropped since then */
};

static const char *
get_name (HeinPeer *peer)
{
  return peer != NULL ? hein_peer_get_name (peer) : "nobody";
}

static void
on_peer_added (HeinBus *bus, HeinPeer *peer, gpointer data)
{
  HeinInspectNews *self = data;
  GSocketAddress *address = hein_peer_get_address (peer);
  g_autofree char *shown =
    address != NULL
      ? g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address))
      : NULL;

  hein_inspect_log_note (self->log, G_LOG_LEVEL_INFO, "peer-added %s (%s%s%s)",
                         get_name (peer), shown != NULL ? shown : "",
                         shown != NULL ? ", " : "",
                         hein_peer_get_security (peer));
}

static void
on_peer_removed (HeinBus *bus,
                 HeinPeer *peer,
                 const GError *error,
                 gpointer data)
{
  HeinInspectNews *self = data;

  hein_inspect_log_note (self->log, G_LOG_LEVEL_INFO, "peer-removed %s%s%s",
                         get_name (peer), error != NULL ? ": " : "",
                         error != NULL ? error->message : "");
}

static void
on_failed (HeinBus *bus,
           HeinEndpoint *endpoint,
           const GError *error,
           gpointer data)
{
  HeinInspectNews *self = data;

  hein_inspect_log_note (self->log, G_LOG_LEVEL_WARNING, "failed %s",
                         error->message);
}

static void
on_dropped (HeinBus *bus,
            HeinPeer *peer,
            HeinDropReason reason,
            guint64 n_messages,
            guint64 n_bytes,
            gpointer data)
{
  HeinInspectNews *self = data;
  g_autoptr (GEnumClass) class = g_type_class_ref (HEIN_TYPE_DROP_REASON);
  const gint64 now_us = hein_world_get_us ();
  g_autofree char *more = NULL;

  if (self->dropped_us > 0 && now_us - self->dropped_us < DROPS_US)
    {
      self->n_unsaid += n_messages;
      return;
    }
  if (self->n_unsaid > 0)
    more = g_strdup_printf ("; since the last such line %" G_GUINT64_FORMAT
                            " others, of all peers",
                            self->n_unsaid);
  hein_inspect_log_note (self->log, G_LOG_LEVEL_WARNING,
                         "dropped %" G_GUINT64_FORMAT " of %s: %s%s",
                         n_messages, get_name (peer),
                         g_enum_get_value (class, reason)->value_nick,
                         more != NULL ? more : "");
  self->dropped_us = now_us;
  self->n_unsaid = 0;
}

/* What went wrong before anybody listened, and may go wrong still: attempts
 * that fail as those before are not told again. */
static void
note_errors (HeinInspectNews *self)
{
  GListModel *endpoints = G_LIST_MODEL (self->core->endpoints);
  const guint n = g_list_model_get_n_items (endpoints);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (HeinEndpoint) endpoint = g_list_model_get_item (endpoints, i);
      const GError *error = hein_endpoint_get_error (endpoint);

      g_autofree char *uri =
        hein_uri_hide_secrets (hein_endpoint_get_uri (endpoint));

      if (error != NULL && g_str_has_prefix (error->message, uri))
        hein_inspect_log_note (self->log, G_LOG_LEVEL_WARNING,
                               "failed before: %s", error->message);
      else if (error != NULL)
        hein_inspect_log_note (self->log, G_LOG_LEVEL_WARNING,
                               "failed before: %s: %s", uri, error->message);
    }
}

HeinInspectNews *
hein_inspect_news_new (HeinCore *core, HeinInspectLog *log)
{
  HeinInspectNews *self = g_new0 (HeinInspectNews, 1);

  self->core = core;
  self->log = log;
  g_object_connect (core->bus, "signal::peer-added", on_peer_added, self,
                    "signal::peer-removed", on_peer_removed, self,
                    "signal::failed", on_failed, self, "signal::dropped",
                    on_dropped, self, NULL);
  note_errors (self);
  return self;
}

void
hein_inspect_news_free (HeinInspectNews *self)
{
  g_signal_handlers_disconnect_by_data (self->core->bus, self);
  g_free (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-peer.h"

#include <string.h>

#include "monitor-rate.h"
#include "monitor-text.h"

/* Keeps what is known of a peer, and computes its rates. */

struct _MonitorPeer
{
  GObject parent_instance;

  char *name;
  char *address;
  char *protocol;
  char *security;
  char *losses; /* nullable */
  MonitorRate sent;
  MonitorRate received;
  guint64 dropped;
  guint64 queued_bytes;
  gint64 rtt_us;
};

static guint changed_signal;

G_DEFINE_FINAL_TYPE (MonitorPeer, monitor_peer, G_TYPE_OBJECT)

static void
monitor_peer_finalize (GObject *object)
{
  MonitorPeer *self = MONITOR_PEER (object);

  g_free (self->name);
  g_free (self->address);
  g_free (self->protocol);
  g_free (self->security);
  g_free (self->losses);
  G_OBJECT_CLASS (monitor_peer_parent_class)->finalize (object);
}

static void
monitor_peer_class_init (MonitorPeerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = monitor_peer_finalize;
  changed_signal =
    g_signal_new ("changed", MONITOR_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL,
                  NULL, NULL, G_TYPE_NONE, 0);
}

static void
monitor_peer_init (MonitorPeer *self)
{
  self->name = g_strdup ("");
  self->address = g_strdup ("");
  self->rtt_us = -1;
}

MonitorPeer *
monitor_peer_new (void)
{
  return g_object_new (MONITOR_TYPE_PEER, NULL);
}

static void
set_text (char **to, const char *text)
{
  g_free (*to);
  *to = text != NULL ? monitor_text_dup_printable (text, strlen (text), FALSE)
                     : NULL;
}

void
monitor_peer_update (MonitorPeer *self,
                     const MonitorPeerFacts *facts,
                     gint64 now_us)
{
  set_text (&self->name, facts->name != NULL ? facts->name : "");
  set_text (&self->address,
            facts->address != NULL ? facts->address : "this machine");
  set_text (&self->protocol, facts->protocol);
  set_text (&self->security, facts->security);
  set_text (&self->losses, facts->losses);
  monitor_rate_update (&self->sent, facts->sent, now_us);
  monitor_rate_update (&self->received, facts->received, now_us);
  self->dropped = facts->dropped;
  self->queued_bytes = facts->queued_bytes;
  self->rtt_us = facts->rtt_us;
  g_signal_emit (self, changed_signal, 0);
}

const char *
monitor_peer_get_name (MonitorPeer *self)
{
  return self->name;
}

const char *
monitor_peer_get_address (MonitorPeer *self)
{
  return self->address;
}

char *
monitor_peer_dup_details (MonitorPeer *self)
{
  g_autofree char *lost =
    self->losses != NULL ? g_strconcat ("\nLost: ", self->losses, NULL) : NULL;

  return g_strdup_printf ("%s\nSecurity: %s%s",
                          self->protocol != NULL ? self->protocol : "",
                          self->security != NULL ? self->security : "none",
                          lost != NULL ? lost : "");
}

double
monitor_peer_get_sent_rate (MonitorPeer *self)
{
  return self->sent.per_second;
}

double
monitor_peer_get_received_rate (MonitorPeer *self)
{
  return self->received.per_second;
}

guint64
monitor_peer_get_dropped (MonitorPeer *self)
{
  return self->dropped;
}

guint64
monitor_peer_get_queued_bytes (MonitorPeer *self)
{
  return self->queued_bytes;
}

gint64
monitor_peer_get_rtt_us (MonitorPeer *self)
{
  return self->rtt_us;
}

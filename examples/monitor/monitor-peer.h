/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

/* A peer as the window shows it, whether of this program or of another one. */

G_BEGIN_DECLS

#define MONITOR_TYPE_PEER (monitor_peer_get_type ())
G_DECLARE_FINAL_TYPE (MonitorPeer, monitor_peer, MONITOR, PEER, GObject)

/* What is known of a peer at a moment. Strings are borrowed. */
typedef struct
{
  const char *name;
  const char *address;
  const char *protocol; /* with its transport */
  const char *security;
  const char *losses; /* nullable: how many for which reason */
  guint64 sent;
  guint64 received;
  guint64 dropped;
  guint64 queued_bytes;
  gint64 rtt_us; /* -1: not known */
} MonitorPeerFacts;

MonitorPeer *monitor_peer_new (void);
/* Emits "changed". @now_us: of the monotonic clock. */
void monitor_peer_update (MonitorPeer *self,
                          const MonitorPeerFacts *facts,
                          gint64 now_us);

/* Texts are printable. */
const char *monitor_peer_get_name (MonitorPeer *self);
const char *monitor_peer_get_address (MonitorPeer *self);
/* Protocol, security and losses, on lines. */
char *monitor_peer_dup_details (MonitorPeer *self);
/* Per second. */
double monitor_peer_get_sent_rate (MonitorPeer *self);
double monitor_peer_get_received_rate (MonitorPeer *self);
guint64 monitor_peer_get_dropped (MonitorPeer *self);
guint64 monitor_peer_get_queued_bytes (MonitorPeer *self);
gint64 monitor_peer_get_rtt_us (MonitorPeer *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "load-peer.h"

#include <string.h>

/* What is counted of each connection of a process of the soak: messages arrive
 * in order over one, so that what is missing before the last that was heard was
 * dropped by somebody who knows it. */

static GQuark
get_connection_quark (void)
{
  return g_quark_from_static_string ("connection");
}

static void
note_counts (BoardConnection *connection, HeinPeer *peer)
{
  const guint64 n_unknown =
    hein_peer_get_n_dropped (peer, HEIN_DROP_REASON_UNKNOWN);
  const guint64 n_invalid =
    hein_peer_get_n_dropped (peer, HEIN_DROP_REASON_INVALID);

  connection->n_doubtful = n_unknown + n_invalid;
  connection->n_closed =
    hein_peer_get_n_dropped (peer, HEIN_DROP_REASON_CLOSED);
  connection->n_known = hein_peer_get_messages_dropped (peer) -
                        connection->n_doubtful - connection->n_closed;
  connection->n_sent = hein_peer_get_messages_sent (peer);
  connection->n_noted = connection->n_messages;
}

void
load_note_peer (HeinPeer *peer, gboolean has_ended)
{
  BoardConnection *connection =
    g_object_get_qdata (G_OBJECT (peer), get_connection_quark ());

  if (connection == NULL)
    return;
  note_counts (connection, peer);
  connection->has_ended |= has_ended;
}

/* A peer may have another name than the one before it had. */
void
load_note_message (LoadPeer *self,
                   HeinPeer *peer,
                   const char *name,
                   guint64 number)
{
  BoardConnection *connection =
    g_object_get_qdata (G_OBJECT (peer), get_connection_quark ());

  if (connection == NULL || strcmp (connection->name, name) != 0)
    {
      connection = board_add_connection (self->board, name);
      connection->first = number;
      g_object_set_qdata (G_OBJECT (peer), get_connection_quark (), connection);
    }
  note_counts (connection, peer);
  connection->last = number;
  connection->n_messages++;
}

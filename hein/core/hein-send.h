/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "hein-core-state.h"
#include "message/hein-message-memory.h"

/* Sending a message to the peers that it is for. */

G_BEGIN_DECLS

/* A message, and what determines the peers that get it. */
typedef struct
{
  HeinMessage *message;
  HeinStrategy *strategy; /* NULL: that of the bus, or sent by name */
  const char *key;        /* nullable */
  gboolean is_named;      /* `key` is the name of the peer to send to */
} HeinSending;

typedef enum
{
  HEIN_TRIED_FAILED,
  HEIN_TRIED_GIVEN, /* sent, or counted as dropped */
  HEIN_TRIED_WAITS  /* must wait for a peer */
} HeinTried;

gboolean hein_send_fail_size (HeinMessage *message, gsize max, GError **error);

/* Fails with TOO_LARGE above max-message-size. */
static inline gboolean
hein_send_check_size (HeinCore *self, HeinMessage *message, GError **error)
{
  const gsize max =
    g_atomic_pointer_get (&self->host.settings.max_message_size);

  return G_LIKELY (hein_message_size (message) <= max) ||
         hein_send_fail_size (message, max, error);
}

/* Sends the message to the peers that it is for. FAILED with WOULD_BLOCK: one
 * of them has no room, and held.stuck has them all. */
HeinTried
hein_send_try (HeinCore *self, const HeinSending *sending, GError **error);
/* Lets the strategy choose peers, and sends them nothing. FALSE with @error:
 * there is no strategy, or it closed the bus. */
gboolean hein_send_select (HeinCore *self,
                           const HeinSending *sending,
                           HeinSelection *selection,
                           GError **error);
/* Sends a retained message to a new peer without a connection of its own. */
void hein_send_retained (HeinCore *self, HeinPeer *peer, HeinMessage *message);

G_END_DECLS

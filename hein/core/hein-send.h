/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "hein-core-state.h"
#include "message/hein-message-memory.h"

G_BEGIN_DECLS

/* What is sent, and who is to get it. */
typedef struct
{
  HeinMessage *message;
  HeinStrategy *strategy; /* NULL: the bus's, or by name */
  const char *key;        /* nullable */
  gboolean is_named;      /* key is the name of the peer that is to get it */
} HeinSending;

typedef enum
{
  HEIN_TRIED_FAILED,
  HEIN_TRIED_GIVEN, /* or counted as dropped */
  HEIN_TRIED_WAITS  /* for a peer that is not there yet */
} HeinTried;

gboolean hein_send_fail_size (HeinMessage *message, gsize max, GError **error);

/* TOO_LARGE over max-message-size. */
static inline gboolean
hein_send_check_size (HeinCore *self, HeinMessage *message, GError **error)
{
  const gsize max =
    g_atomic_pointer_get (&self->host.settings.max_message_size);

  return G_LIKELY (hein_message_size (message) <= max) ||
         hein_send_fail_size (message, max, error);
}

/* Gives it to whom it is for. FAILED with WOULD_BLOCK: there is no room,
 * self->stuck says with whom. */
HeinTried
hein_send_try (HeinCore *self, const HeinSending *sending, GError **error);
/* To a newcomer that has no connection of its own. */
void hein_send_retained (HeinCore *self, HeinPeer *peer, HeinMessage *message);

G_END_DECLS

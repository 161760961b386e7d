/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-send-delivery.h"

#include "hein-overflow.h"
#include "hein-peers-private.h"
#include "hein-run.h"
#include "link/hein-link-numbered.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"

/* What a delivery says beside its message is a number and a time. Where nothing
 * else has to be looked at, they are encoded with the message that the program
 * has given: copying it, and asking who gets the copy, took as long as sending
 * it. */

static gboolean
is_common (HeinCore *self, HeinPeer *peer, HeinMessage *message)
{
  return message->extra == NULL && self->sender.filters == NULL &&
         self->roster.n_full == 0 && self->held.n_stuck == 0 &&
         !self->held.is_behind && !self->host.is_closing &&
         peer->link != NULL && peer->is_target && peer->core == self &&
         peer->clearance == NULL;
}

gboolean
hein_send_delivery (HeinCore *self,
                    HeinPeer *peer,
                    HeinMessage *message,
                    guint64 number,
                    guint32 left_ms)
{
  const HeinNumbered numbered = { message, number, left_ms };

  if (G_UNLIKELY (!is_common (self, peer, message)))
    return FALSE;
  hein_run_settle (self);
  return hein_link_send_numbered (peer->link, &numbered,
                                  self->roster.targets->array->len == 1
                                    ? HEIN_ENCODE_SHARED
                                    : HEIN_ENCODE_OWN,
                                  hein_overflow_get (self, peer, FALSE));
}

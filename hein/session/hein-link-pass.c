/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/hein-error-private.h"
#include "core/hein-clearance.h"
#include "core/hein-core-state.h"
#include "core/hein-overflow.h"
#include "core/hein-run.h"
#include "hein-link-put.h"
#include "link/hein-link-send.h"
#include "link/hein-losses.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"

/* Messages that a protocol has from one of its peers for another one. */

static gboolean
drop (HeinLink *self, HeinMessage *message, HeinDropReason reason)
{
  hein_losses_count (self->host, self->peer, reason, 1,
                     hein_message_size (message));
  return FALSE;
}

static gboolean
may_receive (HeinPeer *peer, HeinMessage *message)
{
  return G_LIKELY (peer->clearance == NULL) ||
         hein_clearance_allows (peer, HEIN_ACTION_RECEIVE, message->data,
                                message->topic_size);
}

/* Nobody waits for room: whoever sent the message does not wait for the
 * slowest one of those who get it. */
gboolean
hein_link_pass_on (gpointer data, HeinMessage *message)
{
  HeinLink *self = data;
  HeinCore *core = hein_core_of_link (self);
  HeinOverflow overflow;
  g_autoptr (GError) error = NULL;

  if (self->state != HEIN_LINK_UP || self->is_leaving || !self->peer->is_target)
    return FALSE;
  if (!may_receive (self->peer, message))
    return drop (self, message, HEIN_DROP_REASON_FORBIDDEN);
  hein_run_settle (core);
  overflow = hein_overflow_get (core, self->peer, TRUE);
  if (hein_link_is_full_for (self, message) &&
      (overflow == HEIN_OVERFLOW_WAIT || hein_message_is_ask (message)))
    return drop (self, message, HEIN_DROP_REASON_OVERFLOW);
  if (hein_link_send (self, message, HEIN_AUDIENCE_NAMED, overflow,
                      HEIN_ENCODE_OWN, &error))
    return TRUE;
  hein_error_log (self->peer->name, error);
  return drop (self, message, hein_losses_get_reason (error));
}

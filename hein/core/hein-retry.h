/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "base/hein-call.h"
#include "hein-send.h"

/* Retrying messages that wait, and sending behind them. */

G_BEGIN_DECLS

void hein_retry_init (HeinCore *self);
/* Returns whether the message must wait behind others. */
gboolean hein_retry_must_hold (HeinCore *self, const HeinSending *sending);
/* Holds the message until there is a peer, or behind others, within a limit. */
gboolean
hein_retry_hold (HeinCore *self, const HeinSending *sending, GError **error);
/* Makes a message that failed wait behind those that are forced in before
 * it. */
HeinTried hein_retry_go_behind (HeinCore *self, GError **error);

/* Sends the message, unless it has to wait behind others. */
static inline HeinTried
hein_retry_send (HeinCore *self, const HeinSending *sending, GError **error)
{
  HeinTried tried;

  if (G_UNLIKELY (self->held.n_held > 0 || self->host.encoding.link != NULL) &&
      hein_retry_must_hold (self, sending))
    return HEIN_TRIED_WAITS;
  tried = hein_send_try (self, sending, error);
  if (G_UNLIKELY (tried == HEIN_TRIED_FAILED) && self->held.is_to_go_behind)
    return hein_retry_go_behind (self, error);
  return tried;
}

/* The same; holds a message that has to wait, within a limit. */
static inline gboolean
hein_send_message (HeinCore *self, const HeinSending *sending, GError **error)
{
  const HeinTried tried = hein_retry_send (self, sending, error);

  if (G_UNLIKELY (tried == HEIN_TRIED_WAITS))
    return hein_retry_hold (self, sending, error);
  return tried == HEIN_TRIED_GIVEN;
}

/* For a call that completes when the message is sent, or accepted. Takes
 * ownership of @call. */
void
hein_send_call (HeinCore *self, HeinCall *call, const HeinSending *sending);
/* Sends a message again that @peer, which is gone, has not confirmed. @chooser:
 * the strategy that chose @peer; NULL for that of the bus. */
void hein_send_again (HeinCore *self,
                      HeinPeer *peer,
                      HeinStrategy *chooser,
                      HeinMessage *message,
                      HeinAudience audience);
/* Retries waiting messages, if there is more room or a new peer, for
 * @time_us. */
void hein_retry_for (HeinCore *self, guint time_us);
/* Retries a few of them. */
void hein_retry_few (HeinCore *self);
/* Retries all messages that wait now, however long that takes. */
void hein_retry_all (HeinCore *self);

/* Returns whether a retry might succeed, and none is running. */
static inline gboolean
hein_retry_is_due (HeinCore *self)
{
  return !self->held.is_retrying &&
         (self->held.is_passing ||
          (G_UNLIKELY (self->held.n_held > 0) &&
           (self->roster.room_changed || self->roster.targets_changed)));
}

G_END_DECLS

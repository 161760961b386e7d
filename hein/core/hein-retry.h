/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "base/hein-call.h"
#include "hein-send.h"

G_BEGIN_DECLS

void hein_retry_init (HeinCore *self);
/* Whether something waits that goes first. */
gboolean hein_retry_must_hold (HeinCore *self, const HeinSending *sending);
/* It waits for a peer, or behind what waits, within a limit. */
gboolean
hein_retry_hold (HeinCore *self, const HeinSending *sending, GError **error);
/* What has failed goes behind what is forced in before it. */
HeinTried hein_retry_go_behind (HeinCore *self, GError **error);

/* Gives it to whom it is for, behind what waits already. */
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

/* The same; it is held for a peer within a limit. */
static inline gboolean
hein_send_message (HeinCore *self, const HeinSending *sending, GError **error)
{
  const HeinTried tried = hein_retry_send (self, sending, error);

  if (G_UNLIKELY (tried == HEIN_TRIED_WAITS))
    return hein_retry_hold (self, sending, error);
  return tried == HEIN_TRIED_GIVEN;
}

/* For a call that ends when it was given, or taken in. Takes @call. */
void
hein_send_call (HeinCore *self, HeinCall *call, const HeinSending *sending);
/* What @peer, who is gone, has not confirmed; @chooser: NULL for that of the
 * bus. */
void hein_send_again (HeinCore *self,
                      HeinPeer *peer,
                      HeinStrategy *chooser,
                      HeinMessage *message,
                      HeinAudience audience);
/* Tries again what waited, where there is more room or somebody new. */
void hein_retry_for (HeinCore *self, guint time_us);
/* The same with a few of them. */
void hein_retry_few (HeinCore *self);
/* With all that waits now, however long that takes. */
void hein_retry_all (HeinCore *self);

/* Something that waited may go on, and nobody is at it. */
static inline gboolean
hein_retry_is_due (HeinCore *self)
{
  return !self->held.is_retrying &&
         (self->held.is_passing ||
          (G_UNLIKELY (self->held.n_held > 0) &&
           (self->roster.room_changed || self->roster.targets_changed)));
}

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-carrier.h"
#include "hein-core-state.h"

/*
 * Overflow policies: which one applies to a message, and which of them wait.
 *
 * A new policy is named in hein-enums.h (HeinOverflow), and has its rules here.
 * link/hein-link-overflow.c drops what it drops of a connection's queue; a
 * transport of messages does that itself, if it knows the policy
 * (keeps_overflow).
 */

G_BEGIN_DECLS

/* The policy for a peer, and for a message to all or to chosen peers. */
static inline HeinOverflow
hein_overflow_get (HeinCore *self, HeinPeer *peer, gboolean is_all)
{
  HeinOverflow overflow = peer->overflow;

  if (overflow == HEIN_OVERFLOW_DEFAULT)
    overflow = self->host.settings.overflow;
  if (overflow == HEIN_OVERFLOW_DEFAULT)
    overflow = is_all ? HEIN_OVERFLOW_DROP_OLDEST : HEIN_OVERFLOW_WAIT;
  return overflow;
}

/* Returns whether @overflow does nothing before a message is queued, so that
 * several messages, or one for several peers, can be queued at once. */
static inline gboolean
hein_overflow_may_share (HeinOverflow overflow)
{
  return overflow == HEIN_OVERFLOW_WAIT ||
         overflow == HEIN_OVERFLOW_DROP_OLDEST;
}

/* The policy for a peer without a connection of its own: a policy that its
 * transport does not support counts as the default. */
HeinOverflow
hein_overflow_get_direct (HeinCore *self, HeinPeer *peer, gboolean is_all);
/* Returns whether a message has to wait until @peer has room. */
gboolean hein_overflow_waits (HeinCore *self, HeinPeer *peer, gboolean is_all);
gboolean hein_overflow_medium_waits (HeinCore *self, HeinCarrier *medium);

G_END_DECLS

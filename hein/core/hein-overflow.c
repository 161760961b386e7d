/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-carrier.h"
#include "hein-core-state.h"
#include "hein-overflow.h"
#include "link/hein-peer-state.h"

/* Finds the overflow policy: that of the address, else of the bus, else the
 * default for the message. */

HeinOverflow
hein_overflow_get_direct (HeinCore *self, HeinPeer *peer, gboolean is_all)
{
  HeinOverflow overflow = hein_overflow_get (self, peer, is_all);

  if (hein_carrier_keeps_overflow (peer->carrier, overflow))
    return overflow;
  return is_all ? HEIN_OVERFLOW_DROP_NEWEST : HEIN_OVERFLOW_WAIT;
}

gboolean
hein_overflow_waits (HeinCore *self, HeinPeer *peer, gboolean is_all)
{
  HeinOverflow overflow = peer->link == NULL
                            ? hein_overflow_get_direct (self, peer, is_all)
                            : hein_overflow_get (self, peer, is_all);

  return overflow == HEIN_OVERFLOW_WAIT || overflow == HEIN_OVERFLOW_DISCONNECT;
}

gboolean
hein_overflow_medium_waits (HeinCore *self, HeinCarrier *medium)
{
  HeinOverflow overflow = medium->overflow;

  if (overflow == HEIN_OVERFLOW_DEFAULT)
    overflow = self->host.settings.overflow;
  return overflow == HEIN_OVERFLOW_WAIT;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib-object.h>

#include "hein-carrier.h"

/* The core's view of a transport, whatever carries its messages. */

gboolean
hein_carrier_keeps_overflow (HeinCarrier *self, HeinOverflow overflow)
{
  if (self->keeps_overflow != NULL)
    return self->keeps_overflow (self->transport, overflow);
  return overflow == HEIN_OVERFLOW_WAIT ||
         overflow == HEIN_OVERFLOW_DROP_NEWEST;
}

gboolean
hein_carrier_begin_send_to_all (HeinCarrier *self, HeinOverflow overflow)
{
  if (self->overflow != HEIN_OVERFLOW_DEFAULT)
    overflow = self->overflow;
  self->sending_audience = HEIN_AUDIENCE_ALL;
  self->sending_forced = FALSE;
  self->sending_overflow = overflow == HEIN_OVERFLOW_WAIT
                             ? HEIN_OVERFLOW_WAIT
                             : HEIN_OVERFLOW_DROP_NEWEST;
  return overflow == HEIN_OVERFLOW_WAIT;
}

static void
release (gpointer data)
{
  HeinCarrier *self = data;

  g_object_unref (self->transport);
}

GPtrArray *
hein_carrier_array_new (void)
{
  return g_ptr_array_new_with_free_func (release);
}

void
hein_carrier_array_add (GPtrArray *self, HeinCarrier *carrier)
{
  g_object_ref (carrier->transport);
  g_ptr_array_add (self, carrier);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-state.h"

guint16
mqtt_state_next_id (HeinMqtt *self)
{
  do
    self->last_id = self->last_id == G_MAXUINT16 ? 1 : self->last_id + 1;
  while (
    mqtt_window_has (&self->sent, self->last_id) ||
    self->inbox_id == self->last_id ||
    (self->changes.asked != NULL && self->changes.packet_id == self->last_id));
  return self->last_id;
}

gboolean
mqtt_state_fail (HeinMqtt *self,
                 guint8 reason,
                 const char *text,
                 GError **error)
{
  self->end_reason = reason;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
  return FALSE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-window.h"

#define USED_SIZE (65536 / 8)

static MqttOpen *
get (const MqttWindow *self, guint index)
{
  return &g_array_index (self->row, MqttOpen, self->begin + index);
}

guint
mqtt_window_get_length (const MqttWindow *self)
{
  return self->row != NULL ? self->row->len - self->begin : 0;
}

gboolean
mqtt_window_has (const MqttWindow *self, guint16 packet_id)
{
  return self->used != NULL &&
         (self->used[packet_id / 8] & 1u << packet_id % 8) != 0;
}

static void
set_used (MqttWindow *self, guint16 packet_id, gboolean is_used)
{
  const guint8 bit = 1u << packet_id % 8;

  if (is_used)
    self->used[packet_id / 8] |= bit;
  else
    self->used[packet_id / 8] &= ~bit;
}

void
mqtt_window_push (MqttWindow *self, guint16 packet_id, guint64 number)
{
  const MqttOpen open = { .number = number, .packet_id = packet_id };

  if (self->row == NULL)
    {
      self->row = g_array_new (FALSE, FALSE, sizeof open);
      self->used = g_malloc0 (USED_SIZE);
    }
  g_array_append_val (self->row, open);
  set_used (self, packet_id, TRUE);
}

/* What is acknowledged is the oldest one, unless the other side breaks the
 * rules, or a program acknowledges in another order. */
MqttOpen *
mqtt_window_find (const MqttWindow *self, guint16 packet_id)
{
  const guint n = mqtt_window_get_length (self);

  if (!mqtt_window_has (self, packet_id))
    return NULL;
  for (guint i = 0; i < n; i++)
    if (get (self, i)->packet_id == packet_id)
      return get (self, i);
  return NULL;
}

MqttOpen *
mqtt_window_find_number (const MqttWindow *self, guint64 number)
{
  guint low = 0;
  guint high = mqtt_window_get_length (self);

  while (low < high)
    {
      const guint middle = low + (high - low) / 2;

      if (get (self, middle)->number < number)
        low = middle + 1;
      else
        high = middle;
    }
  return low < mqtt_window_get_length (self) &&
             get (self, low)->number == number
           ? get (self, low)
           : NULL;
}

gboolean
mqtt_window_pop_over (MqttWindow *self, MqttOpen *open)
{
  if (mqtt_window_get_length (self) == 0 || !get (self, 0)->is_over)
    return FALSE;
  *open = *get (self, 0);
  set_used (self, open->packet_id, FALSE);
  self->begin++;
  /* the room of those before is used again */
  if (self->begin >= self->row->len / 2)
    {
      g_array_remove_range (self->row, 0, self->begin);
      self->begin = 0;
    }
  return TRUE;
}

gsize
mqtt_window_get_memory (const MqttWindow *self)
{
  return self->row != NULL ? USED_SIZE + self->row->len * sizeof (MqttOpen) : 0;
}

void
mqtt_window_clear (MqttWindow *self)
{
  g_clear_pointer (&self->row, g_array_unref);
  g_clear_pointer (&self->used, g_free);
  self->begin = 0;
}

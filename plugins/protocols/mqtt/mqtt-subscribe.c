/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-subscribe.h"

#include "mqtt-reason.h"

#include <string.h>

/*
 * Telling the broker about subscriptions: of the changes that wait, those at the
 * head that are alike go in one packet, and the next one goes when that is
 * answered.
 *
 *   SUBSCRIBE     packet id (2 B) │ properties │ filters, each with options (1 B)
 *   SUBACK        packet id (2 B) │ properties │ a reason (1 B) for each
 *   UNSUBSCRIBE   packet id (2 B) │ properties │ filters
 *   UNSUBACK      packet id (2 B), and in version 5 as SUBACK
 */
#define FIRST(kind)                                                            \
  (MQTT_##kind << 4 | 0x02) /* with the flags that they have */
#define NO_LOCAL    0x04
#define PACKET_MAX  16384
#define FILTER_ROOM (2 * HEIN_TOPIC_MAX + 16)

typedef struct
{
  char *filter; /* owned */
  gboolean wanted;
} MqttChange;

static void
change_free (gpointer data)
{
  MqttChange *self = data;

  g_free (self->filter);
  g_free (self);
}

static gboolean
has_room (HeinMqtt *self, const GByteArray *rest)
{
  const gsize max = self->limits.packet_size > 0
                      ? MIN (self->limits.packet_size, PACKET_MAX)
                      : PACKET_MAX;

  return rest->len + FILTER_ROOM < max || self->changes.asked->len == 0;
}

static void
put_change (HeinMqtt *self, const MqttChange *change, GByteArray *to)
{
  g_autofree char *name =
    self->share != NULL
      ? g_strconcat ("$share/", self->share, "/", change->filter, NULL)
      : NULL;
  /* what this side publishes does not come back, where that can be said: of a
   * group it is not (3.8.3.1) */
  const gboolean can_say = self->version == MQTT_VERSION_5 && name == NULL;

  mqtt_put_text (to, name != NULL ? name : change->filter);
  if (change->wanted)
    mqtt_put_u8 (to, self->subscribe_qos | (can_say ? NO_LOCAL : 0));
}

static void
flush (HeinMqtt *self, HeinWire *wire)
{
  MqttChanges *changes = &self->changes;
  const MqttChange *first = g_queue_peek_head (&changes->waiting);
  const MqttChange *next = first;
  g_autoptr (GByteArray) rest = NULL;

  if (changes->asked != NULL || changes->is_collecting || first == NULL)
    return;
  rest = g_byte_array_new ();
  changes->asked = g_ptr_array_new_with_free_func (change_free);
  changes->packet_id = mqtt_state_next_id (self);
  mqtt_put_u16 (rest, changes->packet_id);
  if (self->version == MQTT_VERSION_5)
    mqtt_put_length (rest, 0);
  while (next != NULL && next->wanted == first->wanted && has_room (self, rest))
    {
      put_change (self, next, rest);
      g_hash_table_remove (changes->by_filter, next->filter);
      g_ptr_array_add (changes->asked, g_queue_pop_head (&changes->waiting));
      next = g_queue_peek_head (&changes->waiting);
    }
  mqtt_put_packet (wire,
                   first->wanted ? FIRST (SUBSCRIBE) : FIRST (UNSUBSCRIBE),
                   rest->data, rest->len);
}

/* A change and its opposite, when neither has been told, are none: a filter that
 * comes and goes would have what is retained sent twice. */
static void
add_change (gpointer data, const char *filter, gboolean wanted)
{
  MqttChanges *self = &((HeinMqtt *) data)->changes;
  GList *opposite = NULL;
  MqttChange *change;

  /* a client publishes all that it has to say */
  if (((HeinMqtt *) data)->client != NULL)
    return;
  if (self->by_filter == NULL)
    self->by_filter = g_hash_table_new (g_str_hash, g_str_equal);
  opposite = g_hash_table_lookup (self->by_filter, filter);
  if (opposite != NULL)
    {
      g_hash_table_remove (self->by_filter, filter);
      change_free (opposite->data);
      g_queue_delete_link (&self->waiting, opposite);
      return;
    }
  change = g_new (MqttChange, 1);
  change->filter = g_strdup (filter);
  change->wanted = wanted;
  g_queue_push_tail (&self->waiting, change);
  g_hash_table_insert (self->by_filter, change->filter, self->waiting.tail);
}

void
mqtt_subscribe_change (HeinMqtt *self,
                       HeinWire *wire,
                       const char *prefix,
                       gboolean wanted)
{
  if (!self->subscribes)
    return;
  if (wanted)
    mqtt_filters_add (&self->filters, prefix, add_change, self);
  else
    mqtt_filters_remove (&self->filters, prefix, add_change, self);
  flush (self, wire);
}

void
mqtt_subscribe_change_pattern (HeinMqtt *self,
                               HeinWire *wire,
                               const char *pattern,
                               gboolean wanted)
{
  if (!self->subscribes)
    return;
  if (wanted)
    mqtt_filters_add_pattern (&self->filters, pattern, add_change, self);
  else
    mqtt_filters_remove_pattern (&self->filters, pattern, add_change, self);
  flush (self, wire);
}

void
mqtt_subscribe_collect (HeinMqtt *self, HeinWire *wire, gboolean collect)
{
  self->changes.is_collecting = collect;
  flush (self, wire);
}

void
mqtt_subscribe_to_inbox (HeinMqtt *self, HeinWire *wire, gboolean wanted)
{
  g_autoptr (GByteArray) rest = g_byte_array_new ();
  const guint16 packet_id = mqtt_state_next_id (self);

  mqtt_put_u16 (rest, packet_id);
  mqtt_put_length (rest, 0);
  mqtt_put_text (rest, self->inbox->topic);
  if (wanted)
    {
      mqtt_put_u8 (rest, self->subscribe_qos);
      self->inbox_id = packet_id;
    }
  self->is_inbox_told = wanted;
  mqtt_put_packet (wire, wanted ? FIRST (SUBSCRIBE) : FIRST (UNSUBSCRIBE),
                   rest->data, rest->len);
}

/* ---- answers ---- */

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
  return FALSE;
}

/* A bus that does not get what it has subscribed to must know. */
static gboolean
check_reason (const MqttChange *change,
              guint8 reason,
              const MqttProperties *properties,
              GError **error)
{
  g_autofree char *what = NULL;

  if (reason < MQTT_UNSPECIFIED || !change->wanted)
    return TRUE;
  what = g_strdup_printf ("the broker refuses the subscription \"%s\"",
                          change->filter);
  g_propagate_error (error, mqtt_reason_make_error (reason, properties, what));
  if (strcmp (change->filter, "#") == 0)
    g_prefix_error (error, "subscribe to less than everything, or give "
                           "subscribe=no to a program that only sends: ");
  return FALSE;
}

static gboolean
check_reasons (GPtrArray *asked,
               MqttReader *reader,
               const MqttProperties *properties,
               GError **error)
{
  if ((gsize) (reader->end - reader->p) != asked->len)
    return fail (error, "SUBACK or UNSUBACK has not a reason for each filter");
  for (guint i = 0; i < asked->len; i++)
    if (!check_reason (g_ptr_array_index (asked, i), mqtt_read_u8 (reader),
                       properties, error))
      return FALSE;
  return TRUE;
}

static gboolean
is_asked (const MqttChanges *self, guint16 packet_id, gboolean wanted)
{
  const MqttChange *first =
    self->asked != NULL ? g_ptr_array_index (self->asked, 0) : NULL;

  return first != NULL && self->packet_id == packet_id &&
         first->wanted == wanted;
}

static gboolean
is_changing (const MqttChanges *self)
{
  return self->asked != NULL || !g_queue_is_empty ((GQueue *) &self->waiting);
}

static void
confirm (MqttChanges *self, HeinWire *wire)
{
  if (!self->is_awaited || is_changing (self))
    return;
  self->is_awaited = FALSE;
  hein_wire_confirm_subscriptions (wire, self->number);
}

static gboolean
take_inbox_answer (HeinMqtt *self, MqttReader *reader, GError **error)
{
  MqttProperties properties = { 0 };
  guint8 reason;

  self->inbox_id = 0;
  if (!mqtt_properties_read (reader, MQTT_SUBACK, &properties, error))
    return FALSE;
  if (reader->end - reader->p != 1)
    return fail (error, "SUBACK or UNSUBACK has not a reason for each filter");
  reason = mqtt_read_u8 (reader);
  if (reason < MQTT_UNSPECIFIED)
    return TRUE;
  g_propagate_error (
    error, mqtt_reason_make_error (reason, &properties,
                                   "the broker refuses the subscription to "
                                   "hein/inbox/, where answers come"));
  return FALSE;
}

gboolean
mqtt_subscribe_take_answer (HeinMqtt *self,
                            HeinWire *wire,
                            gboolean wanted,
                            const guint8 *data,
                            gsize size,
                            GError **error)
{
  MqttReader reader = { data, data + size, FALSE };
  MqttProperties properties = { 0 };
  const guint16 packet_id = mqtt_read_u16 (&reader);
  const gboolean has_reasons = wanted || self->version == MQTT_VERSION_5;

  if (wanted && packet_id != 0 && packet_id == self->inbox_id)
    return take_inbox_answer (self, &reader, error);
  if (reader.is_bad || !is_asked (&self->changes, packet_id, wanted))
    return fail (error, "SUBACK or UNSUBACK answers what was not asked");
  if (self->version == MQTT_VERSION_5 &&
      !mqtt_properties_read (&reader, wanted ? MQTT_SUBACK : MQTT_UNSUBACK,
                             &properties, error))
    return FALSE;
  if (!has_reasons && reader.p < reader.end)
    return fail (error, "UNSUBACK is too long");
  if (has_reasons &&
      !check_reasons (self->changes.asked, &reader, &properties, error))
    return FALSE;
  g_clear_pointer (&self->changes.asked, g_ptr_array_unref);
  flush (self, wire);
  confirm (&self->changes, wire);
  return TRUE;
}

gboolean
mqtt_subscribe_confirm (HeinMqtt *self, guint number)
{
  MqttChanges *changes = &self->changes;

  changes->is_awaited = is_changing (changes);
  changes->number = number;
  return changes->is_awaited;
}

void
mqtt_subscribe_clear (HeinMqtt *self)
{
  g_clear_pointer (&self->changes.by_filter, g_hash_table_unref);
  g_queue_clear_full (&self->changes.waiting, change_free);
  g_clear_pointer (&self->changes.asked, g_ptr_array_unref);
  mqtt_filters_clear (&self->filters);
}

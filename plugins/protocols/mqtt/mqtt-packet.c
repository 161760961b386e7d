/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-packet.h"

#include <string.h>

/* The bytes of packets: numbers, texts and lengths. */

#define LENGTH_BYTES_MAX 4

/* Returns how many bytes a length has, 0: they are not all there, -1: it is
 * none. */
static int
parse_length (const guint8 *data, gsize size, guint32 *length)
{
  *length = 0;
  for (guint i = 0; i < LENGTH_BYTES_MAX; i++)
    {
      if (i == size)
        return 0;
      *length |= (guint32) (data[i] & 0x7f) << (7 * i);
      if (data[i] & 0x80)
        continue;
      /* of the ways to write a number, only the shortest one is right */
      return i > 0 && data[i] == 0 ? -1 : (int) i + 1;
    }
  return -1;
}

MqttHeaderResult
mqtt_header_parse (const guint8 *data, gsize size, MqttHeader *header)
{
  guint32 length;
  int n;

  if (size == 0)
    return MQTT_HEADER_SHORT;
  n = parse_length (data + 1, size - 1, &length);
  if (n <= 0)
    return n == 0 ? MQTT_HEADER_SHORT : MQTT_HEADER_BAD;
  header->kind = data[0] >> 4;
  header->flags = data[0] & 0x0f;
  header->header_size = 1 + n;
  header->size = length;
  return MQTT_HEADER_OK;
}

static gsize
write_length (guint8 *place, guint32 length)
{
  gsize n = 0;

  do
    {
      place[n] = length & 0x7f;
      length >>= 7;
      if (length > 0)
        place[n] |= 0x80;
      n++;
    }
  while (length > 0);
  return n;
}

gsize
mqtt_header_write (guint8 *place, guint8 first, gsize size)
{
  place[0] = first;
  return 1 + write_length (place + 1, size);
}

/* ---- reading ---- */

const guint8 *
mqtt_read_bytes (MqttReader *self, gsize size)
{
  const guint8 *p = self->p;

  if (self->is_bad || size > (gsize) (self->end - self->p))
    {
      self->is_bad = TRUE;
      return NULL;
    }
  self->p += size;
  return p;
}

guint8
mqtt_read_u8 (MqttReader *self)
{
  const guint8 *p = mqtt_read_bytes (self, 1);

  return p != NULL ? *p : 0;
}

guint16
mqtt_read_u16 (MqttReader *self)
{
  const guint8 *p = mqtt_read_bytes (self, 2);

  return p != NULL ? p[0] << 8 | p[1] : 0;
}

guint32
mqtt_read_u32 (MqttReader *self)
{
  const guint32 high = mqtt_read_u16 (self);

  return high << 16 | mqtt_read_u16 (self);
}

guint32
mqtt_read_length (MqttReader *self)
{
  guint32 length;
  int n;

  if (self->is_bad)
    return 0;
  n = parse_length (self->p, self->end - self->p, &length);
  if (n <= 0)
    {
      self->is_bad = TRUE;
      return 0;
    }
  self->p += n;
  return length;
}

const guint8 *
mqtt_read_binary (MqttReader *self, gsize *size)
{
  const guint8 *p;

  *size = mqtt_read_u16 (self);
  p = mqtt_read_bytes (self, *size);
  if (p == NULL)
    *size = 0;
  return p;
}

const char *
mqtt_read_text (MqttReader *self, gsize *size)
{
  const guint8 *p = mqtt_read_binary (self, size);

  if (p != NULL && mqtt_is_text (p, *size))
    return (const char *) p;
  self->is_bad = TRUE;
  *size = 0;
  return NULL;
}

gboolean
mqtt_is_text (const guint8 *text, gsize size)
{
  return size <= MQTT_TEXT_MAX && memchr (text, '\0', size) == NULL &&
         g_utf8_validate_len ((const char *) text, size, NULL);
}

/* ---- writing ---- */

void
mqtt_put_u8 (GByteArray *to, guint8 value)
{
  g_byte_array_append (to, &value, 1);
}

void
mqtt_put_u16 (GByteArray *to, guint16 value)
{
  value = GUINT16_TO_BE (value);
  g_byte_array_append (to, (const guint8 *) &value, sizeof value);
}

void
mqtt_put_u32 (GByteArray *to, guint32 value)
{
  value = GUINT32_TO_BE (value);
  g_byte_array_append (to, (const guint8 *) &value, sizeof value);
}

void
mqtt_put_length (GByteArray *to, guint32 value)
{
  guint8 bytes[LENGTH_BYTES_MAX];

  g_byte_array_append (to, bytes, write_length (bytes, value));
}

void
mqtt_put_binary (GByteArray *to, const void *data, gsize size)
{
  mqtt_put_u16 (to, size);
  g_byte_array_append (to, data, size);
}

void
mqtt_put_text (GByteArray *to, const char *text)
{
  mqtt_put_binary (to, text, strlen (text));
}

void
mqtt_put_packet (HeinWire *wire, guint8 first, const guint8 *rest, gsize size)
{
  guint8 header[MQTT_HEADER_MAX];

  hein_wire_put (wire, header, mqtt_header_write (header, first, size));
  if (size > 0)
    hein_wire_put (wire, rest, size);
}

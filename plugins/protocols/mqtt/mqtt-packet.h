/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * A control packet:   kind (4 bits) │ flags (4 bits)   remaining length (1 to 4 B)
 *                     the rest
 *
 * Numbers are big-endian; lengths of packets and properties have 7 bits in each
 * byte, the lowest first. A text is its size (2 B) and UTF-8 without NUL.
 */
#define MQTT_HEADER_MAX 5
#define MQTT_LENGTH_MAX 268435455
#define MQTT_TEXT_MAX   65535
/* What a packet with a message may have beside the payload: a topic and
 * properties. */
#define MQTT_OVERHEAD (128 * 1024)
/* All packets without one are smaller. */
#define MQTT_ANSWER_MAX (64 * 1024)

typedef enum
{
  MQTT_CONNECT = 1,
  MQTT_CONNACK = 2,
  MQTT_PUBLISH = 3,
  MQTT_PUBACK = 4,
  MQTT_PUBREC = 5,
  MQTT_PUBREL = 6,
  MQTT_PUBCOMP = 7,
  MQTT_SUBSCRIBE = 8,
  MQTT_SUBACK = 9,
  MQTT_UNSUBSCRIBE = 10,
  MQTT_UNSUBACK = 11,
  MQTT_PINGREQ = 12,
  MQTT_PINGRESP = 13,
  MQTT_DISCONNECT = 14,
  MQTT_AUTH = 15,
  /* not on the wire: packets in which a client and a server say different
   * properties, and the part of CONNECT that has its own */
  MQTT_CLIENT_PUBLISH = 16,
  MQTT_CLIENT_DISCONNECT = 17,
  MQTT_WILL = 18
} MqttKind;

/* Of PUBLISH. */
#define MQTT_FLAG_RETAIN 0x01
#define MQTT_FLAG_QOS_1  0x02
#define MQTT_FLAG_DUP    0x08

typedef struct
{
  MqttKind kind;
  guint8 flags;
  gsize header_size;
  gsize size; /* of the rest */
} MqttHeader;

typedef enum
{
  MQTT_HEADER_OK,
  MQTT_HEADER_SHORT, /* not all there */
  MQTT_HEADER_BAD
} MqttHeaderResult;

MqttHeaderResult
mqtt_header_parse (const guint8 *data, gsize size, MqttHeader *header);
/* Returns its size; @place has MQTT_HEADER_MAX bytes. @size: of the rest, at most
 * MQTT_LENGTH_MAX. */
gsize mqtt_header_write (guint8 *place, guint8 first, gsize size);

/* Reads one after the other. What goes beyond the end, or is malformed, makes it
 * bad, and everything read from then on is zero or empty. */
typedef struct
{
  const guint8 *p;
  const guint8 *end;
  gboolean is_bad;
} MqttReader;

guint8 mqtt_read_u8 (MqttReader *self);
guint16 mqtt_read_u16 (MqttReader *self);
guint32 mqtt_read_u32 (MqttReader *self);
guint32 mqtt_read_length (MqttReader *self);
/* Returns the bytes, which need not be terminated. */
const guint8 *mqtt_read_binary (MqttReader *self, gsize *size);
const char *mqtt_read_text (MqttReader *self, gsize *size);
/* Returns the next @size bytes. */
const guint8 *mqtt_read_bytes (MqttReader *self, gsize size);

void mqtt_put_u8 (GByteArray *to, guint8 value);
void mqtt_put_u16 (GByteArray *to, guint16 value);
void mqtt_put_u32 (GByteArray *to, guint32 value);
void mqtt_put_length (GByteArray *to, guint32 value);
/* Binary data, and text that has been checked; at most MQTT_TEXT_MAX bytes. */
void mqtt_put_binary (GByteArray *to, const void *data, gsize size);
void mqtt_put_text (GByteArray *to, const char *text);
/* Puts a whole packet on the wire. */
void
mqtt_put_packet (HeinWire *wire, guint8 first, const guint8 *rest, gsize size);

/* Whether @text can be a text of MQTT. */
gboolean mqtt_is_text (const guint8 *text, gsize size);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "aiomsg-frames.h"

#include <string.h>

#define VERSION   1
#define MARK_SIZE 5

static const guint8 request_mark[MARK_SIZE] = { 0, 'R', 'E', 'Q', 0 };
static const guint8 reply_mark[MARK_SIZE] = { 0, 'R', 'E', 'P', 0 };

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
  return FALSE;
}

guint32
aiomsg_read_length (const guint8 *data)
{
  guint32 length;

  memcpy (&length, data, sizeof length);
  return GUINT32_FROM_BE (length);
}

static void
write_length (guint8 *place, gsize length)
{
  guint32 number = GUINT32_TO_BE ((guint32) length);

  memcpy (place, &number, sizeof number);
}

/* ---- bodies ---- */

static gboolean
parse_typed (const guint8 *data, gsize size, AiomsgBody *body, GError **error)
{
  if (size == 0)
    return fail (error, "a frame is empty");
  body->kind = data[0] <= AIOMSG_ACK ? data[0] : AIOMSG_UNKNOWN;
  body->payload = data + 1;
  body->payload_size = size - 1;
  if (body->kind < AIOMSG_DATA_REQ)
    return TRUE;
  if (body->payload_size < AIOMSG_ID_SIZE)
    return fail (error, "a message or an acknowledgement has no id of 16 "
                        "bytes");
  body->id = body->payload;
  body->payload += AIOMSG_ID_SIZE;
  body->payload_size -= AIOMSG_ID_SIZE;
  return TRUE;
}

static const char *
get_heartbeat (AiomsgDialect dialect)
{
  return dialect == AIOMSG_DIALECT_M ? "aiomsg-heartbeat"
                                     : "aiosmartsock-heartbeat";
}

static gboolean
is_heartbeat (AiomsgDialect dialect, const guint8 *data, gsize size)
{
  const char *heartbeat = get_heartbeat (dialect);

  return size == strlen (heartbeat) && memcmp (data, heartbeat, size) == 0;
}

/* Which of the two bodies with an id it is; AIOMSG_DATA: neither. */
static AiomsgKind
find_mark (const guint8 *data, gsize size)
{
  if (size < AIOMSG_ID_SIZE + MARK_SIZE)
    return AIOMSG_DATA;
  if (memcmp (data + AIOMSG_ID_SIZE, request_mark, MARK_SIZE) == 0)
    return AIOMSG_DATA_REQ;
  if (memcmp (data + AIOMSG_ID_SIZE, reply_mark, MARK_SIZE) == 0)
    return AIOMSG_ACK;
  return AIOMSG_DATA;
}

static void
parse_untyped (AiomsgDialect dialect,
               const guint8 *data,
               gsize size,
               AiomsgBody *body)
{
  body->kind =
    dialect == AIOMSG_DIALECT_M ? find_mark (data, size) : AIOMSG_DATA;
  body->payload = data;
  body->payload_size = size;
  if (is_heartbeat (dialect, data, size))
    body->kind = AIOMSG_HEARTBEAT;
  else if (body->kind != AIOMSG_DATA)
    {
      body->id = data;
      body->payload += AIOMSG_ID_SIZE + MARK_SIZE;
      body->payload_size -= AIOMSG_ID_SIZE + MARK_SIZE;
    }
}

gboolean
aiomsg_body_parse (AiomsgDialect dialect,
                   const guint8 *data,
                   gsize size,
                   AiomsgBody *body,
                   GError **error)
{
  body->id = NULL;
  if (dialect == AIOMSG_DIALECT_1)
    return parse_typed (data, size, body, error);
  parse_untyped (dialect, data, size, body);
  return TRUE;
}

gsize
aiomsg_head_write (AiomsgDialect dialect,
                   const guint8 *id,
                   gsize payload_size,
                   guint8 head[AIOMSG_HEAD_MAX])
{
  guint8 *end = head + AIOMSG_LENGTH_SIZE;

  if (dialect == AIOMSG_DIALECT_1)
    *end++ = id != NULL ? AIOMSG_DATA_REQ : AIOMSG_DATA;
  if (id != NULL)
    {
      memcpy (end, id, AIOMSG_ID_SIZE);
      end += AIOMSG_ID_SIZE;
    }
  if (id != NULL && dialect == AIOMSG_DIALECT_M)
    {
      memcpy (end, request_mark, MARK_SIZE);
      end += MARK_SIZE;
    }
  write_length (head, end - head - AIOMSG_LENGTH_SIZE + payload_size);
  return end - head;
}

static GBytes *
frame_new (const void *body, gsize size)
{
  g_autofree guint8 *frame = g_malloc (AIOMSG_LENGTH_SIZE + size);

  write_length (frame, size);
  memcpy (frame + AIOMSG_LENGTH_SIZE, body, size);
  return g_bytes_new_take (g_steal_pointer (&frame), AIOMSG_LENGTH_SIZE + size);
}

GBytes *
aiomsg_heartbeat_new (AiomsgDialect dialect)
{
  const char *text = get_heartbeat (dialect);
  const guint8 kind = AIOMSG_HEARTBEAT;

  return dialect == AIOMSG_DIALECT_1 ? frame_new (&kind, 1)
                                     : frame_new (text, strlen (text));
}

GBytes *
aiomsg_ack_new (AiomsgDialect dialect, const guint8 *id)
{
  guint8 body[AIOMSG_ID_SIZE + MARK_SIZE];

  if (dialect == AIOMSG_DIALECT_1)
    {
      body[0] = AIOMSG_ACK;
      memcpy (body + 1, id, AIOMSG_ID_SIZE);
      return frame_new (body, 1 + AIOMSG_ID_SIZE);
    }
  memcpy (body, id, AIOMSG_ID_SIZE);
  memcpy (body + AIOMSG_ID_SIZE, reply_mark, MARK_SIZE);
  return frame_new (body, sizeof body);
}

/* ---- the handshake ---- */

GBytes *
aiomsg_hello_new (AiomsgDialect dialect, const char *name)
{
  guint8 body[AIOMSG_HELLO_SIZE] = { AIOMSG_HELLO, VERSION };

  if (dialect == AIOMSG_DIALECT_S)
    return frame_new (name, strlen (name));
  aiomsg_identity_from_name (dialect, name, body + 2);
  return dialect == AIOMSG_DIALECT_1 ? frame_new (body, sizeof body)
                                     : frame_new (body + 2, AIOMSG_ID_SIZE);
}

gboolean
aiomsg_first_check (const guint8 *data, gsize size, GError **error)
{
  const char *guess = hein_protocol_guess (data, size);

  if (data[0] == 0x00)
    return TRUE;
  /* of text, one byte may be all that has come */
  if (guess == NULL && data[0] == 'G')
    guess = "HTTP";
  else if (guess == NULL && data[0] == '{')
    guess = "socket.engine";
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "the peer does not speak aiomsg%s%s%s",
               guess != NULL ? ": it looks like " : "",
               guess != NULL ? guess : "",
               g_strcmp0 (guess, "HTTP") == 0
                 ? ", and may want a WebSocket: listen on ws+aiomsg: for both"
                 : "");
  return FALSE;
}

static gboolean
parse_hello (const guint8 *data, gsize size, GError **error)
{
  if (size == AIOMSG_HELLO_SIZE && data[0] == AIOMSG_HELLO &&
      data[1] == VERSION)
    return TRUE;
  if (size >= AIOMSG_HELLO_SIZE && data[0] == AIOMSG_HELLO)
    g_set_error (
      error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
      "the peer says HELLO in version %u of aiomsg, and in %" G_GSIZE_FORMAT
      " bytes: hein speaks version %u, in %u",
      data[1], size, VERSION, AIOMSG_HELLO_SIZE);
  else
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                 "the first frame, of %" G_GSIZE_FORMAT
                 " bytes, is not a HELLO: it may be that of an aiomsg from "
                 "before 2026, dialect m or s",
                 size);
  return FALSE;
}

gboolean
aiomsg_hello_parse (AiomsgDialect dialect,
                    const guint8 *data,
                    gsize size,
                    const guint8 **identity,
                    gsize *identity_size,
                    GError **error)
{
  *identity = data;
  *identity_size = size;
  if (dialect == AIOMSG_DIALECT_1)
    {
      *identity += 2;
      *identity_size = AIOMSG_ID_SIZE;
      return parse_hello (data, size, error);
    }
  if (size == 0 || size > AIOMSG_IDENTITY_MAX)
    return fail (error, "an identity is not 1 to 255 bytes long");
  if (size == AIOMSG_HELLO_SIZE && data[0] == AIOMSG_HELLO &&
      data[1] == VERSION)
    return fail (error, "the peer speaks dialect 1 of aiomsg");
  return TRUE;
}

/* ---- identities ---- */

/* The name that the bus gives to an identity which is no text. */
static gboolean
read_hex_name (const char *name, guint8 identity[AIOMSG_ID_SIZE])
{
  if (!g_str_has_prefix (name, "x-") ||
      strlen (name) != 2 + 2 * AIOMSG_ID_SIZE ||
      strspn (name + 2, "0123456789abcdefABCDEF") != 2 * AIOMSG_ID_SIZE)
    return FALSE;
  for (guint i = 0; i < AIOMSG_ID_SIZE; i++)
    identity[i] = g_ascii_xdigit_value (name[2 + 2 * i]) << 4 |
                  g_ascii_xdigit_value (name[3 + 2 * i]);
  return TRUE;
}

/* aiomsg 0.0.1 takes an identity for UTF-8, and its connection dies of any other
 * bytes: its dialect gets digits of the digest instead of the digest. */
static void
hash_name (AiomsgDialect dialect,
           const char *name,
           guint8 identity[AIOMSG_ID_SIZE])
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize digest_size = sizeof digest;

  g_checksum_update (checksum, (const guint8 *) name, -1);
  if (dialect == AIOMSG_DIALECT_M)
    memcpy (identity, g_checksum_get_string (checksum), AIOMSG_ID_SIZE);
  else
    {
      g_checksum_get_digest (checksum, digest, &digest_size);
      memcpy (identity, digest, AIOMSG_ID_SIZE);
    }
}

void
aiomsg_identity_from_name (AiomsgDialect dialect,
                           const char *name,
                           guint8 identity[AIOMSG_ID_SIZE])
{
  gsize size = strlen (name);

  if (size <= AIOMSG_ID_SIZE)
    {
      memset (identity, 0, AIOMSG_ID_SIZE);
      memcpy (identity, name, size);
      return;
    }
  if (!read_hex_name (name, identity))
    hash_name (dialect, name, identity);
}

char *
aiomsg_identity_to_name (const guint8 *identity, gsize size)
{
  const char *text = (const char *) identity;

  while (size > 0 && text[size - 1] == '\0')
    size--;
  if (size > AIOMSG_IDENTITY_MAX || !hein_name_is_valid (text, size))
    return NULL;
  return g_strndup (text, size);
}

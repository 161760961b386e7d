/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * A frame:   length (4 B, big-endian)  body
 *
 * The body in dialect 1:
 *
 *   01  version (01)  identity (16 B)     HELLO, the first one each way
 *   02                                    heartbeat
 *   03  payload                           message
 *   04  id (16 B)  payload                message, to be acknowledged
 *   05  id (16 B)                         acknowledgement
 *
 * and in dialects m and s:
 *
 *   identity                              the first one each way
 *   "aiomsg-heartbeat"                    m
 *   "aiosmartsock-heartbeat"              s
 *   id (16 B)  00 "REQ" 00  payload       m: message, to be acknowledged
 *   id (16 B)  00 "REP" 00                m: acknowledgement
 *   payload                               all others
 */
#define AIOMSG_LENGTH_SIZE   4
#define AIOMSG_ID_SIZE       16
#define AIOMSG_HELLO_SIZE    18
#define AIOMSG_IDENTITY_MAX  255
#define AIOMSG_HEAD_MAX      26 /* length, id and mark */
#define AIOMSG_FRAME_MAX     32 /* what a body may have beside a payload */
#define AIOMSG_HANDSHAKE_MAX 1024

typedef enum
{
  AIOMSG_DIALECT_1, /* the public protocol, version 1 (2026) */
  AIOMSG_DIALECT_M, /* aiomsg 0.0.1 to 2019.12.3 */
  AIOMSG_DIALECT_S  /* aiosmartsock (2018) */
} AiomsgDialect;

typedef enum
{
  AIOMSG_UNKNOWN = 0, /* to be skipped */
  AIOMSG_HELLO = 1,
  AIOMSG_HEARTBEAT = 2,
  AIOMSG_DATA = 3,
  AIOMSG_DATA_REQ = 4,
  AIOMSG_ACK = 5
} AiomsgKind;

typedef struct
{
  AiomsgKind kind;
  const guint8 *id; /* of DATA_REQ and ACK: AIOMSG_ID_SIZE bytes */
  const guint8 *payload;
  gsize payload_size;
} AiomsgBody;

guint32 aiomsg_read_length (const guint8 *data);
/* Parses a body after the handshake; FALSE with @error when it is not one. */
gboolean aiomsg_body_parse (AiomsgDialect dialect,
                            const guint8 *data,
                            gsize size,
                            AiomsgBody *body,
                            GError **error);
/* What goes before a payload, with @id or (NULL) without; returns its size. */
gsize aiomsg_head_write (AiomsgDialect dialect,
                         const guint8 *id,
                         gsize payload_size,
                         guint8 head[AIOMSG_HEAD_MAX]);
/* A whole frame. (transfer full) */
GBytes *aiomsg_heartbeat_new (AiomsgDialect dialect);
GBytes *aiomsg_ack_new (AiomsgDialect dialect, const guint8 *id);
GBytes *aiomsg_hello_new (AiomsgDialect dialect, const char *name);

/* @data: the first bytes of a connection, at least one. FALSE with @error,
 * which says what they look like, when they are not a frame. */
gboolean aiomsg_first_check (const guint8 *data, gsize size, GError **error);
/* Finds the identity in the first body; FALSE with @error when there is
 * none. */
gboolean aiomsg_hello_parse (AiomsgDialect dialect,
                             const guint8 *data,
                             gsize size,
                             const guint8 **identity,
                             gsize *identity_size,
                             GError **error);

/* 16 bytes that stand for a name, and the name for which they stand (NULL: they
 * stand for none). In dialect m they are text, unless the name spells others. */
void aiomsg_identity_from_name (AiomsgDialect dialect,
                                const char *name,
                                guint8 identity[AIOMSG_ID_SIZE]);
char *aiomsg_identity_to_name (const guint8 *identity, gsize size);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

#define ZMTP_GREETING_SIZE  64
#define ZMTP_GREETING_BEGIN 11 /* the signature, and the major version */

/* The socket types of ZeroMQ, in alphabetical order. */
typedef enum
{
  ZMTP_AUTO,
  ZMTP_DEALER,
  ZMTP_PAIR,
  ZMTP_PUB,
  ZMTP_PULL,
  ZMTP_PUSH,
  ZMTP_REP,
  ZMTP_REQ,
  ZMTP_ROUTER,
  ZMTP_SUB,
  ZMTP_XPUB,
  ZMTP_XSUB
} ZmtpType;

/* What a READY command says. */
typedef struct
{
  ZmtpType type; /* ZMTP_AUTO: none that is known */
  GBytes *identity;
  gboolean is_hein;
  gboolean says_goodbye;
  gboolean asks;
  gboolean knows_patterns;
  gboolean resumes; /* deliveries can go on after a cut */
  guint credit;     /* how many deliveries it takes at a time; 0: none */
  char *instance;
} ZmtpReady;

/* "AUTO", "DEALER", … */
const char *zmtp_type_get_name (ZmtpType type);
ZmtpType zmtp_type_from_name (const char *name, gsize size);
/* The type that speaks to @peer with the least ado. */
ZmtpType zmtp_type_fit (ZmtpType peer);
gboolean zmtp_type_can_speak (ZmtpType own, ZmtpType peer);

/* @mechanism: "NULL", "PLAIN" or "CURVE"; @is_server: of the last two. */
void zmtp_greeting_write (guint8 greeting[ZMTP_GREETING_SIZE],
                          const char *mechanism,
                          gboolean is_server);
/* Looks at as much of a greeting as there is. FALSE with PROTOCOL as early as
 * it can be told that this is no peer for us. *minor is set when all is
 * there. */
gboolean zmtp_greeting_check (const guint8 *data,
                              gsize size,
                              const char *mechanism,
                              gboolean is_server,
                              guint8 *minor,
                              GError **error);

/* The body of a READY command, its name left out. */
gboolean zmtp_ready_parse (const guint8 *data,
                           gsize size,
                           ZmtpReady *ready,
                           GError **error);
void zmtp_ready_clear (ZmtpReady *self);
/* The pairs of a READY command of a hein; the type of @own, its instance, its
 * credit and whether it resumes are said. (transfer full) */
GByteArray *zmtp_ready_write (const ZmtpReady *own, const char *identity);

/* One name-value pair, as READY and the attributes of messages have them. */
void zmtp_pair_append (GByteArray *to,
                       const char *name,
                       const void *value,
                       gsize size);
/* Reads the pair at *data; FALSE when it does not fit into *size. */
gboolean zmtp_pair_next (const guint8 **data,
                         gsize *size,
                         const char **name,
                         gsize *name_size,
                         const guint8 **value,
                         gsize *value_size);

G_END_DECLS

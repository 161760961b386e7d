/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include <hein/hein.h>

#include "zmtp-curve.h"
#include "zmtp-frames.h"
#include "zmtp-plain.h"
#include "zmtp-ready.h"

G_BEGIN_DECLS

typedef enum
{
  ZMTP_TOPIC_AUTO,
  ZMTP_TOPIC_ALWAYS,
  ZMTP_TOPIC_NEVER
} ZmtpTopicFrame;

typedef enum
{
  ZMTP_IDENTITY_AUTO,
  ZMTP_IDENTITY_YES,
  ZMTP_IDENTITY_NO
} ZmtpIdentity;

typedef enum
{
  ZMTP_GREETING, /* waits for the greeting */
  ZMTP_PROVING,  /* of PLAIN and CURVE: who the peer is */
  ZMTP_READY,    /* waits for READY */
  ZMTP_OFFERED,  /* waits for the verdict on the name */
  ZMTP_UP,
  ZMTP_OVER
} ZmtpState;

/* A frame of the message that is being put together. */
typedef struct
{
  gsize offset; /* of the body, from the start of the message */
  gsize size;
} ZmtpPart;

/* What an address says of PLAIN and CURVE, and what that comes to. Everything is
 * owned and nullable. */
typedef struct
{
  char *curve_key;
  char *curve_peers;
  char *curve_server;
  char *plain_username;
  char *plain_password_file;
  char *plain_users;

  const ZmtpCurveModule *module; /* borrowed; there with `settings` */
  ZmtpCurveSettings *settings;
  ZmtpCurve *curve;
  ZmtpPlain *plain;
  GByteArray *opened; /* of MESSAGEs, and not used yet */
} ZmtpSecurity;

typedef struct _HeinZmtp HeinZmtp;

/* There is one for each connection: everything small is a byte. */
struct _HeinZmtp
{
  HeinProtocol parent_instance;

  /* options */
  ZmtpType wanted_type;
  ZmtpTopicFrame topic_frame;
  ZmtpIdentity identity;

  ZmtpState state : 8;
  ZmtpType own_type : 8;
  ZmtpType peer_type : 8;
  guint8 minor;
  guint8 n_greeted; /* bytes of the own greeting that were put */
  bool is_dialled;
  bool has_spoken;   /* the peer has said what it is */
  bool is_anonymous; /* sends an empty identity */
  bool is_hein;
  bool says_goodbye; /* the peer, and so this side does */
  bool has_subscribed;
  bool asks;           /* the peer, a hein, understands requests */
  bool knows_patterns; /* the peer, a hein */

  ZmtpSecurity *security; /* owned; NULL: the address says nothing of it */

  gint64 unanswered_us; /* the oldest PING without its PONG was not before */
  gint64 pinged_us;     /* the newest */

  /* the message that is being put together */
  GArray *parts;   /* owned ZmtpPart: frames that are all there; NULL: none */
  gsize scanned;   /* bytes of them, headers included */
  guint64 content; /* bytes of their bodies */

  /* the topic that was found valid last: most follow one of their own kind */
  char *topic; /* HEIN_TOPIC_MAX bytes; NULL until one came */
  gsize topic_size;
};

/* NULL: nothing is sealed. */
static inline ZmtpCurve *
zmtp_get_curve (const HeinZmtp *self)
{
  return self->security != NULL ? self->security->curve : NULL;
}

G_END_DECLS

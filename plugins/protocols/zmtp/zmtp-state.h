/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

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
  ZMTP_PROVING,  /* of PLAIN and CURVE: who is there */
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

typedef struct _HeinZmtp HeinZmtp;

struct _HeinZmtp
{
  HeinProtocol parent_instance;

  /* options */
  ZmtpType wanted_type;
  ZmtpTopicFrame topic_frame;
  ZmtpIdentity identity;
  char *curve_key; /* owned, nullable, as all of these */
  char *curve_peers;
  char *curve_server;
  char *plain_username;
  char *plain_password_file;
  char *plain_users;

  /* what they come to */
  ZmtpCurveSettings *settings; /* owned, nullable */
  ZmtpCurve *curve;            /* owned, nullable */
  ZmtpPlain *plain;            /* owned, nullable */
  GByteArray *opened; /* owned, nullable: of MESSAGEs, and not used yet */

  ZmtpState state;
  gboolean is_dialled;
  gboolean has_spoken;   /* has said what it is */
  gboolean is_anonymous; /* sends an empty identity */
  guint8 minor;
  ZmtpType own_type;
  ZmtpType peer_type;
  gboolean is_hein;
  gboolean says_goodbye; /* the peer, and so this side does */
  gboolean has_subscribed;
  gint64 unanswered_us; /* the oldest PING without its PONG was not before */
  gint64 pinged_us;     /* the newest */

  /* the message that is being put together */
  GArray *parts;   /* owned ZmtpPart: frames that are all there */
  gsize scanned;   /* bytes of them, headers included */
  guint64 content; /* bytes of their bodies */

  /* the topic that was found valid last: most follow one of their own kind */
  char *topic; /* HEIN_TOPIC_MAX bytes; NULL until one came */
  gsize topic_size;
};

G_END_DECLS

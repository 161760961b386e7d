/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "zmtp-frames.h"
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

#define HEIN_TYPE_ZMTP (hein_zmtp_get_type ())
G_DECLARE_FINAL_TYPE (HeinZmtp, hein_zmtp, HEIN, ZMTP, HeinProtocol)

struct _HeinZmtp
{
  HeinProtocol parent_instance;

  /* options */
  ZmtpType wanted_type;
  ZmtpTopicFrame topic_frame;
  ZmtpIdentity identity;

  ZmtpState state;
  gboolean is_dialled;
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

/* zmtp-handshake.c */
void zmtp_handshake_start (HeinZmtp *self, HeinWire *wire, gboolean dialled);
/* These return what they used, as `consume` does. */
gssize zmtp_handshake_take_greeting (HeinZmtp *self,
                                     HeinWire *wire,
                                     const guint8 *data,
                                     gsize size,
                                     GError **error);
gssize zmtp_handshake_take_ready (HeinZmtp *self,
                                  HeinWire *wire,
                                  const guint8 *data,
                                  gsize size,
                                  GError **error);
/* The verdict on the name: @refusal NULL for yes. */
void
zmtp_handshake_finish (HeinZmtp *self, HeinWire *wire, const GError *refusal);

/* zmtp-command.c */
void zmtp_command_put (HeinWire *wire,
                       const char *name,
                       const void *data,
                       gsize size);
void zmtp_command_put_ping (HeinZmtp *self, HeinWire *wire);
/* Only to a peer that says goodbye itself. */
void zmtp_command_put_goodbye (HeinZmtp *self, HeinWire *wire);
/* As a command, or as the message that stands for one to old peers. */
void zmtp_command_put_subscription (HeinZmtp *self,
                                    HeinWire *wire,
                                    const char *prefix,
                                    gboolean wanted);
gboolean zmtp_command_is (const guint8 *body, gsize size, const char *name);
gboolean zmtp_command_take (HeinZmtp *self,
                            HeinWire *wire,
                            const guint8 *body,
                            gsize size,
                            GError **error);
/* What ERROR says becomes @error. FALSE */
gboolean
zmtp_command_take_error (const guint8 *data, gsize size, GError **error);
gboolean zmtp_subscription_add (HeinZmtp *self,
                                HeinWire *wire,
                                const guint8 *prefix,
                                gsize size,
                                GError **error);

/* zmtp-receive.c */
gssize zmtp_receive (HeinZmtp *self,
                     HeinWire *wire,
                     const guint8 *data,
                     gsize size,
                     GError **error);

/* zmtp-message.c */
gboolean zmtp_message_encode (HeinZmtp *self,
                              HeinWire *wire,
                              HeinMessage *message,
                              GError **error);
/* Gives the message at @data, whose frames are in self->parts, to the wire. */
gboolean zmtp_message_deliver (HeinZmtp *self,
                               HeinWire *wire,
                               const guint8 *data,
                               GError **error);
gboolean
zmtp_topic_check_slow (HeinZmtp *self, const guint8 *topic, gsize size);

/* Whether it can be a topic; most are short, and the one that came last. */
static inline gboolean
zmtp_topic_check (HeinZmtp *self, const guint8 *topic, gsize size)
{
  gsize n = 0;

  if (G_UNLIKELY (size != self->topic_size || size > 16))
    return zmtp_topic_check_slow (self, topic, size);
  while (n < size && topic[n] == (guint8) self->topic[n])
    n++;
  return n == size || zmtp_topic_check_slow (self, topic, size);
}

G_END_DECLS

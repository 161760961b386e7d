/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "plugin-api/hein-wire-private.h"
#include "message/hein-prefixes.h"

G_BEGIN_DECLS

/*
 * A wire without a connection: it keeps what a protocol does to it. Names are
 * admitted at once, unless told otherwise.
 */
typedef struct
{
  HeinProtocol *protocol; /* owned */
  HeinWire *wire;         /* owned */

  GByteArray *written;   /* what the protocol put */
  GByteArray *unused;    /* what it has not consumed yet */
  GPtrArray *delivered;  /* owned HeinMessage */
  GPtrArray *given_back; /* the same */
  GQueue open;           /* owned guint64: deliveries to be settled */
  GString *log; /* "offer kirk", "ready", "accepts 1", … one a line */
  char *note;
  GError *failure;
  gboolean has_by_end;
  guint64 n_by_end; /* as last reported: what an end in order confirms */
  gsize expected;
  gboolean is_ready;
  gboolean is_over;       /* failed or redialled: no more bytes for it */
  gboolean wants_verdict; /* an offer waits, because is_slow */
  gboolean is_slow;
  gboolean is_busy; /* deliveries are settled by recorder_settle only */
  gboolean awaits_goodbye;
  gboolean is_encrypted;   /* by TLS */
  gboolean lacks_security; /* the address asks for TLS, which is to begin */
  gboolean is_sealing;     /* what is put passes `seal` */
  gboolean is_closing;     /* nothing is delivered any more */
  gboolean is_held;        /* nothing may be encoded */
  gboolean is_pending;     /* something is not confirmed */
  gboolean is_one_way;     /* the peer takes no messages */
  gboolean has_heartbeat;  /* it may be pinged */
  guint n_goodbyes;        /* that were taken */
  guint n_drops;
  guint64 n_confirmed; /* as last reported */
  HeinPrefixes prefixes;
  HeinPrefixes patterns;
  gint64 now_us;
  gint64 tick_us;        /* when the protocol wants its tick */
  HeinAudience audience; /* of what is encoded */
  HeinAsks asks;         /* what the protocol says of the peer */
  gboolean carries_attributes;
  guint n_stripped; /* messages that came with attributes that were left out */
  guint credit;     /* the same */
  const char *credit_hint; /* nullable */
  gboolean resumes;
  guint64 n_sent;        /* how many messages count as written; nothing is */
  guint64 n_unsent;      /* and how many as still to be written */
  const char *served;    /* the topic that the application serves; nullable */
  const char *forbidden; /* the topic that the peer may not publish; nullable */
  guint64 awaited;       /* the number of the request that is not answered */
} Recorder;

/* Takes @protocol, and starts it. @note: of an earlier connection, nullable. */
Recorder *recorder_new (HeinProtocol *protocol,
                        gboolean dialled,
                        const char *bus_name,
                        const char *note);
void recorder_free (Recorder *self);
/* Bytes arrive. They are consumed as by a connection. */
void recorder_feed (Recorder *self, const guint8 *data, gsize size);
/* Bytes arrive in pieces, each after a byte with its size (0: all the rest), as
 * fuzz targets take them; @after is called after each while it is not over. */
void recorder_feed_pieces (Recorder *self,
                           const guint8 *data,
                           gsize size,
                           void (*after) (Recorder *self));
/* The verdict on an offered name, when is_slow. */
void recorder_admit (Recorder *self, const GError *refusal);
/* What became of the oldest delivery that is open, when is_busy. */
void recorder_settle (Recorder *self, const GError *failure);
void recorder_fail (Recorder *self, int code);
gboolean recorder_encode (Recorder *self, HeinMessage *message, GError **error);
/* What was put since the last call. (transfer full) */
GBytes *recorder_take_written (Recorder *self);

/* Time passes, and the protocol has its tick. */
void recorder_pass_time (Recorder *self, gint64 ms);
void recorder_ping (Recorder *self);

/* Checks, for tests of protocols. */
void recorder_assert_written (Recorder *self, const char *data, gsize size);
void recorder_assert_logged (Recorder *self, const char *text);
/* With @reason in its text. */
void recorder_assert_failed (Recorder *self, int code, const char *reason);
/* Takes @message. */
void recorder_assert_encodes (Recorder *self,
                              HeinMessage *message,
                              const char *data,
                              gsize size);
void recorder_assert_message (Recorder *self,
                              guint index,
                              const char *topic,
                              const char *type,
                              const char *data,
                              gsize size);
HeinMessage *recorder_make_message (const char *topic,
                                    const char *type,
                                    const char *data,
                                    gsize size);

/* The same with texts that may hold NUL. */
#define FEED(recorder, literal)                                                \
  recorder_feed (recorder, (const guint8 *) (literal), sizeof (literal) - 1)
#define WRITTEN(recorder, literal)                                             \
  recorder_assert_written (recorder, literal, sizeof (literal) - 1)
#define ENCODES(recorder, message, literal)                                    \
  recorder_assert_encodes (recorder, message, literal, sizeof (literal) - 1)
#define MESSAGE(recorder, index, topic, type, literal)                         \
  recorder_assert_message (recorder, index, topic, type, literal,              \
                           sizeof (literal) - 1)
#define MAKE(topic, type, literal)                                             \
  recorder_make_message (topic, type, literal, sizeof (literal) - 1)

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Recorder, recorder_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "hein-ws-frame.h"
#include "hein-ws-options.h"
#include "hein-ws-zws.h"
#include "io/hein-stream.h"

/* The data of a WebSocket, and what its parts ask of each other. */

G_BEGIN_DECLS

/* Codes of closing (RFC 6455, 7.4.1). */
enum
{
  HEIN_WS_NORMAL = 1000,
  HEIN_WS_GOING_AWAY = 1001,
  HEIN_WS_PROTOCOL_ERROR = 1002,
  HEIN_WS_UNSUPPORTED = 1003,
  HEIN_WS_NO_CODE = 1005, /* said by nobody: there was none */
  HEIN_WS_INVALID = 1007,
  HEIN_WS_TOO_LARGE = 1009
};

/* Received bytes that were not used, in the room of the thread while a call
 * lasts, or in memory of their own. */
typedef struct
{
  guint8 *data; /* NULL: there are none */
  gsize begin;
  gsize end;
} HeinWsInput;

/* What is needed until the handshake is over. */
typedef struct
{
  HeinWsOptions options; /* its texts are owned */
  char *key;             /* owned: of who dials */
  GByteArray *head;      /* owned: what has come of the other side's */
  gsize n_searched;
  gboolean has_asked;
  gboolean has_heard_end;
} HeinWsShake;

/* The frame that is arriving. */
typedef struct
{
  guint8 head[HEIN_WS_HEAD_MAX];
  guint8 n_head;
  bool is_open;    /* its head is known */
  bool is_message; /* frames of this message are to follow */
  HeinWsFrame frame;
  guint64 n_come;      /* bytes of its payload */
  GByteArray *control; /* owned, nullable: the payload of a control frame */
} HeinWsArrival;

typedef struct
{
  HeinStream stream;  /* must be the first member */
  HeinStream *inner;  /* owned */
  HeinWsShake *shake; /* owned; NULL: it is over */
  pid_t pid;          /* the process that the connection belongs to */
  gboolean is_dialled;
  gsize message_max;
  HeinWsZws *zws; /* owned; NULL: the bytes are those of the protocol */

  HeinWsInput in;
  HeinWsArrival arrival;
  GError *failure; /* owned: why nothing more is read */
  bool has_ended;  /* the other side has, in order */

  GByteArray *out; /* owned, nullable: what the stream below has not taken */
  gsize n_written; /* bytes of `out` that it has taken */
  guint64 n_body;  /* bytes that the frame that is being sent still lacks */
  guint8 mask[HEIN_WS_MASK_SIZE]; /* of that frame */
  gsize phase;
  GByteArray *pong;   /* owned, nullable: the payload of one to be sent */
  guint16 close_code; /* to be said; 0: nothing is */
  guint16 heard_code; /* the other side has said; 0: nothing */
  bool has_closed;    /* it was said: nothing may follow */
  bool shuts;         /* shuts down writing when all is sent */
  bool is_silent;     /* nothing is said of the end */
} HeinWsStream;

/* ---- hein-ws-state ---- */

void hein_ws_shake_free (HeinWsShake *self);
/* Keeps what is in the room of the thread, before the call ends. */
void hein_ws_keep_input (HeinWsStream *self);
/* Reports the state of the stream below, and that of this one. */
void hein_ws_note (HeinWsStream *self);

/* ---- hein-ws-open ---- */

gboolean hein_ws_open (HeinStream *stream, GError **error);

/* ---- hein-ws-plain ---- */

/* The other side speaks without WebSocket: passes everything on from here. */
void hein_ws_become_plain (HeinWsStream *self);

/* ---- hein-ws-write ---- */

gssize hein_ws_write (HeinStream *stream,
                      const struct iovec *vectors,
                      guint n_vectors,
                      GError **error);
gboolean hein_ws_flush (HeinStream *stream, GError **error);
/* Sends bytes, or keeps them. FALSE when the stream below is broken. */
gboolean hein_ws_emit (HeinWsStream *self,
                       const guint8 *data,
                       gsize size,
                       GError **error);
/* Sends control frames that wait, unless that would be within a frame. */
gboolean hein_ws_emit_control (HeinWsStream *self, GError **error);

/* ---- hein-ws-read ---- */

gssize
hein_ws_read (HeinStream *stream, void *buffer, gsize size, GError **error);

/* ---- hein-ws-close ---- */

/* A whole control frame has come. */
void hein_ws_take_control (HeinWsStream *self);
/* The other side has violated the protocol: says so to it. */
void hein_ws_fail (HeinWsStream *self, guint16 code, const char *why);
void hein_ws_shut_down_write (HeinStream *stream);
gboolean hein_ws_reset_at_close (HeinStream *stream);
void hein_ws_close (HeinStream *stream);

static inline gsize
hein_ws_input_get_size (const HeinWsInput *self)
{
  return self->end - self->begin;
}

G_END_DECLS

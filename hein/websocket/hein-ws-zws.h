/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* ZWS 2.0 (45/ZWS), how ZeroMQ goes over WebSocket, as the bytes of ZMTP 3. */

G_BEGIN_DECLS

/*
 * In ZMTP a frame is flags, size and body, behind a greeting of 64 bytes. In
 * ZWS a frame is a message of WebSocket: flags and body; and there is no
 * greeting, as the subprotocol says the mechanism: "ZWS2.0/NULL". So greetings
 * are made up for who reads, and kept back from who writes.
 */
#define HEIN_WS_GREETING 64
#define HEIN_WS_ZMTP_MAX 9 /* flags and size of a frame of ZMTP */

typedef struct
{
  guint8 n_greeted; /* bytes of this side's greeting that were kept back */
  guint8 n_head;
  guint8 head[HEIN_WS_ZMTP_MAX];  /* of the next frame of this side */
  guint8 ready[HEIN_WS_GREETING]; /* what to read next */
  guint8 n_ready;
  guint8 n_read;
  bool has_flags;     /* those of the message that arrives have come */
  bool is_whole;      /* all of `pieces` has come */
  GByteArray *pieces; /* owned, nullable: a message that comes in frames */
  gsize n_taken;      /* of them, that were read */
} HeinWsZws;

/* Returns NULL when the subprotocol, NULL for none, is none of ZWS. @is_server:
 * this side is that of the mechanism. */
HeinWsZws *hein_ws_zws_new (const char *subprotocol, gboolean is_server);
void hein_ws_zws_free (HeinWsZws *self);
/* A message arrives, with that first byte, and that size of the rest: makes the
 * head of the frame ready to be read. FALSE when it cannot be one. */
gboolean hein_ws_zws_enter (HeinWsZws *self, guint8 flags, guint64 size);
/* Returns whether there is something to be read before what arrives. */
static inline gboolean
hein_ws_zws_is_ready (const HeinWsZws *self)
{
  return self->n_read < self->n_ready || self->is_whole;
}

/* Reads of that; returns how many bytes. */
gsize hein_ws_zws_take (HeinWsZws *self, guint8 *to, gsize size);
/* All of `pieces` has come. FALSE when that cannot be a frame. */
gboolean hein_ws_zws_join (HeinWsZws *self);
/* Takes bytes of this side, up to the end of the head of a frame. Sets @is_head
 * when it is complete, with the flags and the size of the body of the message
 * to send. Returns how many bytes were taken. */
gsize hein_ws_zws_leave (HeinWsZws *self,
                         const guint8 *data,
                         gsize size,
                         gboolean *is_head,
                         guint8 *flags,
                         guint64 *body_size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinWsZws, hein_ws_zws_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "io/hein-stream.h"
#include "websocket/hein-ws-options.h"

G_BEGIN_DECLS

/*
 * A WebSocket whose other end is written and read by hand, as bytes. All calls
 * return at once: what is written into a socket pair is there.
 */
typedef struct
{
  HeinStream *stream;  /* owned */
  gboolean is_dialled; /* the stream */
  int fd;              /* the other end, which does not block */
  GString *read;       /* owned: what was read from the stream */
  GError *error;       /* owned: why the stream has failed */
  gboolean has_ended;  /* the stream has */
} WsPair;

/* The rest of @options: NULL for "/" without anything. */
void
ws_pair_init (WsPair *self, gboolean is_dialled, const HeinWsOptions *options);
void ws_pair_clear (WsPair *self);
/* The other end says that, which the stream hears until nothing is left. Reads
 * of up to @step bytes; 0: as many as there are. */
void ws_pair_say (WsPair *self, const void *bytes, gsize size, gsize step);
/* What the other end has heard and not looked at before. (transfer full) */
GByteArray *ws_pair_hear (WsPair *self);
/* The handshake, with that subprotocol; NULL: none. */
void ws_pair_shake (WsPair *self, const char *subprotocol);
/* A frame as the other end sends it. (transfer full) */
GByteArray *ws_pair_make_frame (WsPair *self,
                                guint8 first,
                                const void *payload,
                                gsize size);
void
ws_pair_say_frame (WsPair *self, guint8 first, const void *payload, gsize size);

#define WS_FINAL 0x80

G_END_DECLS

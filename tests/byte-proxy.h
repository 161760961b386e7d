/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * Somebody on the way between a bus that dials and one that listens, who does
 * something to what goes by, in the thread-default main context.
 */
typedef enum
{
  BYTE_PROXY_PASS,
  BYTE_PROXY_FLIP,  /* one bit of the byte at the place */
  BYTE_PROXY_CUT,   /* both ends, in order, before that byte */
  BYTE_PROXY_RESET, /* both ends, before that byte */
  BYTE_PROXY_HALF,  /* who gets that byte gets the end instead, and none more */
  BYTE_PROXY_STALL, /* nothing goes on from that byte on */
  BYTE_PROXY_PAUSE, /* the same, until byte_proxy_go_on */
  BYTE_PROXY_DRIP,  /* one byte at a time */
  BYTE_PROXY_LOSE   /* nothing arrives of what goes by, at whatever place */
} ByteProxyDeed;

typedef struct
{
  GSocketService *service; /* owned */
  guint16 port;            /* where it listens, on 127.0.0.1 */
  guint16 target;          /* a port of 127.0.0.1 */
  ByteProxyDeed deed;
  gboolean is_upward; /* done to what goes from who dials to who listens */
  gsize place;        /* in bytes of that direction of one connection */
  gboolean is_once;   /* passes everything when it has done it */
  guint n_connections;
  guint n_open;      /* of them, those that have not ended in both directions */
  guint n_deeds;     /* how often it was done */
  guint done_to;     /* the connection, counted from 1; 0: none yet */
  guint n_paused;    /* directions that wait for byte_proxy_go_on */
  gsize n_passed[2]; /* bytes of the last connection: down, up */
  GPtrArray *passes; /* owned: what is on its way */
  /* borrowed, nullable: get what has passed, down and up */
  GByteArray *recorded[2];
} ByteProxy;

ByteProxy *byte_proxy_new (guint16 target);
void byte_proxy_free (ByteProxy *self);
/* Ends the connections that there are. */
void byte_proxy_cut (ByteProxy *self);
void byte_proxy_go_on (ByteProxy *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ByteProxy, byte_proxy_free)

G_END_DECLS

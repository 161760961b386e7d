/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-loop.h"

G_BEGIN_DECLS

/*
 * An accept loop. It accepts for a fifth of a millisecond per turn, so that
 * those who are there already wait no longer for a storm of newcomers. What has
 * ended before it is accepted, and has said nothing, is closed at once. When
 * the process runs out of descriptors, it closes a reserve descriptor to take
 * one connection off the backlog and close it, then pauses for 100 ms to 1 s.
 * ECONNABORTED, EPERM and EINTR are retried silently.
 */
typedef struct _HeinAcceptor HeinAcceptor;

/* How long it accepts in a turn, but for one connection at least. */
#define HEIN_ACCEPTOR_TURN_US 200
/* How long accepting pauses when there is enough to do. */
#define HEIN_ACCEPTOR_HOLD_US (5 * 1000)

/* Called before each connection. @is_waiting: one is known to wait. Returns
 * whether one may be accepted now; when not, the acceptor asks again next turn,
 * or HEIN_ACCEPTOR_HOLD_US later if one was known to wait. */
typedef gboolean (*HeinMayAcceptFunc) (gboolean is_waiting, gpointer data);
/* @fd: non-blocking, close-on-exec, connected; the callee takes ownership. */
typedef void (*HeinAcceptFunc) (int fd, gpointer data);
/* Called once per episode in which descriptors or memory have run out. */
typedef void (*HeinAcceptTroubleFunc) (const GError *error, gpointer data);

/* Starts to listen on @socket, which must be bound, and holds a reference to
 * it. Returns NULL with @error when listen () fails. */
HeinAcceptor *hein_acceptor_new (HeinLoop *loop,
                                 GSocket *socket,
                                 HeinMayAcceptFunc may_accept,
                                 HeinAcceptFunc accepted,
                                 HeinAcceptTroubleFunc trouble,
                                 gpointer data,
                                 GError **error);
/* May be called at any time, even by `accepted`. */
void hein_acceptor_free (HeinAcceptor *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-loop.h"

G_BEGIN_DECLS

/*
 * An accept loop of our own: at most 64 connections per turn; with no
 * descriptors left it gives up a reserve descriptor to take one connection off
 * the backlog and close it, then pauses 100 ms to 1 s; ECONNABORTED, EPERM and
 * EINTR are retried silently.
 */
typedef struct _HeinAcceptor HeinAcceptor;

/* @fd: non-blocking, close-on-exec, connected; the callee takes it. */
typedef void (*HeinAcceptFunc) (int fd, gpointer data);
/* Once per episode of having no descriptors or memory. */
typedef void (*HeinAcceptTroubleFunc) (const GError *error, gpointer data);

/* Holds a reference to @socket, which must be bound; listens on it.
 * Returns NULL with @error when listen () fails. */
HeinAcceptor *hein_acceptor_new (HeinLoop *loop,
                                 GSocket *socket,
                                 HeinAcceptFunc accepted,
                                 HeinAcceptTroubleFunc trouble,
                                 gpointer data,
                                 GError **error);
/* Accepts nothing more for @us: from within its function, or at any time. */
void hein_acceptor_hold (HeinAcceptor *self, gint64 us);
void hein_acceptor_free (HeinAcceptor *self);

G_END_DECLS

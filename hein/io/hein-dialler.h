/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-loop.h"

G_BEGIN_DECLS

/*
 * One attempt to connect to a GSocketConnectable. Names are resolved in the
 * private context, for up to 5 s. Addresses are tried in the order given, with
 * the address families alternating (RFC 8305): the next attempt starts 250 ms
 * after the one before, or as soon as that fails. The first one to connect
 * wins. Proxies are not supported.
 */
typedef struct _HeinDialler HeinDialler;

/* Returns FALSE with @error to skip an address. */
typedef gboolean (*HeinDialFilter) (GSocketAddress *address,
                                    gpointer data,
                                    GError **error);
/* Called once, and never from inside hein_dialler_new. On success, @fd is
 * non-blocking and close-on-exec, and the callee takes ownership. Otherwise @fd
 * is -1, and @error is the first refusal of the filter, or else the last
 * failure. The callee may free the dialler. */
typedef void (*HeinDialFunc) (int fd,
                              GSocketAddress *address,
                              const GError *error,
                              gpointer data);

/* To be called between hein_loop_enter and hein_loop_leave. */
HeinDialler *hein_dialler_new (HeinLoop *loop,
                               GSocketConnectable *target,
                               HeinDialFilter filter,
                               HeinDialFunc done,
                               gpointer data);
/* Cancels the attempt if it is not done: the callback is then never called. */
void hein_dialler_free (HeinDialler *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-loop.h"

G_BEGIN_DECLS

/*
 * One attempt to reach a GSocketConnectable: names are resolved in the private
 * context (5 s), addresses are tried in the order given, the families
 * alternating (RFC 8305): the next one starts 250 ms after the one before, or
 * as soon as that fails; the first that connects wins. No proxies.
 */
typedef struct _HeinDialler HeinDialler;

/* FALSE with @error: do not try this address. */
typedef gboolean (*HeinDialFilter) (GSocketAddress *address,
                                    gpointer data,
                                    GError **error);
/* Called once, never from inside hein_dialler_new: @fd non-blocking and
 * close-on-exec, the callee takes it; or -1 and @error, the first refusal of
 * the filter, else the last failure. The dialler may be freed inside. */
typedef void (*HeinDialFunc) (int fd,
                              GSocketAddress *address,
                              const GError *error,
                              gpointer data);

/* Within hein_loop_enter/leave. */
HeinDialler *hein_dialler_new (HeinLoop *loop,
                               GSocketConnectable *target,
                               HeinDialFilter filter,
                               HeinDialFunc done,
                               gpointer data);
/* Before done was called: cancels; done is then never called. */
void hein_dialler_free (HeinDialler *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-inproc-pipe.h"

G_BEGIN_DECLS

/*
 * What a process knows of its names: who listens on them, who waits for a
 * listener, and which two buses have a connection. Two buses that dial each
 * other have one: the first. Thread: any.
 */

/* Rings for all that wait. ADDRESS_IN_USE when another one listens. */
gboolean hein_inproc_names_listen (const char *name,
                                   HeinInprocBell *bell,
                                   const char *instance,
                                   GError **error);
/* A new pipe to the listener (transfer full); or NULL, and @bell rings when
 * there may be one: a listener has come, or the other connection is over. */
HeinInprocPipe *hein_inproc_names_dial (const char *name,
                                        HeinInprocBell *bell,
                                        const char *instance);
/* @bell neither listens nor waits any more. */
void hein_inproc_names_forget (const char *name, HeinInprocBell *bell);

G_END_DECLS

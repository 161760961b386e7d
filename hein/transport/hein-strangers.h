/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "link/hein-link.h"
#include "hein-endpoint-state.h"

/* Reporting connections that a listener refuses. */

G_BEGIN_DECLS

/*
 * Counts the connections that a listener refuses although its address asks for
 * keys or passwords. Such a connection has no peer whose removal could be
 * signalled, so the application learns of it by `failed`: of the first one at
 * once, and of the number since then at most once a minute.
 */
#define HEIN_STRANGERS_INTERVAL_US (60 * G_USEC_PER_SEC)

typedef struct
{
  guint64 n;            /* refused since the last report */
  gint64 not_before_us; /* when the next report may be made */
} HeinStrangers;

/* Logs that @link, which @endpoint accepted, failed during its handshake, and
 * reports it when keys are asked for: by the stream when @is_secure, or by the
 * protocol. */
void hein_strangers_add (HeinStrangers *self,
                         HeinEndpoint *endpoint,
                         HeinLink *link,
                         gboolean is_secure);

G_END_DECLS

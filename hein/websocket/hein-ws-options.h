/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a connection is to be to become a WebSocket. */

G_BEGIN_DECLS

/* The texts are borrowed. */
typedef struct
{
  gboolean is_dialled;
  const char *authority; /* of who dials: "host:port" */
  const char *path;      /* begins with a slash; NULL: a listener takes any */
  const char *origins;   /* nullable: whose pages a listener lets in, separated
                          * by commas; "*": everybody's */
  const char *subprotocols; /* nullable: one of these, by commas, best first */
  gboolean is_server;       /* of the mechanism of ZWS */
  gboolean
    may_be_plain;    /* a listener takes who speaks without WebSocket, too */
  gsize message_max; /* bytes of a message that has to be collected */
} HeinWsOptions;

G_END_DECLS

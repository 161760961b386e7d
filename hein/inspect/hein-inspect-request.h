/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What an operator's tool asks of a bus: an object of JSON on a line. */

G_BEGIN_DECLS

/* The version of what both sides say. */
#define HEIN_INSPECT_VERSION 1
/* How long a ping waits unless the request says it, and at most. */
#define HEIN_INSPECT_PING_MS     1000
#define HEIN_INSPECT_PING_MAX_MS 3600000
/* The largest request, in bytes, with its newline. */
#define HEIN_INSPECT_REQUEST_MAX 4096

typedef enum
{
  HEIN_INSPECT_BUS,   /* the bus, and its endpoints */
  HEIN_INSPECT_PEERS, /* all peers */
  HEIN_INSPECT_PING,  /* asks peers for a sign of life */
  HEIN_INSPECT_LOG,   /* what is logged from now on */
} HeinInspectAsk;

typedef struct
{
  HeinInspectAsk ask;
  GLogLevelFlags levels; /* of a log */
  int timeout_ms;        /* of a ping, for each peer */
  char *peer;            /* owned: the only one that is meant; NULL: all */
} HeinInspectRequest;

/* Reads a line; FALSE with @error when it is no request. */
gboolean hein_inspect_request_parse (HeinInspectRequest *self,
                                     const char *line,
                                     gsize size,
                                     GError **error);
void hein_inspect_request_clear (HeinInspectRequest *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What an operator's tool asks of a bus: an object of JSON on a line. */

G_BEGIN_DECLS

/* The version of what both sides say. */
#define HEIN_INSPECT_VERSION 1
/* The largest request, in bytes, with its newline. */
#define HEIN_INSPECT_REQUEST_MAX 4096

typedef enum
{
  HEIN_INSPECT_BUS,   /* the bus, and its endpoints */
  HEIN_INSPECT_PEERS, /* all peers */
} HeinInspectAsk;

typedef struct
{
  HeinInspectAsk ask;
} HeinInspectRequest;

/* Reads a line; FALSE with @error when it is no request. */
gboolean hein_inspect_request_parse (HeinInspectRequest *self,
                                     const char *line,
                                     gsize size,
                                     GError **error);

G_END_DECLS

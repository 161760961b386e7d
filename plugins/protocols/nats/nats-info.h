/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* What a server says of itself in INFO, as far as it matters. */
typedef struct
{
  guint64 max_payload; /* with headers */
  guint proto;         /* 1: it tells of changes, and knows "echo" */
  gboolean has_headers;
  gboolean wants_auth;
  gboolean wants_tls;  /* nothing without it */
  gboolean has_tls;    /* or it can be had */
  gboolean is_leaving; /* "ldm": it is about to end */
} NatsInfo;

/* Reads the JSON of an INFO; FALSE with @error. */
gboolean
nats_info_read (NatsInfo *self, const char *json, gsize size, GError **error);

G_END_DECLS

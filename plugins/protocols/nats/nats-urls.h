/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many of the servers that one names are taken. */
#define NATS_URLS_MAX 64

/* Reads the other servers of its cluster that a server names in INFO, whose
 * JSON has been found to be valid: "connect_urls":["10.0.0.2:4222",…]. What is
 * over the limit, or no text, is left out. (transfer full) */
char **nats_urls_read (const char *json, gsize size);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* The places that an address names: hosts, each with a port or without. */

G_BEGIN_DECLS

/* How many an address may name. */
#define HEIN_PLACES_MAX 64

typedef struct
{
  char *host; /* never NULL; IPv6 addresses without brackets */
  int port;   /* -1 when there is none */
} HeinPlace;

/* Parses <host>[:<port>]; (transfer full), NULL with @error. */
HeinPlace *hein_place_parse (const char *text, gsize size, GError **error);
void hein_place_free (HeinPlace *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinPlace, hein_place_free)

/* (transfer full): what it is parsed from. */
char *hein_place_dup_text (const HeinPlace *self);

/* Parses places with commas between them; (transfer full) of owned HeinPlace,
 * of which there is at least one; NULL with @error. */
GPtrArray *hein_places_parse (const char *text, gsize size, GError **error);

G_END_DECLS

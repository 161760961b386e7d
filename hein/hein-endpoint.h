/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* HeinEndpoint: one address that a bus listens on or dials. */

G_BEGIN_DECLS

#define HEIN_TYPE_ENDPOINT (hein_endpoint_get_type ())
HEIN_API
G_DECLARE_FINAL_TYPE (HeinEndpoint, hein_endpoint, HEIN, ENDPOINT, GObject)

HEIN_API
HeinBus *hein_endpoint_get_bus (HeinEndpoint *self);
HEIN_API
const char *hein_endpoint_get_uri (HeinEndpoint *self);
HEIN_API
const char *hein_endpoint_get_bound_uri (HeinEndpoint *self);
HEIN_API
HeinRole hein_endpoint_get_role (HeinEndpoint *self);
HEIN_API
HeinEndpointState hein_endpoint_get_state (HeinEndpoint *self);
HEIN_API
const GError *hein_endpoint_get_error (HeinEndpoint *self);
HEIN_API
guint64 hein_endpoint_get_n_connections (HeinEndpoint *self);
HEIN_API
gboolean hein_endpoint_get_reaches_all (HeinEndpoint *self);
HEIN_API
gboolean hein_endpoint_get_knows_peers (HeinEndpoint *self);
HEIN_API
void hein_endpoint_close (HeinEndpoint *self);

G_END_DECLS

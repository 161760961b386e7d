/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

/* What others dial to come here; NULL: as it was given. */
void hein_endpoint_set_bound_uri (HeinEndpoint *self, const char *uri);
void hein_endpoint_set_state (HeinEndpoint *self, HeinEndpointState state);
/* Remembers @error (copied), and tells the application in a turn. */
void hein_endpoint_report (HeinEndpoint *self, const GError *error);
/* The same for what may heal by itself: it is kept and logged. */
void hein_endpoint_note (HeinEndpoint *self, const GError *error);
/* Tells the application of trouble with others: the endpoint works on. */
void hein_endpoint_warn (HeinEndpoint *self, const GError *error);
/* A first connection is up, or the dial was given up: ends dial_async. */
void hein_endpoint_settle_call (HeinEndpoint *self, const GError *error);
HeinProtocol *hein_endpoint_create_protocol (HeinEndpoint *self);

/* Properties have changed: bits of HeinChange. */
void hein_endpoint_notify (HeinEndpoint *self, guint changes);

G_END_DECLS

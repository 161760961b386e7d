/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

/* What transports and the bus change about an endpoint. */

G_BEGIN_DECLS

/* Sets the address that peers can dial; NULL: the address as it was given. */
void hein_endpoint_set_bound_uri (HeinEndpoint *self, const char *uri);
void hein_endpoint_set_state (HeinEndpoint *self, HeinEndpointState state);
/* Stores a copy of @error, and emits `failed` in the next turn. */
void hein_endpoint_report (HeinEndpoint *self, const GError *error);
/* Like hein_endpoint_report, but for errors that may go away by themselves:
 * stores and logs @error, without a signal. */
void hein_endpoint_note (HeinEndpoint *self, const GError *error);
/* Emits `failed` for a problem with others, which does not affect the
 * endpoint. */
void hein_endpoint_warn (HeinEndpoint *self, const GError *error);
/* Completes a pending dial_async: the first connection is up, or @error. */
void hein_endpoint_settle_call (HeinEndpoint *self, const GError *error);
HeinProtocol *hein_endpoint_create_protocol (HeinEndpoint *self);

/* Notes changed properties, as bits of HeinChange, to notify in this turn. */
void hein_endpoint_notify (HeinEndpoint *self, guint changes);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

/* The life cycle of an endpoint, as the bus drives it. */

G_BEGIN_DECLS

HeinEndpoint *hein_endpoint_new (HeinBus *bus,
                                 HeinRole role,
                                 const char *uri,
                                 GError **error);
gboolean hein_endpoint_open (HeinEndpoint *self, GError **error);
/* Closes the endpoint without emitting anything; messages that are queued are
 * still sent, for at most the endpoint's `linger`. */
void hein_endpoint_shut (HeinEndpoint *self);
/* Ends the linger phase: the queues are flushed, or the linger time is over. */
void hein_endpoint_end_finishing (HeinEndpoint *self);
/* Detaches the endpoint from its bus, which is being freed in a forked
 * child. */
void hein_endpoint_forget_bus (HeinEndpoint *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

HeinEndpoint *hein_endpoint_new (HeinBus *bus,
                                 HeinRole role,
                                 const char *uri,
                                 GError **error);
gboolean hein_endpoint_open (HeinEndpoint *self, GError **error);
/* Closes it without telling anyone that the bus would tell; what is queued
 * goes out before, for `linger`. */
void hein_endpoint_shut (HeinEndpoint *self);
/* It has gone out, or there is no more time. */
void hein_endpoint_end_finishing (HeinEndpoint *self);
/* Its bus goes in a forked child. */
void hein_endpoint_forget_bus (HeinEndpoint *self);

G_END_DECLS

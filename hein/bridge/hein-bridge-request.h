/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-request.h>

#include "hein-bridge-state.h"

/* Requests that are asked again at the other side. */

G_BEGIN_DECLS

/* A HeinRequestFunc, whose data is the bridge. */
void
hein_bridge_on_request (HeinBus *bus, HeinRequest *request, gpointer user_data);

G_END_DECLS

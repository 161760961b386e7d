/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-request.h>

#include "hein-server.h"

/* Making the HeinRequest that the application gets. */

G_BEGIN_DECLS

/* Makes a request of @message, and holds a reference to that. NULL with @error:
 * there are too many requests. */
HeinRequest *
hein_request_new (HeinServer *server, HeinMessage *message, GError **error);

G_END_DECLS

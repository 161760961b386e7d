/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-request.h>

#include "hein-server.h"

G_BEGIN_DECLS

/* What @message, which is kept, asks. NULL with @error: it is not served, because
 * there are too many. */
HeinRequest *
hein_request_new (HeinServer *server, HeinMessage *message, GError **error);

G_END_DECLS

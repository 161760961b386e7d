/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "link/hein-link-state.h"

/* The way of a message from the protocol of a connection to the bus: slots of
 * HeinWireFuncs. */

G_BEGIN_DECLS

gboolean hein_link_deliver (gpointer data, HeinMessage *message);
gboolean hein_link_deliver_data (gpointer data,
                                 const char *topic,
                                 gsize topic_size,
                                 const guint8 *bytes,
                                 gsize size);
gboolean hein_link_deliver_numbered (gpointer data,
                                     const char *topic,
                                     gsize topic_size,
                                     const guint8 *bytes,
                                     gsize size,
                                     guint64 number,
                                     guint32 left_ms);

G_END_DECLS

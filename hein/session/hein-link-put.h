/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "link/hein-link-state.h"

/* What a protocol sends of its own, and how messages are encoded: slots of
 * HeinWireFuncs. */

G_BEGIN_DECLS

void hein_link_put (gpointer data, const guint8 *bytes, gsize size);
void hein_link_put_bytes (gpointer data, GBytes *bytes);
void hein_link_set_encoding (gpointer data, const char *key);
void hein_link_set_carries_attributes (gpointer data, gboolean carries);
void hein_link_begin_sealing (gpointer data);
void hein_link_hold (gpointer data, gboolean hold);
gboolean hein_link_pass_on (gpointer data, HeinMessage *message);

G_END_DECLS

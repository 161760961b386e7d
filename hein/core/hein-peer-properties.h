/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

/* The property accessors of the HeinPeer class. */

G_BEGIN_DECLS

void hein_peer_install_properties (GObjectClass *object_class);
void hein_peer_get_property (GObject *object,
                             guint prop_id,
                             GValue *value,
                             GParamSpec *pspec);

G_END_DECLS

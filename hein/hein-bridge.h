/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* HeinBridge: passes on what one bus receives to the peers of another. */

G_BEGIN_DECLS

/**
 * HEIN_ATTRIBUTE_VIA:
 *
 * The attribute that names the bridges through which a message has come,
 * separated by commas: `via`. See [class@Bridge].
 *
 * Since: 0.9
 */
#define HEIN_ATTRIBUTE_VIA "via"

#define HEIN_TYPE_BRIDGE (hein_bridge_get_type ())
HEIN_API
G_DECLARE_FINAL_TYPE (HeinBridge, hein_bridge, HEIN, BRIDGE, GObject)

HEIN_API
HeinBridge *hein_bridge_new (HeinBus *source,
                             HeinBus *target,
                             const char *id,
                             GError **error);
HEIN_API
gboolean
hein_bridge_add_topic (HeinBridge *self, const char *prefix, GError **error);
HEIN_API
gboolean
hein_bridge_add_pattern (HeinBridge *self, const char *pattern, GError **error);
HEIN_API
gboolean
hein_bridge_serve (HeinBridge *self, const char *pattern, GError **error);
HEIN_API
void hein_bridge_close (HeinBridge *self);
HEIN_API
HeinBus *hein_bridge_get_source (HeinBridge *self);
HEIN_API
HeinBus *hein_bridge_get_target (HeinBridge *self);
HEIN_API
const char *hein_bridge_get_id (HeinBridge *self);
HEIN_API
gboolean hein_bridge_get_is_closed (HeinBridge *self);
HEIN_API
guint64 hein_bridge_get_n_passed (HeinBridge *self);
HEIN_API
guint64 hein_bridge_get_n_failed (HeinBridge *self);

G_END_DECLS

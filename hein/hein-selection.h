/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* HeinSelection: how a strategy says which peers get a message. */

G_BEGIN_DECLS

#define HEIN_TYPE_SELECTION (hein_selection_get_type ())
HEIN_API
G_DECLARE_FINAL_TYPE (HeinSelection, hein_selection, HEIN, SELECTION, GObject)

HEIN_API
void hein_selection_add (HeinSelection *self, HeinPeer *peer);
HEIN_API
void hein_selection_add_all (HeinSelection *self);
HEIN_API
void hein_selection_hold (HeinSelection *self);
HEIN_API
void hein_selection_hold_for (HeinSelection *self, const char *name);
HEIN_API
void hein_selection_drop (HeinSelection *self);

G_END_DECLS

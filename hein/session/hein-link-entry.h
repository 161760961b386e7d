/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "link/hein-link-state.h"

/* The way of a connection from its handshake to a peer that is up. */

G_BEGIN_DECLS

/* Makes the peer one of the bus: the handshake is done. */
void hein_link_bring_up (HeinLink *self);

/* Slots of HeinWireFuncs. */
void hein_link_offer_name (gpointer data,
                           const char *name,
                           GBytes *raw_identity,
                           HeinNameRule rule);
void hein_link_set_instance (gpointer data, const char *instance);
void hein_link_set_security (gpointer data, const char *text);
void hein_link_ready (gpointer data);
void hein_link_set_accepts_messages (gpointer data, gboolean accepts);

G_END_DECLS

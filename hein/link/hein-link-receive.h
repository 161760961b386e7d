/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-state.h"

/* Reading from a link. */

G_BEGIN_DECLS

void hein_link_set_paused (HeinLink *self, gboolean paused);
void hein_link_read (HeinLink *self);
/* The peer has ended during the handshake: it may be another one the next
 * time. */
void hein_link_end_handshake (HeinLink *self);
/* Its socket is ready, and its protocol has begun. */
void hein_link_on_ready (HeinWatch *watch, guint32 events);
/* Calls the protocol with the bytes that are there, until it uses no more. */
void hein_link_consume (HeinLink *self);

G_END_DECLS

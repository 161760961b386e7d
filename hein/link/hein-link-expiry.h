/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-host.h"

/* Messages that expire while they wait for a connection. */

G_BEGIN_DECLS

/* The earliest that messages which wait somewhere expire, looked at no more
 * often than every HEIN_EXPIRY_LOOK_US: what is told or sent before that is
 * checked anyway. */
#define HEIN_EXPIRY_LOOK_US (100 * 1000)

void hein_link_expiry_init (HeinLinkHost *host);
/* The backlog of @self has a message that expires. */
void hein_link_note_expiring (HeinLink *self, HeinMessage *message);
/* The link is about to be freed. */
void hein_link_forget_expiring (HeinLink *self);

G_END_DECLS

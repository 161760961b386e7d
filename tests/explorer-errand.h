/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "explorer-party.h"

/* Requests and deliveries of the explorer: each is handled as often as it may
 * be, and ends once, with what has become of it. */

G_BEGIN_DECLS

/* Asks or delivers to a peer, if there is one. */
void errand_begin (Party *from);
/* The program @self is given the one of that id. */
void errand_handle (Party *self, const char *id);
void errand_on_request (HeinBus *bus, HeinRequest *request, gpointer party);
gboolean errand_are_over (const Party *from);
/* When all is over: those of @from have ended. */
void errand_check_ends (const Party *from);
void errand_free (gpointer errand);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-state.h"

/* The handshake of a stream: before the protocol begins, or behind its
 * greeting. */

G_BEGIN_DECLS

/* Has hein_link_secure() called when the stream is ready. */
void hein_link_await_security (HeinLink *self);
/* Goes on with the handshake of the stream, and then with the protocol. */
void hein_link_secure (HeinLink *self);
/* The stream is open: starts the protocol. */
void hein_link_begin_protocol (HeinLink *self);
/* The greeting of the protocol is over: encrypts what follows. To be called
 * when the protocol has read all that it uses. */
void hein_link_upgrade (HeinLink *self);

G_END_DECLS

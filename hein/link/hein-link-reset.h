/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-state.h"

/*
 * Which links end by a reset: those that do not read all that comes, and whose
 * peers would take an end in order for the word that all of it was read.
 *
 * Such a link never ends its stream in order, also not in one direction: a peer
 * that hears of an end may be gone before the reset comes. It writes what it
 * has to say, and waits until the machine of the peer has it, since a reset
 * discards what is on its way. What has arrived survives the reset (Linux
 * returns it before the error), so an answer such as a refusal is still read;
 * but nobody knows whether it was, so what was sent without being acknowledged
 * is in doubt.
 *
 * A socket of a path is reset only when it is closed with unread bytes. There
 * the link leaves unread what still comes; an end is in order all the same when
 * nothing does.
 */

G_BEGIN_DECLS

/* To be called before what has come is discarded, or is not read. */
void hein_link_want_reset (HeinLink *self);
/* Returns whether bytes have been received that the protocol has not used, of
 * which the kernel does not know that they were not read. */
gboolean hein_link_has_unread (HeinLink *self);
/* Returns whether @error (nullable) says that the peer has reset the
 * connection. */
gboolean hein_link_is_reset (const GError *error);

G_END_DECLS

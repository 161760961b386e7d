/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Without offloads of the interface, each frame is one datagram with its
 * checksum. FALSE, after a word on standard error: it keeps them. */
gboolean frame_make_bare (const char *name);

/* Where the UDP header of a whole datagram begins; 0: it is none. */
gsize frame_find_udp (const guint8 *frame, gsize size);
/* One bit of what the datagram at @at says, and the checksum, so that who reads
 * it sees the damage, and not the kernel. */
void frame_damage (guint8 *frame, gsize at, GRand *dice);
/* The hardware address that is at @at. */
gint64 frame_get_mac (const guint8 *at);

G_END_DECLS

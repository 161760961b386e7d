/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * Small messages share a fragment: a size (2 bytes, big-endian) before each.
 * A block has one message at least, and ends with one.
 */
#define MC_PACK_OVERHEAD 2

typedef struct _McPacker McPacker;

/* @block_size: what a fragment may have. */
McPacker *mc_packer_new (gsize block_size);
void mc_packer_free (McPacker *self);
/* Where the next message of @size bytes is to be written, before anything else
 * is asked of the packer. NULL: no room. Take the block and try again; what
 * does not fit into an empty block either, is to be sent unpacked. */
guint8 *mc_packer_reserve (McPacker *self, gsize size);
/* The same with a message that lies elsewhere. FALSE: no room. */
gboolean mc_packer_add (McPacker *self, GBytes *message);
gboolean mc_packer_is_empty (const McPacker *self);
gsize mc_packer_get_size (const McPacker *self);
/* (transfer full) (nullable): the messages so far; NULL when there are none. */
GBytes *mc_packer_take (McPacker *self);

/* How many messages a block has. 0: it is malformed. */
guint mc_pack_count (GBytes *block);
/* Finds the next message in a block that mc_pack_count() has accepted; @at
 * begins as 0. FALSE when there is none. */
gboolean mc_pack_find_next (GBytes *block, gsize *at, gsize *from, gsize *size);
/* The next message of a block that mc_pack_count() did not refuse, a slice of
 * it; @at begins as 0. %NULL: that was the last one. */
GBytes *mc_pack_next (GBytes *block, gsize *at);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (McPacker, mc_packer_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Large blocks of memory that are used again instead of being given back to the
 * kernel. */

G_BEGIN_DECLS

/* Data in a mapped block begins on a cache line of the processor: the kernel
 * copies into it at up to twice the rate. */
#define HEIN_BLOCK_LINE 64

/*
 * A reference-counted block of memory, for payloads from HEIN_BLOCK_MIN on and
 * for what a connection has received. A new page costs more than copying into
 * it, so that the blocks that have become free last are kept for the whole
 * process, and given back when none has been taken for a second.
 *
 * Any thread may call any of these functions, also in a forked child.
 */
typedef struct
{
  int refs; /* atomic */
  gboolean is_mapped;
  gsize capacity; /* of data in bytes; at least what was asked for */
  guint8 padding[HEIN_BLOCK_LINE - 2 * sizeof (int) - sizeof (gsize)];
  guint8 data[] __attribute__ ((aligned (16)));
} HeinBlock;

/* Smaller ones are better served by malloc. */
#define HEIN_BLOCK_MIN (32 * 1024)

/* Returns a block with one reference; NULL when there is no memory. Its memory
 * is used when it is written to, not before. */
HeinBlock *hein_block_new (gsize capacity);
/* Returns a spare block of about @capacity bytes, brought to that capacity;
 * NULL: there is none. */
HeinBlock *hein_block_take_spare (gsize capacity);
/* Changes the capacity without copying where possible; the only reference is
 * the caller's. Returns NULL, and leaves the block as it is, when there is no
 * memory. */
HeinBlock *hein_block_resize (HeinBlock *self, gsize capacity);
void hein_block_unref (HeinBlock *self);
/* Copies @data; aborts when there is no memory, as g_bytes_new does. */
GBytes *hein_block_copy_bytes (gconstpointer data, gsize size);

/* How long spare blocks are kept that nobody takes. */
#define HEIN_BLOCK_KEEP_US G_USEC_PER_SEC

extern gsize hein_block_spare_size; /* atomic */

/* Returns how many bytes the spare blocks occupy, at any moment. */
static inline gsize
hein_block_get_spare_size (void)
{
  return __atomic_load_n (&hein_block_spare_size, __ATOMIC_RELAXED);
}

/* Frees the spare blocks unless one was taken within HEIN_BLOCK_KEEP_US before
 * @now_us, in monotonic time. */
void hein_block_trim (gint64 now_us);
void hein_block_trim_all (void);
/* Frees the oldest spare blocks until they occupy at most @size bytes. */
void hein_block_bound_spares (gsize size);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-block.h"
#include "hein-stream.h"

/* The receive buffer of a connection, and the pool of its blocks. */

G_BEGIN_DECLS

#define HEIN_INPUT_BLOCK_SIZE (256 * 1024)

/*
 * The bytes that one connection has received and not used yet. They are in a
 * reference-counted block of 256 KiB that messages may refer to
 * (hein_input_get_bytes makes a GBytes of a part of it); an idle connection
 * holds no block. A message larger than a block (hein_input_expect) is read
 * directly into a block of its own, which grows with what has arrived, never by
 * what was merely announced; or into a spare block, which has its memory
 * already.
 */
typedef struct _HeinBlockPool HeinBlockPool;

typedef struct
{
  HeinBlockPool *pool;
  HeinBlock *block; /* owned or NULL while idle */
  gsize begin;
  gsize end;
  gsize expected;     /* size of the next message in bytes, 0: not known */
  gsize kept;         /* bytes of the block that messages refer to */
  gboolean is_dense;  /* messages referred to most of the previous block */
  gboolean was_large; /* the bytes before those to be read next were a message
                       * with a block of its own */
} HeinInput;

/* How a message gets its bytes of a block. */
typedef enum
{
  HEIN_INPUT_COPY,  /* copied: a reference would pin much more memory */
  HEIN_INPUT_SHARE, /* by reference to a block that others refer to as well */
  HEIN_INPUT_PIN    /* by reference, perhaps the only one to the block */
} HeinInputUse;

/* A pool keeps two spare blocks; there is one pool per bus. Blocks may be
 * released on any thread, even after the pool has been freed. */
HeinBlockPool *hein_block_pool_new (void);
void hein_block_pool_free (HeinBlockPool *self);

void hein_input_init (HeinInput *self, HeinBlockPool *pool);
void hein_input_clear (HeinInput *self);
/* Reads once; returns the same as hein_stream_read. Sets @filled (nullable) to
 * whether the read filled the buffer, so that more is probably there. Fails
 * with G_IO_ERROR_NO_SPACE when a large message cannot be allocated. */
gssize hein_input_read (HeinInput *self,
                        HeinStream *stream,
                        gboolean *filled,
                        GError **error);
/* Returns a GBytes of the first @size unused bytes. (transfer full) */
GBytes *hein_input_get_bytes (HeinInput *self, gsize size);
static inline gsize
hein_input_get_size (const HeinInput *self)
{
  return self->end - self->begin;
}
/* Decides how a message gets its @size bytes, and accounts for that. */
HeinInputUse hein_input_keep (HeinInput *self, gsize size);
void hein_input_consume (HeinInput *self, gsize size);
void hein_input_expect (HeinInput *self, gsize size);
/* Moves the unused bytes, when they are few, into a block of their size, so
 * that an incomplete message does not occupy a whole block. */
void hein_input_shrink (HeinInput *self);
/* Gives back what a spare block has more than a new one would. */
void hein_input_trim (HeinInput *self);
/* Returns the memory in bytes that the unused bytes occupy. */
gsize hein_input_get_cost (const HeinInput *self);

G_END_DECLS

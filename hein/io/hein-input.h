/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-stream.h"

G_BEGIN_DECLS

#define HEIN_INPUT_BLOCK_SIZE (256 * 1024)

/*
 * What one connection has received and not yet used. Bytes lie in a refcounted
 * block of 256 KiB that messages may refer to (hein_input_get_bytes gives a
 * GBytes over it); an idle connection holds no block. A message larger than a
 * block (hein_input_expect) is read directly into a block of its own, which
 * grows by what has arrived, never by what was announced.
 */
typedef struct _HeinBlock HeinBlock;
typedef struct _HeinBlockPool HeinBlockPool;

typedef struct
{
  HeinBlockPool *pool;
  HeinBlock *block; /* owned or NULL while idle */
  gsize begin;
  gsize end;
  gsize expected;    /* bytes the next message needs, 0: not known */
  gsize kept;        /* bytes of the block that messages were said to need */
  gboolean is_dense; /* most of the last block was needed */
} HeinInput;

/* What becomes of bytes of a block that a message needs. */
typedef enum
{
  HEIN_INPUT_COPY, /* they are copied, or they would pin what costs much more */
  HEIN_INPUT_SHARE, /* they stay in the block, with others */
  HEIN_INPUT_PIN    /* they stay in the block, perhaps alone */
} HeinInputUse;

/* Keeps two spare blocks; one per bus. Blocks may be released on any thread,
 * also after the pool is gone. */
HeinBlockPool *hein_block_pool_new (void);
void hein_block_pool_free (HeinBlockPool *self);

void hein_input_init (HeinInput *self, HeinBlockPool *pool);
void hein_input_clear (HeinInput *self);
/* One read; result as hein_stream_read. @filled (nullable): whether the read
 * got all it asked for, so that more is likely to be there. Fails with
 * G_IO_ERROR_NO_SPACE when memory for a large message is not to be had. */
gssize hein_input_read (HeinInput *self,
                        HeinStream *stream,
                        gboolean *filled,
                        GError **error);
/* The first @size unused bytes; owned by the caller. */
GBytes *hein_input_get_bytes (HeinInput *self, gsize size);
static inline gsize
hein_input_get_size (const HeinInput *self)
{
  return self->end - self->begin;
}
/* A message needs @size bytes of the block. */
HeinInputUse hein_input_keep (HeinInput *self, gsize size);
void hein_input_consume (HeinInput *self, gsize size);
void hein_input_expect (HeinInput *self, gsize size);
/* What is left moves into a block of its size, when it is little: an unfinished
 * message must not cost a whole block. */
void hein_input_shrink (HeinInput *self);
/* Memory that is held by what has not been used. */
gsize hein_input_get_cost (const HeinInput *self);

G_END_DECLS

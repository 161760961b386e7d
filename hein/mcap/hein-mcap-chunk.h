/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-mcap-channel.h"

/* A chunk while it is filled: messages one after the other, each later than the
 * one before or at the same time. */

G_BEGIN_DECLS

typedef struct
{
  guint64 time_ns;
  guint64 offset; /* within the chunk */
  guint16 channel;
} HeinMcapEntry;

typedef struct
{
  GByteArray *records;
  GArray *entries; /* HeinMcapEntry of each message */
} HeinMcapChunk;

/* Room for @size bytes. */
HeinMcapChunk *hein_mcap_chunk_new (gsize size);
void hein_mcap_chunk_free (HeinMcapChunk *self);
void hein_mcap_chunk_add_channel (HeinMcapChunk *self,
                                  const HeinMcapChannel *channel,
                                  guint16 id);
/* Adds a message of @size bytes, and returns where they go. @time_ns: since
 * 1970. */
guint8 *hein_mcap_chunk_add (HeinMcapChunk *self,
                             guint16 channel,
                             guint32 sequence,
                             guint64 time_ns,
                             gsize size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinMcapChunk, hein_mcap_chunk_free)

G_END_DECLS

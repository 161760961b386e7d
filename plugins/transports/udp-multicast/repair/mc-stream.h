/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-fragment.h"
#include "mc-receiver-options.h"

G_BEGIN_DECLS

/*
 * Fragments in order, with holes: delivers what is whole, and tells what is
 * not. Each fragment says which message it is part of, so after a hole the
 * first one tells how many messages were in it.
 */
typedef struct
{
  const McReceiverOptions *options;
  McReceiverStats *stats;
  gboolean has_expected;
  guint32 expected; /* the message that comes next, or is being put together */

  guint8 *data; /* owned; NULL: no message is begun */
  gsize allocated;
  gsize size;
  guint32 message_size;
  guint32 fragment_size;
  guint32 index; /* of the fragment that comes next */
  gint64 touched_us;
} McStream;

void mc_stream_init (McStream *self,
                     const McReceiverOptions *options,
                     McReceiverStats *stats);
void mc_stream_clear (McStream *self);

/* Messages from @start on count, but not one that began before it. */
void mc_stream_begin (McStream *self, const McPosition *start);
/* The next fragment after those before. */
void mc_stream_take (McStream *self,
                     const McInner *inner,
                     GBytes *payload,
                     const McPlace *place,
                     gint64 now_us);
/* A hole: the message that has begun cannot be completed. */
void mc_stream_break (McStream *self);
/* The hole ends here. Reports which messages were in it. */
void mc_stream_arrive (McStream *self, guint32 ordinal, guint32 index);
/* Gives up a message whose rest never comes. */
void mc_stream_tick (McStream *self, gint64 now_us);
/* The same, since nothing comes any more. */
void mc_stream_end (McStream *self);
gint64 mc_stream_get_deadline (const McStream *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "datagram/mc-control.h"

G_BEGIN_DECLS

/* A fragment that can be sent again. */
typedef struct
{
  McInner inner;
  GBytes *payload;    /* owned */
  gint64 stored_us;   /* when it was new */
  gint64 sent_us;     /* the last time */
  gboolean is_wanted; /* some receiver asked for it */
} McStored;

/*
 * The last fragments of a sender, in order and without holes: a ring that grows
 * with what is in it.
 */
typedef struct
{
  McStored *ring;
  guint capacity; /* 0, or a power of 2 */
  guint n;
  guint n_wanted;
  gsize bytes;
  guint64 trail; /* dseq of the oldest */
} McStore;

/* @trail: the number that comes first. */
void mc_store_init (McStore *self, guint64 trail);
void mc_store_clear (McStore *self);

/* The next number is @inner's. */
void mc_store_add (McStore *self,
                   const McInner *inner,
                   GBytes *payload,
                   gint64 now_us);
/* The memory that it holds, in bytes. */
gsize mc_store_get_memory (const McStore *self);
/* @dseq: from trail on, below trail + n. */
McStored *mc_store_get (const McStore *self, guint64 dseq);
void mc_store_drop_oldest (McStore *self);
void mc_store_set_wanted (McStore *self, McStored *stored, gboolean is_wanted);

G_END_DECLS

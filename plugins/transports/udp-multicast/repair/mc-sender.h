/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "datagram/mc-control.h"

G_BEGIN_DECLS

/*
 * What one bus sends to a group on one channel: messages in, datagrams out. It
 * has no clock: each call says what time it is, in µs, and
 * mc_sender_get_deadline() when to call mc_sender_tick() next.
 *
 * A reliable one keeps what it sent for a while, and sends fragments again that
 * receivers miss. It waits for nobody. A message stays in memory as a whole as
 * long as one of its fragments is kept: they are slices of it.
 */
typedef struct _McSender McSender;

#define MC_STORE_FRAGMENTS 4096
#define MC_STORE_BYTES     (8 * 1024 * 1024)
#define MC_STORE_US        (30 * G_USEC_PER_SEC)
#define MC_QUEUE_BYTES     (8 * 1024 * 1024)
/* What a sender without a rate is taken to send at: the repairs of 100 Mbit/s
 * are half of that. */
#define MC_ASSUMED_RATE 12500000

typedef struct
{
  guint8 id[MC_ID_SIZE]; /* what NAKs must name */
  guint16 channel;
  gboolean is_reliable;
  guint fragment_size; /* of payload; 0: MC_PAYLOAD */
  guint64 rate;        /* of new data in bytes/s; 0: none */
  gsize queue_size;    /* what may wait for the rate; 0: MC_QUEUE_BYTES */
  guint64 first_dseq;  /* 0: 1 */
  McEmit emit;
  gpointer user_data;
} McSenderOptions;

typedef struct
{
  guint64 n_fragments;
  guint64 n_heartbeats;
  guint64 n_naks;         /* heard */
  guint64 n_naks_refused; /* malformed, or too many of one receiver */
  guint64 n_repairs;
  guint64 n_repair_bytes; /* as the budget counts them */
  guint64 n_lost;         /* datagrams that said LOST */
} McSenderStats;

McSender *mc_sender_new (const McSenderOptions *options, gint64 now_us);
void mc_sender_free (McSender *self);

/*
 * Sends @message, or queues it behind others that wait for the rate. A message
 * that is @is_packed comes from an #McPacker and must fit a fragment.
 *
 * FALSE: the queue is full; or mc_sender_is_exhausted().
 */
gboolean mc_sender_send (McSender *self,
                         GBytes *message,
                         gboolean is_packed,
                         gint64 now_us);
/* Whether mc_sender_send() would take a message of @size bytes. */
gboolean mc_sender_has_room (const McSender *self, gsize size);
/* The numbers do not suffice for a message of @size bytes: the bus needs a new
 * sender id. */
gboolean mc_sender_is_exhausted (const McSender *self, gsize size);
/* New messages wait until then. */
void mc_sender_hold (McSender *self, gint64 until_us);
gsize mc_sender_get_queued_bytes (const McSender *self);
/* How many messages wait, the one that has begun to go among them, and their
 * @size_bytes. */
guint64 mc_sender_count_queued (const McSender *self, gsize *size_bytes);

/* The memory that it holds, in bytes. */
gsize mc_sender_get_memory (const McSender *self);
/* From now on so much may wait, and as much be kept for repair: up to
 * MC_QUEUE_BYTES and MC_STORE_BYTES. */
void mc_sender_set_limit (McSender *self, gsize limit);
/* Memory is short: forgets half of the fragments kept for repair. */
void mc_sender_shed (McSender *self);

/* A NAK of the receiver @from (MC_ID_SIZE bytes). Others may get it, too: what
 * names another sender or channel is ignored. */
void mc_sender_hear_nak (McSender *self,
                         const guint8 *from,
                         const McInner *inner,
                         GBytes *payload,
                         gint64 now_us);

void mc_sender_tick (McSender *self, gint64 now_us);
gint64 mc_sender_get_deadline (const McSender *self);

/* Where the next fragment will be. */
McPosition mc_sender_get_lead (const McSender *self);
/* What a repair can be sent of, and in how many bytes. */
guint mc_sender_get_stored (const McSender *self, gsize *bytes);
gint64 mc_sender_get_grtt_us (const McSender *self);
/* A round trip that was seen otherwise, as by HELLO and ADMIT. */
void mc_sender_measure_grtt (McSender *self, gint64 sample_us);
const McSenderStats *mc_sender_get_stats (const McSender *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (McSender, mc_sender_free)

G_END_DECLS

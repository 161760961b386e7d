/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "datagram/mc-header.h"

G_BEGIN_DECLS

/*
 * Who joins late has no window yet, and cannot tell what a sender says now from
 * what somebody recorded yesterday. So a sender must prove first that it lives:
 * it is asked with a nonce (HELLO), echoes it together with its number of now
 * (ADMIT), and till then what it says is held.
 *
 *   payload of HELLO   0 16  id of the sender that is asked
 *                     16 16  nonce
 *                     32 18  where: the address that its datagrams come from
 *                     50  1  1: answer to all, since the answer was lost
 *                     51  …  zeros, MC_HELLO_SIZE in all
 *   payload of ADMIT   0 16  nonce
 *                     16  8  seq: the number that was used last
 *                     24 18  where, as it was asked about; zeros: that is not
 *                            its own address
 *                     42  …  name of the bus, 0, its instance
 *
 * An address is 16 bytes of IPv6 (::ffff:0:0/96 for IPv4) and the port.
 *
 * The header of an ADMIT is the sender's position at lead, as in a heartbeat.
 * Without it, what is lost between the ADMIT and the first datagram that the
 * newcomer hears would be missed by nobody.
 *
 * Where datagrams come from is authentic for nobody: who repeats one from
 * elsewhere before the true one comes would be taken for its sender, and get
 * what is for that one alone. So a member says itself whether an address is its
 * own. What is for one of which none is known goes to the group, where only
 * that one can read it.
 *
 * A HELLO is as large as the longest ADMIT that it can bring about, so that
 * nobody is answered with more than was sent in his name.
 *
 * The id is in HELLO since that can be sent to all: only the one whose it is
 * answers, to whoever asks, a stranger too, or two that join at the same time
 * would wait for each other.
 */
#define MC_NONCE_SIZE 16
#define MC_WHERE_SIZE 18
#define MC_HELLO_SIZE 352
#define MC_ADMIT_SIZE 42 /* without the name */
#define MC_NAMES_MAX  (255 + 1 + 32)

/* A sender is asked at once, 100 ms later, and every 200 ms from then on; it is
 * given up after 2 s: until it says something else, up to 5 s, it would not be
 * asked again. Where three in ten are lost, three tries fail with one in eight,
 * and ten with one in 900. */
#define MC_PENDING_TRIES    10
#define MC_PENDING_RETRY_US 100000
#define MC_PENDING_TOTAL_US 2000000

/* How much is held for one sender. */
#define MC_PENDING_DATAGRAMS 64
#define MC_PENDING_BYTES     (96 * 1024)

typedef struct
{
  guint8 sender_id[MC_SENDER_ID_SIZE];
  guint8 nonce[MC_NONCE_SIZE];
  guint8 where[MC_WHERE_SIZE];
  gboolean wants_all;
} McHello;

typedef struct
{
  guint8 nonce[MC_NONCE_SIZE];
  guint64 seq;
  guint8 where[MC_WHERE_SIZE];
} McAdmit;

void mc_hello_put (const McHello *self, guint8 *to);
gboolean mc_hello_get (const guint8 *payload, gsize size, McHello *self);
void mc_admit_put (const McAdmit *self, guint8 *to);
/* Bytes after MC_ADMIT_SIZE are the caller's. */
gboolean mc_admit_get (const guint8 *payload, gsize size, McAdmit *self);
/* FALSE: it says of the address that it is not its own. */
gboolean mc_admit_has_where (const McAdmit *self);

/* A datagram that waits; its contents are decrypted. */
typedef struct
{
  guint64 seq;
  GBytes *inner; /* owned */
} McHeld;

void mc_held_free (McHeld *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (McHeld, mc_held_free)

/* What is known about a sender that is not admitted. */
typedef struct
{
  guint8 nonce[MC_NONCE_SIZE];
  guint8 where[MC_WHERE_SIZE];
  gint64 since_us;
  gint64 due_us; /* of the next HELLO */
  guint n_tries;
  GPtrArray *held; /* owned McHeld */
  gsize n_bytes;   /* of them */
} McPending;

McPending *mc_pending_new (const guint8 *nonce, gint64 now_us);
void mc_pending_free (McPending *self);

/* Heartbeats and NAKs lose their clocks. FALSE: that would be too much. */
gboolean
mc_pending_hold (McPending *self, guint64 seq, const guint8 *inner, gsize size);
/* The memory that it holds, in bytes. */
gsize mc_pending_get_memory (const McPending *self);
/* When to ask again or give up. */
gint64 mc_pending_get_due (const McPending *self);
/* TRUE: a HELLO is to be sent now. */
gboolean mc_pending_ask (McPending *self, gint64 now_us);
gboolean mc_pending_is_over (const McPending *self, gint64 now_us);
/* (transfer full) (element-type McHeld): those above @floor, in order. */
GPtrArray *mc_pending_release (McPending *self, guint64 floor);

G_END_DECLS

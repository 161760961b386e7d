/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keys/mc-key-ring.h"
#include "mc-admission.h"

G_BEGIN_DECLS

/*
 * Opens the datagrams of a group. What comes is checked in an order that costs
 * a stranger more than us: size, first bytes, key, the sender's window, then
 * the tag; nothing is remembered of a datagram before that was found right.
 * Nothing is ever answered to one that is dropped; it is counted by reason.
 *
 * With keys only encrypted datagrams are opened, and without only plain ones,
 * so that nobody can choose to go without. The time is monotonic and handed in;
 * the wall clock is the key ring's. For one thread; a child of fork() makes its
 * own, since it would ask with the same nonces.
 */
typedef struct _McOpener McOpener;

typedef enum
{
  MC_ADMISSION_ASK, /* a sender must prove that it lives */
  MC_ADMISSION_NONE /* for one-way networks: recordings are accepted by late joiners */
} McAdmission;

typedef enum
{
  MC_SENDER_UNKNOWN,
  MC_SENDER_PENDING,
  MC_SENDER_ADMITTED,
  MC_SENDER_BURIED /* forgotten or ended: only its number is known */
} McSenderState;

/* A datagram that is authentic; without keys, one that looks like it. */
typedef struct
{
  McHeader header;
  McSenderState state; /* PENDING or ADMITTED */
  gboolean is_newest;  /* nothing of a higher number came before */
  gsize size;          /* of its contents */
} McOpened;

#define MC_OPENER_SEED_SIZE 32

/* After so many forgeries a key is not used any more: the limit of RFC 9001,
 * 6.6, for ChaCha20-Poly1305. */
#define MC_FORGERIES_MAX (G_GUINT64_CONSTANT (1) << 36)

/* @ring: (nullable): NULL is for those who asked for plain datagrams. @seed:
 * random bytes, which nonces are made of. */
McOpener *
mc_opener_new (McKeyRing *ring, McAdmission admission, const guint8 *seed);
void mc_opener_free (McOpener *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (McOpener, mc_opener_free)

/* Its own datagrams, which come back by multicast, are dropped, and so are those
 * for one who has another id; before it is known, all that are for one. */
void mc_opener_set_own_id (McOpener *self, const guint8 *sender_id);
/* Another ring, or the same after mc_key_ring_set_time() said TRUE: forgets
 * what came under keys that are gone. */
void mc_opener_set_ring (McOpener *self, McKeyRing *ring);

/*
 * MC_OPENED: @inner, of @room bytes, has what the datagram says, which may lie
 * in the datagram itself. If the sender is PENDING, HELLO is to be answered,
 * ADMIT goes to mc_opener_admit(), and anything else to mc_opener_hold().
 */
McDrop mc_opener_open (McOpener *self,
                       const guint8 *datagram,
                       gsize size,
                       gint64 now_us,
                       guint8 *inner,
                       gsize room,
                       McOpened *opened);

/* ---- admission ---- */

McSenderState
mc_opener_get_state (McOpener *self, const guint8 *sender_id, guint32 key_id);
/* Where a sender that is pending seems to be: MC_WHERE_SIZE bytes. It is asked
 * about the place where it was last before it was asked. */
void mc_opener_set_where (McOpener *self,
                          const McOpened *opened,
                          const guint8 *where);
/* FALSE: it is not pending any more, or that would be too much (counted). */
gboolean
mc_opener_hold (McOpener *self, const McOpened *opened, const guint8 *inner);
/*
 * @opened said @admit. If that is the answer to what its sender was asked:
 * (transfer full) (element-type McHeld): what was held and is to be delivered
 * now, in order, perhaps nothing. From now on a higher number than that in
 * @admit is accepted. NULL: the sender stays as it is.
 * An address that it was not asked about is taken out of @admit.
 */
GPtrArray *
mc_opener_admit (McOpener *self, const McOpened *opened, McAdmit *admit);
/* TRUE: @hello is to be sent; call it again. */
gboolean mc_opener_next_hello (McOpener *self, gint64 now_us, McHello *hello);
/* Forgets those that did not answer in time. */
void mc_opener_expire (McOpener *self, gint64 now_us);
/* When there is something to ask or to expire; G_MAXINT64: never. */
gint64 mc_opener_get_due (McOpener *self);

/* It said goodbye: nothing of it is accepted any more. */
void mc_opener_end (McOpener *self, const guint8 *sender_id);
/* It was silent for long: whatever it says next, it has to prove again that it
 * lives. */
void mc_opener_forget (McOpener *self, const guint8 *sender_id);

/* MC_NONCE_SIZE bytes that nobody can tell in advance. */
void mc_opener_make_nonce (McOpener *self, guint8 *nonce);

/* ---- figures ---- */

/* Datagrams that met this end; with MC_OPENED, those that were opened, of which
 * some are counted again when they were held and not delivered. */
guint64 mc_opener_get_count (McOpener *self, McDrop drop);
/* TRUE: there is no memory to hold anything more. */
void mc_opener_set_tight (McOpener *self, gboolean is_tight);
/* The memory of the datagrams held for pending senders, in bytes. */
gsize mc_opener_get_memory (McOpener *self);
guint mc_opener_get_n_admitted (McOpener *self);
guint mc_opener_get_n_pending (McOpener *self);
guint mc_opener_get_n_buried (McOpener *self);
/* Senders are refused since too many are remembered, or a key was forged too
 * often: the group needs a new key. */
gboolean mc_opener_needs_key (McOpener *self);
/* Counts forgeries under a key that happened elsewhere. */
void mc_opener_add_forgeries (McOpener *self, guint32 key_id, guint64 n);

G_END_DECLS

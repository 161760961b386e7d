/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-admission.h"
#include "mc-cipher.h"
#include "mc-window.h"

G_BEGIN_DECLS

/*
 * The senders that a receiver knows, per key. All limits are fixed, so the
 * memory is: 1024 + 64 senders of some 2 KiB, 64 times 96 KiB that are held,
 * and 65536 tombstones of about 100 bytes.
 *
 * A tombstone says of a sender that is forgotten how far it had come, so that
 * nothing below is taken again. It stands for the sender under any key, since
 * its numbers go on when the key changes.
 */
#define MC_SENDERS_MAX    1024
#define MC_PENDING_MAX    64
#define MC_TOMBSTONES_MAX 65536

typedef struct
{
  guint8 id[MC_SENDER_ID_SIZE];
  guint32 key_id;
  guint hash;
} McSenderKey;

typedef struct
{
  McSenderKey key;    /* first: it is the key in the table */
  GList link;         /* among the admitted, or the pending */
  McCipher cipher;    /* its subkey is in the locked memory of the table; NULL:
                       * there are no keys */
  McPending *pending; /* owned; NULL: admitted */
  McWindow window;
} McKnownSender;

typedef struct
{
  McSenderKey key; /* with key id 0 */
  GList link;
  guint64 seq;   /* the highest; MC_SEQ_END: the sender has ended */
  guint64 epoch; /* of the newest key it can have used */
} McTombstone;

typedef struct
{
  GHashTable *senders;    /* owned McKnownSender */
  GQueue admitted;        /* the one heard last is first */
  GQueue pending;         /* the newest is first */
  GHashTable *tombstones; /* owned McTombstone */
  GQueue buried;          /* the newest is first */
  gboolean is_open; /* there are no keys: nothing is secret, and the oldest
                           * tombstone is forgotten when there are too many */
  guint8 *subkeys;  /* owned, locked; NULL: there are no keys */
  guint n_subkeys;  /* of them that were used */
  GPtrArray *free_subkeys; /* and are free again */
  guint8 hash_key[16];
} McKnownSenders;

/* The 16 bytes are random: senders choose their ids, but must not choose where
 * in a table they lie. */
void mc_known_senders_init (McKnownSenders *self,
                            const guint8 *hash_key,
                            gboolean is_open);
void mc_known_senders_clear (McKnownSenders *self);

McKnownSender *
mc_known_senders_find (McKnownSenders *self, const guint8 *id, guint32 key_id);
/* It has been heard now. */
void mc_known_senders_touch (McKnownSenders *self, McKnownSender *sender);

/* A new one, admitted if @pending is NULL, which it owns. The caller has seen
 * to it that there is room. */
McKnownSender *mc_known_senders_add (McKnownSenders *self,
                                     const McHeader *header,
                                     const guint8 *subkey,
                                     McPending *pending,
                                     guint64 floor);
/* Makes room for one more, and buries the one that was silent for longest.
 * FALSE: there is no more room for tombstones. */
gboolean mc_known_senders_make_room (McKnownSenders *self, guint64 epoch);
/* Moves a sender from pending to admitted, for which there is room; its held
 * datagrams are gone. */
void mc_known_senders_admit (McKnownSenders *self, McKnownSender *sender);
void mc_known_senders_remove (McKnownSenders *self, McKnownSender *sender);
/* The one that is pending for longest, or NULL. */
McKnownSender *mc_known_senders_get_oldest_pending (McKnownSenders *self);

/* NULL: nothing is known of it. */
const McTombstone *mc_known_senders_find_tombstone (McKnownSenders *self,
                                                    const guint8 *id);
/* FALSE: there is no more room. */
gboolean mc_known_senders_bury (McKnownSenders *self,
                                const guint8 *id,
                                guint64 seq,
                                guint64 epoch);
/* Those whose keys are all gone can speak no more. */
void mc_known_senders_drop_tombstones (McKnownSenders *self,
                                       guint64 first_epoch);

G_END_DECLS

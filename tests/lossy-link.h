/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../plugins/transports/udp-multicast/repair/mc-receiver.h"
#include "../plugins/transports/udp-multicast/repair/mc-sender.h"

G_BEGIN_DECLS

/*
 * One sender and several receivers on a network that loses, doubles and
 * reorders, in virtual time. Messages are numbered from 0; what a message says
 * follows from its number. All that is delivered or told lost is compared with
 * what is due: in reliable mode each number in turn, in the other none twice.
 */
#define LINK_DELAY_US 200

typedef struct _Link Link;

typedef struct
{
  Link *link;
  guint number; /* from 1; the sender is 0 */
  McReceiver *receiver;
  guint32 next;      /* reliable: the message that is due */
  GHashTable *there; /* best-effort: numbers that were delivered */
  GHashTable *heard; /* dseq of the data that came through */
  guint n_told;      /* times that a loss was told */
  guint n_lost;
  gboolean is_cut;
  gint64 interval_us; /* it hears no more than one datagram per this */
  gint64 ready_us;
} LinkReceiver;

struct _Link
{
  gint64 now_us;
  GRand *dice;
  guint loss; /* percent */
  guint duplication;
  guint reordering;
  GSequence *flying; /* owned datagrams, by time */
  guint64 n_flown;
  McBudget budget;
  McSenderOptions options;
  McSender *sender;
  GPtrArray *receivers; /* owned LinkReceiver */
  guint32 n_sent;       /* messages */
  GArray *ends;         /* of each message: one past its last fragment */
  gsize (*get_size) (guint32 number);
};

/* @fragment_size and @first_dseq: 0 is what the sender takes. */
Link *link_new (gboolean is_reliable, guint fragment_size, guint64 first_dseq);
void link_free (Link *self);
/* @begins: it knows where the sender begins. */
LinkReceiver *link_join (Link *self, gboolean begins, gboolean is_replay);

GBytes *link_make_message (guint32 number, gsize size);
/* Sends the next message, of the size that get_size says. */
void link_send (Link *self);
/* Sends the next @n messages as one block. */
void link_send_packed (Link *self, guint n);
/* Turns time until @until_us, or until nobody waits for anything. */
void link_run (Link *self, gint64 until_us);
/* Whether each receiver has or was told lost what was sent; in best-effort
 * mode, whether each knows what it did not hear, and has or counts as lost what
 * was sent. */
gboolean link_is_settled (Link *self);
void link_settle (Link *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Link, link_free)

G_END_DECLS

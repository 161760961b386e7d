/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "datagram/mc-control.h"

G_BEGIN_DECLS

/* How long an overtaken message may still arrive. */
#define MC_LATE_US G_USEC_PER_SEC

/*
 * How many messages of a sender did not come, where they come in any order:
 * each is delivered or lost, and once only. What has been known of for a second
 * at least, is closed: what of it did not come, is lost, and what comes of it
 * later, is refused (by the one who asks for `first`).
 */
typedef struct
{
  guint32 closed;   /* the messages before it are delivered or lost */
  McPosition mark;  /* messages before it are closed next */
  guint32 n_before; /* delivered since `closed`, before the mark */
  guint32 n_behind; /* delivered behind it */
  gint64 due_us;    /* when to close; G_MAXINT64: nothing is open */
  guint64 first;    /* number of the first fragment that may still come */
} McTally;

void mc_tally_begin (McTally *self, const McPosition *start);
/* All before @lead exists. */
void mc_tally_extend (McTally *self, const McPosition *lead, gint64 now_us);
/* After mc_tally_extend() for them. */
void mc_tally_deliver (McTally *self, guint32 ordinal, guint n_messages);
/* At due_us or later. How many are lost; -1: the sender errs. */
gint64 mc_tally_close (McTally *self, const McPosition *lead, gint64 now_us);
/* Closes everything, also messages that have begun. */
gint64 mc_tally_end (McTally *self, const McPosition *lead);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/hein-call.h"
#include "core/hein-core-state.h"
#include "core/hein-send.h"
#include "hein-ask-table.h"
#include "hein-ask-words.h"

/* The requests of a bus that are pending, for the files that ask. */

G_BEGIN_DECLS

/* What a request is about. */
typedef struct
{
  const HeinSending *sending;
  int timeout_ms; /* negative: until the last of the peers is gone */
  /* how many answers of each peer may wait; 0: a single answer is wanted */
  guint credit;
  GAsyncReadyCallback reply; /* gets each of many answers */
  gboolean asks_all;         /* everybody, whatever the strategy */
} HeinQuestion;

/*
 * A request may be sent to several peers, each of which has a leg of it. If a
 * single answer is wanted, it ends with the first, or with the error of the
 * last leg. If many are wanted, it ends with the last leg, and each peer has a
 * credit: how many answers it may give before more are asked for. Its number is
 * never used again, and the first number cannot be guessed, so that an answer
 * to another bus, or to an earlier request, is not taken for one; and an answer
 * counts only when it comes from a peer that was asked.
 */

typedef struct _HeinAsked HeinAsked;

/* The requests to one peer that are pending. */
typedef struct
{
  HeinPeer *peer; /* owned */
  GQueue legs;    /* HeinAskLeg by in_peer */
} HeinAskedPeer;

typedef struct
{
  HeinAsked *asked;
  gconstpointer peer; /* whom it is of: only compared, it may be gone */
  HeinAskedPeer *of; /* NULL once the peer has answered, or is not waited for */
  GList in_peer;
  /* where many answers are wanted */
  guint credit; /* how many may come */
  guint n_owed; /* how many have been taken, for which there is no credit yet */
} HeinAskLeg;

struct _HeinAsked
{
  HeinAskEntry entry; /* with the number of the request */
  guint n_refs;       /* owner's thread; one is of by_id */
  HeinCore *core;     /* borrowed: the call keeps the bus alive */
  HeinCall *call;     /* owned; NULL once the request is over */
  HeinTimer timer;
  int timeout_ms;
  guint credit;              /* of each leg; 0: a single answer is wanted */
  GAsyncReadyCallback reply; /* gets each of many answers */
  GError *error;             /* owned, nullable: of a leg that has failed */
  guint n_ended;             /* legs that ended without an error */
  guint n_open;
  guint n_legs;
  HeinAskLeg legs[]; /* sorted by peer: each of ten thousand may answer */
};

struct _HeinAsker
{
  HeinCore *core;
  HeinAskTable by_id; /* owned HeinAsked by entry */
  GHashTable *peers;  /* borrowed HeinPeer -> owned HeinAskedPeer */
  guint64 next_id;
  HeinAskedPeer *found; /* the one that was looked for last; nullable */
  HeinPeerWatch watch;
  HeinAskWords *words; /* owned */

  /* reused for choosing peers; NULL while a request is choosing */
  HeinSelection *selection;
  GPtrArray *askable; /* owned HeinPeer */
};

/* ---- peers ---- */

void hein_asked_peer_free (gpointer data);
/* Returns NULL when nothing was asked of @peer. */
HeinAskedPeer *hein_asker_find_peer (HeinAsker *self, HeinPeer *peer);

/* ---- requests ---- */

/* Makes a request of all @peers, which are sorted by it. Takes ownership of
 * @call. */
HeinAsked *hein_asked_new (HeinAsker *self,
                           HeinCall *call,
                           GPtrArray *peers,
                           const HeinQuestion *question);
HeinAsked *hein_asked_acquire (HeinAsked *self);
void hein_asked_release (HeinAsked *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinAsked, hein_asked_release)
/* Returns the leg of @peer if it is open. */
HeinAskLeg *hein_asked_find_leg (HeinAsked *asked, HeinPeer *peer);
/* Ends a request, and cancels the legs that have not answered. Returns the
 * call, which the caller has to complete. */
HeinCall *hein_asked_forget (HeinAsked *asked);
/* Takes ownership of @error. */
void hein_asked_fail (HeinAsked *asked, GError *error);

/* ---- legs ---- */

void hein_ask_leg_close (HeinAskLeg *leg);
/* Takes ownership of @error. Other legs may still be answered. */
void hein_ask_leg_fail (HeinAskLeg *leg, GError *error);
/* The same, and cancels at a peer that would give more answers. */
void hein_ask_leg_break (HeinAskLeg *leg, GError *error);
void hein_ask_leg_end (HeinAskLeg *leg);

G_END_DECLS

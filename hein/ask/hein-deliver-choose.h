/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"
#include "core/hein-send.h"
#include "hein-deliver-peers.h"

/* Choosing the peers that a message is delivered to. */

G_BEGIN_DECLS

typedef enum
{
  HEIN_CHOSEN_NONE,  /* with an error */
  HEIN_CHOSEN_PEERS, /* those and no others */
  HEIN_CHOSEN_ONLY,  /* `one` and no others */
  HEIN_CHOSEN_ONE,   /* `one`; another one would do as well */
  HEIN_CHOSEN_LATER  /* none of them takes another message now */
} HeinChosen;

typedef struct
{
  HeinSelection *selection; /* of the strategy */
  HeinPeer *one;            /* owned: where one was chosen */
  GPtrArray *able;          /* owned HeinPeer, where several may be chosen */
  GPtrArray *unable;        /* owned HeinPeer that cannot acknowledge */
} HeinDeliverChoice;

HeinDeliverChoice *hein_deliver_choice_new (void);
/* Empties it, to be used again. */
void hein_deliver_choice_clear (HeinDeliverChoice *self);
void hein_deliver_choice_free (HeinDeliverChoice *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinDeliverChoice, hein_deliver_choice_free)

/* Adds the peers that @sending chooses to @choice. NONE: NO_PEER, or FAILED
 * when none of them can acknowledge. */
HeinChosen hein_deliver_choose (HeinCore *self,
                                HeinDeliverPeers *peers,
                                const HeinSending *sending,
                                HeinDeliverChoice *choice,
                                GError **error);
/* Returns the error of a peer that cannot acknowledge. (transfer full) */
GError *hein_deliver_make_unable_error (HeinPeer *peer);

G_END_DECLS

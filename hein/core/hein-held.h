/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "base/hein-call.h"
#include "hein-send.h"

G_BEGIN_DECLS

typedef struct _HeinWay HeinWay;

/* A message that waits for a peer or for room, or comes from another thread. */
typedef struct
{
  HeinSending sending; /* owns what is in it */
  gsize cost;
  HeinCall *call;    /* owned: ends when it is given; NULL: none */
  gboolean is_stuck; /* it waits for room, not for a peer */
  GPtrArray *stuck;  /* owned HeinPeer that it is for; NULL: for all */
  HeinWay *way;      /* borrowed: while it stands in it; NULL: in none */
} HeinHeld;

/* Whether something waits that goes first. */
gboolean hein_held_must_hold (HeinCore *self, const HeinSending *sending);
/* It waits for a peer, within a limit. */
gboolean
hein_held_hold (HeinCore *self, const HeinSending *sending, GError **error);

/* Gives it to whom it is for, behind what waits already. */
static inline HeinTried
hein_held_try (HeinCore *self, const HeinSending *sending, GError **error)
{
  if (G_UNLIKELY (self->held.n_held > 0 || self->host.encoding.link != NULL) &&
      hein_held_must_hold (self, sending))
    return HEIN_TRIED_WAITS;
  return hein_send_try (self, sending, error);
}

/* The same; it is held for a peer within a limit. */
static inline gboolean
hein_send_message (HeinCore *self, const HeinSending *sending, GError **error)
{
  const HeinTried tried = hein_held_try (self, sending, error);

  if (G_UNLIKELY (tried == HEIN_TRIED_WAITS))
    return hein_held_hold (self, sending, error);
  return tried == HEIN_TRIED_GIVEN;
}

/* From another thread. */
gboolean
hein_send_post (HeinCore *self, const HeinSending *sending, GError **error);
/* What @peer, who is gone, has not confirmed; @chooser: NULL for that of the
 * bus. */
void hein_send_again (HeinCore *self,
                      HeinPeer *peer,
                      HeinStrategy *chooser,
                      HeinMessage *message,
                      HeinAudience audience);
/* What the owner sends from now on goes behind what is in the ingress. */
void hein_send_fall_behind (HeinCore *self);
/* Before a call of the owner that cannot: takes in all of it. */
void hein_send_catch_up (HeinCore *self);
/* Takes in what other threads sent, until @end_us of the monotonic clock; FALSE
 * when there is more. */
gboolean hein_send_ingest (HeinCore *self, gint64 end_us);
/* Tries again what waited for peers or for room. */
void hein_send_retry (HeinCore *self);
/* Gives what waits for room to whom it is for, without. */
void hein_held_force (HeinCore *self);
/* For a call that ends when it was given, or taken in. Takes @call. */
void hein_send_call (HeinCore *self, HeinCall *call, HeinMessage *message);
/* The bus closes: nothing waits any more. */
void hein_send_clear (HeinCore *self);
void hein_held_free (HeinHeld *self);

G_END_DECLS

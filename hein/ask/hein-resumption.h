/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"

/* Whether a peer that comes is one that was cut off before. */

G_BEGIN_DECLS

/*
 * The other end of deliveries, over all of its connections. A bus that comes
 * again has the same instance, the same name if it has one of its own, and has
 * proved the same. Whoever only says that it is the one does not get what was
 * for the other.
 */
typedef struct
{
  char *key;      /* owned: of a table; one for each name */
  char *instance; /* owned */
  char *security; /* owned, nullable */
} HeinResumption;

typedef enum
{
  HEIN_RESUMPTION_SAME,
  HEIN_RESUMPTION_RESTARTED, /* another process has its name now */
  HEIN_RESUMPTION_STRANGER   /* it has not proved what the one had */
} HeinResumptionVerdict;

/* What a cut connection costs in memory-limit, beside what was delivered. */
#define HEIN_RESUMPTION_COST 512

/* Returns whether deliveries from and to @peer can go on after a cut. */
gboolean hein_resumption_is_possible (HeinPeer *peer);
/* Returns whether @peer goes because it is cut off: neither side wanted it. */
gboolean hein_resumption_is_cut (HeinCore *core, HeinPeer *peer);
/* (transfer full) */
char *hein_resumption_dup_key (HeinPeer *peer);
void hein_resumption_init (HeinResumption *self, HeinPeer *peer);
void hein_resumption_clear (HeinResumption *self);
/* @peer has the key of @self. */
HeinResumptionVerdict hein_resumption_compare (const HeinResumption *self,
                                               HeinPeer *peer);
/* Ends the connection of a peer that says what cannot be. */
void hein_resumption_reject (HeinPeer *peer, const char *format, ...)
  G_GNUC_PRINTF (2, 3);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "trust-ends.h"

/* Two sides that make their keys known to each other by a code. */

G_BEGIN_DECLS

/* A code that nobody has. */
#define OTHER_CODE "AAAA-AAAA-AAAA-AAAA"

/* One side, which has its files in the folder of the ends. */
typedef struct
{
  HeinPairing *pairing;
  char *identity;
  char *peers;
  GCancellable *cancellable;
  gboolean is_done;
  char *other; /* owned: the name of the other side */
  GError *error;
} PairingSide;

PairingSide *
pairing_side_new (TrustEnds *ends, const char *file, const char *name);
void pairing_side_free (PairingSide *self);
void pairing_side_on_listened (GObject *object,
                               GAsyncResult *result,
                               gpointer user_data);
void pairing_side_listen (PairingSide *self);
void
pairing_side_dial (PairingSide *self, const char *address, const char *code);
void pairing_side_dial_to (PairingSide *self, PairingSide *hub);
void pairing_sides_wait (PairingSide *a, PairingSide *b);
/* Its file of peers has this one name, and the key of @of; @name is NULL: there is
 * no file. */
void pairing_side_assert_peers (PairingSide *self,
                                const char *name,
                                PairingSide *of);
void pairing_assert_has (const GError *error, const char *words);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PairingSide, pairing_side_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../plugins/protocols/tinyproto/hein-tinyproto.h"
#include "recording-wire.h"

G_BEGIN_DECLS

/*
 * Two tinyproto that speak with each other without sockets, in virtual time. A
 * side is what a connection of a bus is for a protocol: messages wait while it
 * holds them, control bytes go out before a message that has not begun, pipes
 * take only so much, and what is read comes in any pieces.
 */
typedef struct
{
  Recorder *recorder; /* owned */
  guint n_said;       /* given to it: numbered payloads */
  guint n_encoded;
  GByteArray *control;
  GByteArray *message; /* of the queue: the LEN that encode put */
  guint message_sent;
  GByteArray *pipe; /* to the other side */
  gsize capacity;   /* of the pipe */
  gboolean is_blocked;
  gint64 tick_us;
} PairSide;

typedef struct
{
  PairSide sides[2]; /* the first one has dialled */
  GRand *rand;
  gint64 now_us;
  gint64 step_max_us; /* between two turns */
} Pair;

Pair *tiny_pair_new (guint32 seed, guint turn_ms, gsize capacity);
void tiny_pair_free (Pair *self);
/* The application sends so many more. */
void pair_say (Pair *self, guint side, guint n);
/* One turn of one side, that chance chooses. */
void pair_turn (Pair *self);
/* What came to @side, checked for order and content. */
guint pair_count_heard (Pair *self, guint side);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pair, tiny_pair_free)

G_END_DECLS

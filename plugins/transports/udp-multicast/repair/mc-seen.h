/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MC_SEEN_BITS 8192

typedef enum
{
  MC_SEEN_NEW,
  MC_SEEN_BEFORE,
  MC_SEEN_TOO_LATE /* nobody knows */
} McSeenResult;

/* Which of the last numbers were there. */
typedef struct
{
  guint64 bits[MC_SEEN_BITS / 64];
  guint64 first; /* anything before it is too late */
  guint64 end;   /* one past the highest */
  guint64 n_missing;
} McSeen;

void mc_seen_begin (McSeen *self, guint64 first);
/* All numbers below @end exist: those that were not there are missing. */
void mc_seen_extend (McSeen *self, guint64 end);
McSeenResult mc_seen_add (McSeen *self, guint64 dseq);

G_END_DECLS

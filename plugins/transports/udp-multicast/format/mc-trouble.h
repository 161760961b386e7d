/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "socket/mc-socket.h"

G_BEGIN_DECLS

/*
 * Datagrams that do not fit this end, most often since the two ends are not set
 * up alike: counted by reason, and told to a person once a minute at most,
 * however many come. The time is handed in.
 */
#define MC_TROUBLE_INTERVAL_US (60 * G_USEC_PER_SEC)

typedef enum
{
  MC_TROUBLE_OTHER_KEY,     /* its id is unknown */
  MC_TROUBLE_WORN_KEY,      /* under which too much was forged */
  MC_TROUBLE_TAG,           /* damaged or forged */
  MC_TROUBLE_CIPHER,        /* encrypted with another one */
  MC_TROUBLE_NO_KEY,        /* encrypted, and there is no key here */
  MC_TROUBLE_NOT_ENCRYPTED, /* and there is a key here */
  MC_TROUBLE_FORMAT,        /* of another format */
  MC_TROUBLE_VERSION,       /* of an earlier or later version of it */
  MC_TROUBLE_MODE,          /* of a member with another `reliable` */
  MC_TROUBLE_MULTISOCK,     /* multisock's, and not decrypted */
  MC_N_TROUBLES
} McTroubleKind;

typedef struct
{
  guint64 counts[MC_N_TROUBLES]; /* since it was told last */
  guint64 n;
  McAddress from;       /* of the last one */
  gint64 not_before_us; /* 0: it was never told */
} McTrouble;

void
mc_trouble_count (McTrouble *self, McTroubleKind kind, const McAddress *from);
/* (transfer full) (nullable): the text to report now; NULL for nothing. */
GError *mc_trouble_take (McTrouble *self, gint64 now_us);
/* When to ask again; G_MAXINT64: when something was counted. */
gint64 mc_trouble_get_due (const McTrouble *self);
/* Both: tells it by @transport. Returns when to call it again. */
gint64
mc_trouble_tick (McTrouble *self, HeinTransport *transport, gint64 now_us);

G_END_DECLS

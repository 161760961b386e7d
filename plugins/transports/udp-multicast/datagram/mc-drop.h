/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What became of a datagram that came. */
typedef enum
{
  MC_OPENED,
  MC_DROP_SHORT,
  MC_DROP_LONG,    /* over what UDP carries, or the caller's buffer */
  MC_DROP_MAGIC,   /* not of this format */
  MC_DROP_VERSION, /* an earlier or later one */
  MC_DROP_SUITE,   /* unknown, not supported here, or not what was agreed on */
  MC_DROP_FLAGS,
  MC_DROP_SEQ,         /* 0, or beyond what a sender may send */
  MC_DROP_OWN,         /* it came back to its sender */
  MC_DROP_OTHER,       /* it is for another member alone */
  MC_DROP_UNKNOWN_KEY, /* or one whose time it is not */
  MC_DROP_WORN_KEY,    /* under this key too much was forged */
  MC_DROP_REPLAY,      /* it came before */
  MC_DROP_TOO_OLD,     /* it may have come before */
  MC_DROP_ENDED,       /* its sender has said goodbye */
  MC_DROP_FORGED,      /* damaged, or not sealed with this key */
  MC_DROP_LIMIT,       /* too many senders, or too much held for one */
  MC_DROP_UNANSWERED,  /* held, but its sender did not prove that it lives */
  MC_N_DROPS
} McDrop;

/* For a group's statistics: a word or two. */
const char *mc_drop_get_text (McDrop drop);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-drop.h"

/* The words for each verdict, for logs and statistics. */

const char *
mc_drop_get_text (McDrop drop)
{
  static const char *const texts[] = {
    [MC_OPENED] = "opened",
    [MC_DROP_SHORT] = "too short",
    [MC_DROP_LONG] = "too long",
    [MC_DROP_MAGIC] = "not of hein",
    [MC_DROP_VERSION] = "of another version",
    [MC_DROP_SUITE] = "wrong suite",
    [MC_DROP_FLAGS] = "unknown flags",
    [MC_DROP_SEQ] = "impossible number",
    [MC_DROP_OWN] = "own",
    [MC_DROP_OTHER] = "for another",
    [MC_DROP_UNKNOWN_KEY] = "unknown key",
    [MC_DROP_WORN_KEY] = "worn key",
    [MC_DROP_REPLAY] = "replayed",
    [MC_DROP_TOO_OLD] = "too old",
    [MC_DROP_ENDED] = "of an ended sender",
    [MC_DROP_FORGED] = "forged",
    [MC_DROP_LIMIT] = "over a limit",
    [MC_DROP_UNANSWERED] = "of a silent sender",
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (texts) == MC_N_DROPS);
  return texts[drop];
}

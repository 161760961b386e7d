/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-post-verdict.h"

#include <hein/hein-error.h>
#include <hein/hein-peer.h>

#include "link/hein-peer-state.h"

/* Judges receipts: what may help is to deliver again, until somebody has said
 * that the message is not wanted. */

static HeinVerdict
judge_error (const GError *error)
{
  /* nothing else ends it by time */
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT))
    return HEIN_VERDICT_EXPIRED;
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE))
    return HEIN_VERDICT_REFUSED;
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_NO_PEER))
    return HEIN_VERDICT_NOBODY;
  /* peers that cannot acknowledge, a strategy that fails, a limit */
  return HEIN_VERDICT_PAUSE;
}

static HeinVerdict
judge_peer (HeinReceipt *receipt, guint i)
{
  const HeinPeer *peer = hein_receipt_get_peer (receipt, i);
  const GError *error = hein_receipt_get_error (receipt, i);

  if (error == NULL)
    return HEIN_VERDICT_SETTLED;
  if (peer != NULL && peer->wants.credit == 0)
    return HEIN_VERDICT_NOBODY; /* it cannot acknowledge */
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT))
    return HEIN_VERDICT_EXPIRED;
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
    return HEIN_VERDICT_PAUSE;
  if (hein_receipt_get_outcome (receipt, i) == HEIN_OUTCOME_UNKNOWN ||
      g_error_matches (error, HEIN_ERROR, HEIN_ERROR_CLOSED) ||
      g_error_matches (error, HEIN_ERROR, HEIN_ERROR_NO_PEER))
    return HEIN_VERDICT_AGAIN;
  return HEIN_VERDICT_REFUSED;
}

HeinVerdict
hein_verdict_of (HeinReceipt *receipt, const GError *error)
{
  guint n_of[HEIN_VERDICT_PAUSE + 1] = { 0 };

  if (receipt == NULL)
    return judge_error (error);
  for (guint i = 0; i < hein_receipt_get_n_peers (receipt); i++)
    n_of[judge_peer (receipt, i)]++;
  if (n_of[HEIN_VERDICT_PAUSE] > 0)
    return HEIN_VERDICT_PAUSE;
  if (n_of[HEIN_VERDICT_AGAIN] > 0)
    return HEIN_VERDICT_AGAIN;
  if (n_of[HEIN_VERDICT_REFUSED] > 0)
    return HEIN_VERDICT_REFUSED;
  if (n_of[HEIN_VERDICT_EXPIRED] > 0)
    return HEIN_VERDICT_EXPIRED;
  return n_of[HEIN_VERDICT_SETTLED] > 0 ? HEIN_VERDICT_SETTLED
                                        : HEIN_VERDICT_NOBODY;
}

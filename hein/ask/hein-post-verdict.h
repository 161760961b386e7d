/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-receipt.h>

/* What is to be done with a message of a spool after it was delivered. */

G_BEGIN_DECLS

typedef enum
{
  HEIN_VERDICT_SETTLED, /* all who were there have handled it */
  HEIN_VERDICT_REFUSED, /* somebody will not handle it */
  HEIN_VERDICT_EXPIRED,
  HEIN_VERDICT_AGAIN,  /* somebody may not have handled it */
  HEIN_VERDICT_NOBODY, /* nobody is there that could */
  HEIN_VERDICT_PAUSE   /* there is no room, or it is being handled */
} HeinVerdict;

/* @receipt nullable: then @error says why there is none. */
HeinVerdict hein_verdict_of (HeinReceipt *receipt, const GError *error);

G_END_DECLS

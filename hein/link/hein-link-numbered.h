/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-state.h"

/* Sending a delivery over a link, without a copy of its message. */

G_BEGIN_DECLS

typedef struct
{
  HeinMessage *message; /* without attributes */
  guint64 number;
  guint32 left_ms; /* how long its sender waits; 0: there is no limit */
} HeinNumbered;

/* FALSE: not now, or the protocol wants a message that has the number. */
gboolean hein_link_send_numbered (HeinLink *self,
                                  const HeinNumbered *numbered,
                                  HeinEncodePlace place,
                                  HeinOverflow overflow);

G_END_DECLS

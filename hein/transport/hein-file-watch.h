/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "io/hein-loop.h"

/* When files that may change are looked at. */

G_BEGIN_DECLS

/* How often. A change has to stay for one look, so that a file that is being
 * written is not read: at most two such intervals pass until it is. */
#define HEIN_FILE_WATCH_US (G_USEC_PER_SEC * 2 / 5)

/* At the same moment for all files, to wake the process only once. */
static inline void
hein_file_watch_arm (HeinLoop *loop, HeinTimer *timer)
{
  const gint64 now_us = hein_loop_get_now_us (loop);

  hein_loop_arm (loop, timer,
                 (now_us / HEIN_FILE_WATCH_US + 1) * HEIN_FILE_WATCH_US);
}

G_END_DECLS

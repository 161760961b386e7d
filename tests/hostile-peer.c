/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hostile-peer.h"

/* What no peer says, to any protocol. */

void
hostile_assert_fails (Recorder *self, const HostileCase *cases, guint index)
{
  const HostileCase *which = &cases[index];

  recorder_feed (self, (const guint8 *) which->said, which->size);
  if (self->failure == NULL)
    g_error ("case %u: \"%s\" is taken", index, which->reason);
  recorder_assert_failed (self, HEIN_ERROR_PROTOCOL, which->reason);
}

void
hostile_change_each (Recorder *(*start) (void),
                     const char *said,
                     gsize size,
                     guint most)
{
  for (gsize at = 0; at < size; at++)
    for (guint value = 0; value < 256; value++)
      {
        g_autoptr (Recorder) self = start ();
        g_autofree guint8 *bad = g_memdup2 (said, size);

        bad[at] = value;
        recorder_feed (self, bad, size);
        g_assert_cmpuint (self->delivered->len, <=, most);
      }
}

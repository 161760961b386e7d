/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-recorder.h"

/* ZMTP on a recording wire, for tests of it byte for byte. */

Recorder *
zmtp_recorder_new (gboolean dialled, const char *note)
{
  return recorder_new (g_object_new (HEIN_TYPE_ZMTP, NULL), dialled, "spock",
                       note);
}

void
zmtp_recorder_feed (Recorder *self, const char *data, gsize size)
{
  recorder_feed (self, (const guint8 *) data, size);
}

Recorder *
zmtp_recorder_meet (const char *ready, gsize size)
{
  Recorder *self = zmtp_recorder_new (FALSE, NULL);
  g_autoptr (GBytes) written = NULL;

  FEED (self, GREETING);
  zmtp_recorder_feed (self, ready, size);
  written = recorder_take_written (self);
  return self;
}

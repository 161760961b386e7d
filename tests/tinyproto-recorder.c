/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tinyproto-recorder.h"

#include <string.h>

Recorder *
tinyproto_recorder_new (gboolean dialled, const char *first_option, ...)
{
  GObject *protocol;
  va_list options;

  va_start (options, first_option);
  protocol = g_object_new_valist (HEIN_TYPE_TINYPROTO, first_option, options);
  va_end (options);
  return recorder_new (HEIN_PROTOCOL (protocol), dialled, "spock", NULL);
}

Recorder *
tinyproto_recorder_open (gboolean dialled)
{
  Recorder *self = tinyproto_recorder_new (dialled, "turn-ms", 0, NULL);

  WRITTEN (self, "\xff");
  FEED (self, "\xff");
  g_assert_true (self->is_ready);
  return self;
}

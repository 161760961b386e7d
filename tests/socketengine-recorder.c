/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "socketengine-recorder.h"

#include <string.h>

Recorder *
socketengine_recorder_new (gboolean dialled, const char *first_option, ...)
{
  GObject *protocol;
  va_list options;

  va_start (options, first_option);
  protocol =
    g_object_new_valist (HEIN_TYPE_SOCKETENGINE, first_option, options);
  va_end (options);
  return recorder_new (HEIN_PROTOCOL (protocol), dialled, "spock", NULL);
}

Recorder *
socketengine_recorder_open (void)
{
  Recorder *self = socketengine_recorder_new (TRUE, NULL);

  WRITTEN (self, NAME);
  g_assert_true (self->is_ready);
  return self;
}

guint
socketengine_recorder_count_logged (Recorder *self, const char *text)
{
  guint n = 0;

  for (const char *p = self->log->str; (p = strstr (p, text)) != NULL; p++)
    n++;
  return n;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-recorder.h"

#include <string.h>

Recorder *
nats_recorder_new (void)
{
  return recorder_new (g_object_new (HEIN_TYPE_NATS, NULL), TRUE, "spock",
                       NULL);
}

void
nats_recorder_forget (Recorder *self)
{
  g_bytes_unref (recorder_take_written (self));
}

void
nats_recorder_subscribe (Recorder *self, const char *prefix, gboolean wanted)
{
  HEIN_PROTOCOL_GET_CLASS (self->protocol)
    ->subscription (self->protocol, self->wire, prefix, wanted);
}

void
nats_recorder_pattern (Recorder *self, const char *pattern, gboolean wanted)
{
  g_assert_true (HEIN_PROTOCOL_GET_CLASS (self->protocol)
                   ->pattern (self->protocol, self->wire, pattern, wanted));
}

static Recorder *
open_with (const char *info)
{
  Recorder *self = nats_recorder_new ();

  recorder_feed (self, (const guint8 *) info, strlen (info));
  FEED (self, PONG);
  g_assert_no_error (self->failure);
  g_assert_true (self->is_ready);
  nats_recorder_subscribe (self, "", TRUE);
  nats_recorder_forget (self);
  return self;
}

Recorder *
nats_recorder_open (void)
{
  return open_with (INFO);
}

Recorder *
nats_recorder_open_headers (void)
{
  return open_with (INFO_HEADERS);
}

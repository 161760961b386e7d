/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

#include "tcp/hein-tcp.h"

/* State, not a queue: a value that was not sent yet is replaced by a newer one,
 * and a newcomer gets the current values first. Both are done by the core, and
 * are the defaults here. */
struct _HeinChannel
{
  HeinStreamTransport parent_instance;
};

#define HEIN_TYPE_CHANNEL (hein_channel_get_type ())
G_DECLARE_FINAL_TYPE (
  HeinChannel, hein_channel, HEIN, CHANNEL, HeinStreamTransport)
G_DEFINE_FINAL_TYPE (HeinChannel, hein_channel, HEIN_TYPE_STREAM_TRANSPORT)

static void
hein_channel_class_init (HeinChannelClass *class)
{
  hein_tcp_class_install (HEIN_STREAM_TRANSPORT_CLASS (class));
}

static void
hein_channel_init (HeinChannel *self)
{
  g_object_set (self, "overflow", HEIN_OVERFLOW_LATEST, "retain", TRUE, NULL);
}

HEIN_PLUGIN_DEFINE (HeinChannel,
                    hein_channel,
                    TRANSPORT,
                    "channel",
                    "channel",
                    "State over TCP: the latest value of each topic")

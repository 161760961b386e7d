/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

#include "options/hein-options.h"
#include "tcp/hein-tcp.h"

/* State, not a queue: a value that was not sent yet is replaced by a newer one,
 * and a newcomer gets the current values first. Both are done by the core, and
 * are the defaults here. */
struct _HeinChannel
{
  HeinStreamTransport parent_instance;

  guint port_scan;
};

#define HEIN_TYPE_CHANNEL (hein_channel_get_type ())
G_DECLARE_FINAL_TYPE (
  HeinChannel, hein_channel, HEIN, CHANNEL, HeinStreamTransport)
G_DEFINE_FINAL_TYPE (HeinChannel, hein_channel, HEIN_TYPE_STREAM_TRANSPORT)

static const HeinOptionEntry options[] = {
  HEIN_TCP_PORT_SCAN (HeinChannel, port_scan),
  { .name = "overflow",
    .kind = HEIN_OPTION_CHOICE,
    .is_inherited = TRUE,
    .get_type = hein_overflow_get_type,
    .value = HEIN_OVERFLOW_LATEST },
  { .name = "retain",
    .kind = HEIN_OPTION_FLAG,
    .is_inherited = TRUE,
    .value = TRUE },
  { NULL },
};

static void
hein_channel_class_init (HeinChannelClass *class)
{
  hein_tcp_class_install (HEIN_STREAM_TRANSPORT_CLASS (class));
  hein_options_install (G_OBJECT_CLASS (class), options);
}

static void
hein_channel_init (HeinChannel *self)
{
  hein_options_init (self, options);
}

HEIN_PLUGIN_DEFINE (HeinChannel,
                    hein_channel,
                    TRANSPORT,
                    "channel",
                    "channel",
                    "State over TCP: the latest value of each topic")

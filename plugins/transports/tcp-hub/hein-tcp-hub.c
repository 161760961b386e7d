/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

#include "options/hein-options.h"
#include "tcp/hein-tcp.h"

/* Addresses only: connecting, queues, limits and names are the core's. */
struct _HeinTcpHub
{
  HeinStreamTransport parent_instance;

  guint port_scan;
};

#define HEIN_TYPE_TCP_HUB (hein_tcp_hub_get_type ())
G_DECLARE_FINAL_TYPE (
  HeinTcpHub, hein_tcp_hub, HEIN, TCP_HUB, HeinStreamTransport)
G_DEFINE_FINAL_TYPE (HeinTcpHub, hein_tcp_hub, HEIN_TYPE_STREAM_TRANSPORT)

static const HeinOptionEntry options[] = {
  HEIN_TCP_PORT_SCAN (HeinTcpHub, port_scan),
  { NULL },
};

static void
hein_tcp_hub_class_init (HeinTcpHubClass *class)
{
  hein_tcp_class_install (HEIN_STREAM_TRANSPORT_CLASS (class));
  hein_options_install (G_OBJECT_CLASS (class), options);
}

static void
hein_tcp_hub_init (HeinTcpHub *self)
{
  hein_options_init (self, options);
}

HEIN_PLUGIN_DEFINE (HeinTcpHub,
                    hein_tcp_hub,
                    TRANSPORT,
                    "tcp",
                    "tcp",
                    "Many peers both ways over TCP, IPv4 and IPv6")

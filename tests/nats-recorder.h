/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../plugins/protocols/nats/hein-nats.h"
#include "recording-wire.h"

G_BEGIN_DECLS

/* A recording wire that speaks NATS as a client, and what a server says. */
#define INFO "INFO {\"proto\":1,\"max_payload\":65536}\r\n"
#define INFO_HEADERS                                                           \
  "INFO {\"proto\":1,\"max_payload\":65536,\"headers\":true}\r\n"
#define PONG "PONG\r\n"

/* Of a bus that is called spock. */
Recorder *nats_recorder_new (void);
/* The server has accepted it, and it has subscribed to everything, as number 1. */
Recorder *nats_recorder_open (void);
/* The same of one that has headers. */
Recorder *nats_recorder_open_headers (void);
void nats_recorder_forget (Recorder *self);
void
nats_recorder_subscribe (Recorder *self, const char *prefix, gboolean wanted);
void
nats_recorder_pattern (Recorder *self, const char *pattern, gboolean wanted);

G_END_DECLS

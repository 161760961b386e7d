/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../plugins/protocols/zmtp/hein-zmtp.h"
#include "recording-wire.h"

G_BEGIN_DECLS

/*
 * A recording wire that speaks ZMTP, and how a peer begins. A script of the
 * peer is written as C strings.
 */
#define GREETING_BEGIN "\xff\0\0\0\0\0\0\0\0\x7f\3"
#define GREETING_REST                                                          \
  "\1NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"                                     \
  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define GREETING       GREETING_BEGIN GREETING_REST
#define OTHER_INSTANCE "ffeeddccbbaa99887766554433221100"
#define HEIN_READY                                                             \
  "\4\x6d\5READY\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0\4kirk"           \
  "\6X-Hein\0\0\0\1"                                                           \
  "1\17X-Hein-Instance\0\0\0\40" OTHER_INSTANCE

/* a READY of a plain peer: only the type and its size vary */
#define READY(size, type_size, type)                                           \
  "\4" size "\5READY\13Socket-Type\0\0\0" type_size type
#define READY_PUB    READY ("\x19", "\3", "PUB")
#define READY_SUB    READY ("\x19", "\3", "SUB")
#define READY_REQ    READY ("\x19", "\3", "REQ")
#define READY_REP    READY ("\x19", "\3", "REP")
#define READY_PULL   READY ("\x1a", "\4", "PULL")
#define READY_DEALER READY ("\x1c", "\6", "DEALER")
#define READY_ROUTER READY ("\x1c", "\6", "ROUTER")

/* Of a bus that is called spock. @note: of an earlier connection, nullable. */
Recorder *zmtp_recorder_new (gboolean dialled, const char *note);
void zmtp_recorder_feed (Recorder *self, const char *data, gsize size);
/* A session with a peer that said @ready, what was written thrown away. */
Recorder *zmtp_recorder_meet (const char *ready, gsize size);

#define MEET(literal) zmtp_recorder_meet (literal, sizeof (literal) - 1)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../plugins/protocols/aiomsg/hein-aiomsg.h"
#include "recording-wire.h"

G_BEGIN_DECLS

/*
 * A recording wire that speaks aiomsg, and bytes that a peer says.
 */
#define ID        "\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf"
#define HELLO     "\0\0\0\x12\1\1" ID
#define HEARTBEAT "\0\0\0\1\2"
#define M_HELLO   "\0\0\0\x10" ID
#define M_HEARTBEAT                                                            \
  "\0\0\0\x10"                                                                 \
  "aiomsg-heartbeat"
#define S_HEARTBEAT                                                            \
  "\0\0\0\x16"                                                                 \
  "aiosmartsock-heartbeat"
#define HELLO_WORLD "\0\0\0\7\3hello!"
#define ACK(id)     "\0\0\0\x11\5" id
/* What the recording wire has for randomness, counted. */
#define SENT_ID(n) "\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0" n

typedef struct
{
  AiomsgDialect dialect;
  AiomsgGuarantee guarantee;
  gboolean is_dialled;
} AiomsgSetup;

Recorder *aiomsg_recorder_new_as (const char *name, AiomsgSetup setup);
Recorder *aiomsg_recorder_new (AiomsgDialect dialect, gboolean dialled);
void aiomsg_recorder_forget (Recorder *self);
Recorder *aiomsg_recorder_open_with (AiomsgDialect dialect,
                                     AiomsgGuarantee guarantee);
Recorder *aiomsg_recorder_open (AiomsgDialect dialect);
/* With at-least-once. */
Recorder *aiomsg_recorder_open_sure (AiomsgDialect dialect);
void
aiomsg_recorder_assert_failed (Recorder *self, int code, const char *reason);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/hein-call.h"
#include "core/hein-core-state.h"
#include "core/hein-send.h"

G_BEGIN_DECLS

/* Outstanding requests of a bus, and of them at one peer. */
#define HEIN_ASKER_MAX          65536
#define HEIN_ASKER_MAX_PER_PEER 16384

/* Asks those whom @sending chooses; the first answer is the result of @call, a
 * HeinMessage. Takes @call, which ends within @timeout_ms, negative: for as long as
 * one of them is there. */
void hein_asker_ask (HeinCore *self,
                     HeinCall *call,
                     const HeinSending *sending,
                     int timeout_ms);
/* An answer of @peer, or what stands for one. Takes @message. FALSE: nobody waits
 * for it. */
gboolean hein_asker_take (HeinCore *self, HeinPeer *peer, HeinMessage *message);
/* Whether @peer was asked @id, and has not answered. */
gboolean hein_asker_awaits (HeinCore *self, HeinPeer *peer, guint64 id);
/* HEIN_EVENT_ANSWER, in its turn. */
void hein_asker_tell (HeinCore *self, HeinCall *call);
guint hein_asker_count (HeinCore *self);
/* The bus goes: all calls have ended. */
void hein_asker_free (HeinCore *self);

G_END_DECLS

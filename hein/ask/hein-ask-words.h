/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"

/* What the asking side says to those that it has asked: that it does not want
 * the answer any more, or that it takes more answers. And what a bus says to
 * those that have delivered messages: which were handled. */

G_BEGIN_DECLS

typedef struct _HeinAskWords HeinAskWords;

HeinAskWords *hein_ask_words_new (HeinCore *core);
/* Sends what is still to be said now, so that the jobs that are about to run
 * write it. */
void hein_ask_words_flush (HeinAskWords *self);
void hein_ask_words_free (HeinAskWords *self);
/* Says @kind and @number about request @id, later in this turn, to a peer that
 * understands it. */
void hein_ask_words_say (
  HeinAskWords *self, HeinPeer *peer, HeinAsk kind, guint64 id, guint32 number);

G_END_DECLS

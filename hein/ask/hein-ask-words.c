/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-ask-words.h"

#include "hein-ask-send.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-receive.h"

/* Sends words about requests and deliveries at the end of a turn. */

typedef struct
{
  HeinPeer *peer; /* owned */
  guint64 id;
  guint32 number;
  HeinAsk kind;
} Word;

struct _HeinAskWords
{
  HeinCore *core;
  GArray *words; /* Word */
  HeinJob job;
};

static void
clear_word (gpointer data)
{
  g_object_unref (((Word *) data)->peer);
}

static GArray *
words_new (void)
{
  GArray *self = g_array_new (FALSE, FALSE, sizeof (Word));

  g_array_set_clear_func (self, clear_word);
  return self;
}

static void
send_word (HeinCore *core, const Word *word)
{
  const HeinMessageAttributes ask = { .ask = word->kind,
                                      .ask_number = word->number,
                                      .ask_id = word->id };
  g_autoptr (HeinMessage) empty = hein_message_new (NULL, NULL);
  g_autoptr (HeinMessage) message =
    hein_message_new_ask (empty, word->peer, &ask, NULL);

  /* may fail: a peer that is gone need not know */
  hein_ask_send (core, message, NULL, NULL, NULL);
}

/* The bus may end meanwhile, and free this. */
static void
run (HeinJob *job)
{
  HeinAskWords *self = HEIN_CONTAINER (job, HeinAskWords, job);
  HeinCore *core = self->core;
  g_autoptr (GArray) words = g_steal_pointer (&self->words);

  self->words = words_new ();
  for (guint i = 0; i < words->len; i++)
    send_word (core, &g_array_index (words, Word, i));
}

HeinAskWords *
hein_ask_words_new (HeinCore *core)
{
  HeinAskWords *self = g_new0 (HeinAskWords, 1);

  self->core = core;
  self->words = words_new ();
  self->job.run = run;
  return self;
}

void
hein_ask_words_flush (HeinAskWords *self)
{
  if (self->words->len == 0)
    return;
  hein_loop_cancel (self->core->host.loop, &self->job);
  run (&self->job);
}

void
hein_ask_words_free (HeinAskWords *self)
{
  hein_loop_cancel (self->core->host.loop, &self->job);
  g_array_unref (self->words);
  g_free (self);
}

/* Returns whether the last word already says what is right before this receipt,
 * so that it can say this, too. */
static inline gboolean
add_to_last (HeinAskWords *self, HeinPeer *peer, guint64 id, guint32 number)
{
  Word *last;

  if (self->words->len == 0)
    return FALSE;
  last = &g_array_index (self->words, Word, self->words->len - 1);
  if (last->peer != peer || last->id + last->number != id ||
      last->kind != HEIN_ASK_RECEIPT)
    return FALSE;
  last->number += number;
  return TRUE;
}

/* Deferred, as there may be something to say while a protocol is reading. */
static G_GNUC_NO_INLINE void
append (HeinAskWords *self, const Word *word)
{
  g_object_ref (word->peer);
  g_array_append_val (self->words, *word);
  hein_loop_defer (self->core->host.loop, &self->job);
  hein_core_want_turn (self->core);
}

void
hein_ask_words_say (
  HeinAskWords *self, HeinPeer *peer, HeinAsk kind, guint64 id, guint32 number)
{
  const gboolean is_receipt = kind == HEIN_ASK_RECEIPT;

  /* who waits for receipts need not understand requests */
  if ((is_receipt || peer->wants.asks >= HEIN_ASKS_ALL) && peer->is_target &&
      !(is_receipt && add_to_last (self, peer, id, number)))
    append (self, &(const Word){ peer, id, number, kind });
}

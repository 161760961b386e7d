/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-acknowledger-resume.h"

#include "core/hein-news.h"
#include "hein-acknowledger-peers.h"
#include "hein-acknowledger.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"

/* Answers a peer that comes again after a cut, and asks which of its deliveries
 * have come, and what became of them. */

typedef struct
{
  guint64 number;
  int code;
  char *why; /* owned */
} Failure;

static void
clear_failure (gpointer data)
{
  g_free (((Failure *) data)->why);
}

/* What is said to a peer that resumes. */
typedef struct
{
  HeinAskWords *words;
  HeinPeer *peer;
  GArray *failures; /* said when the lock is free */
} Repeat;

static void
repeat_handled (gpointer data, guint64 first, guint64 last)
{
  Repeat *self = data;

  /* no more than the peer has asked about, which is a number of 32 bits */
  hein_ask_words_say (self->words, self->peer, HEIN_ASK_RECEIPT, first,
                      (guint32) (last - first + 1));
}

static void
repeat_failed (gpointer data, guint64 number, int code, const char *why)
{
  const Failure failure = { number, code, g_strdup (why) };

  g_array_append_val (((Repeat *) data)->failures, failure);
}

/* Returns the greatest number that has come. */
static guint64
repeat_words (HeinAcknowledged *from,
              HeinPeer *peer,
              guint64 first,
              guint64 last)
{
  static const HeinDeliveredWords words = { repeat_handled, repeat_failed };
  HeinAcknowledger *self = from->owner;
  g_autoptr (GArray) failures = g_array_new (FALSE, FALSE, sizeof (Failure));
  Repeat repeat = { self->words, peer, failures };
  guint64 arrived;

  g_array_set_clear_func (failures, clear_failure);
  g_mutex_lock (&self->lock);
  hein_delivered_repeat (&from->delivered, first, last, &words, &repeat);
  arrived = from->delivered.arrived;
  g_mutex_unlock (&self->lock);
  for (guint i = 0; i < failures->len; i++)
    {
      const Failure *failure = &g_array_index (failures, Failure, i);

      hein_acknowledger_say_failure (self->core, peer, failure->number,
                                     failure->code, failure->why);
    }
  return arrived;
}

void
hein_acknowledger_resume (HeinCore *core, HeinPeer *peer, HeinMessage *word)
{
  g_autoptr (HeinMessage) owned = word;
  HeinAcknowledger *self = hein_acknowledger_get (core);
  const guint64 first = word->extra->attributes.ask_id;
  const guint64 n = word->extra->attributes.ask_number;
  HeinAcknowledged *from;
  guint64 arrived = 0;

  hein_news_count (peer, word);
  if (!hein_resumption_is_possible (peer) || n == 0 ||
      first > G_MAXUINT64 - n ||
      hein_acknowledger_peers_find (self, peer) != NULL)
    {
      hein_resumption_reject (peer, "it resumes deliveries where there is "
                                    "nothing to resume");
      return;
    }
  from = hein_acknowledger_peers_resume (self, peer);
  if (from == NULL)
    {
      /* also when the answer is lost, and it asks again */
      from = hein_acknowledger_peers_get (self, peer);
      from->n_forgotten = first + n - 1;
    }
  from->asked_to = MAX (from->asked_to, first + n - 1);
  if (first > from->n_forgotten)
    arrived = repeat_words (from, peer, first, first + n - 1);
  hein_ask_words_say (self->words, peer, HEIN_ASK_RESUMED, arrived,
                      first > from->n_forgotten);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "load-peer.h"

#include <string.h>

/* Handing out deliveries and requests to workers, in turn. What becomes of each
 * delivery is told before anybody else can know it. */

#define PERIOD_MS  10
#define OPEN_MAX   200
#define TIMEOUT_MS 10000

/* ---- handing out ---- */

typedef struct
{
  LoadPeer *peer;
  guint64 number;
} Errand;

static Errand *
begin_errand (LoadPeer *self)
{
  Errand *errand = g_new (Errand, 1);

  *errand = (Errand){ self, self->n_begun++ };
  self->board->n_open++;
  return errand;
}

/* With a strategy that takes turns there is one peer at most. */
static void
on_receipt (GObject *source, GAsyncResult *result, gpointer data)
{
  static const char *const outcomes[] = { "acknowledged", "failed", "unknown" };
  g_autofree Errand *errand = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinReceipt) receipt =
    hein_bus_deliver_finish (HEIN_BUS (source), result, &error);
  HeinOutcome outcome = HEIN_OUTCOME_FAILED;

  if (receipt != NULL && hein_receipt_get_n_peers (receipt) > 0)
    outcome = hein_receipt_get_outcome (receipt, 0);
  load_tell ("ended %s %" G_GUINT64_FORMAT " %s", errand->peer->name,
             errand->number, outcomes[outcome]);
  errand->peer->board->n_open--;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Errand *errand = data;
  Board *board = errand->peer->board;
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) answer =
    hein_bus_request_finish (HEIN_BUS (source), result, &error);
  LoadText text;

  board->n_open--;
  if (answer == NULL && error->domain == HEIN_ERROR)
    board->n_errors[error->code]++;
  else if (answer == NULL)
    board->n_errors[HEIN_ERROR_FAILED]++;
  else if (!load_text_read (answer, &text) ||
           strcmp (text.life, errand->peer->name) != 0 ||
           text.number != errand->number)
    board->n_damaged++;
  else
    {
      board->n_answered++;
      board_note_latency (board, g_get_monotonic_time () - text.time_us);
    }
}

static void
ask (LoadPeer *self)
{
  Errand *errand = begin_errand (self);
  g_autoptr (HeinMessage) question =
    load_text_new (self, "question", errand->number);

  self->board->n_asked++;
  hein_bus_request_async (self->bus, question, TIMEOUT_MS, NULL, on_answer,
                          errand);
}

static void
deliver (LoadPeer *self)
{
  Errand *errand = begin_errand (self);
  g_autoptr (HeinMessage) job = load_text_new (self, "job", errand->number);

  load_tell ("begun %s %" G_GUINT64_FORMAT, self->name, errand->number);
  hein_bus_deliver_async (self->bus, job, -1, NULL, on_receipt, errand);
}

static gboolean
hand_out_due (gpointer data)
{
  LoadPeer *self = data;
  guint n = load_count_due (self);

  while (n-- > 0 && self->board->n_open < OPEN_MAX)
    {
      if (self->n_begun % 2 == 0)
        deliver (self);
      else
        ask (self);
    }
  return self->is_stopping ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

void
load_hand_out (LoadPeer *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", &error);

  g_assert_no_error (error);
  hein_bus_set_strategy (self->bus, strategy);
  load_count_dropped (self, load_get_endpoint_row);
  load_listen (self);
  g_timeout_add (PERIOD_MS, hand_out_due, self);
}

/* ---- working ---- */

static void
on_job (HeinBus *bus, HeinMessage *message, gpointer data)
{
  LoadPeer *self = data;
  LoadText text;

  if (load_text_read (message, &text))
    load_tell ("handled %s %s %" G_GUINT64_FORMAT, self->name, text.life,
               text.number);
  else
    self->board->n_damaged++;
}

/* Half of them later, so that some are open when something happens. */
static gboolean
answer_later (gpointer data)
{
  HeinRequest *request = data;

  hein_request_reply_message (request, hein_request_get_message (request),
                              NULL);
  g_object_unref (request);
  return G_SOURCE_REMOVE;
}

static void
on_question (HeinBus *bus, HeinRequest *request, gpointer data)
{
  LoadPeer *self = data;

  if (++self->board->n_served % 2 == 0)
    g_timeout_add (20, answer_later, g_object_ref (request));
  else
    hein_request_reply_message (request, hein_request_get_message (request),
                                NULL);
}

void
load_work (LoadPeer *self)
{
  g_autoptr (GError) error = NULL;

  hein_bus_serve (self->bus, "question", on_question, self, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (self->bus, "message", G_CALLBACK (on_job), self);
  load_count_dropped (self, load_get_endpoint_row);
  load_dial (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

#include "ask/hein-acknowledger.h"
#include "ask/hein-ask-deliver.h"
#include "ask/hein-asker.h"
#include "ask/hein-deliverer.h"
#include "core-host.h"
#include "core/hein-calls.h"
#include "core/hein-roster.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-receive.h"

/* Deliveries without a bus and a network: the carrier keeps what is sent, and
 * peers say what they like. */

typedef struct
{
  CoreHost host;   /* the first member */
  GPtrArray *sent; /* owned HeinMessage */
  GString *ends;   /* of each that has ended: its number, and A, F or U */
} Side;

typedef struct
{
  Side *side;
  guint number;
} Call;

static gboolean
keep_sent (HeinTransport *transport,
           HeinPeer *peer,
           HeinMessage *message,
           GError **error)
{
  Side *self = g_object_get_data (G_OBJECT (transport), "side");

  g_ptr_array_add (self->sent, hein_message_ref (message));
  return TRUE;
}

static void
init (Side *self)
{
  *self = (Side){ .ends = g_string_new (NULL) };
  core_host_init (&self->host, NULL);
  /* calls are of an object, whatever it is */
  self->host.core.bus = (HeinBus *) self->host.transport;
  self->host.carrier.send = keep_sent;
  g_object_set_data (self->host.transport, "side", self);
  self->sent =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
}

static void
clear (Side *self)
{
  hein_calls_end_all (&self->host.core);
  core_host_turn_on (&self->host);
  hein_asker_free (&self->host.core);
  hein_deliverer_free (&self->host.core);
  hein_acknowledger_end (&self->host.core);
  g_ptr_array_unref (self->sent);
  g_string_free (self->ends, TRUE);
  g_assert_cmpuint (self->host.core.asks_cost, ==, 0);
  core_host_clear (&self->host);
}

static HeinPeer *
add_peer (Side *self, const char *name, guint credit)
{
  HeinPeer *peer = core_host_add_peer (&self->host, name);

  peer->wants.asks = HEIN_ASKS_ALL;
  peer->wants.credit = credit;
  return peer;
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Call *call = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinReceipt) receipt =
    hein_call_finish (HEIN_CALL (result), &error);

  g_string_append_printf (call->side->ends, "%u%c ", call->number,
                          receipt == NULL
                            ? 'E'
                            : "AFU"[hein_receipt_get_outcome (receipt, 0)]);
}

static void
deliver (Side *self, const char *name, guint number)
{
  g_autofree char *text = g_strdup_printf ("%u", number);
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", text);
  const HeinSending sending = { message, NULL, name, TRUE };
  Call *data = g_new (Call, 1);

  *data = (Call){ self, number };
  hein_deliverer_deliver (&self->host.core,
                          hein_calls_begin (&self->host.core, deliver, NULL,
                                            on_done, data),
                          &sending, -1);
}

static const HeinMessageAttributes *
get_sent (Side *self, guint index)
{
  HeinMessageView view;

  g_assert_cmpuint (index, <, self->sent->len);
  hein_message_peek (g_ptr_array_index (self->sent, index), &view);
  g_assert_nonnull (view.attributes);
  return view.attributes;
}

/* @peer says it. */
static void
say (Side *self, HeinPeer *peer, HeinAsk kind, guint64 id, guint32 number)
{
  const HeinMessageAttributes attributes = { .ask = kind,
                                             .ask_id = id,
                                             .ask_number = number };
  g_autoptr (GBytes) payload = g_bytes_new ("no\x01", 3);
  g_autoptr (HeinMessage) message =
    hein_message_new_attributed ("t", &attributes, &payload, 1, NULL);

  g_assert_true (
    hein_ask_deliver (&self->host.core, peer,
                      hein_message_receive (message, peer,
                                            g_get_monotonic_time ())));
}

/* Completes the calls that have ended. */
static void
tell_calls (Side *self)
{
  HeinEventRow *news = &self->host.core.news;

  core_host_turn_on (&self->host);
  while (news->events_begin < news->events_end)
    {
      HeinEvent event = news->events[news->events_begin++];

      if (event.kind == HEIN_EVENT_CALL)
        hein_call_complete (event.object);
      hein_news_clear_event (&event);
    }
}

static void
assert_ends (Side *self, const char *expected)
{
  tell_calls (self);
  g_assert_cmpstr (self->ends->str, ==, expected);
  g_string_truncate (self->ends, 0);
}

/* Only what was sent to a peer, and has not ended, ends by what that peer
 * says. */
static void
test_odd (void)
{
  Side self;
  HeinPeer *kirk;
  HeinPeer *spock;

  init (&self);
  kirk = add_peer (&self, "kirk", 3);
  spock = add_peer (&self, "spock", 3);
  say (&self, kirk, HEIN_ASK_RECEIPT, 1, 1);
  say (&self, kirk, HEIN_ASK_FAILURE, 1, 1);
  for (guint i = 1; i <= 6; i++)
    deliver (&self, "kirk", i);
  g_assert_cmpuint (self.sent->len, ==, 3);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (get_sent (&self, i)->ask_id, ==, i + 1);
  say (&self, spock, HEIN_ASK_RECEIPT, 1, 3);
  say (&self, spock, HEIN_ASK_FAILURE, 2, 0);
  say (&self, kirk, HEIN_ASK_RECEIPT, 0, 1);
  say (&self, kirk, HEIN_ASK_RECEIPT, 1, 0);
  say (&self, kirk, HEIN_ASK_RECEIPT, 4, G_MAXUINT32);
  say (&self, kirk, HEIN_ASK_RECEIPT, G_MAXUINT64, G_MAXUINT32);
  say (&self, kirk, HEIN_ASK_FAILURE, G_MAXUINT64, G_MAXUINT32);
  assert_ends (&self, "");
  say (&self, kirk, HEIN_ASK_FAILURE, 2, G_MAXUINT32);
  say (&self, kirk, HEIN_ASK_RECEIPT, 2, 1);
  assert_ends (&self, "2F ");
  g_assert_cmpuint (self.sent->len, ==, 4);
  say (&self, kirk, HEIN_ASK_RECEIPT, 1, 2);
  say (&self, kirk, HEIN_ASK_RECEIPT, 0, G_MAXUINT32);
  /* all that were sent, and none that wait */
  assert_ends (&self, "1A 3A 4A ");
  g_assert_cmpuint (self.sent->len, ==, 6);
  hein_roster_remove (&self.host.core, kirk, NULL);
  assert_ends (&self, "5U 6U ");
  clear (&self);
}

/* Beyond the credit it waits, and goes in order. */
static void
test_waiting (void)
{
  Side self;
  HeinPeer *kirk;

  init (&self);
  kirk = add_peer (&self, "kirk", 1);
  for (guint i = 1; i <= 4; i++)
    deliver (&self, "kirk", i);
  g_assert_cmpuint (hein_deliverer_count (&self.host.core), ==, 4);
  for (guint i = 1; i <= 2; i++)
    {
      g_assert_cmpuint (self.sent->len, ==, i);
      say (&self, kirk, HEIN_ASK_RECEIPT, i, 1);
      core_host_turn_on (&self.host);
    }
  hein_roster_remove (&self.host.core, kirk, NULL);
  assert_ends (&self, "1A 2A 3U 4F ");
  g_assert_cmpuint (hein_deliverer_count (&self.host.core), ==, 0);
  clear (&self);
}

/* What is handled in one turn is said in one word for each run. */
static void
test_one_word (void)
{
  enum
  {
    N = 100
  };
  Side self;
  HeinPeer *kirk;
  HeinEventRow *news;

  init (&self);
  kirk = add_peer (&self, "kirk", 1);
  news = &self.host.core.news;
  core_host_assert_told (&self.host, "+kirk");
  for (guint i = 1; i <= N; i++)
    say (&self, kirk, HEIN_ASK_DELIVERY, i, 0);
  g_assert_cmpuint (news->events_end - news->events_begin, ==, N);
  while (news->events_begin < news->events_end)
    {
      HeinMessage *message = news->events[news->events_begin++].object;

      g_assert_true (hein_message_get_wants_receipt (message));
      if (news->events_end - news->events_begin == N / 2)
        hein_message_refuse (message, "not this one");
      hein_news_give_back (&self.host.core, kirk,
                           hein_message_get_cost (message), 1);
      hein_message_release (message);
    }
  core_host_turn_on (&self.host);
  g_assert_cmpuint (self.sent->len, ==, 3);
  g_assert_cmpint (get_sent (&self, 0)->ask, ==, HEIN_ASK_FAILURE);
  g_assert_cmpuint (get_sent (&self, 0)->ask_id, ==, N / 2);
  g_assert_cmpint (get_sent (&self, 1)->ask, ==, HEIN_ASK_RECEIPT);
  g_assert_cmpuint (get_sent (&self, 1)->ask_id, ==, 1);
  g_assert_cmpuint (get_sent (&self, 1)->ask_number, ==, N / 2 - 1);
  g_assert_cmpuint (get_sent (&self, 2)->ask_id, ==, N / 2 + 1);
  g_assert_cmpuint (get_sent (&self, 2)->ask_number, ==, N / 2);
  clear (&self);
}

/* The bus is gone before the program says anything. */
static void
test_outlives (void)
{
  Side self;
  HeinPeer *kirk;
  HeinMessage *message;

  init (&self);
  kirk = add_peer (&self, "kirk", 1);
  core_host_assert_told (&self.host, "+kirk");
  say (&self, kirk, HEIN_ASK_DELIVERY, 1, 0);
  message = hein_message_ref (
    self.host.core.news.events[self.host.core.news.events_begin].object);
  hein_message_keep_sender (message);
  tell_calls (&self);
  hein_news_give_back (&self.host.core, kirk, hein_message_get_cost (message),
                       1);
  hein_acknowledger_end (&self.host.core);
  hein_message_acknowledge (message);
  g_assert_false (hein_message_get_wants_receipt (message));
  g_assert_cmpuint (self.sent->len, ==, 0);
  clear (&self);
  hein_message_unref (message);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/deliver-core/odd", test_odd);
  g_test_add_func ("/deliver-core/waiting", test_waiting);
  g_test_add_func ("/deliver-core/one-word", test_one_word);
  g_test_add_func ("/deliver-core/outlives", test_outlives);
  return g_test_run ();
}

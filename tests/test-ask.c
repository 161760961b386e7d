/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

#include "ask/hein-ask-deliver.h"
#include "ask/hein-asker.h"
#include "ask/hein-server.h"
#include "ask/hein-services.h"
#include "core-host.h"
#include "core/hein-calls.h"
#include "core/hein-retry.h"
#include "core/hein-roster.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-receive.h"
#include "message/hein-pattern.h"

/* Requests without a bus and a network: the carrier keeps what is sent, and peers
 * say what they like. */

typedef struct
{
  CoreHost host;   /* the first member */
  GPtrArray *sent; /* owned HeinMessage */
  guint room;
  guint n_done;
  guint n_replies;
  HeinMessage *answer;
  GError *error;
  GPtrArray *requests; /* owned HeinRequest */
} Asking;

static gboolean
keep_sent (HeinTransport *transport,
           HeinPeer *peer,
           HeinMessage *message,
           GError **error)
{
  Asking *self = g_object_get_data (G_OBJECT (transport), "asking");

  if (self->room == 0)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK, "full");
      return FALSE;
    }
  self->room--;
  g_ptr_array_add (self->sent, hein_message_ref (message));
  return TRUE;
}

static void
init (Asking *self)
{
  *self = (Asking){ .room = G_MAXUINT };
  core_host_init (&self->host, NULL);
  /* calls are of an object, whatever it is */
  self->host.core.bus = (HeinBus *) self->host.transport;
  self->host.carrier.send = keep_sent;
  g_object_set_data (self->host.transport, "asking", self);
  self->sent =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  self->requests = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
forget_outcome (Asking *self)
{
  g_clear_pointer (&self->answer, hein_message_unref);
  g_clear_error (&self->error);
  self->n_done = 0;
}

static void
clear (Asking *self)
{
  hein_calls_end_all (&self->host.core);
  core_host_turn_on (&self->host);
  hein_asker_free (&self->host.core);
  hein_server_end (&self->host.core);
  hein_services_free (&self->host.core);
  g_ptr_array_unref (self->requests);
  g_ptr_array_unref (self->sent);
  g_assert_cmpuint (self->host.core.asks_cost, ==, 0);
  forget_outcome (self);
  core_host_clear (&self->host);
}

static HeinPeer *
add_peer (Asking *self, const char *name)
{
  HeinPeer *peer = core_host_add_peer (&self->host, name);

  peer->wants.asks = HEIN_ASKS_ALL;
  return peer;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Asking *self = data;

  self->n_done++;
  g_assert_null (self->answer);
  g_assert_no_error (self->error);
  self->answer = hein_call_finish (HEIN_CALL (result), &self->error);
}

/* One of many answers. Data of such calls is an rc box. */
static void
on_reply (GObject *source, GAsyncResult *result, gpointer data)
{
  Asking **self = data;

  (*self)->n_replies++;
  hein_message_unref (hein_call_finish (HEIN_CALL (result), NULL));
}

static void
on_end (GObject *source, GAsyncResult *result, gpointer data)
{
  on_answer (source, result, *(Asking **) data);
}

/* Asks the peer of that name; returns the number of the request. */
static guint64
ask_full (Asking *self, const char *name, int timeout_ms, guint credit)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "question");
  const HeinSending sending = { message, NULL, name, TRUE };
  const HeinQuestion question = { &sending, timeout_ms, credit, on_reply,
                                  FALSE };
  Asking **box = g_rc_box_new (Asking *);
  HeinCall *call =
    hein_calls_begin (&self->host.core, ask_full, NULL, on_end, box);
  HeinMessageView view;

  *box = self;
  call->free_user_data = g_rc_box_release;
  hein_asker_ask (&self->host.core, call, &question);
  if (self->sent->len == 0)
    return 0;
  hein_message_peek (g_ptr_array_index (self->sent, self->sent->len - 1),
                     &view);
  return view.attributes->ask_id;
}

static guint64
ask (Asking *self, const char *name, int timeout_ms)
{
  return ask_full (self, name, timeout_ms, 0);
}

/* @peer says it. Returns whether somebody waits for it. */
static gboolean
say (Asking *self,
     HeinPeer *peer,
     HeinAsk kind,
     guint64 id,
     guint32 number,
     const char *text)
{
  const HeinMessageAttributes attributes = { .ask = kind,
                                             .ask_id = id,
                                             .ask_number = number };
  g_autoptr (GBytes) payload = g_bytes_new (text, strlen (text));
  g_autoptr (HeinMessage) message =
    hein_message_new_attributed ("t", &attributes, &payload, 1, NULL);

  return hein_ask_deliver (&self->host.core, peer,
                           hein_message_receive (message, peer,
                                                 g_get_monotonic_time ()));
}

static const HeinMessageAttributes *
get_sent (Asking *self, guint index)
{
  HeinMessageView view;

  g_assert_cmpuint (index, <, self->sent->len);
  hein_message_peek (g_ptr_array_index (self->sent, index), &view);
  g_assert_nonnull (view.attributes);
  return view.attributes;
}

static void
assert_answer (Asking *self, const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_no_error (self->error);
  g_assert_cmpuint (self->n_done, ==, 1);
  text = hein_message_dup_text (self->answer, NULL);
  g_assert_cmpstr (text, ==, expected);
  forget_outcome (self);
}

static void
assert_unhandled (Asking *self, guint n)
{
  g_assert_cmpuint (
    self->host.core.host.losses.n_dropped[HEIN_DROP_REASON_UNHANDLED], ==, n);
}

/* ---- asking ---- */

/* What is not the answer is never taken for it: one of somebody else, with another
 * number, a second one, one that is late. */
static void
test_whose (void)
{
  Asking self;
  HeinPeer *kirk;
  HeinPeer *spock;
  guint64 id;
  guint64 next;

  init (&self);
  kirk = add_peer (&self, "kirk");
  spock = add_peer (&self, "spock");
  core_host_assert_told (&self.host, "+kirk +spock");
  id = ask (&self, "kirk", -1);
  g_assert_cmpint (get_sent (&self, 0)->ask, ==, HEIN_ASK_REQUEST);
  g_assert_false (say (&self, spock, HEIN_ASK_ANSWER, id, 0, "a lie"));
  g_assert_false (say (&self, spock, HEIN_ASK_REFUSAL, id, 1, "a lie"));
  g_assert_false (say (&self, kirk, HEIN_ASK_ANSWER, id + 1, 0, "another"));
  g_assert_false (say (&self, kirk, HEIN_ASK_ANSWER, 0, 0, "none"));
  assert_unhandled (&self, 4);
  g_assert_true (say (&self, kirk, HEIN_ASK_ANSWER, id, 0, "yes"));
  g_assert_false (say (&self, kirk, HEIN_ASK_ANSWER, id, 0, "no"));
  core_host_assert_told (&self.host, "answer");
  assert_answer (&self, "yes");
  next = ask (&self, "kirk", -1);
  g_assert_cmpuint (next, !=, id);
  g_assert_false (say (&self, kirk, HEIN_ASK_ANSWER, id, 0, "late"));
  assert_unhandled (&self, 6);
  g_assert_true (say (&self, kirk, HEIN_ASK_ANSWER, next, 0, "next"));
  core_host_assert_told (&self.host, "answer");
  assert_answer (&self, "next");
  g_assert_cmpuint (hein_asker_count (&self.host.core), ==, 0);
  clear (&self);
}

/* Numbers of two buses are not alike: nobody answers an earlier one by mistake. */
static void
test_numbers (void)
{
  Asking one;
  Asking two;

  init (&one);
  init (&two);
  add_peer (&one, "kirk");
  add_peer (&two, "kirk");
  g_assert_cmpuint (ask (&one, "kirk", -1), !=, ask (&two, "kirk", -1));
  core_host_assert_told (&one.host, "+kirk");
  core_host_assert_told (&two.host, "+kirk");
  clear (&one);
  clear (&two);
}

/* What stands for an answer is shown as it may be, whatever the peer says. */
static void
test_errors (void)
{
  static const struct
  {
    HeinAsk kind;
    guint32 number;
    gboolean is_ours;
    int code;
  } rows[] = {
    { HEIN_ASK_ERROR, 7, FALSE, 7 },
    { HEIN_ASK_ERROR, (guint32) -7, FALSE, -7 },
    { HEIN_ASK_REFUSAL, HEIN_ERROR_NOT_SERVED, TRUE, HEIN_ERROR_NOT_SERVED },
    { HEIN_ASK_REFUSAL, 0xffffffff, TRUE, HEIN_ERROR_FAILED },
    { HEIN_ASK_PART, 0, TRUE, HEIN_ERROR_PROTOCOL },
    { HEIN_ASK_END, 0, TRUE, HEIN_ERROR_PROTOCOL },
  };
  g_autofree char *long_text = g_strnfill (100000, 'x');
  Asking self;
  HeinPeer *kirk;

  init (&self);
  kirk = add_peer (&self, "kirk");
  core_host_assert_told (&self.host, "+kirk");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const guint64 id = ask (&self, "kirk", -1);

      say (&self, kirk, rows[i].kind, id, rows[i].number, "a\33b\xff");
      core_host_assert_told (&self.host, "call");
      g_assert_true (
        g_error_matches (self.error,
                         rows[i].is_ours ? HEIN_ERROR : HEIN_ANSWER_ERROR,
                         rows[i].code));
      g_assert_null (strchr (self.error->message, '\33'));
      forget_outcome (&self);
    }
  say (&self, kirk, HEIN_ASK_ERROR, ask (&self, "kirk", -1), 1, long_text);
  core_host_assert_told (&self.host, "call");
  g_assert_cmpuint (strlen (self.error->message), ==, 4096);
  clear (&self);
}

/* The time is over, or the peer is gone: it ends once, and who was asked is told
 * when there is somebody to be told. */
static void
test_ends (void)
{
  Asking self;
  HeinPeer *kirk;
  guint64 id;

  init (&self);
  kirk = add_peer (&self, "kirk");
  core_host_assert_told (&self.host, "+kirk");
  id = ask (&self, "kirk", 0);
  g_assert_cmpuint (get_sent (&self, 0)->ask_number, ==, 1);
  core_host_wait (&self.host, hein_asker_count (&self.host.core) == 0);
  core_host_turn_on (&self.host);
  g_assert_cmpuint (self.sent->len, ==, 2);
  g_assert_cmpint (get_sent (&self, 1)->ask, ==, HEIN_ASK_CANCEL);
  g_assert_cmpuint (get_sent (&self, 1)->ask_id, ==, id);
  core_host_assert_told (&self.host, "call");
  g_assert_error (self.error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  forget_outcome (&self);
  ask (&self, "kirk", -1);
  hein_roster_remove (&self.host.core, kirk, NULL);
  core_host_turn_on (&self.host);
  core_host_assert_told (&self.host, "call -kirk");
  g_assert_error (self.error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_assert_cmpuint (self.sent->len, ==, 3);
  clear (&self);
}

/* Without room it waits, and goes when there is some. */
static void
test_no_room (void)
{
  Asking self;
  HeinPeer *kirk;

  init (&self);
  kirk = add_peer (&self, "kirk");
  core_host_assert_told (&self.host, "+kirk");
  self.room = 0;
  hein_roster_set_full (&self.host.core, kirk, TRUE);
  ask (&self, "kirk", -1);
  g_assert_cmpuint (self.sent->len, ==, 0);
  g_assert_cmpuint (hein_asker_count (&self.host.core), ==, 1);
  self.room = 1;
  hein_roster_set_full (&self.host.core, kirk, FALSE);
  hein_retry_for (&self.host.core, 1000);
  g_assert_cmpuint (self.sent->len, ==, 1);
  core_host_assert_told (&self.host, "call");
  g_assert_cmpuint (self.n_done, ==, 0);
  say (&self, kirk, HEIN_ASK_ANSWER, get_sent (&self, 0)->ask_id, 0, "yes");
  core_host_assert_told (&self.host, "answer");
  assert_answer (&self, "yes");
  clear (&self);
}

/* What a peer of many answers may do, and what it may not: it gets credit for what
 * was taken, in steps, and gives no more than it has. */
static void
test_credit (void)
{
  Asking self;
  HeinPeer *kirk;
  HeinPeer *spock;
  guint64 id;

  init (&self);
  kirk = add_peer (&self, "kirk");
  spock = add_peer (&self, "spock");
  core_host_assert_told (&self.host, "+kirk +spock");
  id = ask_full (&self, "kirk", -1, 4);
  g_assert_cmpuint (get_sent (&self, 0)->ask_credit, ==, 4);
  for (guint i = 0; i < 4; i++)
    g_assert_true (say (&self, kirk, HEIN_ASK_PART, id, 0, "part"));
  g_assert_false (say (&self, spock, HEIN_ASK_PART, id, 0, "a lie"));
  core_host_assert_told (&self.host, "answer answer answer answer");
  g_assert_cmpuint (self.n_replies, ==, 4);
  hein_asker_give_credit (&self.host.core, kirk, id);
  core_host_turn_on (&self.host);
  g_assert_cmpuint (self.sent->len, ==, 1);
  hein_asker_give_credit (&self.host.core, kirk, id);
  hein_asker_give_credit (&self.host.core, spock, id);
  core_host_turn_on (&self.host);
  g_assert_cmpuint (self.sent->len, ==, 2);
  g_assert_cmpint (get_sent (&self, 1)->ask, ==, HEIN_ASK_CREDIT);
  g_assert_cmpuint (get_sent (&self, 1)->ask_number, ==, 2);
  for (guint i = 0; i < 3; i++)
    g_assert_true (say (&self, kirk, HEIN_ASK_PART, id, 0, "part"));
  g_assert_false (say (&self, kirk, HEIN_ASK_PART, id, 0, "after it"));
  core_host_assert_told (&self.host, "answer answer call");
  g_assert_cmpuint (self.n_replies, ==, 6);
  g_assert_error (self.error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  forget_outcome (&self);
  /* the last answer needs none */
  id = ask_full (&self, "kirk", -1, 1);
  g_assert_true (say (&self, kirk, HEIN_ASK_PART, id, 0, "part"));
  g_assert_true (say (&self, kirk, HEIN_ASK_ANSWER, id, 0, "last"));
  g_assert_false (say (&self, kirk, HEIN_ASK_END, id, 0, ""));
  core_host_assert_told (&self.host, "answer answer call");
  g_assert_no_error (self.error);
  g_assert_cmpuint (self.n_done, ==, 1);
  clear (&self);
}

/* Who carries a single answer is not asked for many. */
static void
test_once (void)
{
  Asking self;

  init (&self);
  add_peer (&self, "kirk")->wants.asks = HEIN_ASKS_ONCE;
  core_host_assert_told (&self.host, "+kirk");
  g_assert_cmpuint (ask_full (&self, "kirk", -1, 4), ==, 0);
  core_host_assert_told (&self.host, "call");
  g_assert_error (self.error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (self.error->message, "one answer"));
  forget_outcome (&self);
  ask (&self, "kirk", -1);
  g_assert_cmpuint (self.sent->len, ==, 1);
  clear (&self);
}

/* ---- serving ---- */

static void
on_request (HeinBus *bus, HeinRequest *request, gpointer data)
{
  Asking *self = data;

  g_ptr_array_add (self->requests, g_object_ref (request));
}

static void
serve (Asking *self)
{
  g_assert_true (
    hein_services_add (&self->host.core, "t", on_request, self, NULL, NULL));
}

static void
tell_all (Asking *self)
{
  HeinEventRow *news = &self->host.core.news;

  while (news->events_begin < news->events_end)
    {
      HeinEvent event = news->events[news->events_begin++];

      if (event.kind == HEIN_EVENT_ASK)
        hein_ask_tell (&self->host.core, event.object);
      hein_news_clear_event (&event);
    }
}

/* What nobody serves is refused, each of it, and leaves nothing behind. */
static void
test_unserved (void)
{
  Asking self;
  HeinPeer *stranger;

  init (&self);
  stranger = add_peer (&self, "stranger");
  core_host_assert_told (&self.host, "+stranger");
  for (guint i = 0; i < 1000; i++)
    {
      say (&self, stranger, HEIN_ASK_REQUEST, i, 0, "question");
      say (&self, stranger, HEIN_ASK_CANCEL, i, 0, "");
      say (&self, stranger, HEIN_ASK_CREDIT, i, 1, "");
    }
  tell_all (&self);
  g_assert_cmpuint (self.sent->len, ==, 1000);
  for (guint i = 0; i < 1000; i++)
    {
      g_assert_cmpint (get_sent (&self, i)->ask, ==, HEIN_ASK_REFUSAL);
      g_assert_cmpint (get_sent (&self, i)->ask_number, ==,
                       HEIN_ERROR_NOT_SERVED);
      g_assert_cmpuint (get_sent (&self, i)->ask_id, ==, i);
    }
  g_assert_null (self.host.core.server);
  g_assert_cmpuint (self.host.core.host.receive_cost, ==, 0);
  clear (&self);
}

/* One peer that asks and asks gets its share and no more, and others are served. */
static void
test_flood (void)
{
  Asking self;
  HeinPeer *stranger;
  HeinPeer *kirk;

  init (&self);
  serve (&self);
  stranger = add_peer (&self, "stranger");
  kirk = add_peer (&self, "kirk");
  core_host_assert_told (&self.host, "+stranger +kirk");
  for (guint i = 0; i < HEIN_SERVER_MAX_PER_PEER + 100; i++)
    {
      say (&self, stranger, HEIN_ASK_REQUEST, i + 1, 0, "");
      tell_all (&self);
    }
  g_assert_cmpuint (hein_server_count (&self.host.core), ==,
                    HEIN_SERVER_MAX_PER_PEER);
  g_assert_cmpuint (self.sent->len, ==, 100);
  g_assert_cmpint (get_sent (&self, 0)->ask_number, ==, HEIN_ERROR_WOULD_BLOCK);
  say (&self, kirk, HEIN_ASK_REQUEST, 1, 0, "");
  tell_all (&self);
  g_assert_cmpuint (hein_server_count (&self.host.core), ==,
                    HEIN_SERVER_MAX_PER_PEER + 1);
  hein_roster_remove (&self.host.core, stranger, NULL);
  g_assert_cmpuint (hein_server_count (&self.host.core), ==, 1);
  g_assert_true (
    hein_request_get_is_over (g_ptr_array_index (self.requests, 0)));
  core_host_assert_told (&self.host, "-stranger");
  clear (&self);
}

/* What all of it takes is bounded, however many peers there are. */
static void
test_share (void)
{
  g_autofree char *text = g_strnfill (1024, 'x');
  Asking self;
  guint64 id = 0;

  init (&self);
  serve (&self);
  self.host.core.host.settings.memory_limit = 1024 * 1024;
  for (guint i = 0; i < 16; i++)
    {
      g_autofree char *name = g_strdup_printf ("peer%u", i);
      HeinPeer *peer = add_peer (&self, name);

      for (guint n = 0; n < 100; n++)
        say (&self, peer, HEIN_ASK_REQUEST, ++id, 0, text);
      tell_all (&self);
    }
  g_assert_cmpuint (self.host.core.asks_cost, <=, 1024 * 1024 / 4);
  g_assert_cmpuint (hein_server_count (&self.host.core), >, 100);
  g_assert_cmpuint (hein_server_count (&self.host.core) + self.sent->len, ==,
                    1600);
  g_ptr_array_set_size (self.requests, 0);
  g_assert_cmpuint (self.sent->len, ==, 1600);
  g_assert_cmpuint (self.host.core.asks_cost, ==, 0);
  clear (&self);
}

/* A number that is in use, a request whose time was over before it was its turn,
 * and a cancellation that is told before and after the answer. */
static void
test_odd (void)
{
  Asking self;
  HeinPeer *kirk;

  init (&self);
  serve (&self);
  kirk = add_peer (&self, "kirk");
  core_host_assert_told (&self.host, "+kirk");
  say (&self, kirk, HEIN_ASK_REQUEST, 5, 0, "");
  say (&self, kirk, HEIN_ASK_REQUEST, 5, 0, "again");
  tell_all (&self);
  g_assert_cmpuint (self.requests->len, ==, 1);
  g_assert_cmpint (get_sent (&self, 0)->ask_number, ==, HEIN_ERROR_PROTOCOL);
  say (&self, kirk, HEIN_ASK_REQUEST, 6, 1, "");
  {
    HeinEvent *event =
      &self.host.core.news.events[self.host.core.news.events_begin];

    ((HeinMessage *) event->object)->time_us -= 1000;
  }
  tell_all (&self);
  g_assert_cmpuint (self.requests->len, ==, 1);
  g_assert_cmpuint (self.sent->len, ==, 1);
  g_assert_cmpuint (
    self.host.core.host.losses.n_dropped[HEIN_DROP_REASON_EXPIRED], ==, 1);
  say (&self, kirk, HEIN_ASK_CANCEL, 4, 0, "");
  say (&self, kirk, HEIN_ASK_CANCEL, 5, 0, "");
  say (&self, kirk, HEIN_ASK_CANCEL, 5, 0, "");
  tell_all (&self);
  g_assert_true (
    hein_request_get_is_over (g_ptr_array_index (self.requests, 0)));
  g_assert_true (g_cancellable_is_cancelled (
    hein_request_get_cancellable (g_ptr_array_index (self.requests, 0))));
  g_assert_cmpuint (hein_server_count (&self.host.core), ==, 0);
  g_assert_cmpuint (self.sent->len, ==, 1);
  clear (&self);
}

/* ---- patterns ---- */

static void
test_pattern (void)
{
  static const struct
  {
    const char *pattern;
    const char *yes;
    const char *no;
  } rows[] = {
    { "", "", "a" },
    { "a", "a", "a/" },
    { "a/b", "a/b", "a/b/c" },
    { "*", "", "a/b" },
    { "*", "anything", "a/" },
    { "a/*", "a/", "a" },
    { "a/*", "a/b", "a/b/c" },
    { "*/b", "a/b", "b" },
    { "**", "", NULL },
    { "**", "a/b/c", NULL },
    { "a/**", "a", "ab" },
    { "a/**", "a/b/c", "b/a" },
    { "**/z", "z", "z/a" },
    { "**/z", "a/b/z", "az" },
    { "a/**/z", "a/z", "a" },
    { "a/**/z", "a/b/z/c/z", "a/b/z/c" },
    { "**/b/*", "a/b/b/c", "a/b" },
    { "**/b/**/d", "a/b/c/b/d", "a/d" },
    { "*/**/*", "a/b", "a" },
    { "**/**", "a/b", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_assert_true (hein_pattern_check (rows[i].pattern, NULL));
      g_assert_true (hein_pattern_match (rows[i].pattern, rows[i].yes,
                                         strlen (rows[i].yes)));
      if (rows[i].no != NULL)
        g_assert_false (hein_pattern_match (rows[i].pattern, rows[i].no,
                                            strlen (rows[i].no)));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ask/whose", test_whose);
  g_test_add_func ("/ask/numbers", test_numbers);
  g_test_add_func ("/ask/errors", test_errors);
  g_test_add_func ("/ask/ends", test_ends);
  g_test_add_func ("/ask/no-room", test_no_room);
  g_test_add_func ("/ask/credit", test_credit);
  g_test_add_func ("/ask/once", test_once);
  g_test_add_func ("/ask/unserved", test_unserved);
  g_test_add_func ("/ask/flood", test_flood);
  g_test_add_func ("/ask/share", test_share);
  g_test_add_func ("/ask/odd", test_odd);
  g_test_add_func ("/ask/pattern", test_pattern);
  return g_test_run ();
}

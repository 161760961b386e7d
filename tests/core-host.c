/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core-host.h"

#include <hein/hein.h>

#include "ask/hein-ask-deliver.h"
#include "ask/hein-asker.h"
#include "base/hein-call.h"
#include "core/hein-core.h"
#include "core/hein-peer-private.h"
#include "core/hein-peers-private.h"
#include "core/hein-roster.h"
#include "core/hein-run.h"
#include "link/hein-link.h"

static CoreHost *
from_core (HeinCore *core)
{
  return (CoreHost *) core;
}

void
core_host_note (CoreHost *self, const char *format, ...)
{
  va_list args;

  if (self->calls->len > 0)
    g_string_append_c (self->calls, ' ');
  va_start (args, format);
  g_string_append_vprintf (self->calls, format, args);
  va_end (args);
}

/* ---- what the core calls ---- */

static gboolean
ensure_strategy (HeinCore *core, GError **error)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED, "no strategy");
  return core->sender.strategy != NULL;
}

static void
check_ready (HeinCore *core)
{
  core_host_note (from_core (core), "check-ready");
}

static void
measure (HeinCore *core)
{
  core_host_note (from_core (core), "measure");
}

static void
settle (HeinCore *core)
{
}

static const HeinCoreHost funcs = {
  .ensure_strategy = ensure_strategy,
  .check_ready = check_ready,
  .measure = measure,
  .settle = settle,
};

static CoreHost *
from_transport (HeinTransport *transport)
{
  return g_object_get_data (G_OBJECT (transport), "host");
}

static gboolean
take (HeinTransport *transport,
      HeinPeer *peer,
      HeinMessage *message,
      GError **error)
{
  CoreHost *self = from_transport (transport);
  g_autofree char *text = hein_message_dup_text (message, NULL);

  if (self->room == 0 && !(self->takes_forced && self->carrier.sending_forced))
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK, "full");
      return FALSE;
    }
  self->room -= self->room > 0;
  g_string_append_printf (self->sent, self->sent->len > 0 ? " %s:%s" : "%s:%s",
                          peer != NULL ? hein_peer_get_name (peer) : "*", text);
  return TRUE;
}

static void
pause_peer (HeinTransport *transport, HeinPeer *peer, gboolean paused)
{
  core_host_note (from_transport (transport), "%s:%s",
                  paused ? "pause" : "resume", hein_peer_get_name (peer));
}

/* ---- the host ---- */

static void
set_defaults (HeinSettings *settings)
{
  settings->send_limit = 1024 * 1024;
  settings->receive_limit = 1024 * 1024;
  settings->memory_limit = 64 * 1024 * 1024;
  settings->max_message_size = 1024 * 1024;
  settings->linger_ms = 5000;
  settings->heartbeat_ms = 5000;
  settings->silence_ms = 15000;
  settings->handshake_timeout_ms = 10000;
  settings->max_connections = 100;
}

void
core_host_init (CoreHost *self, const HeinLinkHostFuncs *link_funcs)
{
  *self = (CoreHost){ .core.funcs = &funcs, .core.host.funcs = link_funcs };
  hein_core_init (&self->core, NULL);
  self->core.host.name = g_strdup ("alone");
  set_defaults (&self->core.host.settings);
  self->core.host.receive_max = self->core.host.settings.receive_limit;
  self->calls = g_string_new (NULL);
  self->sent = g_string_new (NULL);
  self->room = G_MAXUINT;
  self->transport = g_object_new (G_TYPE_OBJECT, NULL);
  g_object_set_data (self->transport, "host", self);
  self->carrier = (HeinCarrier){
    .transport = (HeinTransport *) self->transport,
    .send = take,
    .pause = pause_peer,
  };
}

static void
free_links (CoreHost *self)
{
  while (self->core.host.links.length > 0)
    hein_link_destroy (g_queue_peek_head (&self->core.host.links), FALSE);
}

/* Of the subscriptions of peers without a link, which are still there. */
static gsize
get_shared_cost (CoreHost *self)
{
  const HeinTakers *takers = &self->core.roster.takers;
  gsize cost = 0;

  for (guint i = 0; i < G_N_ELEMENTS (takers->interests); i++)
    cost += takers->interests[i].cost;
  return cost;
}

void
core_host_clear (CoreHost *self)
{
  free_links (self);
  hein_run_settle (&self->core);
  hein_loop_run_jobs (self->core.host.loop);
  hein_news_clear_events (&self->core);
  g_assert_cmpuint (self->core.held.n_held, ==, 0);
  g_assert_cmpuint (self->core.held.held_cost, ==, 0);
  g_assert_cmpuint (self->core.held.sends_cost, ==, 0);
  g_assert_cmpuint (self->core.host.links_cost, ==, get_shared_cost (self));
  g_assert_cmpuint (self->core.host.partial_cost, ==, 0);
  g_assert_cmpuint (self->core.host.offers.length, ==, 0);
  g_assert_cmpuint (self->core.host.plain_handshakes.links.length, ==, 0);
  g_assert_cmpuint (self->core.host.sealed_handshakes.links.length, ==, 0);
  g_assert_cmpuint (self->core.host.dials.length, ==, 0);
  g_clear_object (&self->core.sender.strategy);
  hein_core_close_engine (&self->core);
  hein_core_clear (&self->core);
  g_object_unref (self->transport);
  g_string_free (self->calls, TRUE);
  g_string_free (self->sent, TRUE);
}

HeinPeer *
core_host_make_peer (CoreHost *self, const char *name)
{
  const HeinPeerParts parts = {
    .core = &self->core,
    .carrier = &self->carrier,
    .transport_name = "none",
    .origin = HEIN_ORIGIN_ACCEPTED,
    .name = name,
  };

  return hein_peer_new (&parts);
}

HeinPeer *
core_host_add_peer (CoreHost *self, const char *name)
{
  g_autoptr (HeinPeer) peer = core_host_make_peer (self, name);

  hein_roster_add (&self->core, peer);
  return peer; /* the event and the targets keep it */
}

static void
assert_text (GString *text, const char *expected)
{
  g_assert_cmpstr (text->str, ==, expected);
  g_string_truncate (text, 0);
}

void
core_host_assert_calls (CoreHost *self, const char *expected)
{
  assert_text (self->calls, expected);
}

void
core_host_assert_sent (CoreHost *self, const char *expected)
{
  assert_text (self->sent, expected);
}

/* As the bus does when it tells: the list of peers follows the events. */
static void
tell (CoreHost *self, HeinEvent *event, GString *told)
{
  switch (event->kind)
    {
    case HEIN_EVENT_PEER_ADDED:
      g_string_append_printf (told, "+%s", hein_peer_get_name (event->object));
      hein_peers_add (self->core.roster.peers, event->object);
      break;
    case HEIN_EVENT_PEER_REMOVED:
      g_string_append_printf (told, "-%s", hein_peer_get_name (event->object));
      hein_peers_remove (self->core.roster.peers, event->object);
      break;
    case HEIN_EVENT_MESSAGE:
      {
        g_autofree char *text = hein_message_dup_text (event->object, NULL);

        g_string_append (told, text);
        hein_news_give_back (&self->core, hein_message_sender (event->object),
                             hein_message_get_cost (event->object), 1);
      }
      break;
    case HEIN_EVENT_LATEST_GONE:
      g_string_append_printf (told, "gone:%s",
                              hein_message_get_topic (event->object));
      break;
    case HEIN_EVENT_LOST:
      {
        HeinLoss *loss = event->object;

        g_string_append_printf (told,
                                "lost:%s:%" G_GUINT64_FORMAT
                                ":%" G_GUINT64_FORMAT,
                                hein_peer_get_name (loss->peer), loss->first,
                                loss->n);
        hein_news_forget_loss (&self->core, loss);
      }
      break;
    case HEIN_EVENT_CALL:
      g_string_append (told, "call");
      hein_call_complete (event->object);
      break;
    case HEIN_EVENT_ASK:
      g_string_append (told, "ask");
      hein_ask_tell (&self->core, event->object);
      break;
    case HEIN_EVENT_ANSWER:
      g_string_append (told, "answer");
      hein_asker_tell (&self->core, event->object);
      break;
    case HEIN_EVENT_READY:
      g_string_append (told, "ready");
      break;
    case HEIN_EVENT_FAILED:
      g_string_append (told, "failed");
    }
  if (event->error != NULL)
    g_string_append_printf (told, "(%s)", event->error->message);
}

void
core_host_assert_told (CoreHost *self, const char *expected)
{
  g_autoptr (GString) told = g_string_new (NULL);
  HeinEventRow *news = &self->core.news;

  while (news->events_begin < news->events_end)
    {
      HeinEvent event = news->events[news->events_begin++];

      if (told->len > 0)
        g_string_append_c (told, ' ');
      tell (self, &event, told);
      hein_news_clear_event (&event);
    }
  g_assert_cmpstr (told->str, ==, expected);
}

void
core_host_deliver (CoreHost *self, HeinPeer *peer, const char *text)
{
  hein_news_deliver (&self->core, peer,
                     hein_message_new_received ("", 0, (const guint8 *) text,
                                                strlen (text), peer, 1));
}

void
core_host_turn (CoreHost *self)
{
  hein_loop_enter (self->core.host.loop);
  hein_loop_poll (self->core.host.loop,
                  hein_loop_has_jobs (self->core.host.loop) ? 0 : -1);
  hein_loop_run_jobs (self->core.host.loop);
  hein_loop_leave (self->core.host.loop);
}

void
core_host_turn_on (CoreHost *self)
{
  do
    {
      hein_loop_enter (self->core.host.loop);
      hein_loop_poll (self->core.host.loop, 0);
      hein_loop_run_jobs (self->core.host.loop);
      hein_loop_leave (self->core.host.loop);
    }
  while (hein_loop_has_jobs (self->core.host.loop));
}

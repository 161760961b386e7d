/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/hein-call.h"
#include "hein-calls.h"
#include "hein-core-state.h"
#include "hein-inbox.h"
#include "hein-news.h"
#include "link/hein-link-handled.h"
#include "link/hein-losses.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"

/* The inbox, and what drops its oldest messages under keep-latest. */

/* Returns whether the inbox is over a limit that is lower than the one at which
 * peers are paused. */
static gboolean
is_too_much (HeinCore *self)
{
  return self->news.inbox.length > 1 &&
         self->host.receive_cost > self->host.receive_max / 8;
}

static HeinLink *
get_handled_link (HeinMessage *message)
{
  HeinPeer *sender = hein_message_sender (message);

  return sender != NULL ? sender->handled_link : NULL;
}

/* With keep-latest the oldest messages are dropped before peers have to be
 * paused: the latest values are available anyway, and a program that only looks
 * those up must not get stuck with old ones. */
void
hein_inbox_push (HeinCore *self, HeinMessage *message)
{
  hein_message_keep_sender (message);
  g_queue_push_tail (&self->news.inbox, message);
  if (get_handled_link (message) != NULL)
    hein_link_note_kept (get_handled_link (message));
  while (self->host.settings.keep_latest && is_too_much (self))
    {
      g_autoptr (HeinMessage) oldest = hein_inbox_pop (self);

      hein_losses_count (&self->host, hein_message_sender (oldest),
                         HEIN_DROP_REASON_OVERFLOW, 1,
                         hein_message_size (oldest));
    }
}

HeinMessage *
hein_inbox_take_out (HeinCore *self)
{
  HeinMessage *message = g_queue_pop_head (&self->news.inbox);

  if (get_handled_link (message) != NULL)
    hein_link_note_taken (get_handled_link (message));
  return message;
}

void
hein_inbox_put_back (HeinCore *self, HeinMessage *message)
{
  hein_message_keep_sender (message);
  g_queue_push_head (&self->news.inbox, message);
  if (get_handled_link (message) != NULL)
    hein_link_note_kept (get_handled_link (message));
}

HeinMessage *
hein_inbox_pop (HeinCore *self)
{
  HeinMessage *message;

  if (self->news.inbox.length == 0)
    return NULL;
  message = hein_inbox_take_out (self);
  hein_news_give_back (self, hein_message_sender (message),
                       hein_message_get_cost (message), 1);
  return message;
}

GPtrArray *
hein_inbox_take_some (HeinCore *self, guint max)
{
  GPtrArray *messages =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);

  while (messages->len < max && self->news.inbox.length > 0)
    g_ptr_array_add (messages, hein_inbox_pop (self));
  return messages;
}

void
hein_inbox_serve (HeinCore *self)
{
  while (self->news.receives.length > 0 && self->news.inbox.length > 0)
    {
      HeinCall *call = g_queue_pop_head_link (&self->news.receives)->data;

      hein_call_set_result (call, hein_inbox_take_some (self, call->max),
                            (GDestroyNotify) g_ptr_array_unref);
      hein_calls_end (self, call);
    }
}

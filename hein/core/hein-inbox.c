/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "base/hein-call.h"
#include "hein-calls.h"
#include "hein-core-state.h"
#include "hein-inbox.h"
#include "hein-news.h"
#include "link/hein-link-handled.h"
#include "link/hein-losses.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-handed.h"
#include "message/hein-message-memory.h"

/* The inbox, and what drops its oldest messages under keep-latest. */

/* What a program is given ahead of time at most, in bytes; one message may be
 * larger. */
#define AHEAD_MAX (256 * 1024)
/* What messages that come by their data may differ in apart from it: each model
 * is compared. */
#define MODELS_MAX 16

/* What the program has taken counts as handled once it takes more. */
void
hein_inbox_settle_taken (HeinCore *self)
{
  g_autoptr (GPtrArray) taken = g_steal_pointer (&self->news.taken);

  for (guint i = 0; taken != NULL && i < taken->len; i++)
    hein_message_note_handled (g_ptr_array_index (taken, i));
}

static void
note_taken (HeinCore *self, HeinMessage *message)
{
  if (message->extra->handed.is_manual)
    return;
  if (self->news.taken == NULL)
    self->news.taken =
      g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  g_ptr_array_add (self->news.taken, hein_message_ref (message));
}

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

HeinMessage *
hein_inbox_take_out (HeinCore *self)
{
  HeinMessage *message = g_queue_pop_head (&self->news.inbox);

  if (get_handled_link (message) != NULL)
    hein_link_note_taken (get_handled_link (message));
  return message;
}

static HeinMessage *
pop (HeinCore *self)
{
  HeinMessage *message;

  if (self->news.inbox.length == 0)
    return NULL;
  message = hein_inbox_take_out (self);
  hein_news_give_back (self, hein_message_sender (message),
                       hein_message_get_cost (message), 1);
  return message;
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
      g_autoptr (HeinMessage) oldest = pop (self);

      hein_losses_count (&self->host, hein_message_sender (oldest),
                         HEIN_DROP_REASON_OVERFLOW, 1,
                         hein_message_size (oldest));
      hein_message_fail_handed (oldest, HEIN_ERROR_WOULD_BLOCK,
                                "newer messages took its place there");
    }
}

void
hein_inbox_put_back (HeinCore *self, HeinMessage *message)
{
  hein_message_keep_sender (message);
  g_queue_push_head (&self->news.inbox, message);
  if (get_handled_link (message) != NULL)
    hein_link_note_kept (get_handled_link (message));
}

/* The time of a message may be over: the program is not given it then. */
static gboolean
is_to_drop (HeinCore *self, HeinMessage *message)
{
  if (!hein_message_is_late (message))
    return FALSE;
  hein_message_fail_handed (message, HEIN_ERROR_TIMED_OUT,
                            "its time was over before it was taken");
  hein_losses_count (&self->host, hein_message_sender (message),
                     HEIN_DROP_REASON_EXPIRED, 1, hein_message_size (message));
  return TRUE;
}

HeinMessage *
hein_inbox_pop (HeinCore *self)
{
  HeinMessage *message = pop (self);

  while (message != NULL && G_UNLIKELY (message->extra != NULL) &&
         is_to_drop (self, message))
    {
      hein_message_unref (message);
      message = pop (self);
    }
  if (message != NULL && hein_message_is_handed (message))
    note_taken (self, message);
  return message;
}

GPtrArray *
hein_inbox_take_some (HeinCore *self, guint max)
{
  GPtrArray *messages =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  HeinMessage *message;

  while (messages->len < max && (message = hein_inbox_pop (self)) != NULL)
    g_ptr_array_add (messages, message);
  return messages;
}

/* ---- ahead of time ---- */

void
hein_inbox_note_taken (HeinCore *self, guint n)
{
  for (; n > 0 && self->news.ahead.length > 0; n--)
    {
      HeinMessage *message = g_queue_pop_head (&self->news.ahead);

      hein_news_give_back (self, hein_message_sender (message),
                           hein_message_get_cost (message), 1);
      hein_message_unref (message);
    }
}

/* Taking it is told nobody, so that it can be taken back. */
static gboolean
is_plain (HeinMessage *message)
{
  return !hein_message_is_handed (message) &&
         hein_message_get_expires_us (message) == 0 &&
         get_handled_link (message) == NULL;
}

static void
bring_back (HeinCore *self)
{
  while (self->news.ahead.length > 0)
    g_queue_push_head_link (&self->news.inbox,
                            g_queue_pop_tail_link (&self->news.ahead));
}

/* Returns the next message in the inbox, which the program has ahead from now
 * on, and still is counted. */
static HeinMessage *
go_ahead (HeinCore *self)
{
  GList *link = g_queue_pop_head_link (&self->news.inbox);

  g_queue_push_tail_link (&self->news.ahead, link);
  return link->data;
}

GPtrArray *
hein_inbox_take_ahead (HeinCore *self, guint max)
{
  GPtrArray *messages;
  HeinMessage *message;
  gsize cost = 0;

  bring_back (self);
  message = g_queue_peek_head (&self->news.inbox);
  if (message == NULL || !is_plain (message))
    return hein_inbox_take_some (self, MIN (max, 1));
  messages = g_ptr_array_new_full (MIN (max, self->news.inbox.length),
                                   (GDestroyNotify) hein_message_unref);
  while (messages->len < max && cost < AHEAD_MAX && message != NULL &&
         is_plain (message))
    {
      cost += hein_message_get_cost (message);
      g_ptr_array_add (messages, hein_message_ref (go_ahead (self)));
      message = g_queue_peek_head (&self->news.inbox);
    }
  return messages;
}

/* Its data is all that it has, but for what a model has, too. */
static gboolean
is_data (HeinMessage *message)
{
  return is_plain (message) && message->extra == NULL &&
         (message->flags & HEIN_MESSAGE_INLINE);
}

static gboolean
is_like (HeinMessage *self, HeinMessage *model)
{
  return self->time_us == model->time_us && self->sender == model->sender &&
         self->topic_size == model->topic_size &&
         memcmp (self->data, model->data, self->topic_size) == 0;
}

/* Returns the index of the model, beginning with the latest; -1: there are too
 * many. */
static int
choose_model (GPtrArray *models, HeinMessage *message)
{
  for (guint i = models->len; i > 0; i--)
    if (is_like (message, g_ptr_array_index (models, i - 1)))
      return i - 1;
  if (models->len == MODELS_MAX)
    return -1;
  g_ptr_array_add (models, hein_message_ref (message));
  return models->len - 1;
}

/* Counts those that come by their data, and adds up their size. */
static guint
find_data (
  HeinCore *self, guint max, GPtrArray *models, guint8 *kinds, gsize *size)
{
  gsize cost = 0;
  guint n = 0;

  for (GList *link = self->news.inbox.head;
       link != NULL && n < max && cost < AHEAD_MAX && is_data (link->data);
       link = link->next)
    {
      int kind = choose_model (models, link->data);

      if (kind < 0)
        break;
      kinds[n++] = kind;
      *size += ((HeinMessage *) link->data)->size;
      cost += hein_message_get_cost (link->data);
    }
  return n;
}

/* An array of a size that is known already: adding to it by and by would cost
 * more than the rest. */
static GByteArray *
make_bytes (gsize size)
{
  GByteArray *array = g_byte_array_sized_new (size);

  g_byte_array_set_size (array, size);
  return array;
}

void
hein_inbox_take_data_ahead (HeinCore *self, guint max, HeinAhead *ahead)
{
  gsize size = 0;
  guint8 *end;
  guint n;

  bring_back (self);
  ahead->models =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  ahead->kinds = make_bytes (MIN (max, self->news.inbox.length));
  n = find_data (self, max, ahead->models, ahead->kinds->data, &size);
  g_byte_array_set_size (ahead->kinds, n);
  ahead->sizes = g_array_sized_new (FALSE, FALSE, sizeof (guint32), n);
  g_array_set_size (ahead->sizes, n);
  ahead->data = make_bytes (size);
  end = ahead->data->data;
  for (guint i = 0; i < n; i++)
    {
      HeinMessage *message = go_ahead (self);

      hein_copy_short (end, hein_message_data (message), message->size);
      g_array_index (ahead->sizes, guint32, i) = message->size;
      end += message->size;
    }
}

void
hein_inbox_serve (HeinCore *self)
{
  while (self->news.receives.length > 0 && self->news.inbox.length > 0)
    {
      HeinCall *call = g_queue_peek_head (&self->news.receives);
      GPtrArray *messages = hein_inbox_take_some (self, call->max);

      if (messages->len == 0 && call->max > 0)
        {
          /* those that were there came too late */
          g_ptr_array_unref (messages);
          return;
        }
      g_queue_unlink (&self->news.receives, &call->link);
      hein_call_set_result (call, messages, (GDestroyNotify) g_ptr_array_unref);
      hein_calls_end (self, call);
    }
}

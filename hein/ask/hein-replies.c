/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>
#include <hein/hein-error.h>
#include <hein/hein-message.h>

#include "core/hein-calls.h"
#include "core/hein-core-guard.h"
#include "hein-asker.h"
#include "hein-replies-private.h"
#include "hein-server.h"
#include "message/hein-message-memory.h"

/**
 * HeinReplies:
 *
 * The answers to a request that may have many: see [method@Bus.request_many].
 *
 * [method@Replies.next_async] takes one after another. The peers give no more
 * than their credit allows before some are taken, so that answers nobody takes
 * need no more memory.
 *
 * When the last reference is dropped before the end, the request is cancelled,
 * and the peers are told.
 *
 * A request of this kind holds a reference to the bus.
 *
 * Since: 0.9
 */

struct _HeinReplies
{
  GObject parent_instance;

  /* set when it is made */
  HeinBus *bus;              /* owned */
  HeinCore *core;            /* of the bus */
  GCancellable *cancellable; /* owned: cancels the request */
  guint64 id;                /* of the request */

  /* owner context */
  GQueue waiting; /* owned HeinMessage, to be taken */
  GQueue calls;   /* owned HeinCall, by link: each waits for an answer */
  gboolean is_over;
  GError *error; /* owned, nullable: why it is over */
};

/* What the calls of the asker hold: they do not keep the replies alive. */
typedef struct
{
  GWeakRef replies; /* HeinReplies */
} Inlet;

G_DEFINE_FINAL_TYPE (HeinReplies, hein_replies, G_TYPE_OBJECT)

/* ---- what comes ---- */

static void
clear_inlet (gpointer data)
{
  g_weak_ref_clear (&((Inlet *) data)->replies);
}

static void
inlet_release (gpointer data)
{
  g_rc_box_release_full (data, clear_inlet);
}

static void
count (HeinReplies *self, HeinMessage *message, int sign)
{
  g_atomic_pointer_add (&self->core->asks_cost,
                        sign * (gssize) hein_message_get_cost (message));
}

/* Takes ownership of @error. */
static void
end (HeinReplies *self, GError *error)
{
  if (self->is_over)
    {
      g_clear_error (&error);
      return;
    }
  self->is_over = TRUE;
  self->error = error;
}

/* Gives up answers that were not taken. */
static void
drop_all (HeinReplies *self)
{
  HeinMessage *message;

  while ((message = g_queue_pop_head (&self->waiting)) != NULL)
    {
      count (self, message, -1);
      hein_message_unref (message);
    }
}

/* Returns the first answer. (transfer full) */
static HeinMessage *
take (HeinReplies *self)
{
  HeinMessage *message = g_queue_pop_head (&self->waiting);

  count (self, message, -1);
  hein_asker_give_credit (self->core, hein_message_sender (message), self->id);
  return message;
}

/* Returns TRUE when the call has an outcome. */
static gboolean
decide (HeinReplies *self, HeinCall *call)
{
  GError *error = NULL;

  if (g_cancellable_set_error_if_cancelled (self->cancellable, &error) ||
      g_cancellable_set_error_if_cancelled (call->cancellable, &error))
    hein_call_set_error (call, error);
  else if (self->waiting.length > 0)
    hein_call_set_result (call, take (self),
                          (GDestroyNotify) hein_message_unref);
  else if (self->error != NULL)
    hein_call_set_error (call, g_error_copy (self->error));
  else if (self->is_over)
    hein_call_set_result (call, NULL, NULL);
  return call->is_done;
}

static void
end_calls (HeinReplies *self)
{
  HeinCall *call;

  while ((call = g_queue_peek_head (&self->calls)) != NULL &&
         decide (self, call))
    {
      g_queue_unlink (&self->calls, &call->link);
      hein_calls_end (self->core, call);
    }
}

static gboolean
has_room (HeinReplies *self, HeinMessage *message)
{
  return (gsize) g_atomic_pointer_get (&self->core->asks_cost) +
           hein_message_get_cost (message) <
         self->core->host.settings.memory_limit / HEIN_SERVER_SHARE;
}

/* Takes ownership of @message. */
static void
put (HeinReplies *self, HeinMessage *message)
{
  if (!has_room (self, message))
    {
      end (self, g_error_new (HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
                              "answers that are not taken need more than a "
                              "quarter of memory-limit, %" G_GUINT64_FORMAT,
                              self->core->host.settings.memory_limit));
      hein_asker_cancel (self->core, self->id);
      hein_message_unref (message);
      return;
    }
  count (self, message, 1);
  g_queue_push_tail (&self->waiting, message);
}

static void
on_reply (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (HeinReplies) self = g_weak_ref_get (&((Inlet *) data)->replies);
  g_autoptr (HeinMessage) message = hein_call_finish (HEIN_CALL (result), NULL);

  if (self == NULL || self->is_over ||
      g_cancellable_is_cancelled (self->cancellable))
    return;
  put (self, g_steal_pointer (&message));
  end_calls (self);
}

static void
on_over (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (HeinReplies) self = g_weak_ref_get (&((Inlet *) data)->replies);
  GError *error = NULL;

  hein_call_finish (HEIN_CALL (result), &error);
  if (self == NULL)
    {
      g_clear_error (&error);
      return;
    }
  if (g_cancellable_is_cancelled (self->cancellable))
    drop_all (self);
  end (self, error);
  end_calls (self);
}

/* ---- the object ---- */

static void
hein_replies_dispose (GObject *object)
{
  /* any thread: the calls of the asker end in a turn */
  hein_replies_cancel (HEIN_REPLIES (object));
  G_OBJECT_CLASS (hein_replies_parent_class)->dispose (object);
}

static void
hein_replies_finalize (GObject *object)
{
  HeinReplies *self = HEIN_REPLIES (object);

  drop_all (self);
  g_clear_error (&self->error);
  g_object_unref (self->cancellable);
  g_object_unref (self->bus);
  G_OBJECT_CLASS (hein_replies_parent_class)->finalize (object);
}

static void
hein_replies_class_init (HeinRepliesClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->dispose = hein_replies_dispose;
  object_class->finalize = hein_replies_finalize;
}

static void
hein_replies_init (HeinReplies *self)
{
}

static Inlet *
inlet_new (HeinReplies *replies)
{
  Inlet *self = g_rc_box_new0 (Inlet);

  g_weak_ref_init (&self->replies, replies);
  return self;
}

static void
ask (HeinReplies *self, const HeinQuestion *question)
{
  HeinCall *call =
    hein_calls_begin (self->core, hein_replies_new, self->cancellable, on_over,
                      inlet_new (self));

  call->free_user_data = inlet_release;
  self->id = hein_asker_ask (self->core, call, question);
}

HeinReplies *
hein_replies_new (HeinCore *core,
                  const HeinSending *sending,
                  int timeout_ms,
                  guint credit)
{
  const HeinQuestion question = { sending, timeout_ms, credit, on_reply,
                                  FALSE };
  HeinReplies *self = g_object_new (HEIN_TYPE_REPLIES, NULL);
  GError *error = NULL;

  self->bus = g_object_ref (core->bus);
  self->core = core;
  self->cancellable = g_cancellable_new ();
  if (hein_core_check_open (core, &error))
    ask (self, &question);
  else
    end (self, error);
  return self;
}

static void
cancel_next (HeinCall *call, GError *error)
{
  HeinReplies *self = HEIN_REPLIES (call->source);

  g_queue_unlink (&self->calls, &call->link);
  hein_calls_fail (self->core, call, error);
}

/**
 * hein_replies_next_async:
 * @self: the answers
 * @cancellable: (nullable): stops waiting; the answers stay
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Takes the next answer, waiting until one is there, or until it is known that
 * there will be none. Several calls may wait; each takes an answer of its own,
 * in order.
 *
 * When a request that has failed has given answers before, they can be taken
 * first, and then every call fails.
 *
 * - Errors: `HEIN_ERROR_WOULD_BLOCK` when answers that are not taken, and other
 *   requests, need more than a quarter of [property@Bus:memory-limit];
 *   `HEIN_ERROR_PROTOCOL` when a peer gives more answers than it may; otherwise
 *   as [method@Bus.request_async].
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_replies_next_async (HeinReplies *self,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  HeinCall *call;

  g_return_if_fail (HEIN_IS_REPLIES (self));
  if (hein_calls_refuse (self->core, self, hein_replies_next_async, callback,
                         user_data))
    return;
  hein_core_return_unless_owner (self->core);

  call = hein_calls_begin_of (self->core, self, hein_replies_next_async,
                              cancellable, callback, user_data);
  if (self->calls.length == 0 && decide (self, call))
    hein_calls_end (self->core, call);
  else
    {
      call->link.data = call;
      g_queue_push_tail_link (&self->calls, &call->link);
      hein_calls_pend (self->core, call, cancel_next, TRUE);
    }
  self->core->funcs->settle (self->core);
}

/**
 * hein_replies_next_finish:
 * @self: the answers
 * @result: what the callback was given
 * @error: return location
 *
 * Returns the result of [method@Replies.next_async].
 *
 * - Thread: owner.
 *
 * Returns: (transfer full) (nullable): the answer, whose sender is the peer
 *   that gave it; %NULL without an error when there are no more
 *
 * Since: 0.9
 */
HeinMessage *
hein_replies_next_finish (HeinReplies *self,
                          GAsyncResult *result,
                          GError **error)
{
  g_return_val_if_fail (hein_call_is_valid (result, self,
                                            hein_replies_next_async),
                        NULL);

  return hein_call_finish (HEIN_CALL (result), error);
}

/**
 * hein_replies_cancel:
 * @self: the answers
 *
 * Says that no more answers are wanted. Those that wait are dropped, the peers
 * are told in the next turn, and [method@Replies.next_async] fails with
 * `G_IO_ERROR_CANCELLED` from now on. After the end, nothing is told.
 *
 * - Thread: any.
 *
 * Since: 0.9
 */
void
hein_replies_cancel (HeinReplies *self)
{
  g_return_if_fail (HEIN_IS_REPLIES (self));

  g_cancellable_cancel (self->cancellable);
}

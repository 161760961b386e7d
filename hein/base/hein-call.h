/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* HeinCall: an asynchronous call of a bus. */

G_BEGIN_DECLS

/*
 * A GAsyncResult whose callback runs in a turn of the bus. A GTask would need
 * its GMainContext to be iterated, which does not happen for a bus that another
 * event loop turns.
 */
#define HEIN_TYPE_CALL (hein_call_get_type ())
G_DECLARE_FINAL_TYPE (HeinCall, hein_call, HEIN, CALL, GObject)

/* Calls whose GCancellable has been cancelled, each once. It saves looking
 * through all calls for the one to end. */
typedef struct
{
  GMutex lock;
  GQueue calls; /* under lock: borrowed HeinCall, by in_cancelled */
} HeinCancelledCalls;

struct _HeinCall
{
  GObject parent_instance;

  GObject *source; /* owned */
  GAsyncReadyCallback callback;
  gpointer user_data;
  GDestroyNotify free_user_data; /* NULL: it is borrowed */
  gpointer tag;
  GCancellable *cancellable; /* owned, nullable */
  gulong cancelled_id;
  HeinCancelledCalls *cancelled; /* borrowed; NULL: it cannot be cancelled */
  GList in_cancelled; /* under the lock of cancelled; data is the call while it
                       * is queued */

  /* while the call is pending: what it is about */
  gpointer owner; /* borrowed: the core of the bus */
  gpointer subject;
  GDestroyNotify free_subject;
  guint max;
  GList link; /* in its queue; data is the call while it is queued */

  /* while the call is pending: see hein_calls_pend */
  void (*cancel) (HeinCall *self,
                  GError *error); /* takes ownership of @error */
  gboolean is_pending;
  GList ending; /* in core->ending; data is the call while it is queued */

  /* the outcome */
  gboolean is_done;
  gboolean is_taken; /* the _finish function has returned the result */
  gpointer result;
  GDestroyNotify free_result;
  GError *error; /* owned */
};

/* Calls that have ended, kept to be used again: making a GObject and freeing it
 * takes longer than most of what is called. A zeroed pool is empty. */
typedef struct
{
  GQueue calls; /* owned HeinCall, by link */
} HeinCallPool;

/* Takes a call from the pool, or makes one. */
HeinCall *hein_call_pool_take (HeinCallPool *self,
                               gpointer source,
                               gpointer tag,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
/* Takes ownership of @call, which has ended. It is used again only if nobody
 * else has a reference to it. */
void hein_call_pool_give (HeinCallPool *self, HeinCall *call);
void hein_call_pool_clear (HeinCallPool *self);
HeinCall *hein_call_new (gpointer source,
                         gpointer tag,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
/* Queues the call in @self->cancelled, if it is not there. Any thread. */
void hein_call_note_cancelled (HeinCall *self);
/* Takes the call that was cancelled first; NULL: there is none. The caller must
 * be in the thread that completes calls. */
HeinCall *hein_call_take_cancelled (HeinCancelledCalls *cancelled);
/* Sets the outcome, unless it is set. Takes ownership of @result and @error. */
void hein_call_set_result (HeinCall *self,
                           gpointer result,
                           GDestroyNotify free_result);
void hein_call_set_error (HeinCall *self, GError *error);
/* Calls the callback, once. */
void hein_call_complete (HeinCall *self);
/* Calls the callback in @context, for a call whose bus makes no more turns.
 * Takes ownership of @self. */
void hein_call_complete_later (HeinCall *self, GMainContext *context);
/* For _finish functions: returns the result and gives up its ownership; NULL
 * with @error, also when the result was taken before. */
gpointer hein_call_finish (HeinCall *self, GError **error);
/* The same, but the call keeps the ownership of the result. */
gpointer hein_call_lend (HeinCall *self, GError **error);
gboolean
hein_call_is_valid (GAsyncResult *result, gpointer source, gpointer tag);

G_END_DECLS

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

  /* while the call is pending: what it is about */
  gpointer owner; /* borrowed: the core of the bus */
  gpointer subject;
  GDestroyNotify free_subject;
  guint max;
  GList link; /* in its queue; data is the call while it is queued */

  /* while the call is pending: see hein_calls_pend */
  void (*cancel) (HeinCall *self,
                  GError *error); /* takes ownership of @error */
  gboolean ends_with_bus;
  GList pending; /* data is the call while it is queued */

  /* the outcome */
  gboolean is_done;
  gboolean is_taken; /* the _finish function has returned the result */
  gpointer result;
  GDestroyNotify free_result;
  GError *error; /* owned */
};

HeinCall *hein_call_new (gpointer source,
                         gpointer tag,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
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

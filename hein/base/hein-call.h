/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * An asynchronous call of a bus: a GAsyncResult whose callback runs in a turn
 * of the bus. A GTask would need its GMainContext iterated, which nobody does
 * for a bus that lives in another event loop.
 */
#define HEIN_TYPE_CALL (hein_call_get_type ())
G_DECLARE_FINAL_TYPE (HeinCall, hein_call, HEIN, CALL, GObject)

struct _HeinCall
{
  GObject parent_instance;

  GObject *source; /* owned */
  GAsyncReadyCallback callback;
  gpointer user_data;
  gpointer tag;
  GCancellable *cancellable; /* owned, nullable */
  gulong cancelled_id;

  /* what the call is about, while it is pending */
  gpointer owner; /* borrowed: the core that it is a call of */
  gpointer subject;
  GDestroyNotify free_subject;
  guint max;
  GList link; /* in its list; data is the call while it is there */

  /* while it is pending, see hein_bus_pend_call */
  void (*cancel) (HeinCall *self, GError *error); /* takes @error */
  gboolean ends_with_bus;
  GList pending; /* data is the call while it is there */

  /* the outcome */
  gboolean is_done;
  gboolean is_taken; /* by a _finish */
  gpointer result;
  GDestroyNotify free_result;
  GError *error; /* owned */
};

HeinCall *hein_call_new (gpointer source,
                         gpointer tag,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
/* Sets the outcome; the first one counts. Takes @result and @error. */
void hein_call_set_result (HeinCall *self,
                           gpointer result,
                           GDestroyNotify free_result);
void hein_call_set_error (HeinCall *self, GError *error);
/* Calls back; once. */
void hein_call_complete (HeinCall *self);
/* For _finish: the result (steals it), or NULL with @error, as when it was
 * taken before. */
gpointer hein_call_finish (HeinCall *self, GError **error);
/* The same, but the result is lent: the call keeps it for as long as it
 * lives. */
gpointer hein_call_lend (HeinCall *self, GError **error);
gboolean
hein_call_is_valid (GAsyncResult *result, gpointer source, gpointer tag);

G_END_DECLS

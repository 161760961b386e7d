/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-call.h"

#include <string.h>

#include <hein/hein-error.h>

#include "hein-object.h"
#include "hein-row.h"

/* The pending result of an asynchronous call. */

/* So many calls that have ended are kept, of some 300 bytes each. */
#define POOL_MAX 256

static GObject *
get_source_object (GAsyncResult *result)
{
  return g_object_ref (HEIN_CALL (result)->source);
}

static gpointer
get_user_data (GAsyncResult *result)
{
  return HEIN_CALL (result)->user_data;
}

static gboolean
is_tagged (GAsyncResult *result, gpointer source_tag)
{
  return HEIN_CALL (result)->tag == source_tag;
}

static void
async_result_init (GAsyncResultIface *iface)
{
  iface->get_source_object = get_source_object;
  iface->get_user_data = get_user_data;
  iface->is_tagged = is_tagged;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (HeinCall,
                               hein_call,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_ASYNC_RESULT,
                                                      async_result_init))

static void
clear_result (HeinCall *self)
{
  if (self->result != NULL && self->free_result != NULL)
    self->free_result (self->result);
  self->result = NULL;
}

/* Waits for a handler that is running. */
static G_GNUC_NO_INLINE void
end_cancelling_slow (HeinCall *self)
{
  HeinCancelledCalls *cancelled = g_steal_pointer (&self->cancelled);

  if (self->cancelled_id != 0)
    g_cancellable_disconnect (self->cancellable, self->cancelled_id);
  self->cancelled_id = 0;
  if (cancelled == NULL)
    return;
  g_mutex_lock (&cancelled->lock);
  if (self->in_cancelled.data != NULL)
    g_queue_unlink (&cancelled->calls, &self->in_cancelled);
  self->in_cancelled.data = NULL;
  g_mutex_unlock (&cancelled->lock);
}

/* No more is said of a cancellation. */
static inline void
end_cancelling (HeinCall *self)
{
  if (G_UNLIKELY (self->cancelled != NULL || self->cancelled_id != 0))
    end_cancelling_slow (self);
}

/* Drops all that the call holds. */
static void
clear (HeinCall *self)
{
  end_cancelling (self);
  if (self->subject != NULL && self->free_subject != NULL)
    self->free_subject (self->subject);
  clear_result (self);
  if (self->free_user_data != NULL)
    self->free_user_data (self->user_data);
  if (G_UNLIKELY (self->error != NULL))
    g_clear_error (&self->error);
  g_clear_object (&self->cancellable);
  g_clear_pointer ((gpointer *) &self->source, hein_object_unref);
}

static void
hein_call_finalize (GObject *object)
{
  clear (HEIN_CALL (object));
  G_OBJECT_CLASS (hein_call_parent_class)->finalize (object);
}

static void
hein_call_class_init (HeinCallClass *class)
{
  G_OBJECT_CLASS (class)->finalize = hein_call_finalize;
}

static void
hein_call_init (HeinCall *self)
{
}

static HeinCall *
begin (HeinCall *self,
       gpointer source,
       gpointer tag,
       GCancellable *cancellable,
       GAsyncReadyCallback callback,
       gpointer user_data)
{
  self->source = hein_object_ref (source);
  self->tag = tag;
  self->callback = callback;
  self->user_data = user_data;
  g_set_object (&self->cancellable, cancellable);
  return self;
}

HeinCall *
hein_call_new (gpointer source,
               gpointer tag,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  return begin (g_object_new (HEIN_TYPE_CALL, NULL), source, tag, cancellable,
                callback, user_data);
}

/* ---- using calls again ---- */

HeinCall *
hein_call_pool_take (HeinCallPool *self,
                     gpointer source,
                     gpointer tag,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  GList *link = hein_row_pop_head (&self->calls);

  if (link == NULL)
    return hein_call_new (source, tag, cancellable, callback, user_data);
  return begin (g_steal_pointer (&link->data), source, tag, cancellable,
                callback, user_data);
}

void
hein_call_pool_give (HeinCallPool *self, HeinCall *call)
{
  if (self->calls.length >= POOL_MAX || !hein_object_is_alone (call))
    {
      g_object_unref (call);
      return;
    }
  clear (call);
  memset ((char *) call + sizeof (GObject), 0, sizeof *call - sizeof (GObject));
  call->link.data = call;
  hein_row_push_head (&self->calls, &call->link);
}

void
hein_call_pool_clear (HeinCallPool *self)
{
  GList *link;

  while ((link = g_queue_pop_head_link (&self->calls)) != NULL)
    g_object_unref (g_steal_pointer (&link->data));
}

void
hein_call_note_cancelled (HeinCall *self)
{
  HeinCancelledCalls *cancelled = self->cancelled;

  g_mutex_lock (&cancelled->lock);
  if (self->in_cancelled.data == NULL)
    {
      self->in_cancelled.data = self;
      g_queue_push_tail_link (&cancelled->calls, &self->in_cancelled);
    }
  g_mutex_unlock (&cancelled->lock);
}

HeinCall *
hein_call_take_cancelled (HeinCancelledCalls *cancelled)
{
  HeinCall *self = NULL;
  GList *link;

  g_mutex_lock (&cancelled->lock);
  link = g_queue_pop_head_link (&cancelled->calls);
  if (link != NULL)
    self = g_steal_pointer (&link->data);
  g_mutex_unlock (&cancelled->lock);
  return self;
}

void
hein_call_set_result (HeinCall *self,
                      gpointer result,
                      GDestroyNotify free_result)
{
  if (self->is_done)
    {
      if (result != NULL && free_result != NULL)
        free_result (result);
      return;
    }
  self->is_done = TRUE;
  self->result = result;
  self->free_result = free_result;
}

void
hein_call_set_error (HeinCall *self, GError *error)
{
  if (self->is_done)
    {
      g_error_free (error);
      return;
    }
  self->is_done = TRUE;
  self->error = error;
}

void
hein_call_complete (HeinCall *self)
{
  GAsyncReadyCallback callback = g_steal_pointer (&self->callback);

  end_cancelling (self);
  if (callback != NULL)
    callback (self->source, G_ASYNC_RESULT (self), self->user_data);
}

static gboolean
on_idle (gpointer data)
{
  hein_call_complete (data);
  return G_SOURCE_REMOVE;
}

void
hein_call_complete_later (HeinCall *self, GMainContext *context)
{
  g_autoptr (GSource) idle = g_idle_source_new ();

  g_source_set_callback (idle, on_idle, self, g_object_unref);
  g_source_attach (idle, context);
}

gpointer
hein_call_finish (HeinCall *self, GError **error)
{
  if (self->is_taken)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                           "the result of this call was taken before");
      return NULL;
    }
  self->is_taken = TRUE;
  if (self->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self->error));
      return NULL;
    }
  return g_steal_pointer (&self->result);
}

gpointer
hein_call_lend (HeinCall *self, GError **error)
{
  gpointer result = hein_call_finish (self, error);

  self->result = result;
  return result;
}

gboolean
hein_call_is_valid (GAsyncResult *result, gpointer source, gpointer tag)
{
  return HEIN_IS_CALL (result) && HEIN_CALL (result)->source == source &&
         HEIN_CALL (result)->tag == tag;
}

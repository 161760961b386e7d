/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <gio/gio.h>

/*
 * GLib as it is installed is not instrumented, and its locks are made of futexes
 * that ThreadSanitizer does not see: all that they protect would look like a
 * race. The functions of GLib that order threads are defined here once more, in
 * the program, and so found first: each calls its namesake, and tells the
 * sanitizer what that orders. Threads, descriptors and memory it knows of by
 * libc, atomics by the compiler.
 */

void __tsan_acquire (void *address);
void __tsan_release (void *address);

/* The function of that name behind this one. */
#define REAL(name) ((__typeof__ (&(name))) find (#name))

static gpointer
find (const char *name)
{
  return dlsym (RTLD_NEXT, name);
}

/* ---- locks ---- */

void
g_mutex_lock (GMutex *mutex)
{
  REAL (g_mutex_lock) (mutex);
  __tsan_acquire (mutex);
}

gboolean
g_mutex_trylock (GMutex *mutex)
{
  const gboolean ok = REAL (g_mutex_trylock) (mutex);

  if (ok)
    __tsan_acquire (mutex);
  return ok;
}

void
g_mutex_unlock (GMutex *mutex)
{
  __tsan_release (mutex);
  REAL (g_mutex_unlock) (mutex);
}

void
g_cond_wait (GCond *cond, GMutex *mutex)
{
  __tsan_release (mutex);
  REAL (g_cond_wait) (cond, mutex);
  __tsan_acquire (mutex);
}

gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end_time)
{
  gboolean ok;

  __tsan_release (mutex);
  ok = REAL (g_cond_wait_until) (cond, mutex, end_time);
  __tsan_acquire (mutex);
  return ok;
}

/* ---- what is made once ---- */

gboolean (g_once_init_enter) (volatile void *location)
{
  const gboolean must_make =
    ((gboolean (*) (volatile void *)) find ("g_once_init_enter")) (location);

  __tsan_acquire ((void *) location);
  return must_make;
}

void (g_once_init_leave) (volatile void *location, gsize result)
{
  __tsan_release ((void *) location);
  ((void (*) (volatile void *, gsize)) find ("g_once_init_leave")) (location,
                                                                    result);
}

/* ---- counted references: who drops the last one comes after all others ---- */

void
g_object_unref (gpointer object)
{
  __tsan_release (object);
  __tsan_acquire (object);
  REAL (g_object_unref) (object);
}

void
g_bytes_unref (GBytes *bytes)
{
  if (bytes != NULL)
    {
      __tsan_release (bytes);
      __tsan_acquire (bytes);
    }
  REAL (g_bytes_unref) (bytes);
}

/* ---- contexts: who acquires one comes after who has released it ---- */

gboolean
g_main_context_acquire (GMainContext *context)
{
  const gboolean ok = REAL (g_main_context_acquire) (context);

  if (ok)
    __tsan_acquire (context != NULL ? context : g_main_context_default ());
  return ok;
}

void
g_main_context_release (GMainContext *context)
{
  __tsan_release (context != NULL ? context : g_main_context_default ());
  REAL (g_main_context_release) (context);
}

gboolean
g_main_context_iteration (GMainContext *context, gboolean may_block)
{
  GMainContext *known = context != NULL ? context : g_main_context_default ();
  gboolean ok;

  __tsan_acquire (known);
  ok = REAL (g_main_context_iteration) (context, may_block);
  __tsan_release (known);
  return ok;
}

guint
g_source_attach (GSource *source, GMainContext *context)
{
  __tsan_release (context != NULL ? context : g_main_context_default ());
  return REAL (g_source_attach) (source, context);
}

/* ---- cancellables: flags that GLib keeps under a lock of its own ---- */

void
g_cancellable_cancel (GCancellable *cancellable)
{
  if (cancellable != NULL)
    __tsan_release (cancellable);
  REAL (g_cancellable_cancel) (cancellable);
}

/* ---- queues ---- */

void
g_async_queue_push (GAsyncQueue *queue, gpointer data)
{
  __tsan_release (queue);
  REAL (g_async_queue_push) (queue, data);
}

gpointer
g_async_queue_try_pop (GAsyncQueue *queue)
{
  gpointer data = REAL (g_async_queue_try_pop) (queue);

  __tsan_acquire (queue);
  return data;
}

/* ---- tasks: a thread comes after who began it, and who ends it after both ---- */

static void
run_task (GTask *task,
          gpointer source,
          gpointer data,
          GCancellable *cancellable)
{
  GTaskThreadFunc run =
    (GTaskThreadFunc) g_object_get_data (G_OBJECT (task), "glib-order");

  __tsan_acquire (task);
  run (task, source, data, cancellable);
  __tsan_release (task);
}

void
g_task_run_in_thread (GTask *task, GTaskThreadFunc run)
{
  g_object_set_data (G_OBJECT (task), "glib-order", (gpointer) run);
  __tsan_release (task);
  REAL (g_task_run_in_thread) (task, run_task);
}

gpointer
g_task_propagate_pointer (GTask *task, GError **error)
{
  __tsan_acquire (task);
  return REAL (g_task_propagate_pointer) (task, error);
}

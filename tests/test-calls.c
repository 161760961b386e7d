/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dlfcn.h>
#include <string.h>

#include "base/hein-object.h"
#include "core-host.h"
#include "core/hein-calls.h"

/* Cancelling and ending pending calls: how often they are looked at. */

#define N_CALLS 500

/* How often anybody has asked whether a call is cancelled. */
static guint n_looks;

/* Takes the place of the function of GIO. */
gboolean
g_cancellable_is_cancelled (GCancellable *cancellable)
{
  gboolean (*original) (GCancellable *) =
    (gboolean (*) (GCancellable *)) dlsym (RTLD_NEXT, __func__);

  n_looks++;
  return original (cancellable);
}

typedef struct
{
  GCancellable *cancellables[N_CALLS]; /* owned */
  guint n_ended;
} Calls;

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
}

static void
cancel (HeinCall *call, GError *error)
{
  ((Calls *) call->user_data)->n_ended++;
  hein_calls_fail (call->owner, call, error);
}

static void
begin_call (CoreHost *host, Calls *self, guint i, gboolean ends_with_bus)
{
  HeinCall *call;

  self->cancellables[i] = g_cancellable_new ();
  call = hein_calls_begin_of (&host->core, host->transport, NULL,
                              self->cancellables[i], on_done, self);
  hein_calls_pend (&host->core, call, cancel, ends_with_bus);
}

static void
calls_clear (Calls *self)
{
  for (guint i = 0; i < N_CALLS; i++)
    g_clear_object (&self->cancellables[i]);
}

static void
finish (CoreHost *host)
{
  g_autofree char *told = g_strnfill (N_CALLS * 5, 'x');

  for (guint i = 0; i < N_CALLS; i++)
    memcpy (told + i * 5, " call", 5);
  core_host_assert_told (host, told + 1);
  core_host_clear (host);
}

/* The newest first, and one after the other: a search from the oldest would
 * look at all that still wait. */
static void
test_cancelled_one_by_one (void)
{
  Calls self = { 0 };
  CoreHost host;

  core_host_init (&host, NULL);
  for (guint i = 0; i < N_CALLS; i++)
    begin_call (&host, &self, i, TRUE);
  n_looks = 0;
  for (guint i = N_CALLS; i > 0; i--)
    {
      g_cancellable_cancel (self.cancellables[i - 1]);
      hein_calls_sweep (&host.core, G_MAXINT64);
      g_assert_cmpuint (self.n_ended, ==, N_CALLS - i + 1);
    }
  g_assert_cmpuint (n_looks, <=, 4 * N_CALLS);
  finish (&host);
  calls_clear (&self);
}

/* Many at once: not all in one turn. */
static void
test_cancelled_in_turns (void)
{
  Calls self = { 0 };
  CoreHost host;

  core_host_init (&host, NULL);
  for (guint i = 0; i < N_CALLS; i++)
    begin_call (&host, &self, i, TRUE);
  for (guint i = 0; i < N_CALLS; i++)
    g_cancellable_cancel (self.cancellables[i]);
  g_assert_false (hein_calls_sweep (&host.core, 0));
  g_assert_cmpuint (self.n_ended, >, 0);
  g_assert_cmpuint (self.n_ended, <, N_CALLS / 2);
  while (!hein_calls_sweep (&host.core, 0))
    ;
  g_assert_cmpuint (self.n_ended, ==, N_CALLS);
  finish (&host);
  calls_clear (&self);
}

/* The cancellation of what does not pend yet is not forgotten. */
static void
test_cancelled_before_it_pends (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Calls self = { 0 };
  HeinCall *call;
  CoreHost host;

  core_host_init (&host, NULL);
  call = hein_calls_begin_of (&host.core, host.transport, NULL, cancellable,
                              on_done, &self);
  g_cancellable_cancel (cancellable);
  hein_calls_sweep (&host.core, G_MAXINT64);
  g_assert_cmpuint (self.n_ended, ==, 0);
  hein_calls_pend (&host.core, call, cancel, FALSE);
  hein_calls_sweep (&host.core, G_MAXINT64);
  g_assert_cmpuint (self.n_ended, ==, 1);
  core_host_assert_told (&host, "call");
  core_host_clear (&host);
}

/* Of what was cancelled, and then ended otherwise, nothing is left. */
static void
test_cancelled_too_late (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Calls self = { 0 };
  HeinCall *call;
  CoreHost host;

  core_host_init (&host, NULL);
  call = hein_calls_begin_of (&host.core, host.transport, NULL, cancellable,
                              on_done, &self);
  hein_calls_pend (&host.core, call, cancel, FALSE);
  g_cancellable_cancel (cancellable);
  hein_calls_fail (&host.core, call,
                   g_error_new_literal (HEIN_ERROR, HEIN_ERROR_FAILED, "no"));
  core_host_assert_told (&host, "call");
  hein_calls_sweep (&host.core, G_MAXINT64);
  g_assert_cmpuint (self.n_ended, ==, 0);
  core_host_clear (&host);
}

/* A bus that begins to close ends those that end with it, and no other. */
static void
test_ended_with_the_bus (void)
{
  Calls self = { 0 };
  CoreHost host;

  core_host_init (&host, NULL);
  for (guint i = 0; i < N_CALLS; i++)
    begin_call (&host, &self, i, i % 2 == 0);
  hein_calls_end_all (&host.core);
  g_assert_cmpuint (self.n_ended, ==, N_CALLS / 2);
  for (guint i = 1; i < N_CALLS; i += 2)
    g_cancellable_cancel (self.cancellables[i]);
  hein_calls_sweep (&host.core, G_MAXINT64);
  g_assert_cmpuint (self.n_ended, ==, N_CALLS);
  finish (&host);
  calls_clear (&self);
}

static HeinCall *
take (HeinCallPool *pool, CoreHost *host)
{
  return hein_call_pool_take (pool, host->transport, NULL, NULL, on_done, pool);
}

/* What is used again has nothing of what it was. */
static void
test_used_again (void)
{
  HeinCallPool pool = { 0 };
  CoreHost host;
  HeinCall *call;

  core_host_init (&host, NULL);
  call = take (&pool, &host);
  hein_call_set_error (call, g_error_new_literal (HEIN_ERROR, HEIN_ERROR_FAILED,
                                                  "no"));
  hein_call_pool_give (&pool, call);
  call = take (&pool, &host);
  g_assert_false (call->is_done);
  g_assert_null (call->error);
  g_assert_true (call->source == host.transport);
  g_assert_cmpuint (G_OBJECT (call)->ref_count, ==, 1);
  hein_call_pool_give (&pool, call);
  hein_call_pool_clear (&pool);
  core_host_clear (&host);
}

/* A program may keep the result of a call, and a language its wrapper. */
static void
test_not_used_again (void)
{
  HeinCallPool pool = { 0 };
  CoreHost host;
  HeinCall *kept;
  HeinCall *watched;

  core_host_init (&host, NULL);
  kept = g_object_ref (take (&pool, &host));
  hein_call_pool_give (&pool, kept);
  g_assert_cmpuint (pool.calls.length, ==, 0);
  g_assert_true (kept->source == host.transport);
  g_assert_finalize_object (kept);
  watched = take (&pool, &host);
  g_object_add_weak_pointer (G_OBJECT (watched), (gpointer *) &watched);
  hein_call_pool_give (&pool, watched);
  g_assert_null (watched);
  core_host_clear (&host);
}

/* ---- references ---- */

static void
on_toggled (gpointer data, GObject *object, gboolean is_last)
{
  int *n = data;

  *n += is_last ? -1 : 1;
}

/* Whoever watches how many references there are is told as by GObject. */
static void
test_references (void)
{
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  gpointer weak = object;
  int n = 0;

  g_object_add_weak_pointer (object, &weak);
  g_object_add_toggle_ref (object, on_toggled, &n);
  for (guint i = 0; i < 3; i++)
    g_assert_true (hein_object_ref (object) == object);
  g_assert_cmpuint (object->ref_count, ==, 5);
  for (guint i = 0; i < 3; i++)
    hein_object_unref (object);
  g_assert_cmpint (n, ==, 0);
  hein_object_unref (object);
  g_assert_cmpint (n, ==, -1);
  g_assert_true (hein_object_ref (object) == object);
  g_assert_cmpint (n, ==, 0);
  g_object_remove_toggle_ref (object, on_toggled, &n);
  g_assert_nonnull (weak);
  hein_object_unref (object);
  g_assert_null (weak);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/calls/cancelled/one-by-one", test_cancelled_one_by_one);
  g_test_add_func ("/calls/cancelled/in-turns", test_cancelled_in_turns);
  g_test_add_func ("/calls/cancelled/before-it-pends",
                   test_cancelled_before_it_pends);
  g_test_add_func ("/calls/cancelled/too-late", test_cancelled_too_late);
  g_test_add_func ("/calls/ended-with-the-bus", test_ended_with_the_bus);
  g_test_add_func ("/calls/used-again", test_used_again);
  g_test_add_func ("/calls/not-used-again", test_not_used_again);
  g_test_add_func ("/calls/references", test_references);
  return g_test_run ();
}

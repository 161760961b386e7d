/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-timeout.h>

#include "io/hein-world-net.h"

/* Timeouts of a main context. GLib reads no clock but the kernel's, so those of
 * a simulation are sources of their own, without a time as far as GLib knows:
 * the simulation makes them ready. */

typedef struct
{
  GSource source;
  gint64 interval_us;
} Timeout;

static void
wait_again (Timeout *self)
{
  hein_source_set_ready_time (&self->source,
                              hein_world_get_us () + self->interval_us);
}

static gboolean
dispatch (GSource *source, GSourceFunc func, gpointer data)
{
  if (func == NULL)
    {
      g_warning ("a timeout has no function: g_source_set_callback() was not "
                 "called");
      return G_SOURCE_REMOVE;
    }
  if (func (data) == G_SOURCE_REMOVE)
    return G_SOURCE_REMOVE;
  wait_again ((Timeout *) source);
  return G_SOURCE_CONTINUE;
}

/* For g_source_set_closure(), which JavaScript calls. */
static gboolean
call_closure (gpointer data)
{
  GValue result = G_VALUE_INIT;
  gboolean goes_on;

  g_value_init (&result, G_TYPE_BOOLEAN);
  g_closure_invoke (data, &result, 0, NULL, NULL);
  goes_on = g_value_get_boolean (&result);
  g_value_unset (&result);
  return goes_on;
}

static GSourceFuncs funcs = {
  .dispatch = dispatch,
  .closure_callback = call_closure,
  .closure_marshal = (GSourceDummyMarshal) g_cclosure_marshal_generic,
};

static GSource *
make (gint64 interval_us)
{
  GSource *source = g_source_new (&funcs, sizeof (Timeout));

  ((Timeout *) source)->interval_us = interval_us;
  wait_again ((Timeout *) source);
  return source;
}

static guint
attach (GSource *source,
        int priority,
        GSourceFunc func,
        gpointer data,
        GDestroyNotify notify)
{
  guint id;

  g_source_set_priority (source, priority);
  g_source_set_callback (source, func, data, notify);
  id = g_source_attach (source, NULL);
  g_source_unref (source);
  return id;
}

/**
 * hein_timeout_add: (skip)
 * @interval_ms: how often, in milliseconds
 * @func: (scope notified) (closure data): what to call
 * @data: passed to @func
 *
 * Does what g_timeout_add() does, except on a thread that runs a simulation,
 * whose time it then goes by: [method@Simulation.run], and all that lets time
 * pass, calls @func. What is still to come when the simulation is closed never
 * comes.
 *
 * A test may be compiled with `-Dg_timeout_add=hein_timeout_add`, so that the
 * program in it stays as it is.
 *
 * - Thread: any; in a simulation, its own.
 *
 * Returns: the number of the source, for g_source_remove()
 *
 * Since: 0.9
 */
guint
hein_timeout_add (guint interval_ms, GSourceFunc func, gpointer data)
{
  return hein_timeout_add_full (G_PRIORITY_DEFAULT, interval_ms, func, data,
                                NULL);
}

/**
 * hein_timeout_add_full:
 * @priority: of the source: `G_PRIORITY_DEFAULT` as a rule
 * @interval_ms: how often, in milliseconds
 * @func: (scope notified) (closure data) (destroy notify): what to call
 * @data: passed to @func
 * @notify: (nullable): called with @data when the source is no more
 *
 * Does what g_timeout_add_full() does, in the time of the simulation if there
 * is one.
 *
 * In Python and JavaScript the first simulation puts this and its like in the
 * place of those of GLib, so that the program stays as it is.
 *
 * - Thread: any; in a simulation, its own.
 *
 * Returns: the number of the source, for g_source_remove()
 *
 * Since: 0.9
 */
guint
hein_timeout_add_full (int priority,
                       guint interval_ms,
                       GSourceFunc func,
                       gpointer data,
                       GDestroyNotify notify)
{
  g_return_val_if_fail (func != NULL, 0);

  return attach (hein_timeout_source_new (interval_ms), priority, func, data,
                 notify);
}

/**
 * hein_timeout_add_seconds: (skip)
 * @interval_s: how often, in seconds
 * @func: (scope notified) (closure data): what to call
 * @data: passed to @func
 *
 * Does what g_timeout_add_seconds() does, in the time of the simulation if
 * there is one, which is exact.
 *
 * - Thread: any; in a simulation, its own.
 *
 * Returns: the number of the source, for g_source_remove()
 *
 * Since: 0.9
 */
guint
hein_timeout_add_seconds (guint interval_s, GSourceFunc func, gpointer data)
{
  return hein_timeout_add_seconds_full (G_PRIORITY_DEFAULT, interval_s, func,
                                        data, NULL);
}

/**
 * hein_timeout_add_seconds_full:
 * @priority: of the source: `G_PRIORITY_DEFAULT` as a rule
 * @interval_s: how often, in seconds
 * @func: (scope notified) (closure data) (destroy notify): what to call
 * @data: passed to @func
 * @notify: (nullable): called with @data when the source is no more
 *
 * Does what g_timeout_add_seconds_full() does, in the time of the simulation if
 * there is one, which is exact.
 *
 * - Thread: any; in a simulation, its own.
 *
 * Returns: the number of the source, for g_source_remove()
 *
 * Since: 0.9
 */
guint
hein_timeout_add_seconds_full (int priority,
                               guint interval_s,
                               GSourceFunc func,
                               gpointer data,
                               GDestroyNotify notify)
{
  g_return_val_if_fail (func != NULL, 0);

  return attach (hein_timeout_source_new_seconds (interval_s), priority, func,
                 data, notify);
}

/**
 * hein_timeout_source_new:
 * @interval_ms: how often it is ready, in milliseconds
 *
 * Does what g_timeout_source_new() does, in the time of the simulation if there
 * is one.
 *
 * - Thread: any; in a simulation, its own.
 *
 * Returns: (transfer full): a source, to be attached to the main context that
 *   was the thread's default when the simulation was made
 *
 * Since: 0.9
 */
GSource *
hein_timeout_source_new (guint interval_ms)
{
  return G_LIKELY (hein_world == NULL) ? g_timeout_source_new (interval_ms)
                                       : make ((gint64) interval_ms * 1000);
}

/**
 * hein_timeout_source_new_seconds:
 * @interval_s: how often it is ready, in seconds
 *
 * Does what g_timeout_source_new_seconds() does, in the time of the simulation
 * if there is one, which is exact.
 *
 * - Thread: any; in a simulation, its own.
 *
 * Returns: (transfer full): a source
 *
 * Since: 0.9
 */
GSource *
hein_timeout_source_new_seconds (guint interval_s)
{
  return G_LIKELY (hein_world == NULL)
           ? g_timeout_source_new_seconds (interval_s)
           : make ((gint64) interval_s * G_USEC_PER_SEC);
}

/**
 * hein_source_set_ready_time:
 * @source: a source
 * @ready_time_us: when, in µs of [func@Hein.get_monotonic_time]; 0: at once;
 *   -1: never
 *
 * Does what g_source_set_ready_time() does, to be used in its place by plugins
 * with sources of their own: in a simulation it goes by its time. What the
 * source says of its ready time means nothing there.
 *
 * - Thread: any; in a simulation, its own.
 *
 * Since: 0.9
 */
void
hein_source_set_ready_time (GSource *source, gint64 ready_time_us)
{
  g_return_if_fail (source != NULL);
  g_return_if_fail (ready_time_us >= -1);

  if (G_LIKELY (hein_world == NULL))
    g_source_set_ready_time (source, ready_time_us);
  else
    hein_world->funcs->set_ready_time (hein_world, source, ready_time_us);
}

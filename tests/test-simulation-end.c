/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <hein/hein.h>

#include "sim-net.h"

/* A simulation that is closed while it runs, by a handler or a timeout: who
 * runs it returns, its buses are closed, and each call ends once. */

typedef enum
{
  OVER_REF,  /* the last reference to the simulation is dropped */
  OVER_NET,  /* it is closed */
  OVER_BUS,  /* one bus is closed */
  OVER_GONE, /* one bus is disposed of */
} Over;

/* What a handler ends, and when. */
typedef struct
{
  SimNet net;
  HeinBus *waiting; /* owned, nullable: on the host cellar */
  Over over;
  guint n_ended;   /* calls */
  guint n_errors;  /* of them CLOSED */
  guint n_removed; /* peers of the bus that waits */
} Scene;

static void
end_it (Scene *self)
{
  switch (self->over)
    {
    case OVER_NET:
      hein_simulation_close (self->net.net);
      break;
    case OVER_REF:
      g_clear_object (&self->net.net);
      break;
    case OVER_BUS:
      hein_bus_close (self->waiting);
      break;
    case OVER_GONE:
      g_object_run_dispose (G_OBJECT (self->waiting));
      break;
    }
}

static void
on_added (HeinBus *bus, HeinPeer *peer, gpointer data)
{
  /* not that of the bus that waits */
  g_assert_null (g_main_context_get_thread_default ());
  end_it (data);
}

static gboolean
on_timeout (gpointer data)
{
  /* not that of the bus that waits */
  g_assert_null (g_main_context_get_thread_default ());
  end_it (data);
  return G_SOURCE_REMOVE;
}

static void
on_gone (HeinBus *bus, HeinPeer *peer, const GError *error, gpointer data)
{
  ((Scene *) data)->n_removed++;
}

static void
scene_init (Scene *self, Over over)
{
  *self = (Scene){ .over = over };
  sim_net_init (&self->net, SIM_NET_HUB, 1);
  hein_simulation_set_host (self->net.net, "cellar");
  self->waiting = hein_bus_new ("cellar");
  g_signal_connect (self->waiting, "peer-removed", G_CALLBACK (on_gone), self);
}

static void
scene_clear (Scene *self)
{
  g_clear_object (&self->waiting);
  sim_net_clear (&self->net);
}

/* Nothing that is asked of it goes to the real world. */
static void
check_closed (HeinBus *bus)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "20.5");
  g_autoptr (GError) error = NULL;

  g_assert_true (hein_bus_get_is_closed (bus));
  g_assert_null (hein_bus_dial (bus, "tcp://localhost:1", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_null (hein_bus_listen (bus, "tcp://127.0.0.1:0", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (hein_bus_send (bus, message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

static void
turn (HeinBus *bus)
{
  for (guint i = 0; i < 4; i++)
    hein_bus_turn (bus, 0);
}

/* ---- calls that wait ---- */

static void
receive_nothing (HeinBus *bus, int timeout_ms)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_receive (bus, timeout_ms, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

/* Whoever ends it, a handler of another bus or a timeout, and whatever: the
 * call that waits ends, too. */
static void
test_waiting (void)
{
  for (Over over = OVER_NET; over <= OVER_GONE; over++)
    for (int timeout_ms = -1; timeout_ms < 10001; timeout_ms += 10001)
      {
        Scene scene;

        scene_init (&scene, over);
        g_signal_connect (scene.net.hub, "peer-added", G_CALLBACK (on_added),
                          &scene);
        receive_nothing (scene.waiting, timeout_ms);
        g_assert_true (hein_bus_get_is_closed (scene.waiting));
        scene_clear (&scene);
      }
}

static void
test_waiting_for_timeout (void)
{
  for (Over over = OVER_NET; over <= OVER_GONE; over++)
    {
      Scene scene;

      scene_init (&scene, over);
      hein_timeout_add (100, on_timeout, &scene);
      receive_nothing (scene.waiting, -1);
      g_assert_true (hein_bus_get_is_closed (scene.waiting));
      scene_clear (&scene);
    }
}

static void
test_turn (void)
{
  for (Over over = OVER_NET; over <= OVER_GONE; over++)
    {
      Scene scene;

      scene_init (&scene, over);
      hein_timeout_add (100, on_timeout, &scene);
      while (!hein_bus_get_is_closed (scene.waiting))
        hein_bus_turn (scene.waiting, -1);
      scene_clear (&scene);
    }
}

static gboolean
on_send (gpointer data)
{
  Scene *self = data;

  sim_net_send_from (self->waiting, 1);
  return G_SOURCE_REMOVE;
}

/* What others do with a bus that waits is done while it does. */
static void
test_used_meanwhile (void)
{
  g_autoptr (GError) error = NULL;
  Scene scene;

  scene_init (&scene, OVER_NET);
  sim_net_connect (&scene.net);
  hein_bus_dial (scene.waiting, SIM_NET_HUB, NULL);
  g_object_set (scene.waiting, "heartbeat-ms", 3600000u, NULL);
  g_object_set (scene.net.hub, "heartbeat-ms", 3600000u, NULL);
  hein_simulation_run (scene.net.net, 1000);
  hein_timeout_add (100, on_send, &scene);
  g_assert_null (hein_bus_receive (scene.waiting, 200, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_assert_cmpuint (scene.net.n_messages, ==, 1);
  scene_clear (&scene);
}

static gboolean
on_pause (gpointer data)
{
  hein_simulation_pause (((Scene *) data)->net.net, "cellar");
  return G_SOURCE_REMOVE;
}

static gboolean
on_crash (gpointer data)
{
  hein_simulation_crash (((Scene *) data)->net.net, "cellar");
  return G_SOURCE_REMOVE;
}

static gboolean
on_restart (gpointer data)
{
  hein_simulation_restart (((Scene *) data)->net.net, "cellar");
  return G_SOURCE_REMOVE;
}

/* Who is stopped, or dead, does not wait for ever either. */
static void
test_stopped (void)
{
  static const GSourceFunc stops[] = { on_pause, on_crash };

  for (guint i = 0; i < G_N_ELEMENTS (stops); i++)
    {
      Scene scene;

      scene_init (&scene, OVER_NET);
      hein_timeout_add (100, stops[i], &scene);
      hein_timeout_add (200, on_timeout, &scene);
      receive_nothing (scene.waiting, -1);
      check_closed (scene.waiting);
      scene_clear (&scene);
    }
}

/* A host that starts again has no program that waits. */
static void
test_restart (void)
{
  Scene scene;

  scene_init (&scene, OVER_NET);
  hein_timeout_add (100, on_crash, &scene);
  hein_timeout_add (200, on_restart, &scene);
  receive_nothing (scene.waiting, -1);
  check_closed (scene.waiting);
  g_assert_false (hein_simulation_get_is_closed (scene.net.net));
  scene_clear (&scene);
}

/* Nor is a bus from before the crash one of the real world then. */
static void
test_dead (void)
{
  Scene scene;

  scene_init (&scene, OVER_NET);
  sim_net_connect (&scene.net);
  hein_simulation_crash (scene.net.net, "roof");
  hein_simulation_run (scene.net.net, 100);
  hein_simulation_restart (scene.net.net, "roof");
  check_closed (scene.net.sensor);
  hein_simulation_run (scene.net.net, 100);
  /* that of the hub alone: the other one is told nothing any more */
  g_assert_cmpuint (scene.net.n_removed, ==, 1);
  scene_clear (&scene);
}

/* ---- running ---- */

static gboolean
never (HeinSimulation *net, gpointer data)
{
  return FALSE;
}

static gboolean
end_now (HeinSimulation *net, gpointer data)
{
  Scene *scene = data;

  if (scene->net.net != NULL && scene->net.n_added == 2)
    end_it (scene);
  return FALSE;
}

static void
run (Scene *self)
{
  hein_simulation_run (self->net.net, 1000);
}

static void
run_until (Scene *self)
{
  g_assert_false (hein_simulation_run_until (self->net.net, 1000, never, NULL));
}

static void
run_steps (Scene *self)
{
  HeinSimulation *net = self->net.net;

  g_object_add_weak_pointer (G_OBJECT (net), (gpointer *) &net);
  while (net != NULL && !hein_simulation_get_is_closed (net) &&
         hein_simulation_step (net))
    ;
  g_clear_weak_pointer (&net);
}

static void
run_to_end_now (Scene *self)
{
  g_assert_false (
    hein_simulation_run_until (self->net.net, 1000, end_now, self));
}

static gboolean
quit (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static gboolean
quit_if_over (gpointer data)
{
  gpointer *both = data;
  Scene *scene = both[0];

  if (scene->n_removed < 1)
    return G_SOURCE_CONTINUE;
  return quit (both[1]);
}

/* The main loop goes on in the real world, and tells what is left. */
static void
run_loop (Scene *self)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  gpointer both[] = { self, loop };

  g_signal_connect (self->net.hub, "peer-removed", G_CALLBACK (on_gone), self);
  g_idle_add_full (G_PRIORITY_LOW, quit_if_over, both, NULL);
  g_main_loop_run (loop);
  g_signal_handlers_disconnect_by_data (self->net.hub, self);
}

static void
on_added_run (HeinBus *bus, HeinPeer *peer, gpointer data)
{
  Scene *self = data;

  hein_timeout_add (1, on_timeout, self);
  hein_simulation_run (self->net.net, 1000);
}

/* By a handler of the bus that is being turned. */
static void
test_running (void)
{
  void (*const runs[]) (Scene * self) = { run, run_until, run_steps,
                                          run_to_end_now, run_loop };
  const GCallback handlers[] = { G_CALLBACK (on_added),
                                 G_CALLBACK (on_added_run) };

  for (Over over = OVER_REF; over <= OVER_NET; over++)
    for (guint i = 0; i < G_N_ELEMENTS (runs); i++)
      for (guint j = 0; j < G_N_ELEMENTS (handlers); j++)
        {
          Scene scene;

          scene_init (&scene, over);
          if (runs[i] != run_to_end_now)
            g_signal_connect (scene.net.hub, "peer-added", handlers[j], &scene);
          runs[i](&scene);
          check_closed (scene.net.hub);
          check_closed (scene.net.sensor);
          check_closed (scene.waiting);
          turn (scene.net.hub);
          turn (scene.net.sensor);
          /* each that was added is removed, and no other */
          g_assert_cmpuint (scene.net.n_added, ==, scene.net.n_removed);
          g_assert_cmpuint (scene.net.n_added, >, 0);
          scene_clear (&scene);
        }
}

/* A simulation can be made behind it. */
static void
test_again (void)
{
  for (guint i = 0; i < 2; i++)
    {
      Scene scene;

      scene_init (&scene, OVER_NET);
      g_signal_connect (scene.net.hub, "peer-added", G_CALLBACK (on_added),
                        &scene);
      hein_simulation_run (scene.net.net, 1000);
      g_assert_true (hein_simulation_get_is_closed (scene.net.net));
      hein_simulation_close (scene.net.net);
      scene_clear (&scene);
    }
}

static gboolean
closes_itself (HeinSimulation *net, gpointer data)
{
  Scene scene = { .net.net = g_object_ref (net) };

  hein_simulation_set_host (net, "hub");
  scene.net.hub = hein_bus_new ("hub");
  hein_bus_listen (scene.net.hub, SIM_NET_HUB, NULL);
  scene.net.sensor = hein_bus_new ("roof");
  hein_bus_dial (scene.net.sensor, SIM_NET_HUB, NULL);
  g_signal_connect (scene.net.hub, "peer-added", G_CALLBACK (on_added), &scene);
  hein_simulation_run (net, 60 * 1000);
  scene_clear (&scene);
  return TRUE;
}

static void
test_explore (void)
{
  static const char *const hosts[] = { "hub", NULL };
  static const char *const faults[] = { "pause", "crash", NULL };
  g_autofree char *report = NULL;

  report = hein_simulation_explore (1, 50, hosts, faults, 1000, closes_itself,
                                    NULL, NULL, NULL);
  g_assert_cmpstr (report, ==, NULL);
}

static void
on_restarted (HeinSimulation *net, const char *host, gpointer data)
{
  end_it (data);
}

static void
test_fault (void)
{
  g_autoptr (GError) error = NULL;
  Scene scene;

  scene_init (&scene, OVER_REF);
  g_signal_connect (scene.net.net, "restarted", G_CALLBACK (on_restarted),
                    &scene);
  hein_simulation_add_faults (scene.net.net,
                              "100 crash roof 1000; 1100 pause hub 1000",
                              &error);
  g_assert_no_error (error);
  hein_simulation_run (scene.net.net, 1000);
  check_closed (scene.net.hub);
  scene_clear (&scene);
}

/* ---- calls that end later ---- */

static void
on_end (GObject *source, GAsyncResult *result, gpointer data)
{
  ((Scene *) data)->n_ended++;
}

static void
on_receive (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GPtrArray) messages = NULL;
  g_autoptr (GError) error = NULL;
  Scene *self = data;

  messages = hein_bus_receive_finish (HEIN_BUS (source), result, &error);
  g_assert_null (messages);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  self->n_ended++;
}

/* Of each kind one that nothing else will end. */
static guint
begin_calls (Scene *self, HeinBus *bus)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "20.5");

  hein_bus_receive_async (bus, 1, NULL, on_receive, self);
  hein_bus_wait_for_peers_async (bus, 7, -1, NULL, on_end, self);
  hein_bus_request_async (bus, message, -1, NULL, on_end, self);
  hein_bus_deliver_async (bus, message, -1, NULL, on_end, self);
  hein_bus_dial_async (bus, "tcp://attic:1?plaintext=yes", NULL, on_end, self);
  return 5;
}

static void
test_calls_turned (void)
{
  Scene scene;
  guint n;

  scene_init (&scene, OVER_NET);
  n = begin_calls (&scene, scene.waiting);
  hein_simulation_partition (scene.net.net,
                             (const char *const[]){ "cellar", NULL },
                             (const char *const[]){ "attic", NULL });
  hein_simulation_run (scene.net.net, 100);
  g_assert_cmpuint (scene.n_ended, <, n);
  hein_simulation_close (scene.net.net);
  turn (scene.waiting);
  g_assert_cmpuint (scene.n_ended, ==, n);
  scene_clear (&scene);
  g_assert_cmpuint (scene.n_ended, ==, n);
}

/* They hold the bus until a main loop has told their ends. */
static void
test_calls_dropped (void)
{
  Scene scene;
  guint n;

  scene_init (&scene, OVER_NET);
  n = begin_calls (&scene, scene.waiting);
  hein_simulation_close (scene.net.net);
  hein_bus_close_async (scene.waiting, NULL, on_end, &scene);
  scene_clear (&scene);
  while (scene.n_ended < n + 1)
    g_main_context_iteration (NULL, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (scene.n_ended, ==, n + 1);
}

/* What the deliverer is told of a message whose receiver has seen the end. */
static void
test_calls_underway (void)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "20.5");
  Scene scene;

  scene_init (&scene, OVER_NET);
  sim_net_connect (&scene.net);
  hein_bus_deliver_async (scene.net.sensor, message, -1, NULL, on_end, &scene);
  hein_bus_close_async (scene.net.hub, NULL, on_end, &scene);
  hein_simulation_close (scene.net.net);
  turn (scene.net.hub);
  turn (scene.net.sensor);
  g_assert_cmpuint (scene.n_ended, ==, 2);
  g_assert_cmpuint (scene.net.n_removed, ==, 2);
  scene_clear (&scene);
  g_assert_cmpuint (scene.n_ended, ==, 2);
}

/* ---- in the middle of something else ---- */

static void
on_items_changed (
  GListModel *list, guint position, guint removed, guint added, gpointer data)
{
  Scene *self = data;

  hein_simulation_close (self->net.net);
  check_closed (self->net.sensor);
  check_closed (self->net.hub);
  receive_nothing (self->net.sensor, -1);
}

/* A handler runs while the simulation is being closed. */
static void
test_while_closing (void)
{
  Scene scene;

  scene_init (&scene, OVER_NET);
  sim_net_connect (&scene.net);
  g_signal_handlers_disconnect_matched (scene.net.sensor, G_SIGNAL_MATCH_DATA,
                                        0, 0, NULL, NULL, &scene.net);
  g_signal_connect (hein_bus_get_endpoints (scene.net.hub), "items-changed",
                    G_CALLBACK (on_items_changed), &scene);
  hein_simulation_close (scene.net.net);
  scene_clear (&scene);
}

typedef struct
{
  GObject parent_instance;
  Scene *scene;
} EndFilter;
typedef GObjectClass EndFilterClass;

static GType end_filter_get_type (void);

static HeinMessage *
filter_send (HeinFilter *filter, HeinMessage *message, GError **error)
{
  end_it (((EndFilter *) filter)->scene);
  return hein_message_ref (message);
}

static HeinMessage *
filter_receive (HeinFilter *filter,
                HeinPeer *peer,
                HeinMessage *message,
                GError **error)
{
  end_it (((EndFilter *) filter)->scene);
  return hein_message_ref (message);
}

static void
end_filter_iface_init (HeinFilterInterface *iface)
{
  iface->send = filter_send;
  iface->receive = filter_receive;
}

G_DEFINE_TYPE_WITH_CODE (EndFilter,
                         end_filter,
                         G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (HEIN_TYPE_FILTER,
                                                end_filter_iface_init))

static void
end_filter_class_init (EndFilterClass *class)
{
}

static void
end_filter_init (EndFilter *self)
{
}

static void
test_filter (void)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text ("t", "20.5");
      g_autoptr (GObject) filter = g_object_new (end_filter_get_type (), NULL);
      Scene scene;

      scene_init (&scene, OVER_NET);
      ((EndFilter *) filter)->scene = &scene;
      sim_net_connect (&scene.net);
      hein_bus_add_filter (i == 0 ? scene.net.sensor : scene.net.hub,
                           HEIN_FILTER (filter));
      hein_bus_send (scene.net.sensor, message, NULL);
      if (i == 1)
        hein_simulation_run (scene.net.net, 1000);
      g_assert_true (hein_simulation_get_is_closed (scene.net.net));
      turn (scene.net.hub);
      turn (scene.net.sensor);
      g_assert_cmpuint (scene.net.n_removed, ==, 2);
      check_closed (scene.net.hub);
      scene_clear (&scene);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/simulation-end/waiting", test_waiting);
  g_test_add_func ("/simulation-end/waiting-for-timeout",
                   test_waiting_for_timeout);
  g_test_add_func ("/simulation-end/turn", test_turn);
  g_test_add_func ("/simulation-end/used-meanwhile", test_used_meanwhile);
  g_test_add_func ("/simulation-end/stopped", test_stopped);
  g_test_add_func ("/simulation-end/restart", test_restart);
  g_test_add_func ("/simulation-end/dead", test_dead);
  g_test_add_func ("/simulation-end/running", test_running);
  g_test_add_func ("/simulation-end/again", test_again);
  g_test_add_func ("/simulation-end/explore", test_explore);
  g_test_add_func ("/simulation-end/fault", test_fault);
  g_test_add_func ("/simulation-end/calls-turned", test_calls_turned);
  g_test_add_func ("/simulation-end/calls-dropped", test_calls_dropped);
  g_test_add_func ("/simulation-end/calls-underway", test_calls_underway);
  g_test_add_func ("/simulation-end/while-closing", test_while_closing);
  g_test_add_func ("/simulation-end/filter", test_filter);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* HeinSimulation: a network in virtual time, for tests. */

G_BEGIN_DECLS

#define HEIN_TYPE_SIMULATION (hein_simulation_get_type ())
HEIN_API
G_DECLARE_FINAL_TYPE (
  HeinSimulation, hein_simulation, HEIN, SIMULATION, GObject)

/**
 * HeinSimulationFunc:
 * @self: a simulation
 * @data: what was passed with the function
 *
 * Looks whether what a test waits for has come about.
 *
 * Returns: %TRUE to end the wait
 *
 * Since: 0.9
 */
typedef gboolean (*HeinSimulationFunc) (HeinSimulation *self, gpointer data);

/**
 * HeinSimulationTest:
 * @self: a new simulation, in which faults will happen
 * @data: what was passed with the function
 *
 * A test that [func@Simulation.explore] runs again and again. It drops its
 * buses before it returns.
 *
 * Returns: whether the program did what it should
 *
 * Since: 0.9
 */
typedef gboolean (*HeinSimulationTest) (HeinSimulation *self, gpointer data);

HEIN_API
HeinSimulation *hein_simulation_new (guint64 seed);
HEIN_API
void hein_simulation_close (HeinSimulation *self);
HEIN_API
gboolean hein_simulation_get_is_closed (HeinSimulation *self);
HEIN_API
gint64 hein_simulation_get_time_us (HeinSimulation *self);
HEIN_API
void hein_simulation_set_host (HeinSimulation *self, const char *host);

HEIN_API
void hein_simulation_run (HeinSimulation *self, guint time_ms);
HEIN_API
gboolean hein_simulation_run_until (HeinSimulation *self,
                                    guint limit_ms,
                                    HeinSimulationFunc func,
                                    gpointer data);
HEIN_API
gboolean hein_simulation_step (HeinSimulation *self);

HEIN_API
void hein_simulation_set_way (HeinSimulation *self,
                              const char *host,
                              const char *other,
                              gint64 delay_us,
                              gint64 jitter_us,
                              gint64 bytes_per_second);
HEIN_API
void hein_simulation_set_loss (HeinSimulation *self,
                               const char *host,
                               const char *other,
                               double lost,
                               double doubled,
                               double late);
HEIN_API
void hein_simulation_partition (HeinSimulation *self,
                                const char *const *some,
                                const char *const *others);
HEIN_API
void hein_simulation_heal (HeinSimulation *self);
HEIN_API
void
hein_simulation_cut (HeinSimulation *self, const char *host, const char *other);
HEIN_API
void hein_simulation_cut_after (HeinSimulation *self,
                                const char *host,
                                const char *other,
                                gint64 n_bytes);
HEIN_API
void hein_simulation_step_clock (HeinSimulation *self, gint64 by_us);
HEIN_API
void hein_simulation_pause (HeinSimulation *self, const char *host);
HEIN_API
void hein_simulation_resume (HeinSimulation *self, const char *host);
HEIN_API
void hein_simulation_crash (HeinSimulation *self, const char *host);
HEIN_API
void hein_simulation_kill (HeinSimulation *self, const char *host);
HEIN_API
void hein_simulation_restart (HeinSimulation *self, const char *host);

HEIN_API
gboolean hein_simulation_add_faults (HeinSimulation *self,
                                     const char *faults,
                                     GError **error);
HEIN_API
char *hein_simulation_explore (guint64 seed,
                               guint n_seeds,
                               const char *const *hosts,
                               const char *const *faults,
                               guint within_ms,
                               HeinSimulationTest test,
                               gpointer data,
                               guint64 *failed_seed,
                               char **failed_faults);

HEIN_API
void hein_simulation_begin_trace (HeinSimulation *self);
HEIN_API
char *hein_simulation_dup_trace (HeinSimulation *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-fault-plan.h"
#include "hein-simulation-private.h"
#include "io/hein-block.h"

#include <hein/hein-bus.h>

/*
 * Runs a test under many seeds, with faults that are drawn anew for each, and
 * makes what is found as small as can be: first faults are left out, halves
 * before single ones, then their numbers are lowered, each as long as the test
 * still fails.
 */

#define RUNS_MAX   400 /* to make a plan smaller */
#define HALVES_MAX 12  /* of one number: it need not be the very smallest */

typedef struct
{
  HeinSimulationTest test;
  gpointer data;
  guint64 seed;
  guint n_runs;
  char *left; /* owned: what is wrong with the test itself; NULL: nothing */
} Explorer;

/* ---- one run ---- */

static char *
describe_left (HeinSimulation *net)
{
  const HeinSimBus *first =
    net->sim.is_open ? g_queue_peek_head (&net->sim.buses) : NULL;

  if (first == NULL)
    return NULL;
  return g_strdup_printf (
    "the test is wrong: it has returned and left %u of its buses, the first "
    "one called \"%s\": it has to drop them all, or close the simulation",
    net->sim.buses.length, hein_bus_get_name (first->bus));
}

static gboolean
holds (Explorer *self, const GPtrArray *plan)
{
  g_autoptr (HeinSimulation) net = hein_simulation_new (self->seed);
  gboolean result;

  self->n_runs++;
  net->sim.keeps_spares = TRUE;
  hein_simulation_plan (net, plan);
  result = self->test (net, self->data);
  if (result && self->left == NULL)
    self->left = describe_left (net);
  hein_simulation_close (net);
  return result;
}

/* Whether the test still fails with @plan, which then takes the place of
 * @self->plan. */
static gboolean
try_plan (Explorer *self, GPtrArray **best, GPtrArray *plan)
{
  if (self->n_runs >= RUNS_MAX || holds (self, plan))
    {
      g_ptr_array_unref (plan);
      return FALSE;
    }
  g_ptr_array_unref (*best);
  *best = plan;
  return TRUE;
}

/* ---- fewer faults ---- */

static void
leave_out (Explorer *self, GPtrArray **best, guint n)
{
  guint first = 0;

  while (first < (*best)->len)
    if (!try_plan (self, best, hein_fault_plan_copy_without (*best, first, n)))
      first += n;
}

/* What one fault was needed for may have gone with another. */
static void
leave_out_single (Explorer *self, GPtrArray **best)
{
  guint before;

  do
    {
      before = (*best)->len;
      leave_out (self, best, 1);
    }
  while ((*best)->len < before);
}

/* ---- lower numbers ---- */

static gboolean
try_number (Explorer *self,
            GPtrArray **best,
            guint fault,
            HeinFaultNumber which,
            gint64 number)
{
  GPtrArray *plan = hein_fault_plan_copy_without (*best, 0, 0);
  HeinFault *changed = g_ptr_array_index (plan, fault);

  changed->numbers[which] = number;
  return try_plan (self, best, plan);
}

/* To two digits, so that it can be read. */
static gint64
get_middle (gint64 low, gint64 high)
{
  const gint64 middle = low + (high - low) / 2;
  gint64 unit = 1;

  while (middle / unit >= 100)
    unit *= 10;
  return middle / unit * unit > low ? middle / unit * unit : middle;
}

static void
lower_number (Explorer *self,
              GPtrArray **best,
              guint fault,
              HeinFaultNumber which)
{
  const HeinFault *begin = g_ptr_array_index (*best, fault);
  gint64 low = 0;
  gint64 high = begin->numbers[which];

  if (high == 0 || try_number (self, best, fault, which, 0))
    return;
  for (guint i = 0; i < HALVES_MAX && high - low > 1; i++)
    {
      const gint64 middle = get_middle (low, high);

      if (try_number (self, best, fault, which, middle))
        high = middle;
      else
        low = middle;
    }
}

static void
find_lowest (Explorer *self, GPtrArray **best)
{
  for (guint i = 0; i < (*best)->len; i++)
    for (guint which = 0; which < HEIN_FAULT_N_NUMBERS; which++)
      lower_number (self, best, i, which);
}

/* ---- what is told ---- */

static char *
report (Explorer *self, guint n_held, guint n_drawn, const GPtrArray *plan)
{
  g_autofree char *faults = hein_fault_plan_print (plan);

  if (plan->len == 0)
    return g_strdup_printf (
      "the test fails with seed %" G_GUINT64_FORMAT ", without a fault, after "
      "%u seeds with which it held.\nTo see it again: run it in a simulation "
      "of that seed.\n",
      self->seed, n_held);
  return g_strdup_printf (
    "the test fails with seed %" G_GUINT64_FORMAT " and %u of the %u faults "
    "that were drawn, after %u seeds with which it held:\n%sTo see it again: "
    "run it in a simulation of that seed with these faults "
    "(hein_simulation_add_faults).\n",
    self->seed, plan->len, n_drawn, n_held, faults);
}

static char *
report_chance (const Explorer *self)
{
  return g_strdup_printf (
    "the test is wrong: with seed %" G_GUINT64_FORMAT " it has failed, and "
    "held when it was run again with the same faults: it depends on something "
    "that is not part of the simulation, such as the real time, or on what an "
    "earlier run has left behind\n",
    self->seed);
}

/* Consumes @plan, with which the test has failed once. */
static char *
look_closer (Explorer *self,
             guint n_held,
             GPtrArray *plan,
             char **failed_faults)
{
  const guint n_drawn = plan->len;
  char *text;

  self->n_runs = 0;
  if (holds (self, plan))
    text = report_chance (self);
  else
    {
      for (guint n = (plan->len + 1) / 2; n > 1; n = (n + 1) / 2)
        leave_out (self, &plan, n);
      leave_out_single (self, &plan);
      find_lowest (self, &plan);
      /* some may be needed no longer where others happen at other times */
      leave_out_single (self, &plan);
      text = holds (self, plan) ? report_chance (self)
                                : report (self, n_held, n_drawn, plan);
    }
  if (failed_faults != NULL)
    *failed_faults = hein_fault_plan_print (plan);
  g_ptr_array_unref (plan);
  return text;
}

/* @choice: with the first seed. Returns what is wrong with the test, or with
 * the program; NULL: nothing. */
static char *
try_seeds (Explorer *self,
           HeinFaultChoice *choice,
           guint n_seeds,
           char **failed_faults)
{
  for (guint i = 0; i < n_seeds; i++, choice->seed++)
    {
      g_autoptr (GPtrArray) plan = hein_fault_plan_draw (choice);

      self->seed = choice->seed;
      if (holds (self, plan) && self->left == NULL)
        continue;
      return self->left != NULL
               ? self->left
               : look_closer (self, i, g_steal_pointer (&plan), failed_faults);
    }
  return NULL;
}

static gboolean
are_all (const char *const *names, gboolean (*is_valid) (const char *name))
{
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    if (!is_valid (names[i]))
      return FALSE;
  return names == NULL || names[0] != NULL;
}

/**
 * hein_simulation_explore:
 * @seed: the first seed
 * @n_seeds: how many, each one more than the one before
 * @hosts: (array zero-terminated=1): the hosts to which something may happen,
 *   at least one; `*`, blanks and `;` may not be in their names
 * @faults: (array zero-terminated=1) (nullable): which kinds may happen: `cut`,
 *   `partition`, `pause`, `slow`, `crash`; %NULL: all but `crash`, after which
 *   the test has to begin a program again
 * @within_ms: in milliseconds of virtual time, 1 or more: all faults are over
 *   then
 * @test: (scope call) (closure data): what to run
 * @data: passed to @test
 * @failed_seed: (out) (optional): with which seed the test fails; 0: with none
 * @failed_faults: (out) (optional) (nullable): with which faults, for
 *   [method@Simulation.add_faults]; %NULL: it held
 *
 * Runs a test with many seeds. Each run has a new simulation, in which up to
 * 8 faults happen that are drawn from its seed: see
 * [method@Simulation.add_faults]. The first run that fails ends the search:
 * then faults are left out and their numbers lowered as long as it still fails,
 * in up to 400 runs, and what remains is told. A test that fails only
 * sometimes, or leaves buses behind, is told, too.
 *
 * - Thread: any, which has no open simulation.
 *
 * Returns: (transfer full) (nullable): text that says how the test fails;
 *   %NULL: it held with all seeds
 *
 * Since: 0.9
 */
char *
hein_simulation_explore (guint64 seed,
                         guint n_seeds,
                         const char *const *hosts,
                         const char *const *faults,
                         guint within_ms,
                         HeinSimulationTest test,
                         gpointer data,
                         guint64 *failed_seed,
                         char **failed_faults)
{
  HeinFaultChoice choice = { .hosts = hosts, .kinds = faults };
  Explorer self = { .test = test, .data = data };
  char *text;

  if (failed_seed != NULL)
    *failed_seed = 0;
  if (failed_faults != NULL)
    *failed_faults = NULL;
  g_return_val_if_fail (hein_world == NULL, NULL);
  g_return_val_if_fail (hosts != NULL && are_all (hosts, hein_fault_is_host),
                        NULL);
  g_return_val_if_fail (are_all (faults, hein_fault_is_kind), NULL);
  g_return_val_if_fail (within_ms > 0, NULL);
  g_return_val_if_fail (test != NULL, NULL);

  choice.within_us = (gint64) within_ms * 1000;
  choice.seed = seed;
  text = try_seeds (&self, &choice, n_seeds, failed_faults);
  if (text != NULL && failed_seed != NULL)
    *failed_seed = self.seed;
  hein_block_trim_all ();
  return text;
}

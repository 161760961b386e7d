/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "io/hein-stream.h"
#include "simulate/hein-sim-stream.h"
#include "simulate/hein-simulation-private.h"

/* Streams of a simulation by themselves. */

typedef struct
{
  HeinSimulation *net; /* owned */
  HeinStream *ends[2]; /* owned */
} Pair;

static void
pair_init (Pair *self)
{
  HeinSim *sim;

  self->net = hein_simulation_new (1);
  sim = &self->net->sim;
  hein_sim_connect (sim, sim->here, sim->here, FALSE, &self->ends[0],
                    &self->ends[1]);
}

static void
pair_clear (Pair *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->ends); i++)
    hein_stream_close (self->ends[i]);
  g_clear_object (&self->net);
}

static void
write_some (HeinStream *stream)
{
  const struct iovec vector = { .iov_base = (gpointer) "hello", .iov_len = 5 };
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (stream->funcs->write (stream, &vector, 1, &error), ==, 5);
  g_assert_no_error (error);
}

/* What stands in place of a descriptor is never used again: streams may outlive
 * their simulation, and are asked about while the next one is open. */
static void
test_numbers (void)
{
  Pair old;
  Pair now;

  pair_init (&old);
  hein_simulation_close (old.net);
  pair_init (&now);
  for (guint i = 0; i < 2; i++)
    for (guint j = 0; j < 2; j++)
      g_assert_cmpint (old.ends[i]->fd, !=, now.ends[j]->fd);
  for (guint i = 0; i < 2; i++)
    {
      write_some (now.ends[i]);
      g_assert_cmpuint (hein_stream_count_unsent (now.ends[i]), ==, 5);
      g_assert_cmpuint (hein_stream_count_unsent (old.ends[i]), ==, 0);
    }
  pair_clear (&old);
  pair_clear (&now);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim-stream/numbers", test_numbers);
  return g_test_run ();
}

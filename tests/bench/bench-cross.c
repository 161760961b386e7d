/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-common.h"

/* libzmq on one side, hein on the other; the same frames as between two
 * sockets of libzmq. */

static Bench
as_zmq (Bench *bench)
{
  Bench own = *bench;
  own.variant = "pubsub";
  return own;
}

static Bench
as_hein (Bench *bench)
{
  Bench own = *bench;
  own.variant = "callback";
  own.has_no_topic = TRUE;
  return own;
}

static void
publish (Bench *bench, guint index)
{
  gboolean is_hein = bench_is_variant (bench, "hein-zmq");
  Bench own = is_hein ? as_hein (bench) : as_zmq (bench);
  (is_hein ? &bench_hein : &bench_zmq)->publish (&own, index);
}

static void
subscribe (Bench *bench, guint index)
{
  gboolean is_hein = bench_is_variant (bench, "zmq-hein");
  Bench own = is_hein ? as_hein (bench) : as_zmq (bench);
  (is_hein ? &bench_hein : &bench_zmq)->subscribe (&own, index);
}

static char *
dup_version (void)
{
  g_autofree char *hein = bench_hein.dup_version ();
  g_autofree char *zmq = bench_zmq.dup_version ();
  return g_strdup_printf ("%s with %s", hein, zmq);
}

static const BenchVariant variants[] = {
  { .name = "hein-zmq", .max_subscribers = BENCH_MAX_SUBSCRIBERS },
  { .name = "zmq-hein", .max_subscribers = BENCH_MAX_SUBSCRIBERS },
  { 0 },
};

static const BenchPeer peer = {
  .name = "cross",
  .dup_version = dup_version,
  .variants = variants,
  .publish = publish,
  .subscribe = subscribe,
};

int
main (int argc, char **argv)
{
  return bench_main (argc, argv, &peer);
}

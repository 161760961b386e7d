/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-nats-server.h"

#include <nats/nats.h>

/* NATS JetStream in memory: the server acknowledges a message when it has
 * stored it, and gives it to a consumer, of which it wants no acknowledgement.
 * By libnats, whose publisher waits while so many are not acknowledged. */

#define WAIT_MS 30000

static void
check (natsStatus status, const char *what)
{
  if (status != NATS_OK)
    bench_fail ("%s: %s", what, natsStatus_GetText (status));
}

static jsCtx *
dial (guint port, jsOptions *options)
{
  g_autofree char *url = g_strdup_printf ("nats://127.0.0.1:%u", port);
  natsConnection *connection;
  jsCtx *stream;
  check (natsConnection_ConnectTo (&connection, url), "connect");
  check (natsConnection_JetStream (&stream, connection, options), "JetStream");
  return stream;
}

static void
add_stream (jsCtx *stream)
{
  const char *subjects[] = { "bench" };
  jsStreamConfig config;
  check (jsStreamConfig_Init (&config), "jsStreamConfig_Init");
  config.Name = "BENCH";
  config.Subjects = subjects;
  config.SubjectsLen = 1;
  config.Storage = js_MemoryStorage;
  check (js_AddStream (NULL, stream, &config, NULL, NULL), "js_AddStream");
}

static natsSubscription *
subscribe (jsCtx *stream)
{
  natsSubscription *subscription;
  jsSubOptions options;
  check (jsSubOptions_Init (&options), "jsSubOptions_Init");
  options.Config.AckPolicy = js_AckNone;
  check (js_SubscribeSync (&subscription, stream, "bench", NULL, &options,
                           NULL),
         "js_SubscribeSync");
  check (natsSubscription_SetPendingLimits (subscription, -1, -1),
         "natsSubscription_SetPendingLimits");
  return subscription;
}

static void
accept_all (Bench *bench, guint index)
{
  BenchNatsServer server;
  bench_nats_server_start (&server, TRUE);
  jsCtx *stream = dial (server.port, NULL);
  add_stream (stream);
  natsSubscription *subscription = subscribe (stream);
  bench_set_port (bench, server.port);
  for (gboolean goes_on = TRUE; goes_on;)
    {
      natsMsg *message;
      check (natsSubscription_NextMsg (&message, subscription, WAIT_MS),
             "natsSubscription_NextMsg");
      goes_on = bench_count (bench, 0, natsMsg_GetData (message),
                             natsMsg_GetDataLength (message));
      natsMsg_Destroy (message);
    }
  bench_wait_over (bench);
  bench_nats_server_stop (&server);
}

static void
on_acknowledged (
  jsCtx *stream, natsMsg *message, jsPubAck *ack, jsPubAckErr *error, void *n)
{
  if (error != NULL)
    bench_fail ("js_PublishAsync: %s", natsStatus_GetText (error->Err));
  atomic_fetch_add ((_Atomic guint64 *) n, 1);
  natsMsg_Destroy (message);
}

static void
deliver (Bench *bench, guint index)
{
  _Atomic guint64 n_acknowledged = 0;
  jsOptions options;
  check (jsOptions_Init (&options), "jsOptions_Init");
  options.PublishAsync.MaxPending = bench->n_outstanding;
  options.PublishAsync.StallWait = WAIT_MS;
  options.PublishAsync.AckHandler = on_acknowledged;
  options.PublishAsync.AckHandlerClosure = &n_acknowledged;
  jsCtx *stream = dial (bench_wait_port (bench), &options);
  bench_start (bench);
  for (guint64 i = 0; i < bench->count; i++)
    check (js_PublishAsync (stream, "bench", bench_stamp (bench, i),
                            (int) bench->size, NULL),
           "js_PublishAsync");
  check (js_PublishAsyncComplete (stream, NULL), "js_PublishAsyncComplete");
  if (atomic_load (&n_acknowledged) != bench->count)
    bench_fail ("%" G_GUINT64_FORMAT " messages were acknowledged",
                atomic_load (&n_acknowledged));
  bench_wait_over (bench);
}

static const BenchVariant variants[] = {
  { .name = "memory", .max_subscribers = 1 },
  { 0 },
};

static const BenchPeer peer = {
  .name = "jetstream",
  .dup_version = bench_nats_server_dup_version,
  .variants = variants,
  .accept = accept_all,
  .deliver = deliver,
};

int
main (int argc, char **argv)
{
  return bench_main (argc, argv, &peer);
}

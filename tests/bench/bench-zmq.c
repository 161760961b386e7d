/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-common.h"

#include <string.h>
#include <zmq.h>

/* libzmq over TCP. PUB drops for a full subscriber unless told otherwise;
 * with ZMQ_XPUB_NODROP it waits, as PUSH does. */

static void
check (gboolean is_good, const char *what)
{
  if (!is_good)
    bench_fail ("%s: %s", what, zmq_strerror (zmq_errno ()));
}

static void
set_option (void *socket, int option, int value)
{
  check (zmq_setsockopt (socket, option, &value, sizeof value) == 0,
         "zmq_setsockopt");
}

/* lives as long as its process */
static void *
open_socket (Bench *bench, int type)
{
  void *context = zmq_ctx_new ();
  check (context != NULL, "zmq_ctx_new");
  /* a default of 1023 sockets would be too few for the idle connections */
  check (zmq_ctx_set (context, ZMQ_MAX_SOCKETS,
                      zmq_ctx_get (context, ZMQ_SOCKET_LIMIT)) == 0,
         "ZMQ_MAX_SOCKETS");
  void *socket = zmq_socket (context, type);
  check (socket != NULL, "zmq_socket");
  set_option (socket, ZMQ_SNDHWM, bench_get_room (bench));
  set_option (socket, ZMQ_RCVHWM, bench_get_room (bench));
  if (type == ZMQ_PUB)
    set_option (socket, ZMQ_XPUB_NODROP, 1);
  if (type == ZMQ_SUB)
    check (zmq_setsockopt (socket, ZMQ_SUBSCRIBE, "", 0) == 0, "ZMQ_SUBSCRIBE");
  return socket;
}

static void *
listen_somewhere (Bench *bench, int type)
{
  char endpoint[128];
  size_t size = sizeof endpoint;
  void *socket = open_socket (bench, type);
  check (zmq_bind (socket, "tcp://127.0.0.1:*") == 0, "zmq_bind");
  check (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0,
         "ZMQ_LAST_ENDPOINT");
  const char *port = strrchr (endpoint, ':') + 1;
  bench_set_port (bench, g_ascii_strtoull (port, NULL, 10));
  return socket;
}

static void *
dial (Bench *bench, int type)
{
  g_autofree char *url = bench_dup_url (bench);
  void *socket = open_socket (bench, type);
  check (zmq_connect (socket, url) == 0, "zmq_connect");
  return socket;
}

static void
send_message (gpointer socket, const guint8 *data, gsize size)
{
  zmq_msg_t message;
  check (zmq_msg_init_size (&message, size) == 0, "zmq_msg_init_size");
  memcpy (zmq_msg_data (&message), data, size);
  check (zmq_msg_send (&message, socket, 0) >= 0, "zmq_msg_send");
}

static void
publish (Bench *bench, guint index)
{
  int type = bench_is_variant (bench, "pushpull") ? ZMQ_PUSH : ZMQ_PUB;
  bench_publish (bench, send_message, listen_somewhere (bench, type));
}

static gboolean
count_message (Bench *bench, guint index, void *socket, zmq_msg_t *message)
{
  check (zmq_msg_recv (message, socket, 0) >= 0, "zmq_msg_recv");
  return bench_count (bench, index, zmq_msg_data (message),
                      zmq_msg_size (message));
}

static void
subscribe (Bench *bench, guint index)
{
  int type = bench_is_variant (bench, "pushpull") ? ZMQ_PULL : ZMQ_SUB;
  void *socket = dial (bench, type);
  zmq_msg_t message;
  zmq_msg_init (&message);
  while (count_message (bench, index, socket, &message))
    ;
  bench_wait_over (bench);
}

static void
echo (Bench *bench, guint index)
{
  void *socket = listen_somewhere (bench, ZMQ_PAIR);
  zmq_msg_t message;
  zmq_msg_init (&message);
  for (guint64 i = 0; i < bench->count; i++)
    {
      check (zmq_msg_recv (&message, socket, 0) >= 0, "zmq_msg_recv");
      check (zmq_msg_send (&message, socket, 0) >= 0, "zmq_msg_send");
    }
  bench_wait_over (bench);
}

static void
ping (Bench *bench, guint index)
{
  void *socket = dial (bench, ZMQ_PAIR);
  zmq_msg_t message;
  zmq_msg_init (&message);
  for (guint64 i = 0; i < bench->count; i++)
    {
      const guint8 *question = bench_stamp (bench, i);
      gint64 start_ns = bench_now_ns ();
      send_message (socket, question, bench->size);
      check (zmq_msg_recv (&message, socket, 0) >= 0, "zmq_msg_recv");
      bench_add_round_trip (bench, i, start_ns);
      bench_count (bench, 0, zmq_msg_data (&message), zmq_msg_size (&message));
    }
  bench_wait_over (bench);
}

static void
hub (Bench *bench, guint index)
{
  void *socket = listen_somewhere (bench, ZMQ_PUB);
  zmq_pollitem_t item = { .socket = socket, .events = ZMQ_POLLIN };
  while (!bench_is_over (bench))
    {
      /* lets the socket take its new subscriptions */
      check (zmq_poll (&item, 1, 10) >= 0, "zmq_poll");
      if (bench_take_broadcast (bench))
        send_message (socket, bench->payload, bench->size);
    }
}

static char *
dup_version (void)
{
  int major, minor, patch;
  zmq_version (&major, &minor, &patch);
  return g_strdup_printf ("libzmq %d.%d.%d", major, minor, patch);
}

static const BenchVariant variants[] = {
  { .name = "pubsub", .max_subscribers = BENCH_MAX_SUBSCRIBERS },
  { .name = "pushpull", .max_subscribers = 1 },
  { 0 },
};

static const BenchPeer peer = {
  .name = "zmq",
  .dup_version = dup_version,
  .variants = variants,
  .publish = publish,
  .subscribe = subscribe,
  .echo = echo,
  .ping = ping,
  .hub = hub,
  .hello = &bench_zmtp_hello,
};

int
main (int argc, char **argv)
{
  return bench_main (argc, argv, &peer);
}

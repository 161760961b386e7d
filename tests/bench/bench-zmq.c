/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-common.h"
#include "bench-filter.h"

#include <string.h>
#include <zmq.h>

/* libzmq. PUB drops for a full subscriber unless told otherwise;
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

/* one for all threads of a process, as inproc wants it */
static gpointer
make_context (gpointer data)
{
  void *context = zmq_ctx_new ();
  check (context != NULL, "zmq_ctx_new");
  /* a default of 1023 sockets would be too few for the idle connections */
  check (zmq_ctx_set (context, ZMQ_MAX_SOCKETS,
                      zmq_ctx_get (context, ZMQ_SOCKET_LIMIT)) == 0,
         "ZMQ_MAX_SOCKETS");
  return context;
}

static void
subscribe_to (Bench *bench, void *socket, guint index)
{
  const char *topic = bench->n_topics > 0 ? bench_get_topic (bench, index) : "";
  check (zmq_setsockopt (socket, ZMQ_SUBSCRIBE, topic, strlen (topic)) == 0,
         "ZMQ_SUBSCRIBE");
}

/* The publisher is the server. */
static void
set_keys (void *socket, gboolean is_server)
{
  if (is_server)
    set_option (socket, ZMQ_CURVE_SERVER, 1);
  else
    check (zmq_setsockopt (socket, ZMQ_CURVE_SERVERKEY, BENCH_CURVE_PUBLIC,
                           41) == 0,
           "ZMQ_CURVE_SERVERKEY");
  check (zmq_setsockopt (socket, ZMQ_CURVE_PUBLICKEY, BENCH_CURVE_PUBLIC, 41) ==
           0,
         "ZMQ_CURVE_PUBLICKEY");
  check (zmq_setsockopt (socket, ZMQ_CURVE_SECRETKEY, BENCH_CURVE_SECRET, 41) ==
           0,
         "ZMQ_CURVE_SECRETKEY");
}

/* lives as long as its process */
static void *
open_socket (Bench *bench, int type, guint index)
{
  static GOnce once = G_ONCE_INIT;
  void *socket = zmq_socket (g_once (&once, make_context, NULL), type);
  check (socket != NULL, "zmq_socket");
  set_option (socket, ZMQ_SNDHWM, bench_get_room (bench, BENCH_BUDGET_BYTES));
  set_option (socket, ZMQ_RCVHWM, bench_get_room (bench, BENCH_BUDGET_BYTES));
  /* hundreds dial at once: the default of 100 would leave them to the kernel's
   * retries, of seconds */
  set_option (socket, ZMQ_BACKLOG, 4096);
  if (type == ZMQ_PUB)
    set_option (socket, ZMQ_XPUB_NODROP, 1);
  if (type == ZMQ_SUB)
    subscribe_to (bench, socket, index);
  if (bench_is_variant (bench, "curve"))
    set_keys (socket, type == ZMQ_PUB);
  return socket;
}

static char *
dup_url (Bench *bench, const char *tcp)
{
  g_autofree char *path = bench_dup_path (bench);
  if (bench->transport == BENCH_UNIX)
    return g_strconcat ("ipc://", path, NULL);
  return g_strdup (bench->transport == BENCH_INPROC ? "inproc://bench" : tcp);
}

static void *
listen_somewhere (Bench *bench, int type)
{
  char endpoint[128];
  size_t size = sizeof endpoint;
  void *socket = open_socket (bench, type, 0);
  g_autofree char *url = dup_url (bench, "tcp://127.0.0.1:*");
  check (zmq_bind (socket, url) == 0, "zmq_bind");
  check (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0,
         "ZMQ_LAST_ENDPOINT");
  const char *port = strrchr (endpoint, ':') + 1;
  bench_set_port (bench, bench->transport == BENCH_TCP
                           ? g_ascii_strtoull (port, NULL, 10)
                           : 0);
  return socket;
}

static void *
dial (Bench *bench, int type, guint index)
{
  g_autofree char *tcp = bench_dup_url (bench);
  g_autofree char *url = dup_url (bench, tcp);
  void *socket = open_socket (bench, type, index);
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

typedef struct
{
  Bench *bench;
  void *socket;
} TopicSender;

static void
send_with_topic (gpointer data, const guint8 *payload, gsize size)
{
  TopicSender *self = data;
  guint64 number;
  memcpy (&number, payload, sizeof number);
  if (bench_is_probe (number))
    number -= BENCH_PROBE - BENCH_MAX_TOPICS + 1;
  const char *topic = bench_get_topic (self->bench, number);
  check (zmq_send (self->socket, topic, strlen (topic), ZMQ_SNDMORE) >= 0,
         "zmq_send");
  send_message (self->socket, payload, size);
}

static void
publish (Bench *bench, guint index)
{
  int type = bench_is_variant (bench, "pushpull") ? ZMQ_PUSH : ZMQ_PUB;
  TopicSender sender = { bench, listen_somewhere (bench, type) };
  if (bench->n_topics > 0)
    bench_publish (bench, send_with_topic, &sender);
  else
    bench_publish (bench, send_message, sender.socket);
}

static void
send_filtered (gpointer socket,
               const char *topic,
               const guint8 *data,
               gsize size)
{
  check (zmq_send (socket, topic, strlen (topic), ZMQ_SNDMORE) >= 0,
         "zmq_send");
  send_message (socket, data, size);
}

static void
publish_filtered (Bench *bench, guint index)
{
  void *socket = listen_somewhere (bench, ZMQ_PUB);
  while (!bench_is_ready (bench))
    {
      bench_filter_probe (bench, send_filtered, socket);
      bench_wait_until (&bench->shared->ready,
                        bench_now_ns () + BENCH_PROBE_NS);
    }
  bench_start (bench);
  for (guint64 i = 0; i < bench->count; i++)
    bench_filter_send (bench, send_filtered, socket, i);
  bench_wait_over (bench);
}

static gboolean
count_message (Bench *bench, guint index, void *socket, zmq_msg_t *message)
{
  if (bench->n_topics > 0)
    check (zmq_msg_recv (message, socket, 0) >= 0, "zmq_msg_recv");
  check (zmq_msg_recv (message, socket, 0) >= 0, "zmq_msg_recv");
  return bench_count (bench, index, zmq_msg_data (message),
                      zmq_msg_size (message));
}

static void
subscribe (Bench *bench, guint index)
{
  int type = bench_is_variant (bench, "pushpull") ? ZMQ_PULL : ZMQ_SUB;
  void *socket = dial (bench, type, index);
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
  void *socket = dial (bench, ZMQ_PAIR, 0);
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

/* A ROUTER sends back the frames as they came: who asked, the number of the
 * request, the payload. */
static void
answer (Bench *bench, guint index)
{
  void *socket = listen_somewhere (bench, ZMQ_ROUTER);
  zmq_msg_t message;
  zmq_msg_init (&message);
  for (guint64 n = 0; n < bench->count;)
    {
      check (zmq_msg_recv (&message, socket, 0) >= 0, "zmq_msg_recv");
      const int more = zmq_msg_more (&message);
      check (zmq_msg_send (&message, socket, more ? ZMQ_SNDMORE : 0) >= 0,
             "zmq_msg_send");
      n += !more;
    }
  bench_wait_over (bench);
}

static void
ask_next (Bench *bench, void *socket, guint64 number)
{
  check (zmq_send (socket, &number, sizeof number, ZMQ_SNDMORE) >= 0,
         "zmq_send");
  send_message (socket, bench_stamp (bench, number), bench->size);
}

static void
ask (Bench *bench, guint index)
{
  void *socket = dial (bench, ZMQ_DEALER, 0);
  guint64 n_asked = 0;
  zmq_msg_t message;
  zmq_msg_init (&message);
  bench_start (bench);
  while (n_asked < MIN (bench->n_outstanding, bench->count))
    ask_next (bench, socket, n_asked++);
  for (gboolean goes_on = TRUE; goes_on;)
    {
      guint64 number;
      check (zmq_recv (socket, &number, sizeof number, 0) == sizeof number,
             "zmq_recv");
      check (zmq_msg_recv (&message, socket, 0) >= 0, "zmq_msg_recv");
      goes_on = bench_count (bench, 0, zmq_msg_data (&message),
                             zmq_msg_size (&message));
      if (n_asked < bench->count)
        ask_next (bench, socket, n_asked++);
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
  { .name = "curve", .max_subscribers = 8 },
  { 0 },
};

const BenchPeer bench_zmq = {
  .name = "zmq",
  .dup_version = dup_version,
  .variants = variants,
  .publish = publish,
  .subscribe = subscribe,
  .publish_filtered = publish_filtered,
  .echo = echo,
  .ping = ping,
  .answer = answer,
  .ask = ask,
  .hub = hub,
  .hello = &bench_zmtp_hello,
  .last_transport = BENCH_INPROC,
  .has_topics = TRUE,
};

#ifndef BENCH_NO_MAIN
int
main (int argc, char **argv)
{
  return bench_main (argc, argv, &bench_zmq);
}
#endif

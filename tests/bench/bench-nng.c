/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-common.h"

#include <string.h>

#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>

/* nng over TCP. PUB and SUB always drop when a queue is full, so their
 * publisher keeps a window that its queues can hold. */

/* the longest queue nng allows, in messages */
#define QUEUE_MAX 8192

typedef int (*OpenSocket) (nng_socket *socket);

static void
check (int code, const char *what)
{
  if (code != 0)
    bench_fail ("%s: %s", what, nng_strerror (code));
}

static nng_socket
open_socket (Bench *bench, OpenSocket open)
{
  nng_socket socket;
  int queue = MIN (QUEUE_MAX, bench_get_room (bench, BENCH_BUDGET_BYTES));
  check (open (&socket), "nng_open");
  check (nng_socket_set_size (socket, NNG_OPT_RECVMAXSZ, 0), "recv-size-max");
  /* each pattern has one of these or both, or none */
  if (open != nng_push0_open)
    nng_socket_set_int (socket, NNG_OPT_SENDBUF, queue);
  nng_socket_set_int (socket, NNG_OPT_RECVBUF, queue);
  if (open == nng_sub0_open)
    check (nng_socket_set (socket, NNG_OPT_SUB_SUBSCRIBE, "", 0), "subscribe");
  return socket;
}

static nng_socket
listen_somewhere (Bench *bench, OpenSocket open)
{
  nng_listener listener;
  int port;
  nng_socket socket = open_socket (bench, open);
  check (nng_listen (socket, "tcp://127.0.0.1:0", &listener, 0), "nng_listen");
  check (nng_listener_get_int (listener, NNG_OPT_TCP_BOUND_PORT, &port),
         "tcp-bound-port");
  bench_set_port (bench, port);
  return socket;
}

static nng_socket
dial (Bench *bench, OpenSocket open)
{
  g_autofree char *url = bench_dup_url (bench);
  nng_socket socket = open_socket (bench, open);
  check (nng_dial (socket, url, NULL, 0), "nng_dial");
  return socket;
}

static nng_msg *
make_message (const guint8 *data, gsize size)
{
  nng_msg *message;
  check (nng_msg_alloc (&message, size), "nng_msg_alloc");
  memcpy (nng_msg_body (message), data, size);
  return message;
}

static void
send_message (gpointer socket, const guint8 *data, gsize size)
{
  nng_socket *to = socket;
  check (nng_sendmsg (*to, make_message (data, size), 0), "nng_sendmsg");
}

static void
publish (Bench *bench, guint index)
{
  gboolean is_push = bench_is_variant (bench, "pushpull");
  nng_socket socket =
    listen_somewhere (bench, is_push ? nng_push0_open : nng_pub0_open);
  bench_publish (bench, send_message, &socket);
}

static gboolean
count_message (Bench *bench, guint index, nng_socket socket)
{
  nng_msg *message;
  check (nng_recvmsg (socket, &message, 0), "nng_recvmsg");
  gboolean goes_on =
    bench_count (bench, index, nng_msg_body (message), nng_msg_len (message));
  nng_msg_free (message);
  return goes_on;
}

static void
subscribe (Bench *bench, guint index)
{
  gboolean is_pull = bench_is_variant (bench, "pushpull");
  nng_socket socket = dial (bench, is_pull ? nng_pull0_open : nng_sub0_open);
  while (count_message (bench, index, socket))
    ;
  bench_wait_over (bench);
}

static void
send_back (Bench *bench, OpenSocket open)
{
  nng_socket socket = listen_somewhere (bench, open);
  for (guint64 i = 0; i < bench->count; i++)
    {
      nng_msg *message;
      check (nng_recvmsg (socket, &message, 0), "nng_recvmsg");
      check (nng_sendmsg (socket, message, 0), "nng_sendmsg");
    }
  bench_wait_over (bench);
}

static void
echo (Bench *bench, guint index)
{
  send_back (bench, nng_pair0_open);
}

static void
answer (Bench *bench, guint index)
{
  send_back (bench, nng_rep0_open);
}

/* A REQ has one request at a time, but as many contexts as are wanted. */
typedef struct
{
  nng_ctx context;
  nng_aio *io;
} Question;

static void
wait_for (Question *self, const char *what)
{
  nng_aio_wait (self->io);
  check (nng_aio_result (self->io), what);
}

static void
ask_next (Bench *bench, Question *self, guint64 number)
{
  nng_aio_set_msg (self->io,
                   make_message (bench_stamp (bench, number), bench->size));
  nng_ctx_send (self->context, self->io);
  wait_for (self, "nng_ctx_send");
  nng_ctx_recv (self->context, self->io);
}

static void
take_answer (Bench *bench, Question *self)
{
  wait_for (self, "nng_ctx_recv");
  nng_msg *message = nng_aio_get_msg (self->io);
  bench_count (bench, 0, nng_msg_body (message), nng_msg_len (message));
  nng_msg_free (message);
}

static void
ask (Bench *bench, guint index)
{
  nng_socket socket = dial (bench, nng_req0_open);
  const guint n = MIN (bench->n_outstanding, bench->count);
  g_autofree Question *questions = g_new (Question, n);
  bench_start (bench);
  for (guint i = 0; i < n; i++)
    {
      check (nng_ctx_open (&questions[i].context, socket), "nng_ctx_open");
      check (nng_aio_alloc (&questions[i].io, NULL, NULL), "nng_aio_alloc");
      ask_next (bench, &questions[i], i);
    }
  for (guint64 i = 0; i < bench->count; i++)
    {
      take_answer (bench, &questions[i % n]);
      if (i + n < bench->count)
        ask_next (bench, &questions[i % n], i + n);
    }
  bench_wait_over (bench);
}

static void
ping (Bench *bench, guint index)
{
  nng_socket socket = dial (bench, nng_pair0_open);
  for (guint64 i = 0; i < bench->count; i++)
    {
      nng_msg *message;
      const guint8 *question = bench_stamp (bench, i);
      gint64 start_ns = bench_now_ns ();
      send_message (&socket, question, bench->size);
      check (nng_recvmsg (socket, &message, 0), "nng_recvmsg");
      bench_add_round_trip (bench, i, start_ns);
      bench_count (bench, 0, nng_msg_body (message), nng_msg_len (message));
      nng_msg_free (message);
    }
  bench_wait_over (bench);
}

static void
hub (Bench *bench, guint index)
{
  nng_socket socket = listen_somewhere (bench, nng_pub0_open);
  while (!bench_is_over (bench))
    {
      bench_pause (bench);
      if (bench_take_broadcast (bench))
        send_message (&socket, bench->payload, bench->size);
    }
}

/* The SP header over TCP (nanomsg RFC sp-tcp-mapping-01): a zero, "SP",
 * version 0, the type of the socket, reserved. */
static const guint8 header[] = { 0, 'S', 'P', 0, 0, 0x21, 0, 0 };

static int
is_welcome (const guint8 *data, gsize size)
{
  if (size < sizeof header)
    return 0;
  return memcmp (data, header, 4) == 0 ? 1 : -1;
}

static char *
dup_version (void)
{
  return g_strdup_printf ("nng %s", nng_version ());
}

static const BenchHello hello = {
  .first = header,
  .first_size = sizeof header,
  .is_welcome = is_welcome,
};

static const BenchVariant variants[] = {
  { .name = "pubsub",
    .max_subscribers = BENCH_MAX_SUBSCRIBERS,
    .max_window = QUEUE_MAX },
  { .name = "pushpull", .max_subscribers = 1 },
  { 0 },
};

static const BenchPeer peer = {
  .name = "nng",
  .dup_version = dup_version,
  .variants = variants,
  .publish = publish,
  .subscribe = subscribe,
  .echo = echo,
  .ping = ping,
  .answer = answer,
  .ask = ask,
  .hub = hub,
  .hello = &hello,
};

int
main (int argc, char **argv)
{
  return bench_main (argc, argv, &peer);
}

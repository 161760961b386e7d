/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-receipt.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The bound of deliveries: messages of one size over a plain socket, each of
 * which has a callback when it has come, and nothing else. How many have come is
 * said after each read, and within one for each quarter of what may be open. A
 * program is called back by a function, or with the variant `task` by a
 * GTask. */

#define BATCH_SIZE (64 * 1024)

typedef struct
{
  Bench *bench;
  int fd;
  guint64 n_come;
  guint64 n_said;
} Receiver;

typedef struct
{
  Bench *bench;
  int fd;
  guint64 n_sent;
  guint64 n_ended;
  guint8 *batch;
  gsize batched;
} Deliverer;

static void
send_at_once (int fd)
{
  const int on = 1;
  if (setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
    bench_fail ("TCP_NODELAY: %s", g_strerror (errno));
}

static void
write_all (int fd, const guint8 *data, gsize size)
{
  for (gssize n; size > 0; data += n, size -= n)
    if ((n = write (fd, data, size)) <= 0)
      bench_fail ("write: %s", g_strerror (errno));
}

static gsize
read_some (int fd, guint8 *data, gsize size)
{
  gssize n = read (fd, data, size);
  if (n < 0)
    bench_fail ("read: %s", g_strerror (errno));
  return n;
}

static void
say (Receiver *self)
{
  if (self->n_said == self->n_come)
    return;
  self->n_said = self->n_come;
  write_all (self->fd, (const guint8 *) &self->n_said, sizeof self->n_said);
}

static void
take (Receiver *self, const guint8 *message)
{
  bench_count (self->bench, 0, message, self->bench->size);
  self->n_come++;
  if (self->n_come - self->n_said >= (self->bench->n_outstanding + 3) / 4)
    say (self);
}

void
bench_receipt_accept (Bench *bench, guint index)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t address_size = sizeof address;
  const int listener = socket (AF_INET, SOCK_STREAM, 0);
  g_autofree guint8 *data = g_malloc (BATCH_SIZE + bench->size);
  gsize have = 0;
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  if (bind (listener, (struct sockaddr *) &address, sizeof address) != 0 ||
      listen (listener, 1) != 0 ||
      getsockname (listener, (struct sockaddr *) &address, &address_size) != 0)
    bench_fail ("listen: %s", g_strerror (errno));
  bench_set_port (bench, ntohs (address.sin_port));
  Receiver self = { .bench = bench, .fd = accept (listener, NULL, NULL) };
  send_at_once (self.fd);
  for (gsize n; (n = read_some (self.fd, data + have, BATCH_SIZE)) > 0;)
    {
      gsize done = 0;
      for (have += n; have - done >= bench->size; done += bench->size)
        take (&self, data + done);
      memmove (data, data + done, have - done);
      have -= done;
      say (&self);
    }
}

static void
flush (Deliverer *self)
{
  write_all (self->fd, self->batch, self->batched);
  self->batched = 0;
}

static void
deliver_next (Deliverer *self)
{
  if (self->n_sent == self->bench->count)
    return;
  if (self->batched + self->bench->size > BATCH_SIZE)
    flush (self);
  memcpy (self->batch + self->batched,
          bench_stamp (self->bench, self->n_sent++), self->bench->size);
  self->batched += self->bench->size;
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  Deliverer *self = data;
  if (result != NULL && !g_task_propagate_boolean (G_TASK (result), NULL))
    bench_fail ("g_task_propagate_boolean");
  self->n_ended++;
  deliver_next (self);
}

static void
end_one (Deliverer *self)
{
  if (!bench_is_variant (self->bench, "task"))
    {
      on_ended (NULL, NULL, self);
      return;
    }
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_ended, self);
  g_task_return_boolean (task, TRUE);
}

/* Returns how many have come, once the other end has said so again. */
static guint64
hear (Deliverer *self)
{
  union
  {
    guint64 n_come[512];
    guint8 bytes[1];
  } said;
  gsize n = 0;
  do
    {
      const gsize more = read_some (self->fd, said.bytes + n, sizeof said - n);
      if (more == 0)
        bench_fail ("the other end has closed");
      n += more;
    }
  while (n % sizeof said.n_come[0] != 0);
  return said.n_come[n / sizeof said.n_come[0] - 1];
}

void
bench_receipt_deliver (Bench *bench, guint index)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  Deliverer self = { .bench = bench, .batch = g_malloc (BATCH_SIZE) };
  address.sin_port = htons (bench_wait_port (bench));
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  self.fd = socket (AF_INET, SOCK_STREAM, 0);
  if (connect (self.fd, (struct sockaddr *) &address, sizeof address) != 0)
    bench_fail ("connect: %s", g_strerror (errno));
  send_at_once (self.fd);
  bench_start (bench);
  for (guint i = 0; i < bench->n_outstanding; i++)
    deliver_next (&self);
  while (self.n_ended < bench->count)
    {
      flush (&self);
      for (guint64 n = hear (&self) - self.n_ended; n > 0; n--)
        end_one (&self);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  close (self.fd);
  bench_wait_over (bench);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#ifdef HAS_TLS
#include <gnutls/crypto.h>

#include "bench-receipt.h"
#include "bench-shake.h"
#endif

/* The limit: blocking sockets, a length of four octets before each message,
 * many small messages in one write, nothing else. */

#define PREFIX_SIZE 4
#define BATCH_SIZE  (128 * 1024)

/* messages from this size on are written and read by themselves */
#define LARGE_SIZE (64 * 1024)

/* of 10 messages the variant `lossy` forgets one */
#define LOSS 10

/* The variant `copy` first copies a large message, as a library has to that lets
 * its caller go on before the message is written: into the next of as many
 * blocks as a queue of this size holds. */
#define QUEUE_SIZE (8 * 1024 * 1024)

typedef struct
{
  guint8 **blocks;
  guint n_blocks;
  guint next;
} Queue;

typedef struct
{
  Bench *bench;
  Queue queue;
  int sockets[BENCH_MAX_SUBSCRIBERS];
  guint8 *batch;
  gsize size;
} Publisher;

typedef union
{
  struct sockaddr any;
  struct sockaddr_in in;
  struct sockaddr_un un;
} Address;

static int
open_socket (Bench *bench)
{
  int family = bench->transport == BENCH_UNIX ? AF_UNIX : AF_INET;
  int fd = socket (family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    bench_fail ("socket: %s", g_strerror (errno));
  return fd;
}

static void
be_prompt (Bench *bench, int fd)
{
  int on = 1;
  if (bench->transport == BENCH_TCP &&
      setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
    bench_fail ("TCP_NODELAY: %s", g_strerror (errno));
}

static socklen_t
fill_address (Bench *bench, Address *address, guint port)
{
  g_autofree char *path = bench_dup_path (bench);
  *address = (Address){ 0 };
  if (bench->transport == BENCH_UNIX)
    {
      address->un.sun_family = AF_UNIX;
      g_strlcpy (address->un.sun_path, path, sizeof address->un.sun_path);
      return sizeof address->un;
    }
  address->in.sin_family = AF_INET;
  address->in.sin_port = htons (port);
  address->in.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  return sizeof address->in;
}

static int
listen_somewhere (Bench *bench)
{
  int fd = open_socket (bench);
  Address address;
  socklen_t size = fill_address (bench, &address, 0);
  if (bind (fd, &address.any, size) != 0 || listen (fd, SOMAXCONN) != 0 ||
      getsockname (fd, &address.any, &size) != 0)
    bench_fail ("listen: %s", g_strerror (errno));
  bench_set_port (bench, bench->transport == BENCH_TCP
                           ? ntohs (address.in.sin_port)
                           : 0);
  return fd;
}

static int
accept_one (Bench *bench, int listener)
{
  int fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0)
    bench_fail ("accept: %s", g_strerror (errno));
  be_prompt (bench, fd);
  return fd;
}

static int
dial (Bench *bench)
{
  Address address;
  socklen_t size = fill_address (bench, &address, bench_wait_port (bench));
  int fd = open_socket (bench);
  if (connect (fd, &address.any, size) != 0)
    bench_fail ("connect: %s", g_strerror (errno));
  be_prompt (bench, fd);
  return fd;
}

static void
write_all (int fd, const guint8 *data, gsize size)
{
  while (size > 0)
    {
      gssize n = write (fd, data, size);
      if (n < 0 && errno != EINTR)
        bench_fail ("write: %s", g_strerror (errno));
      data += MAX (n, 0);
      size -= MAX (n, 0);
    }
}

static void
read_all (int fd, void *into, gsize size)
{
  guint8 *next = into;
  while (size > 0)
    {
      gssize n = read (fd, next, size);
      if (n == 0 || (n < 0 && errno != EINTR))
        bench_fail ("read: %s", n == 0 ? "end of stream" : g_strerror (errno));
      next += MAX (n, 0);
      size -= MAX (n, 0);
    }
}

static void
write_message (int fd, const guint8 *data, gsize size)
{
  guint32 prefix = size;
  struct iovec parts[] = {
    { &prefix, sizeof prefix },
    { (guint8 *) data, size },
  };
  gssize n = writev (fd, parts, G_N_ELEMENTS (parts));
  if (n < PREFIX_SIZE)
    bench_fail ("writev: %s", g_strerror (errno));
  write_all (fd, data + n - PREFIX_SIZE, size + PREFIX_SIZE - n);
}

static gsize
read_message (int fd, guint8 *into, gsize room)
{
  guint32 size;
  read_all (fd, &size, sizeof size);
  if (size > room)
    bench_fail ("a message of %u octets came, %zu fit", size, room);
  read_all (fd, into, size);
  return size;
}

#ifdef HAS_TLS
/* What TLS has to do and no more: AES-128-GCM of 16 KiB at a time, and a copy of it.
 * The key and the nonces are those of everybody who reads this. */
#define PIECE_SIZE 16384
#define TAG_SIZE   16

typedef struct
{
  gnutls_aead_cipher_hd_t cipher;
  guint64 number;
  guint8 *sealed; /* of a whole message */
} Sealer;

static void
sealer_init (Sealer *self, gsize size)
{
  const gnutls_datum_t key = { (guint8 *) "0123456789abcdef", 16 };
  self->number = 0;
  self->sealed = g_malloc (size + (size / PIECE_SIZE + 1) * TAG_SIZE);
  if (gnutls_aead_cipher_init (&self->cipher, GNUTLS_CIPHER_AES_128_GCM, &key) <
      0)
    bench_fail ("AES-128-GCM is not there");
}

static void
sealer_clear (Sealer *self)
{
  gnutls_aead_cipher_deinit (self->cipher);
  g_free (self->sealed);
}

static void
make_nonce (Sealer *self, guint8 nonce[12])
{
  memset (nonce, 0, 12);
  memcpy (nonce, &self->number, sizeof self->number);
  self->number++;
}

static void
write_sealed (Sealer *self, int fd, const guint8 *data, gsize size)
{
  gsize n = 0;
  for (gsize at = 0; at < size; at += PIECE_SIZE)
    {
      gsize room = PIECE_SIZE + TAG_SIZE;
      guint8 nonce[12];
      make_nonce (self, nonce);
      gnutls_aead_cipher_encrypt (self->cipher, nonce, sizeof nonce, NULL, 0,
                                  TAG_SIZE, data + at,
                                  MIN (PIECE_SIZE, size - at), self->sealed + n,
                                  &room);
      n += room;
    }
  write_message (fd, self->sealed, n);
}

static gsize
read_sealed (Sealer *self, int fd, guint8 *into, gsize room)
{
  const gsize size =
    read_message (fd, self->sealed, room + (room / PIECE_SIZE + 1) * TAG_SIZE);
  gsize n = 0;
  for (gsize at = 0; at < size; at += PIECE_SIZE + TAG_SIZE)
    {
      gsize got = room - n;
      guint8 nonce[12];
      make_nonce (self, nonce);
      if (gnutls_aead_cipher_decrypt (self->cipher, nonce, sizeof nonce, NULL,
                                      0, TAG_SIZE, self->sealed + at,
                                      MIN (PIECE_SIZE + TAG_SIZE, size - at),
                                      into + n, &got) < 0)
        bench_fail ("a message was changed");
      n += got;
    }
  return n;
}

static void
publish_sealed (Bench *bench, int fd)
{
  Sealer sealer;
  sealer_init (&sealer, MAX (bench->size, BENCH_MIN_SIZE));
  write_sealed (&sealer, fd, bench_get_probe (0), BENCH_MIN_SIZE);
  while (!bench_is_ready (bench))
    bench_pause (bench);

  bench_start (bench);
  for (guint64 i = 0; i < bench->count; i++)
    write_sealed (&sealer, fd, bench_stamp (bench, i), bench->size);
  bench_wait_over (bench);
  sealer_clear (&sealer);
}

static void
subscribe_sealed (Bench *bench, guint index, int fd)
{
  const gsize room = MAX (bench->size, BENCH_MIN_SIZE);
  g_autofree guint8 *buffer = g_malloc (room);
  Sealer sealer;
  sealer_init (&sealer, room);
  while (
    bench_count (bench, index, buffer, read_sealed (&sealer, fd, buffer, room)))
    ;
  bench_wait_over (bench);
  sealer_clear (&sealer);
}
#endif

static void
flush (Publisher *self)
{
  for (guint i = 0; i < self->bench->n_subscribers; i++)
    write_all (self->sockets[i], self->batch, self->size);
  self->size = 0;
}

static const guint8 *
queue_copy (Queue *self, const guint8 *data, gsize size)
{
  if (self->blocks == NULL)
    {
      self->n_blocks = MAX (2, QUEUE_SIZE / size);
      self->blocks = g_new0 (guint8 *, self->n_blocks);
      for (guint i = 0; i < self->n_blocks; i++)
        self->blocks[i] = g_malloc (size);
    }
  self->next = (self->next + 1) % self->n_blocks;
  return memcpy (self->blocks[self->next], data, size);
}

static void
send_message (gpointer socket, const guint8 *data, gsize size)
{
  Publisher *self = socket;
  if (size >= LARGE_SIZE)
    {
      if (bench_is_variant (self->bench, "copy"))
        data = queue_copy (&self->queue, data, size);
      for (guint i = 0; i < self->bench->n_subscribers; i++)
        write_message (self->sockets[i], data, size);
      return;
    }
  if (self->size + PREFIX_SIZE + size > BATCH_SIZE)
    flush (self);
  guint32 prefix = size;
  memcpy (self->batch + self->size, &prefix, sizeof prefix);
  memcpy (self->batch + self->size + PREFIX_SIZE, data, size);
  self->size += PREFIX_SIZE + size;
}

static void
publish (Bench *bench, guint index)
{
  Publisher self = { .bench = bench, .batch = g_malloc (BATCH_SIZE) };
  gboolean is_lossy = bench_is_variant (bench, "lossy");
  int listener = listen_somewhere (bench);
  for (guint i = 0; i < bench->n_subscribers; i++)
    self.sockets[i] = accept_one (bench, listener);
#ifdef HAS_TLS
  if (bench_is_variant (bench, "aes"))
    {
      publish_sealed (bench, self.sockets[0]);
      g_free (self.batch);
      return;
    }
#endif
  send_message (&self, bench_get_probe (0), BENCH_MIN_SIZE);
  flush (&self);
  while (!bench_is_ready (bench))
    bench_pause (bench);

  bench_start (bench);
  for (guint64 i = 0; i < bench->count; i++)
    if (!is_lossy || i % LOSS != 0)
      send_message (&self, bench_stamp (bench, i), bench->size);
  flush (&self);
  bench_wait_over (bench);
}

static void
subscribe (Bench *bench, guint index)
{
  gsize have = 0;
  gboolean is_last = FALSE;
  int fd = dial (bench);
  gsize room = MAX (bench->size, BENCH_MIN_SIZE);
  g_autofree guint8 *buffer = g_malloc (MAX (BATCH_SIZE, room));
#ifdef HAS_TLS
  if (bench_is_variant (bench, "aes"))
    {
      subscribe_sealed (bench, index, fd);
      return;
    }
#endif
  while (!is_last && bench->size >= LARGE_SIZE)
    is_last =
      !bench_count (bench, index, buffer, read_message (fd, buffer, room));

  while (!is_last)
    {
      gssize n = read (fd, buffer + have, BATCH_SIZE - have);
      if (n <= 0)
        bench_fail ("read: %s", n == 0 ? "end of stream" : g_strerror (errno));
      const guint8 *next = buffer;
      guint32 size;
      for (have += n; have >= PREFIX_SIZE; have -= PREFIX_SIZE + size)
        {
          memcpy (&size, next, sizeof size);
          if (have - PREFIX_SIZE < size)
            break;
          if (!bench_count (bench, index, next + PREFIX_SIZE, size))
            is_last = TRUE;
          next += PREFIX_SIZE + size;
        }
      memmove (buffer, next, have);
    }
  bench_wait_over (bench);
}

static void
echo (Bench *bench, guint index)
{
  g_autofree guint8 *buffer = g_malloc (bench->size);
  int fd = accept_one (bench, listen_somewhere (bench));
  for (guint64 i = 0; i < bench->count; i++)
    write_message (fd, buffer, read_message (fd, buffer, bench->size));
  bench_wait_over (bench);
}

static void
ping (Bench *bench, guint index)
{
  g_autofree guint8 *buffer = g_malloc (bench->size);
  int fd = dial (bench);
  for (guint64 i = 0; i < bench->count; i++)
    {
      const guint8 *question = bench_stamp (bench, i);
      gint64 start_ns = bench_now_ns ();
      write_message (fd, question, bench->size);
      gsize size = read_message (fd, buffer, bench->size);
      bench_add_round_trip (bench, i, start_ns);
      bench_count (bench, 0, buffer, size);
    }
  bench_wait_over (bench);
}

static void
watch (int epoll, int fd)
{
  struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
  if (epoll_ctl (epoll, EPOLL_CTL_ADD, fd, &event) != 0)
    bench_fail ("epoll_ctl: %s", g_strerror (errno));
}

static void
hub (Bench *bench, guint index)
{
  int listener = listen_somewhere (bench);
  int epoll = epoll_create1 (EPOLL_CLOEXEC);
  g_autoptr (GArray) sockets = g_array_new (FALSE, FALSE, sizeof (int));
  watch (epoll, listener);
  while (!bench_is_over (bench))
    {
      struct epoll_event event;
      if (epoll_wait (epoll, &event, 1, 10) == 1 && event.data.fd == listener)
        {
          int fd = accept_one (bench, listener);
#ifdef HAS_TLS
          if (bench_is_variant (bench, "shake"))
            bench_shake_accept (fd);
#endif
          watch (epoll, fd);
          g_array_append_val (sockets, fd);
          /* one octet says that it was accepted */
          write_all (fd, (const guint8 *) "", 1);
        }
      if (!bench_take_broadcast (bench))
        continue;
      for (guint i = 0; i < sockets->len; i++)
        write_message (g_array_index (sockets, int, i), bench->payload,
                       bench->size);
    }
}

static int
is_welcome (const guint8 *data, gsize size)
{
  return size > 0;
}

static char *
dup_version (void)
{
  return g_strdup ("TCP sockets");
}

static const BenchHello hello = { .is_welcome = is_welcome };

static const BenchVariant variants[] = {
  { .name = "batch", .max_subscribers = BENCH_MAX_SUBSCRIBERS },
#ifdef HAS_TLS
  { .name = "aes", .max_subscribers = 1 },
  { .name = "shake", .max_subscribers = 1 },
#endif
  { .name = "task", .max_subscribers = 1 },
  { .name = "copy", .max_subscribers = 1, .is_fixture = TRUE },
  { .name = "lossy",
    .max_subscribers = BENCH_MAX_SUBSCRIBERS,
    .is_fixture = TRUE },
  { 0 },
};

static const BenchPeer peer = {
  .name = "raw",
  .dup_version = dup_version,
  .variants = variants,
  .publish = publish,
  .subscribe = subscribe,
  .echo = echo,
  .ping = ping,
  .accept = bench_receipt_accept,
  .deliver = bench_receipt_deliver,
  .hub = hub,
#ifdef HAS_TLS
  .guests = bench_shake_guests,
#endif
  .hello = &hello,
  .last_transport = BENCH_UNIX,
};

int
main (int argc, char **argv)
{
  return bench_main (argc, argv, &peer);
}

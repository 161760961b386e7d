/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <hein/hein.h>

#include "bench-mc.h"

/* hein over udp-multicast. The variants: each message a datagram of its own
 * (plain); packed and sealed; the same with repair. Without a number the
 * datagrams are as large as the loopback device lets them be, else as on a
 * network. */

#define TURN_MS 100
/* as for the plain datagrams: what a receive buffer holds of those */
#define WINDOW 2048
/* While something is missing, the rest waits behind it: more is on its way, but
 * not more than a sender keeps for repair (4,096 fragments). */
#define REPAIR_WINDOW 8192
#define REPAIR_BYTES  (2 * 1024 * 1024)

/* ---- loss ---- */

static guint loss_permille;
static guint32 loss_state;

/* Numerical Recipes' linear congruence: the same losses in every run. */
static gboolean
is_forgotten (void)
{
  loss_state = loss_state * 1664525u + 1013904223u;
  return (loss_state >> 8) % 1000 < loss_permille;
}

static gsize
get_segment (struct msghdr *message, gsize size)
{
  for (struct cmsghdr *one = CMSG_FIRSTHDR (message); one != NULL;
       one = CMSG_NXTHDR (message, one))
    if (one->cmsg_level == IPPROTO_UDP && one->cmsg_type == UDP_GRO)
      {
        int segment;

        memcpy (&segment, CMSG_DATA (one), sizeof segment);
        return segment > 0 ? (gsize) segment : size;
      }
  return size;
}

/* Of what came as one: each datagram is kept or not. When none is, an empty one
 * stays, which is no datagram of hein. */
static gsize
forget_some (struct msghdr *message, gsize size)
{
  const gsize segment = get_segment (message, size);
  guint8 *data = message->msg_iov->iov_base;
  gsize kept = 0;

  for (gsize at = 0; at < size; at += segment)
    {
      const gsize n = MIN (segment, size - at);

      if (is_forgotten ())
        continue;
      memmove (data + kept, data + at, n);
      kept += n;
    }
  return kept;
}

/* The program's own stands before that of libc, for the plugin too: so the
 * kernel's socket loses without any privilege. */
G_MODULE_EXPORT int
recvmmsg (int fd,
          struct mmsghdr *messages,
          unsigned int n_messages,
          int flags,
          struct timespec *timeout)
{
  int n = syscall (SYS_recvmmsg, fd, messages, n_messages, flags, timeout);

  for (int i = 0; loss_permille > 0 && i < n; i++)
    messages[i].msg_len =
      forget_some (&messages[i].msg_hdr, messages[i].msg_len);
  return n;
}

/* ---- both sides ---- */

typedef struct
{
  Bench *bench;
  HeinBus *bus;
  int fd; /* of the bus; to ask for it makes a turn due */
  guint index;
  gboolean is_last;
} Member;

/* The publisher writes it before it says its port; the parent removes it. */
static void
write_key (Bench *bench)
{
  g_autofree char *path = bench_dup_path (bench);
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  if (fd < 0)
    bench_fail ("%s: %s", path, g_strerror (errno));
  for (guint i = 0; i < 32; i++)
    dprintf (fd, "%02x", g_random_int_range (0, 256));
  dprintf (fd, "\n");
  close (fd);
}

static gboolean
has_word (Bench *bench, const char *word)
{
  return strstr (bench->variant, word) != NULL;
}

static char *
dup_uri (Bench *bench)
{
  g_autofree char *key = bench_dup_path (bench);
  g_autofree char *how = NULL;
  char host[INET_ADDRSTRLEN];
  struct sockaddr_in group;

  bench_mc_get_group (bench, &group);
  inet_ntop (AF_INET, &group.sin_addr, host, sizeof host);
  if (bench_is_variant (bench, "plain"))
    how = g_strdup ("format=plain");
  else
    how = g_strconcat ("key-file=", key,
                       has_word (bench, "aes") ? "&cipher=aes256gcm" : "",
                       has_word (bench, "reliable") ? "&reliable=yes" : "",
                       has_word (bench, "1400") ? "&mtu=1400" : "", NULL);
  return g_strdup_printf ("udp-multicast://%s:%u?interface=lo&ttl=0&%s", host,
                          ntohs (group.sin_port), how);
}

static void
join (Member *self, const char *name)
{
  g_autofree char *uri = dup_uri (self->bench);
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint;

  self->bus = hein_bus_new (name);
  endpoint = hein_bus_listen (self->bus, uri, &error);
  if (endpoint == NULL)
    bench_fail ("%s: %s", uri, error->message);
  while (hein_endpoint_get_state (endpoint) == HEIN_ENDPOINT_STATE_OPENING)
    hein_bus_turn (self->bus, TURN_MS);
  if (hein_endpoint_get_state (endpoint) != HEIN_ENDPOINT_STATE_OPEN)
    bench_fail ("%s is not open", uri);
}

/* ---- sending ---- */

static void
send_message (gpointer socket, const guint8 *data, gsize size)
{
  Member *self = socket;
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) message = hein_message_new_data ("", data, size);

  while (!hein_bus_send (self->bus, message, &error))
    {
      if (!g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
        bench_fail ("hein_bus_send: %s", error->message);
      g_clear_error (&error);
      hein_bus_turn (self->bus, 1);
    }
}

static void
turn (gpointer socket, int timeout_ms)
{
  Member *self = socket;

  /* what was sent goes, before anybody is waited for */
  hein_bus_turn (self->bus, 0);
  bench_mc_wait (self->bench, self->fd);
}

static void
publish (Bench *bench, guint index)
{
  Member self = { .bench = bench };

  write_key (bench);
  bench_mc_choose_port (bench);
  join (&self, "bench-publisher");
  self.fd = hein_bus_get_fd (self.bus);
  bench_mc_publish (bench, send_message, turn, &self);
  g_object_unref (self.bus);
}

/* ---- receiving ---- */

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer user_data)
{
  Member *self = user_data;
  gsize size;
  const guint8 *data = hein_message_peek_data (message, &size);

  if (!self->is_last && !bench_count (self->bench, self->index, data, size))
    self->is_last = TRUE;
}

static void
subscribe (Bench *bench, guint index)
{
  Member self = { .bench = bench, .index = index };
  g_autofree char *name = g_strdup_printf ("bench-%u", index);

  join (&self, name);
  loss_permille = bench->loss_permille;
  loss_state = index + 1;
  hein_bus_set_handler (self.bus, on_message, &self, NULL);
  while (!self.is_last)
    hein_bus_turn (self.bus, TURN_MS);
  /* others may still need what only goes on while all live */
  while (!bench_is_over (bench))
    hein_bus_turn (self.bus, 10);
  g_object_unref (self.bus);
}

static char *
dup_version (void)
{
  return g_strdup_printf ("hein %d.%d.%d", HEIN_MAJOR_VERSION,
                          HEIN_MINOR_VERSION, HEIN_MICRO_VERSION);
}

#define VARIANT(text)                                                          \
  {                                                                            \
    .name = text, .max_subscribers = BENCH_MAX_SUBSCRIBERS,                    \
    .max_window = WINDOW, .may_lose = TRUE                                     \
  }
#define RELIABLE(text)                                                         \
  {                                                                            \
    .name = text, .max_subscribers = BENCH_MAX_SUBSCRIBERS,                    \
    .max_window = REPAIR_WINDOW, .max_bytes = REPAIR_BYTES                     \
  }

static const BenchVariant variants[] = {
  VARIANT ("sealed"),
  VARIANT ("plain"),
  VARIANT ("aes"),
  RELIABLE ("reliable"),
  VARIANT ("sealed-1400"),
  VARIANT ("aes-1400"),
  RELIABLE ("reliable-1400"),
  { 0 },
};

static const BenchPeer peer = {
  .name = "mc-hein",
  .dup_version = dup_version,
  .variants = variants,
  .publish = publish,
  .subscribe = subscribe,
  .first_transport = BENCH_MULTICAST,
  .last_transport = BENCH_MULTICAST,
};

int
main (int argc, char **argv)
{
  return bench_main (argc, argv, &peer);
}

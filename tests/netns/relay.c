/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame.h"

/*
 * A hub between interfaces that loses, doubles, holds back and damages UDP
 * datagrams, for each that hears them apart; other frames pass unharmed.
 *
 * usage: netns-relay INTERFACE...
 *        netns-relay --bare INTERFACE    takes its offloads away, and ends
 *
 * With offloads, frames on a veth have no checksum and several datagrams. On
 * its standard input it takes
 *
 *   seed N
 *   loss N, duplication N, reordering N, corruption N   percent
 *   delay N                                             ms
 *   cut N, heal N       what comes from and goes to an interface (from 0) is
 *                       lost, and not any more
 *   plug N              the interface was made anew
 *   report              what it did since the last report: a line of JSON
 *
 * and ends with it.
 */

#define PORTS_MAX      64
#define MACS_MAX       1024
#define FRAME_MAX      9216
#define RECEIVE_BUFFER (16 * 1024 * 1024)
#define REORDER_US     5000
#define N_READ         64

typedef struct
{
  const char *name;
  int fd;
  gboolean is_cut;
  guint64 n_in;
  guint64 n_offered;
  guint64 n_lost;
  guint64 n_doubled;
  guint64 n_held;
  guint64 n_damaged;
} Port;

typedef struct
{
  gint64 at_us;
  guint64 order;
  guint to;
  gsize size;
  guint8 data[];
} Frame;

typedef struct
{
  Port ports[PORTS_MAX];
  guint n_ports;
  GHashTable *macs; /* owned gint64 -> port + 1 */
  GRand *dice;
  GSequence *flying; /* owned Frame, by time */
  guint64 n_flown;
  guint64 n_overrun;
  guint64 n_unsent;
  guint loss;
  guint duplication;
  guint reordering;
  guint corruption;
  guint delay;
  GString *commands; /* what was read and is no line yet */
} Relay;

/* ---- interfaces ---- */

static void
open_port (Port *self)
{
  const int size = RECEIVE_BUFFER;
  const int on = 1;
  struct sockaddr_ll address = { .sll_family = AF_PACKET,
                                 .sll_protocol = htons (ETH_P_ALL),
                                 .sll_ifindex =
                                   (int) if_nametoindex (self->name) };

  self->fd = socket (AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (self->fd < 0)
    g_error ("a packet socket: %s", g_strerror (errno));
  if (setsockopt (self->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) !=
      0)
    setsockopt (self->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt (self->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
  if (address.sll_ifindex == 0 ||
      bind (self->fd, (struct sockaddr *) &address, sizeof address) != 0)
    g_error ("%s: %s", self->name, g_strerror (errno));
}

static void
plug (Port *self)
{
  close (self->fd);
  open_port (self);
}

/* ---- flying ---- */

static gboolean
happens (Relay *self, guint percent)
{
  return percent > 0 && (guint) g_rand_int_range (self->dice, 0, 100) < percent;
}

static int
compare_frames (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const Frame *one = a;
  const Frame *other = b;

  if (one->at_us != other->at_us)
    return one->at_us < other->at_us ? -1 : 1;
  return one->order < other->order ? -1 : 1;
}

static void
put_out (Relay *self, guint to, const guint8 *data, gsize size)
{
  if (send (self->ports[to].fd, data, size, MSG_DONTWAIT) < 0)
    self->n_unsent++; /* down, or taken away */
}

static void
fly (Relay *self, guint to, const guint8 *data, gsize size, gsize udp)
{
  Port *port = &self->ports[to];
  g_autofree Frame *frame = g_malloc (sizeof (Frame) + size);

  frame->at_us = self->delay * 1000;
  if (happens (self, self->reordering))
    {
      frame->at_us += g_rand_int_range (self->dice, 0, REORDER_US);
      port->n_held++;
    }
  frame->order = self->n_flown++;
  frame->to = to;
  frame->size = size;
  memcpy (frame->data, data, size);
  if (happens (self, self->corruption))
    {
      frame_damage (frame->data, udp, self->dice);
      port->n_damaged++;
    }
  if (frame->at_us == 0)
    {
      put_out (self, to, frame->data, size);
      return;
    }
  frame->at_us += g_get_monotonic_time ();
  g_sequence_insert_sorted (self->flying, g_steal_pointer (&frame),
                            compare_frames, NULL);
}

static void
pass (Relay *self, guint to, const guint8 *data, gsize size, gsize udp)
{
  Port *port = &self->ports[to];

  if (udp == 0)
    {
      if (!port->is_cut)
        put_out (self, to, data, size);
      return;
    }
  port->n_offered++;
  if (port->is_cut || happens (self, self->loss))
    {
      port->n_lost++;
      return;
    }
  fly (self, to, data, size, udp);
  if (!happens (self, self->duplication))
    return;
  port->n_doubled++;
  fly (self, to, data, size, udp);
}

/* As a switch: to where it belongs, as far as known. */
static guint
find_port (Relay *self, guint from, const guint8 *frame)
{
  const gint64 source = frame_get_mac (frame + ETH_ALEN);
  const gint64 target = frame_get_mac (frame);

  if (g_hash_table_size (self->macs) < MACS_MAX)
    g_hash_table_insert (self->macs, g_memdup2 (&source, sizeof source),
                         GUINT_TO_POINTER (from + 1));
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->macs, &target));
}

static void
pass_on (Relay *self, guint from, const guint8 *data, gsize size)
{
  const gsize udp = frame_find_udp (data, size);
  const guint port = find_port (self, from, data);

  self->ports[from].n_in += udp > 0;
  if (self->ports[from].is_cut)
    return;
  for (guint to = 0; to < self->n_ports; to++)
    if (to != from && (port == 0 || port == to + 1))
      pass (self, to, data, size, udp);
}

static void
read_port (Relay *self, guint from)
{
  guint8 data[FRAME_MAX];

  for (guint i = 0; i < N_READ; i++)
    {
      gssize n = recv (self->ports[from].fd, data, sizeof data, MSG_DONTWAIT);

      if (n < 0)
        return; /* nothing is there, or it is down */
      if (n >= ETHER_HDR_LEN)
        pass_on (self, from, data, n);
    }
}

static void
land (Relay *self)
{
  const gint64 now_us = g_get_monotonic_time ();

  while (!g_sequence_is_empty (self->flying))
    {
      GSequenceIter *first = g_sequence_get_begin_iter (self->flying);
      const Frame *frame = g_sequence_get (first);

      if (frame->at_us > now_us)
        return;
      put_out (self, frame->to, frame->data, frame->size);
      g_sequence_remove (first);
    }
}

/* ---- commands ---- */

static void
count_overrun (Relay *self, Port *port)
{
  struct tpacket_stats stats;
  socklen_t size = sizeof stats;

  if (getsockopt (port->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0)
    self->n_overrun += stats.tp_drops;
}

static void
report_port (Port *self)
{
  printf ("{\"in\": %" G_GUINT64_FORMAT ", \"offered\": %" G_GUINT64_FORMAT
          ", \"lost\": %" G_GUINT64_FORMAT ", \"doubled\": %" G_GUINT64_FORMAT
          ", \"held\": %" G_GUINT64_FORMAT ", \"damaged\": %" G_GUINT64_FORMAT
          "}",
          self->n_in, self->n_offered, self->n_lost, self->n_doubled,
          self->n_held, self->n_damaged);
  self->n_in = self->n_offered = self->n_lost = 0;
  self->n_doubled = self->n_held = self->n_damaged = 0;
}

static void
report (Relay *self)
{
  for (guint i = 0; i < self->n_ports; i++)
    count_overrun (self, &self->ports[i]);
  printf ("{\"event\": \"report\", \"flying\": %d, \"overrun\": "
          "%" G_GUINT64_FORMAT ", \"unsent\": %" G_GUINT64_FORMAT
          ", \"ports\": [",
          g_sequence_get_length (self->flying), self->n_overrun,
          self->n_unsent);
  for (guint i = 0; i < self->n_ports; i++)
    {
      fputs (i > 0 ? ", " : "", stdout);
      report_port (&self->ports[i]);
    }
  printf ("]}\n");
  fflush (stdout);
  self->n_overrun = self->n_unsent = 0;
}

static gboolean
set_number (Relay *self, const char *what, guint n)
{
  const struct
  {
    const char *name;
    guint *number;
  } numbers[] = {
    { "loss", &self->loss },
    { "duplication", &self->duplication },
    { "reordering", &self->reordering },
    { "corruption", &self->corruption },
    { "delay", &self->delay },
  };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (g_str_equal (what, numbers[i].name))
      {
        *numbers[i].number = n;
        return TRUE;
      }
  return FALSE;
}

static void
obey (Relay *self, const char *line)
{
  char what[16] = "";
  guint n = 0;
  const int n_words = sscanf (line, "%15s %u", what, &n);

  if (g_str_equal (line, "report"))
    report (self);
  else if (n_words == 2 && g_str_equal (what, "seed"))
    g_rand_set_seed (self->dice, n);
  else if (n_words == 2 && set_number (self, what, n))
    return;
  else if (n_words != 2 || n >= self->n_ports)
    g_error ("\"%s\"", line);
  else if (g_str_equal (what, "cut") || g_str_equal (what, "heal"))
    self->ports[n].is_cut = what[0] == 'c';
  else if (g_str_equal (what, "plug"))
    plug (&self->ports[n]);
  else
    g_error ("\"%s\"", line);
}

/* FALSE: nobody gives commands any more. */
static gboolean
read_commands (Relay *self)
{
  char data[1024];
  const gssize n = read (STDIN_FILENO, data, sizeof data);
  char *end;

  if (n <= 0)
    return FALSE;
  g_string_append_len (self->commands, data, n);
  while ((end = strchr (self->commands->str, '\n')) != NULL)
    {
      g_autofree char *line =
        g_strndup (self->commands->str, end - self->commands->str);

      g_string_erase (self->commands, 0, end + 1 - self->commands->str);
      obey (self, line);
    }
  return TRUE;
}

/* ---- life ---- */

static struct timespec
get_timeout (Relay *self)
{
  struct timespec timeout = { .tv_sec = 60 };
  gint64 us;

  if (g_sequence_is_empty (self->flying))
    return timeout;
  us =
    ((const Frame *) g_sequence_get (g_sequence_get_begin_iter (self->flying)))
      ->at_us -
    g_get_monotonic_time ();
  us = MAX (us, 0);
  timeout.tv_sec = us / G_USEC_PER_SEC;
  timeout.tv_nsec = us % G_USEC_PER_SEC * 1000;
  return timeout;
}

/* One turn; FALSE: it is over. */
static gboolean
turn (Relay *self)
{
  const struct timespec timeout = get_timeout (self);
  struct pollfd polls[PORTS_MAX + 1] = {
    { .fd = STDIN_FILENO, .events = POLLIN },
  };

  for (guint i = 0; i < self->n_ports; i++)
    polls[i + 1] = (struct pollfd){ self->ports[i].fd, POLLIN, 0 };
  if (ppoll (polls, self->n_ports + 1, &timeout, NULL) < 0)
    return errno == EINTR;
  for (guint i = 0; i < self->n_ports; i++)
    if (polls[i + 1].revents != 0)
      read_port (self, i);
  land (self);
  return polls[0].revents == 0 || read_commands (self);
}

int
main (int argc, char **argv)
{
  Relay self = { .n_ports = argc - 1 };

  if (argc == 3 && g_str_equal (argv[1], "--bare"))
    return frame_make_bare (argv[2]) ? 0 : 1;
  if (argc < 2 || self.n_ports > PORTS_MAX)
    {
      fprintf (stderr, "usage: %s INTERFACE...\n", argv[0]);
      return 2;
    }
  self.macs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self.dice = g_rand_new_with_seed (0);
  self.flying = g_sequence_new (g_free);
  self.commands = g_string_new (NULL);
  for (guint i = 0; i < self.n_ports; i++)
    {
      self.ports[i].name = argv[i + 1];
      open_port (&self.ports[i]);
    }
  printf ("{\"event\": \"open\"}\n");
  fflush (stdout);
  while (turn (&self))
    ;
  for (guint i = 0; i < self.n_ports; i++)
    close (self.ports[i].fd);
  g_hash_table_unref (self.macs);
  g_rand_free (self.dice);
  g_sequence_free (self.flying);
  g_string_free (self.commands, TRUE);
  return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport-line.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include "transport-pair.h"

#define PIECE 4096

/* ---- the line ---- */

typedef struct
{
  int master;
  int device; /* kept open: nobody hangs up */
  char *path;
  char bytes[PIECE]; /* for the other end, as far as it has not taken them */
  gsize begin;
  gsize end;
} End;

struct _TransportLine
{
  End ends[2];
  int quit;
  GThread *thread;
};

static void
open_end (End *self)
{
  struct termios mode;

  self->master = posix_openpt (O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  g_assert_cmpint (self->master, >=, 0);
  g_assert_cmpint (grantpt (self->master), ==, 0);
  g_assert_cmpint (unlockpt (self->master), ==, 0);
  self->path = g_strdup (ptsname (self->master));
  self->device = open (self->path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  g_assert_cmpint (self->device, >=, 0);
  g_assert_cmpint (tcgetattr (self->device, &mode), ==, 0);
  cfmakeraw (&mode);
  g_assert_cmpint (tcsetattr (self->device, TCSANOW, &mode), ==, 0);
}

static void
close_end (End *self)
{
  close (self->device);
  close (self->master);
  g_free (self->path);
}

/* Reads only what the other end has room for, as a line with flow control. */
static void
carry (End *from, End *to)
{
  gssize n;

  if (from->begin == from->end)
    {
      n = read (from->master, from->bytes, sizeof from->bytes);
      from->begin = 0;
      from->end = MAX (n, 0);
    }
  if (from->begin == from->end)
    return;
  n = write (to->master, from->bytes + from->begin, from->end - from->begin);
  from->begin += MAX (n, 0);
}

static gpointer
run (gpointer data)
{
  TransportLine *self = data;
  struct pollfd fds[3] = { { .fd = self->quit, .events = POLLIN } };

  while ((fds[0].revents & POLLIN) == 0)
    {
      for (guint i = 0; i < 2; i++)
        {
          const End *own = &self->ends[i];
          const End *other = &self->ends[1 - i];

          fds[1 + i].fd = own->master;
          fds[1 + i].events = (own->begin == own->end ? POLLIN : 0) |
                              (other->begin < other->end ? POLLOUT : 0);
        }
      poll (fds, G_N_ELEMENTS (fds), -1);
      carry (&self->ends[0], &self->ends[1]);
      carry (&self->ends[1], &self->ends[0]);
    }
  return NULL;
}

TransportLine *
transport_line_new (void)
{
  TransportLine *self = g_new0 (TransportLine, 1);

  open_end (&self->ends[0]);
  open_end (&self->ends[1]);
  self->quit = eventfd (0, EFD_CLOEXEC);
  g_assert_cmpint (self->quit, >=, 0);
  self->thread = g_thread_new ("line", run, self);
  return self;
}

void
transport_line_free (TransportLine *self)
{
  const guint64 one = 1;

  g_assert_cmpint (write (self->quit, &one, sizeof one), ==, sizeof one);
  g_thread_join (self->thread);
  close_end (&self->ends[0]);
  close_end (&self->ends[1]);
  close (self->quit);
  g_free (self);
}

char *
transport_line_dup_uri (const TransportLine *self,
                        const char *pattern,
                        guint end)
{
  g_auto (GStrv) parts = g_strsplit (pattern, TRANSPORT_LINE_DEVICE, -1);

  return g_strjoinv (self->ends[end].path, parts);
}

/* ---- laws that are others on a line ---- */

static void
test_open (gconstpointer data)
{
  g_autoptr (TransportPair) pair = transport_pair_new (data);
  HeinPeer *client = hein_test_bus_find_peer (pair->hub, "client");
  HeinPeer *hub = hein_test_bus_find_peer (pair->client, "hub");

  g_assert_nonnull (client);
  g_assert_nonnull (hub);
  g_assert_cmpint (hein_peer_get_origin (client), ==, HEIN_ORIGIN_DIALLED);
  g_assert_cmpint (hein_peer_get_origin (hub), ==, HEIN_ORIGIN_DIALLED);
  g_assert_cmpstr (hein_peer_get_instance (hub), ==,
                   hein_bus_get_instance (pair->hub->bus));
  hein_test_wait (pair->hub->n_ready == 1 && pair->client->n_ready == 1);
  g_assert_cmpuint (pair->hub->added->len, ==, 1);
  g_assert_cmpuint (pair->client->added->len, ==, 1);
}

/* Nobody sees who is killed: whoever comes next at that end takes the place. */
static void
test_peer_dies (gconstpointer data)
{
  const HeinTransportSuite *suite = data;
  g_autoptr (TransportLine) line = transport_line_new ();
  g_autofree char *near = transport_line_dup_uri (line, suite->line_uri, 0);
  g_autofree char *far = transport_line_dup_uri (line, suite->line_uri, 1);
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");

  hein_test_bus_dial (hub, near);
  for (guint i = 1; i <= 3; i++)
    {
      g_autoptr (GSubprocess) process =
        hein_test_spawn (HEIN_TEST_PEER_OPTION, far);

      hein_test_wait (hub->messages->len == i);
      transport_assert_text (hub, i - 1, "alive");
      g_assert_cmpuint (hub->added->len, ==, i);
      g_assert_cmpuint (hub->removed->len, ==, i - 1);
      g_subprocess_force_exit (process);
      g_assert_true (g_subprocess_wait (process, NULL, NULL));
    }
}

static void
test_skip (gconstpointer data)
{
  g_test_skip ("both ends of a line dial, and nobody else can");
}

GTestDataFunc
transport_line_find_test (const HeinLaw *law)
{
  static const char *const same[] = {
    "closed", "closed-peer", "echo",      "parts",       "order",
    "empty",  "largest",     "too-large", "slow-reader", "slow-reader-async",
    NULL
  };

  if (g_str_equal (law->name, "open"))
    return test_open;
  if (g_str_equal (law->name, "peer-dies"))
    return test_peer_dies;
  return g_strv_contains (same, law->name) ? law->func : test_skip;
}

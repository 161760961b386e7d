/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

/* Transports that hand in what is connected already. */

typedef int (*Give) (GError **error);

#define TYPE_GIVER (giver_get_type ())
G_DECLARE_FINAL_TYPE (Giver, giver, , GIVER, HeinStreamTransport)

struct _Giver
{
  HeinStreamTransport parent_instance;
};

G_DEFINE_FINAL_TYPE (Giver, giver, HEIN_TYPE_STREAM_TRANSPORT)

static Give give;
static guint n_given;
static int ends[2]; /* of what is given next; -1: it was */

static int
giver_open_fd (HeinStreamTransport *transport,
               HeinEndpoint *endpoint,
               GError **error)
{
  n_given += 1;
  return give (error);
}

/* At an address of the kernel's choice, in the abstract namespace. */
static GSocket *
giver_listen (HeinStreamTransport *transport,
              HeinEndpoint *endpoint,
              GError **error)
{
  const sa_family_t family = AF_UNIX;
  const int fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

  g_assert_cmpint (bind (fd, (const struct sockaddr *) &family, sizeof family),
                   ==, 0);
  return g_socket_new_from_fd (fd, error);
}

static void
giver_class_init (GiverClass *class)
{
  HEIN_STREAM_TRANSPORT_CLASS (class)->open_fd = giver_open_fd;
  HEIN_STREAM_TRANSPORT_CLASS (class)->listen = giver_listen;
}

static void
giver_init (Giver *self)
{
}

static int
give_end (GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    if (ends[i] >= 0)
      {
        int end = ends[i];

        ends[i] = -1;
        return end;
      }
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                       "nothing is left to give");
  return -1;
}

static void
make_sockets (void)
{
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
}

static void
make_terminal (void)
{
  struct termios mode;

  ends[0] = posix_openpt (O_RDWR | O_NOCTTY);
  g_assert_cmpint (ends[0], >=, 0);
  g_assert_cmpint (grantpt (ends[0]), ==, 0);
  g_assert_cmpint (unlockpt (ends[0]), ==, 0);
  ends[1] = open (ptsname (ends[0]), O_RDWR | O_NOCTTY);
  g_assert_cmpint (ends[1], >=, 0);
  g_assert_cmpint (tcgetattr (ends[1], &mode), ==, 0);
  cfmakeraw (&mode);
  g_assert_cmpint (tcsetattr (ends[1], TCSANOW, &mode), ==, 0);
}

/* ---- what works ---- */

static void
assert_exchange (HeinTestBus *from, HeinTestBus *to, gsize size)
{
  g_autofree guint8 *data = g_malloc (size);
  g_autoptr (HeinMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (i * 7); /* each byte, also what terminals mean */
  message = hein_message_new_data ("t", data, size);
  g_ptr_array_set_size (to->messages, 0);
  hein_bus_send (from->bus, message, &error);
  g_assert_no_error (error);
  hein_test_wait (to->messages->len == 1);
  g_assert_true (g_bytes_equal (hein_message_get_payload (
                                  g_ptr_array_index (to->messages, 0)),
                                hein_message_get_payload (message)));
}

static void
test_both_ways (gconstpointer make)
{
  g_autoptr (HeinTestBus) one = hein_test_bus_new ("one");
  g_autoptr (HeinTestBus) two = hein_test_bus_new ("two");

  ((void (*) (void)) make) ();
  give = give_end;
  hein_test_bus_dial (one, "giver://");
  hein_test_bus_dial (two, "giver://");
  hein_test_wait (one->added->len == 1 && two->added->len == 1);
  assert_exchange (one, two, 1);
  assert_exchange (two, one, 300 * 1024);
  assert_exchange (one, two, 300 * 1024);
}

/* When what was given has ended it is asked for another one, which is there
 * only later. */
static void
test_again (void)
{
  g_autoptr (HeinTestBus) one = hein_test_bus_new ("one");
  g_autoptr (HeinTestBus) two = hein_test_bus_new ("two");

  g_object_set (one->bus, "reconnect-min-ms", 1, "reconnect-max-ms", 1, NULL);
  g_object_set (two->bus, "reconnect-min-ms", 1, "reconnect-max-ms", 1, NULL);
  make_sockets ();
  give = give_end;
  hein_test_bus_dial (one, "giver://");
  hein_test_bus_dial (two, "giver://");
  hein_test_wait (one->added->len == 1 && two->added->len == 1);
  n_given = 0;
  hein_peer_close (hein_test_bus_find_peer (one, "two"));
  hein_test_wait (one->removed->len == 1 && two->removed->len == 1);
  hein_test_wait (n_given > 2);
  make_sockets ();
  hein_test_wait (one->added->len == 2 && two->added->len == 2);
  assert_exchange (one, two, 10);
}

/* ---- what is refused ---- */

static int
give_packets (GError **error)
{
  int pair[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET, 0, pair), ==, 0);
  close (pair[1]);
  return pair[0];
}

static int
give_pipe (GError **error)
{
  int both[2];

  g_assert_cmpint (pipe (both), ==, 0);
  close (both[1]);
  return both[0];
}

static int
give_file (GError **error)
{
  return open ("/proc/self/exe", O_RDONLY);
}

static int
give_unconnected (GError **error)
{
  return socket (AF_UNIX, SOCK_STREAM, 0);
}

static int
give_closed (GError **error)
{
  int fd = dup (STDERR_FILENO);

  close (fd);
  return fd;
}

static int
give_nothing (GError **error)
{
  return -1;
}

static int
give_standard (GError **error)
{
  return STDIN_FILENO;
}

static const struct
{
  const char *name;
  Give give;
  const char *reason;
} refused[] = {
  { "packets", give_packets, "*is a socket of packets; it has to be*" },
  { "pipe", give_pipe, "*is a pipe, which goes one way; it has to be*" },
  { "file", give_file, "*is a file; it has to be*" },
  { "unconnected", give_unconnected, "*is a socket that is not connected*" },
  { "closed", give_closed, "*is not a descriptor*" },
  { "nothing", give_nothing, "*gave no descriptor, and did not say why" },
  { "standard", give_standard, "*descriptor 0 is a standard stream*" },
};

static guint
count_descriptors (void)
{
  return hein_test_count_entries ("/proc/self/fd");
}

/* It is noted, and tried again; what was given is closed. */
static void
test_refused (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  HeinEndpoint *endpoint;
  guint n_descriptors;

  g_object_set (bus->bus, "reconnect-min-ms", 1, "reconnect-max-ms", 1, NULL);
  give = refused[i].give;
  n_given = 0;
  endpoint = hein_test_bus_dial (bus, "giver://");
  g_assert_nonnull (hein_endpoint_get_error (endpoint));
  if (!g_pattern_match_simple (refused[i].reason,
                               hein_endpoint_get_error (endpoint)->message))
    g_error ("'%s' does not match '%s'",
             hein_endpoint_get_error (endpoint)->message, refused[i].reason);
  n_descriptors = count_descriptors ();
  hein_test_wait (n_given > 3);
  g_assert_cmpuint (count_descriptors (), ==, n_descriptors);
  g_assert_cmpint (fcntl (STDIN_FILENO, F_GETFD), >=, 0);
}

/* Nobody could dial it, since those who dial make stream sockets. */
static void
test_listen_for_packets (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_listen (bus->bus, "giver://", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "has to be a stream socket"));
}

static int
give_bad_address (GError **error)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                       "missing device");
  return -1;
}

/* What the address has wrong is told at once. */
static void
test_bad_address (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autoptr (GError) error = NULL;

  give = give_bad_address;
  g_assert_null (hein_bus_dial (bus->bus, "giver://", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_assert_true (hein_plugin_add ("giver", TYPE_GIVER, NULL));
  g_test_add_data_func ("/descriptor/socket", make_sockets, test_both_ways);
  g_test_add_data_func ("/descriptor/terminal", make_terminal, test_both_ways);
  g_test_add_func ("/descriptor/again", test_again);
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/descriptor/refused/%s", refused[i].name);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_refused);
    }
  g_test_add_func ("/descriptor/listen-for-packets", test_listen_for_packets);
  g_test_add_func ("/descriptor/bad-address", test_bad_address);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-broker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include <hein/hein.h>

void
bench_mqtt_fail (const char *what)
{
  g_error ("%s: %s", what, g_strerror (errno));
}

static void
run_hein (int port_fd)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinBus) bus = hein_bus_new ("broker");
  HeinEndpoint *endpoint;
  g_autoptr (GUri) uri = NULL;
  guint port;

  /* what comes is for the clients, not for this program */
  hein_bus_subscribe (bus, "nothing", NULL);
  endpoint = hein_bus_listen (bus, "tcp+mqtt://127.0.0.1:0", &error);
  if (endpoint == NULL)
    g_error ("%s", error->message);
  uri = g_uri_parse (hein_endpoint_get_bound_uri (endpoint), G_URI_FLAGS_NONE,
                     NULL);
  port = g_uri_get_port (uri);
  if (write (port_fd, &port, sizeof port) != sizeof port)
    bench_mqtt_fail ("write");
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}

static void
start_hein (BenchBroker *self)
{
  int ends[2];

  if (pipe (ends) != 0)
    bench_mqtt_fail ("pipe");
  self->pid = fork ();
  if (self->pid == 0)
    run_hein (ends[1]);
  if (self->pid < 0 ||
      read (ends[0], &self->port, sizeof self->port) != sizeof self->port)
    bench_mqtt_fail ("the broker has not begun");
  close (ends[0]);
  close (ends[1]);
}

int
bench_mqtt_connect (guint port)
{
  const struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = htons (port),
                                       .sin_addr.s_addr =
                                         htonl (INADDR_LOOPBACK) };
  const int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (connect (fd, (const struct sockaddr *) &address, sizeof address) == 0)
    return fd;
  close (fd);
  return -1;
}

/* A port that is free now. */
static guint
find_port (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  const int fd = socket (AF_INET, SOCK_STREAM, 0);

  if (bind (fd, (struct sockaddr *) &address, size) != 0 ||
      getsockname (fd, (struct sockaddr *) &address, &size) != 0)
    bench_mqtt_fail ("bind");
  close (fd);
  return ntohs (address.sin_port);
}

/* With limits that are not met: it drops nothing here, as hein does not. */
static void
start_mosquitto (BenchBroker *self, const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "conf", NULL);
  g_autofree char *text = NULL;
  char *argv[] = { "mosquitto", "-c", path, NULL };
  g_autoptr (GError) error = NULL;
  int fd = -1;

  self->port = find_port ();
  text = g_strdup_printf ("listener %u 127.0.0.1\nallow_anonymous true\n"
                          "max_queued_messages 0\nmax_inflight_messages 0\n"
                          "set_tcp_nodelay true\nlog_type error\n",
                          self->port);
  if (!g_file_set_contents (path, text, -1, &error) ||
      !g_spawn_async (NULL, argv, NULL,
                      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                      NULL, &self->pid, &error))
    g_error ("%s", error->message);
  for (guint i = 0; i < 1000 && (fd = bench_mqtt_connect (self->port)) < 0; i++)
    g_usleep (10000);
  if (fd < 0)
    bench_mqtt_fail ("mosquitto");
  close (fd);
  g_unlink (path);
}

double
bench_broker_get_cpu (const BenchBroker *self)
{
  g_autofree char *path =
    g_strdup_printf ("/proc/%d/schedstat", (int) self->pid);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    bench_mqtt_fail (path);
  return g_ascii_strtoull (text, NULL, 10) / 1e9;
}

guint64
bench_broker_get_rss (const BenchBroker *self)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/statm", (int) self->pid);
  g_autofree char *text = NULL;
  const char *resident;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    bench_mqtt_fail (path);
  resident = strchr (text, ' ');
  return g_ascii_strtoull (resident, NULL, 10) * sysconf (_SC_PAGESIZE);
}

void
bench_brokers_start (BenchBroker brokers[BENCH_N_BROKERS])
{
  g_autofree char *folder = g_dir_make_tmp ("hein-bench-XXXXXX", NULL);

  brokers[0] = (BenchBroker){ .name = "mosquitto" };
  brokers[1] = (BenchBroker){ .name = "hein" };
  start_hein (&brokers[1]);
  start_mosquitto (&brokers[0], folder);
  g_rmdir (folder);
}

void
bench_brokers_stop (BenchBroker brokers[BENCH_N_BROKERS])
{
  for (guint i = 0; i < BENCH_N_BROKERS; i++)
    {
      kill (brokers[i].pid, SIGTERM);
      waitpid (brokers[i].pid, NULL, 0);
    }
}

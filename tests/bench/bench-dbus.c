/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include <hein/hein.h>

#include "bench-median.h"

/* GDBus, through dbus-daemon and without it, beside hein over a Unix socket: calls and
 * requests, signals and messages, between two processes. Each repetition runs all;
 * what is printed is medians, of ratios taken within a repetition. The server is the
 * same program, started with "serve". CPU is that of all processes together.
 *
 * usage: bench-dbus [REPETITIONS [CALLS]]
 *
 * 2000 calls unless told; above 5000 the signals, of which there are four times as
 * many, do not fit the queue of hein.
 */

#define SIZE        100 /* bytes of payload */
#define SIGNALS     4   /* times as many as calls */
#define WINDOW      64  /* calls outstanding */
#define N_PEERS     3
#define N_ROWS      3
#define TIMEOUT_MS  60000
#define PATH        "/bench"
#define INTERFACE   "org.hein.Bench"
#define TOPIC_ECHO  "echo"
#define TOPIC_FLOOD "flood"
#define TOPIC_TICK  "tick"

typedef struct
{
  double seconds, cpu_seconds;
} Result;

typedef struct
{
  const char *name;
  GPid server, daemon; /* 0: none */
  GDBusConnection *connection;
  char *owner; /* of the object, at dbus-daemon */
  HeinBus *bus;

  /* of the present run */
  guint n_to_begin, n_left;
} Peer;

static guint8 payload[SIZE];

static void
check (const GError *error)
{
  if (error != NULL)
    g_error ("%s", error->message);
}

static GVariant *
make_arguments (void)
{
  return g_variant_new ("(@ay)", g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE,
                                                            payload, SIZE, 1));
}

/* ---- the server ---- */

static void
on_call (GDBusConnection *connection,
         const char *sender,
         const char *path,
         const char *interface,
         const char *method,
         GVariant *arguments,
         GDBusMethodInvocation *invocation,
         gpointer user_data)
{
  guint n;

  if (strcmp (method, "Echo") == 0)
    {
      g_dbus_method_invocation_return_value (invocation, arguments);
      return;
    }
  g_variant_get (arguments, "(u)", &n);
  g_dbus_method_invocation_return_value (invocation, NULL);
  while (n-- > 0)
    g_dbus_connection_emit_signal (connection, NULL, PATH, INTERFACE, "Tick",
                                   make_arguments (), NULL);
}

static void export(GDBusConnection *connection)
{
  static const GDBusInterfaceVTable table = { .method_call = on_call };
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (
    "<node><interface name='" INTERFACE "'>"
    "<method name='Echo'><arg type='ay' direction='in'/>"
    "<arg type='ay' direction='out'/></method>"
    "<method name='Flood'><arg type='u' direction='in'/></method>"
    "<signal name='Tick'><arg type='ay'/></signal>"
    "</interface></node>",
    &error);

  check (error);
  g_dbus_connection_register_object (connection, PATH, node->interfaces[0],
                                     &table, NULL, NULL, &error);
  check (error);
}

static gboolean
on_new_connection (GDBusServer *server,
                   GDBusConnection *connection,
                   gpointer user_data)
{
  export(g_object_ref (connection)); /* until the end of the process */
  return TRUE;
}

static void
on_echo (HeinBus *bus, HeinRequest *request, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  hein_request_reply (request,
                      hein_message_get_payload (
                        hein_request_get_message (request)),
                      &error);
  check (error);
}

static void
on_flood (HeinBus *bus, HeinRequest *request, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  GBytes *count = hein_message_get_payload (hein_request_get_message (request));
  guint n = *(const guint *) g_bytes_get_data (count, NULL);

  hein_request_reply (request, count, &error);
  while (n-- > 0 && hein_bus_send_data (bus, TOPIC_TICK, payload, SIZE, &error))
    ;
  check (error);
}

static int
serve (const char *name, const char *address)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;

  if (strcmp (name, "hein") == 0)
    {
      HeinBus *bus = hein_bus_new ("server");

      hein_bus_serve (bus, TOPIC_ECHO, on_echo, NULL, NULL, NULL);
      hein_bus_serve (bus, TOPIC_FLOOD, on_flood, NULL, NULL, NULL);
      hein_bus_listen (bus, address, &error);
      check (error);
      g_print ("ready\n");
    }
  else if (strcmp (name, "peer") == 0)
    {
      g_autofree char *guid = g_dbus_generate_guid ();
      GDBusServer *server =
        g_dbus_server_new_sync (address, G_DBUS_SERVER_FLAGS_NONE, guid, NULL,
                                NULL, &error);

      check (error);
      g_signal_connect (server, "new-connection",
                        G_CALLBACK (on_new_connection), NULL);
      g_dbus_server_start (server);
      g_print ("ready\n");
    }
  else
    {
      GDBusConnection *connection =
        g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);

      check (error);
      export(connection);
      g_print ("%s\n", g_dbus_connection_get_unique_name (connection));
    }
  g_main_loop_run (loop);
  return 0;
}

/* ---- the client ---- */

static void
on_tick (GDBusConnection *connection,
         const char *sender,
         const char *path,
         const char *interface,
         const char *name,
         GVariant *arguments,
         gpointer user_data)
{
  Peer *self = user_data;
  g_autoptr (GVariant) bytes = g_variant_get_child_value (arguments, 0);

  g_assert_cmpuint (g_variant_get_size (bytes), ==, SIZE);
  self->n_left--;
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer user_data)
{
  Peer *self = user_data;
  gsize size;

  hein_message_peek_data (message, &size);
  g_assert_cmpuint (size, ==, SIZE);
  self->n_left--;
}

static void begin_call (Peer *self);

static void
end_call (Peer *self)
{
  self->n_left--;
  if (self->n_to_begin > 0)
    begin_call (self);
}

static void
on_returned (GObject *connection, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value =
    g_dbus_connection_call_finish (G_DBUS_CONNECTION (connection), result,
                                   &error);

  check (error);
  end_call (user_data);
}

static void
on_answer (GObject *bus, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) answer =
    hein_bus_request_finish (HEIN_BUS (bus), result, &error);

  check (error);
  end_call (user_data);
}

static void
begin_call (Peer *self)
{
  self->n_to_begin--;
  if (self->bus != NULL)
    {
      g_autoptr (HeinMessage) message =
        hein_message_new_data (TOPIC_ECHO, payload, SIZE);

      hein_bus_request_async (self->bus, message, TIMEOUT_MS, NULL, on_answer,
                              self);
    }
  else
    g_dbus_connection_call (self->connection, self->owner, PATH, INTERFACE,
                            "Echo", make_arguments (), G_VARIANT_TYPE ("(ay)"),
                            G_DBUS_CALL_FLAGS_NONE, TIMEOUT_MS, NULL,
                            on_returned, self);
}

static void
on_flooded (GObject *object, GAsyncResult *result, gpointer user_data)
{
}

static void
begin_flood (Peer *self, guint n)
{
  if (self->bus != NULL)
    {
      g_autoptr (HeinMessage) message =
        hein_message_new_data (TOPIC_FLOOD, (const guint8 *) &n, sizeof n);

      hein_bus_request_async (self->bus, message, TIMEOUT_MS, NULL, on_flooded,
                              self);
    }
  else
    g_dbus_connection_call (self->connection, self->owner, PATH, INTERFACE,
                            "Flood", g_variant_new ("(u)", n), NULL,
                            G_DBUS_CALL_FLAGS_NONE, TIMEOUT_MS, NULL, NULL,
                            NULL);
}

static double
get_cpu_of (GPid pid)
{
  clockid_t clock;
  struct timespec time;

  if (pid == 0 || clock_getcpuclockid (pid, &clock) != 0 ||
      clock_gettime (clock, &time) != 0)
    return 0;
  return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static double
get_cpu (Peer *self)
{
  return get_cpu_of (getpid ()) + get_cpu_of (self->server) +
         get_cpu_of (self->daemon);
}

/* Row 0: calls one by one; 1: with a window; 2: signals. */
static Result
run (Peer *self, guint row, guint n)
{
  const double cpu = get_cpu (self);
  const gint64 start = g_get_monotonic_time ();

  self->n_left = self->n_to_begin = row == 2 ? n * SIGNALS : n;
  if (row == 2)
    begin_flood (self, self->n_left);
  else
    for (guint i = 0; i < (row == 0 ? 1 : WINDOW); i++)
      begin_call (self);
  while (self->n_left > 0)
    g_main_context_iteration (NULL, TRUE);
  return (Result){ (double) (g_get_monotonic_time () - start) / 1e6,
                   get_cpu (self) - cpu };
}

/* ---- the peers ---- */

static char *
start_server (Peer *self, const char *program, const char *address)
{
  const char *argv[] = { program, "serve", self->name, address, NULL };
  g_autoptr (GError) error = NULL;
  char line[256];
  FILE *output;
  int fd;

  g_spawn_async_with_pipes (NULL, (char **) argv, NULL,
                            G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                            &self->server, NULL, &fd, NULL, &error);
  check (error);
  output = fdopen (fd, "r");
  if (fgets (line, sizeof line, output) == NULL)
    g_error ("the server %s does not start", self->name);
  fclose (output);
  return g_strdup (g_strchomp (line));
}

static void
open_hein (Peer *self, const char *address)
{
  g_autoptr (GError) error = NULL;

  self->bus = hein_bus_new ("client");
  g_signal_connect (self->bus, "message", G_CALLBACK (on_message), self);
  hein_bus_subscribe (self->bus, TOPIC_TICK, NULL);
  hein_bus_dial (self->bus, address, &error);
  check (error);
  while (hein_peers_get_n_peers (hein_bus_get_peers (self->bus)) == 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
open_dbus (Peer *self, const char *address, const char *owner)
{
  g_autoptr (GError) error = NULL;

  if (address != NULL)
    self->connection = g_dbus_connection_new_for_address_sync (
      address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, NULL,
      &error);
  else
    {
      g_autoptr (GVariant) pid = NULL;

      self->connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);
      check (error);
      self->owner = g_strdup (owner);
      pid =
        g_dbus_connection_call_sync (self->connection, "org.freedesktop.DBus",
                                     "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus",
                                     "GetConnectionUnixProcessID",
                                     g_variant_new ("(s)",
                                                    "org.freedesktop.DBus"),
                                     NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                                     &error);
      check (error);
      g_variant_get (pid, "(u)", &self->daemon);
    }
  check (error);
  g_dbus_connection_signal_subscribe (self->connection, owner, INTERFACE,
                                      "Tick", PATH, NULL,
                                      G_DBUS_SIGNAL_FLAGS_NONE, on_tick, self,
                                      NULL);
}

static void
open_all (Peer *peers, const char *program, const char *folder)
{
  g_autofree char *direct = g_strdup_printf ("unix:path=%s/dbus", folder);
  g_autofree char *address = g_strdup_printf ("unix://%s/hein", folder);
  g_autofree char *owner = start_server (&peers[0], program, "");
  g_autofree char *ready = start_server (&peers[1], program, direct);
  g_autofree char *ready_too = start_server (&peers[2], program, address);

  open_dbus (&peers[0], NULL, owner);
  open_dbus (&peers[1], direct, NULL);
  open_hein (&peers[2], address);
}

static void
close_all (Peer *peers, const char *folder)
{
  static const char *const files[] = { "dbus", "hein", "hein.lock" };

  for (guint i = 0; i < N_PEERS; i++)
    {
      kill (peers[i].server, SIGTERM);
      g_spawn_close_pid (peers[i].server);
      g_clear_object (&peers[i].bus);
      g_clear_object (&peers[i].connection);
      g_clear_pointer (&peers[i].owner, g_free);
    }
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (folder, files[i], NULL);

      g_remove (path);
    }
  g_rmdir (folder);
}

/* ---- the table ---- */

/* Of the peer over that of hein, or with @unit itself. */
static double
sum_up (Result (*results)[N_PEERS][N_ROWS],
        guint n,
        guint peer,
        guint row,
        gboolean is_cpu,
        double unit)
{
  g_autofree double *values = g_new (double, n);

  for (guint i = 0; i < n; i++)
    {
      const Result *one = &results[i][peer][row];
      const Result *hein = &results[i][N_PEERS - 1][row];
      const double value = is_cpu ? one->cpu_seconds : one->seconds;

      values[i] = unit > 0
                    ? value * unit
                    : value / (is_cpu ? hein->cpu_seconds : hein->seconds);
    }
  return bench_find_median (values, n);
}

static void
print_table (Peer *peers,
             Result (*results)[N_PEERS][N_ROWS],
             guint n_repetitions,
             guint n)
{
  static const char *const rows[] = { "one at a time", "64 outstanding",
                                      "signals" };

  g_print ("what\tpeer\tus each\tover hein\tCPU us each\tover hein\n");
  for (guint row = 0; row < N_ROWS; row++)
    for (guint peer = 0; peer < N_PEERS; peer++)
      {
        const double unit = 1e6 / (row == 2 ? n * SIGNALS : n);

        g_print ("%s\t%s\t%.1f\t%.2f\t%.1f\t%.2f\n", rows[row],
                 peers[peer].name,
                 sum_up (results, n_repetitions, peer, row, FALSE, unit),
                 sum_up (results, n_repetitions, peer, row, FALSE, 0),
                 sum_up (results, n_repetitions, peer, row, TRUE, unit),
                 sum_up (results, n_repetitions, peer, row, TRUE, 0));
      }
}

int
main (int argc, char **argv)
{
  Peer peers[N_PEERS] = { { .name = "daemon" },
                          { .name = "peer" },
                          { .name = "hein" } };
  const guint n_repetitions = argc > 1 ? (guint) atoi (argv[1]) : 9;
  const guint n = argc > 2 ? (guint) atoi (argv[2]) : 2000;
  g_autofree Result (*results)[N_PEERS][N_ROWS] = NULL;
  g_autoptr (GTestDBus) session = NULL;
  g_autofree char *folder = NULL;

  if (argc > 3 && strcmp (argv[1], "serve") == 0)
    return serve (argv[2], argv[3]);
  session = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (session);
  folder = g_dir_make_tmp ("hein-bench-XXXXXX", NULL);
  open_all (peers, argv[0], folder);
  for (guint peer = 0; peer < N_PEERS; peer++) /* everybody is awake */
    run (&peers[peer], 0, 100);
  results = g_malloc0 (n_repetitions * sizeof *results);
  for (guint i = 0; i < n_repetitions; i++)
    for (guint row = 0; row < N_ROWS; row++)
      for (guint peer = 0; peer < N_PEERS; peer++)
        {
          const guint next = (peer + i) % N_PEERS;

          results[i][next][row] = run (&peers[next], row, n);
        }
  print_table (peers, results, n_repetitions, n);
  close_all (peers, folder);
  g_test_dbus_down (session);
  return 0;
}

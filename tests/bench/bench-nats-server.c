/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-nats-server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Starts a nats-server and finds out its port, and ends it. */

#define START_NS G_GINT64_CONSTANT (5000000000)

static guint
read_port (const char *path)
{
  g_autofree char *text = NULL;
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  const char *url = strstr (text, "nats://");
  const char *colon = url != NULL ? strrchr (url, ':') : NULL;
  /* it is whole once its last brace is there */
  return colon != NULL && strchr (text, '}') != NULL ? atoi (colon + 1) : 0;
}

static void
run_server (BenchNatsServer *self, gboolean has_streams, pid_t parent)
{
  const char *const arguments[] = {
    "nats-server", "-a",
    "127.0.0.1",   "-p",
    "-1",          "-l",
    "/dev/null",   "-sd",
    self->folder,  "--ports_file_dir",
    self->folder,  has_streams ? "-js" : NULL,
    NULL,
  };
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () == parent)
    execvp (arguments[0], (char **) arguments);
  _exit (3);
}

void
bench_nats_server_start (BenchNatsServer *self, gboolean has_streams)
{
  const gint64 limit_ns = bench_now_ns () + START_NS;
  const pid_t parent = getpid ();
  self->port = 0;
  self->folder = g_dir_make_tmp ("hein-bench-XXXXXX", NULL);
  self->pid = fork ();
  if (self->pid == 0)
    run_server (self, has_streams, parent);
  g_autofree char *name = g_strdup_printf ("nats-server_%d.ports", self->pid);
  g_autofree char *path = g_build_filename (self->folder, name, NULL);
  while (self->pid > 0 && self->port == 0 && bench_now_ns () < limit_ns)
    {
      g_usleep (1000);
      self->port = read_port (path);
    }
  unlink (path);
  if (self->port == 0)
    bench_fail ("nats-server did not start");
}

/* With what is in memory it stores but empty folders. */
static void
remove_folder (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;
  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);
      if (unlink (child) != 0)
        remove_folder (child);
    }
  rmdir (path);
}

void
bench_nats_server_stop (BenchNatsServer *self)
{
  kill (self->pid, SIGTERM);
  waitpid (self->pid, NULL, 0);
  remove_folder (self->folder);
  g_free (self->folder);
}

char *
bench_nats_server_dup_version (void)
{
  g_autofree char *text = NULL;
  if (!g_spawn_command_line_sync ("nats-server --version", &text, NULL, NULL,
                                  NULL))
    return g_strdup ("NATS");
  return g_strdup (g_strstrip (text));
}

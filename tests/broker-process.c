/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "broker-process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* Debian has them where only root looks. */
static char *
find (const char *program)
{
  g_autofree char *path = g_build_filename ("/usr/sbin", program, NULL);
  char *found = g_find_program_in_path (program);

  if (found == NULL && g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&path);
  return found;
}

static guint16
find_free_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  const guint16 port =
    g_socket_listener_add_any_inet_port (listener, NULL, NULL);

  g_socket_listener_close (listener);
  return port;
}

static void
end_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* (transfer full) */
static char *
write_configuration (BrokerProcess *self, gboolean is_mosquitto)
{
  char *path = g_build_filename (self->folder, "conf", NULL);
  g_autofree char *text =
    is_mosquitto
      ? g_strdup_printf ("%slistener %u 127.0.0.1\nallow_anonymous true\n"
                         "set_tcp_nodelay true\n",
                         getuid () == 0 ? "user root\n" : "", self->port)
      : g_strdup_printf ("listen: 127.0.0.1:%u\n", self->port);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

BrokerProcess *
broker_process_new (const char *program)
{
  g_autofree char *path = find (program);
  g_autofree char *configuration = NULL;
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
    G_SUBPROCESS_FLAGS_STDERR_SILENCE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  BrokerProcess *self;

  if (path == NULL)
    return NULL;
  self = g_new0 (BrokerProcess, 1);
  self->folder = g_dir_make_tmp ("hein-broker-XXXXXX", NULL);
  self->port = find_free_port ();
  configuration =
    write_configuration (self, g_str_equal (program, "mosquitto"));
  g_subprocess_launcher_set_child_setup (launcher, end_with_parent, NULL, NULL);
  self->process = g_subprocess_launcher_spawn (launcher, NULL, path, "-c",
                                               configuration, NULL);
  g_assert_nonnull (self->process);
  return self;
}

void
broker_process_free (BrokerProcess *self)
{
  g_autofree char *configuration =
    g_build_filename (self->folder, "conf", NULL);

  g_subprocess_force_exit (self->process);
  g_subprocess_wait (self->process, NULL, NULL);
  g_object_unref (self->process);
  g_unlink (configuration);
  g_rmdir (self->folder);
  g_free (self->folder);
  g_free (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-plugin-loader.h"

#include <sys/auxv.h>

#include <hein/hein-error.h>
#include <hein/hein-plugin.h>

#include "hein-plugin-file.h"

/* Where modules are looked for, and which thread may open one. */

#ifndef HEIN_PLUGIN_DIR
#define HEIN_PLUGIN_DIR "/usr/lib/hein-1/plugins"
#endif

/* Only one thread at a time, the loader, opens modules and runs scripts; it may
 * enter recursively, while other threads wait. The lock is not held meanwhile:
 * such code may come here again, even on another thread that holds the dynamic
 * linker's lock. */
static GMutex lock;
static GCond loader_left;
static GThread *loader; /* the thread that is loading; NULL: none */
static guint depth;     /* of the loader's recursion */

void
hein_plugin_become_loader (void)
{
  g_mutex_lock (&lock);
  while (loader != NULL && loader != g_thread_self ())
    g_cond_wait (&loader_left, &lock);
  loader = g_thread_self ();
  depth += 1;
  g_mutex_unlock (&lock);
}

void
hein_plugin_leave_loader (void)
{
  g_mutex_lock (&lock);
  depth -= 1;
  if (depth == 0)
    {
      loader = NULL;
      g_cond_signal (&loader_left);
    }
  g_mutex_unlock (&lock);
}

gboolean
hein_plugin_is_loader (void)
{
  gboolean is_loader;

  g_mutex_lock (&lock);
  is_loader = loader == g_thread_self ();
  g_mutex_unlock (&lock);
  return is_loader;
}

/**
 * hein_plugin_info_dup_folders:
 *
 * Gets the plugin folders in the order in which they are searched: those of the
 * environment variable `HEIN_PLUGIN_PATH`, separated by colons, then the one
 * that hein was built with. A set-user-ID program ignores the variable.
 *
 * - Thread: any.
 *
 * Returns: (transfer full) (array zero-terminated=1) (element-type filename):
 *   the paths
 *
 * Since: 0.9
 */
char **
hein_plugin_info_dup_folders (void)
{
  const char *path =
    getauxval (AT_SECURE) ? NULL : g_getenv ("HEIN_PLUGIN_PATH");
  g_auto (GStrv) given =
    g_strsplit (path != NULL ? path : "", G_SEARCHPATH_SEPARATOR_S, -1);
  g_autoptr (GStrvBuilder) folders = g_strv_builder_new ();

  for (guint i = 0; given[i] != NULL; i++)
    if (*given[i] != '\0')
      g_strv_builder_add (folders, given[i]);
  g_strv_builder_add (folders, HEIN_PLUGIN_DIR);
  return g_strv_builder_end (folders);
}

static char *
find_file (const char *file, GError **error)
{
  g_auto (GStrv) folders = hein_plugin_info_dup_folders ();
  g_autofree char *searched = NULL;

  for (guint i = 0; folders[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (folders[i], file, NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        return g_steal_pointer (&path);
    }
  searched = g_strjoinv (", ", folders);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_NO_PLUGIN,
               "%s is missing; looked in: %s", file, searched);
  return NULL;
}

GModule *
hein_plugin_open_file (const char *file, char **path, GError **error)
{
  GModule *module;

  *path = find_file (file, error);
  if (*path == NULL)
    return NULL;
  hein_plugin_become_loader ();
  module = hein_plugin_file_open (*path, error);
  hein_plugin_leave_loader ();
  if (module == NULL)
    g_prefix_error (error, "%s: ", *path);
  return module;
}

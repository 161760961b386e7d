/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-locals.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "monitor-control.h"
#include "monitor-local.h"

/* Looks for control sockets. The folder is small, and may come and go itself:
 * it is read each time, rather than watched. */

/* Of this program itself: its buses are shown as attached ones. */
static gboolean
is_own (const char *name)
{
  g_autofree char *own = g_strdup_printf ("%d-", (int) getpid ());

  return g_str_has_prefix (name, own);
}

/* Names of files, as a set. */
static GHashTable *
list_sockets (char **folder)
{
  GHashTable *names =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GDir) dir = NULL;
  const char *name;

  *folder = monitor_control_dup_folder (NULL);
  if (*folder != NULL)
    dir = g_dir_open (*folder, 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (!is_own (name) && g_hash_table_size (names) < MONITOR_LOCALS_MAX)
      g_hash_table_add (names, g_strdup (name));
  return names;
}

/* Whoever meets a socket of a program that died may remove it. */
static void
remove_stale (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  if (kill (atoi (name), 0) != 0 && errno == ESRCH)
    g_unlink (path);
}

void
monitor_locals_update (GListStore *store)
{
  g_autofree char *folder = NULL;
  g_autoptr (GHashTable) names = list_sockets (&folder);
  GHashTableIter iter;
  gpointer name;

  for (guint i = g_list_model_get_n_items (G_LIST_MODEL (store)); i-- > 0;)
    {
      g_autoptr (MonitorLocal) local =
        g_list_model_get_item (G_LIST_MODEL (store), i);

      const char *file_name = monitor_local_get_file_name (local);
      const gboolean has_file = g_hash_table_remove (names, file_name);

      if (has_file && !monitor_local_is_there (local))
        remove_stale (folder, file_name);
      /* one that does not answer is there as long as its file is */
      if (!has_file || !monitor_local_is_there (local))
        g_list_store_remove (store, i);
    }
  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      g_autoptr (MonitorLocal) local = monitor_local_new (folder, name);

      if (local != NULL)
        g_list_store_append (store, local);
    }
}

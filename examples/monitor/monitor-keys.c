/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-keys.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>

/* Knows where the keys of the monitor are, and how addresses name keys. */

static char *
dup_path (const char *name)
{
  return g_build_filename (g_get_user_config_dir (), "hein-monitor", name,
                           NULL);
}

char *
monitor_keys_dup_identity (void)
{
  return dup_path ("identity");
}

char *
monitor_keys_dup_peers (void)
{
  return dup_path ("peers");
}

gboolean
monitor_keys_make_folder (GError **error)
{
  g_autofree char *folder = dup_path ("");

  if (g_mkdir_with_parents (folder, 0700) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s",
               folder, g_strerror (errno));
  return FALSE;
}

char *
monitor_keys_add_option (const char *address,
                         const char *name,
                         const char *value)
{
  g_autofree char *escaped = g_uri_escape_string (value, "/:@,", TRUE);

  return g_strdup_printf ("%s%c%s=%s", address,
                          strchr (address, '?') != NULL ? '&' : '?', name,
                          escaped);
}

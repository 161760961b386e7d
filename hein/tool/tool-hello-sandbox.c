/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-sandbox.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tool-doctor-links.h"

/* Recognizes Flatpak, Snap, and policies that refuse sockets. */

gboolean
tool_hello_sandbox_read_flatpak (ToolHelloEvidence *mine, const char *text)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *name = NULL;
  g_auto (GStrv) shared = NULL;

  if (!g_key_file_load_from_data (file, text, strlen (text), 0, NULL))
    return TRUE;
  name = g_key_file_get_string (file, "Application", "name", NULL);
  shared = g_key_file_get_string_list (file, "Context", "shared", NULL, NULL);
  g_snprintf (mine->sandbox, sizeof mine->sandbox, "flatpak:%s",
              name != NULL ? name : "");
  return shared != NULL &&
         g_strv_contains ((const char *const *) shared, "network");
}

/* Why the system gives this process no socket; TRUE: it gives one. */
static gboolean
may_make_socket (void)
{
  const int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const gboolean is_refused = fd < 0 && (errno == EACCES || errno == EPERM);

  if (fd >= 0)
    close (fd);
  return !is_refused;
}

static gboolean
has_network (void)
{
  g_autoptr (GPtrArray) links = tool_links_list ();

  for (guint i = 0; i < links->len; i++)
    if (!tool_link_is_loopback (g_ptr_array_index (links, i)))
      return TRUE;
  return FALSE;
}

void
tool_hello_sandbox_look (ToolHelloEvidence *mine)
{
  const char *snap = g_getenv ("SNAP_INSTANCE_NAME");
  g_autofree char *text = NULL;
  gboolean is_shared = TRUE;
  const gboolean is_flatpak =
    g_file_get_contents ("/.flatpak-info", &text, NULL, NULL);

  if (is_flatpak)
    is_shared = tool_hello_sandbox_read_flatpak (mine, text);
  else if (snap != NULL && g_getenv ("SNAP") != NULL)
    g_snprintf (mine->sandbox, sizeof mine->sandbox, "snap:%s", snap);
  if (!may_make_socket () ||
      (mine->sandbox[0] != '\0' && (!is_shared || !has_network ())))
    mine->flags |= TOOL_HELLO_SANDBOXED;
}

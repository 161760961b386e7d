/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <hein/hein.h>

#include "tool-mute.h"

/* Addresses of commands that only send. A bus that has subscribed to nothing
 * gets everything, which may be much where the other side is a broker. */

#define OPTION "subscribe"

static gboolean
has_option (HeinPluginInfo *plugin)
{
  guint n = 0;
  g_autofree GParamSpec **options = hein_plugin_info_list_options (plugin, &n);

  for (guint i = 0; i < n; i++)
    if (strcmp (options[i]->name, OPTION) == 0)
      return TRUE;
  return FALSE;
}

/* (transfer full) (nullable) */
static HeinPluginInfo *
find_protocol (const char *name)
{
  g_autoptr (GListModel) plugins = hein_plugin_info_list ();

  for (guint i = 0; i < g_list_model_get_n_items (plugins); i++)
    {
      g_autoptr (HeinPluginInfo) plugin = g_list_model_get_item (plugins, i);

      if (hein_plugin_info_get_kind (plugin) == HEIN_PLUGIN_KIND_PROTOCOL &&
          g_strv_contains (hein_plugin_info_get_schemes (plugin), name))
        return g_steal_pointer (&plugin);
    }
  return NULL;
}

/* Returns the name of the protocol that an address names. (transfer full)
 * (nullable) */
static char *
dup_protocol_name (const char *uri)
{
  const char *end = strstr (uri, "://");
  const char *plus = strchr (uri, '+');

  return end != NULL && plus != NULL && plus < end
           ? g_strndup (plus + 1, end - plus - 1)
           : NULL;
}

static gboolean
says_option (const char *uri)
{
  const char *query = strchr (uri, '?');

  return query != NULL && (strstr (query, "?" OPTION "=") != NULL ||
                           strstr (query, "&" OPTION "=") != NULL);
}

char *
tool_mute_address (const char *uri)
{
  g_autofree char *name = dup_protocol_name (uri);
  g_autoptr (HeinPluginInfo) plugin = NULL;

  if (name == NULL || says_option (uri))
    return g_strdup (uri);
  plugin = find_protocol (name);
  if (plugin == NULL || !has_option (plugin))
    return g_strdup (uri);
  return g_strconcat (uri, strchr (uri, '?') != NULL ? "&" : "?", OPTION "=no",
                      NULL);
}

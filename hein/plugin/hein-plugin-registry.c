/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-plugin-registry.h"

#include <string.h>

#include <hein/hein-error.h>
#include <hein/hein-protocol.h>
#include <hein/hein-strategy.h>
#include <hein/hein-transport.h>

#include "hein-plugin-info.h"

/* The registry of plugins: those that are known, by kind and name. */

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789-"

static GMutex lock; /* guards what follows */
static GPtrArray *infos;

static void
register_kind (const char *point, GType required)
{
  GIOExtensionPoint *self = g_io_extension_point_register (point);

  g_io_extension_point_set_required_type (self, required);
}

void
hein_registry_prepare (void)
{
  static gsize is_done;

  if (!g_once_init_enter (&is_done))
    return;
  infos = g_ptr_array_new_with_free_func (g_object_unref);
  register_kind ("hein-transport", HEIN_TYPE_TRANSPORT);
  register_kind ("hein-protocol", HEIN_TYPE_PROTOCOL);
  register_kind ("hein-strategy", HEIN_TYPE_STRATEGY);
  g_once_init_leave (&is_done, 1);
}

const char *
hein_registry_kind_name (HeinPluginKind kind)
{
  switch (kind)
    {
    case HEIN_PLUGIN_KIND_TRANSPORT:
      return "transport";
    case HEIN_PLUGIN_KIND_PROTOCOL:
      return "protocol";
    case HEIN_PLUGIN_KIND_STRATEGY:
      return "strategy";
    }
  return NULL;
}

GType
hein_registry_kind_type (HeinPluginKind kind)
{
  switch (kind)
    {
    case HEIN_PLUGIN_KIND_TRANSPORT:
      return HEIN_TYPE_TRANSPORT;
    case HEIN_PLUGIN_KIND_PROTOCOL:
      return HEIN_TYPE_PROTOCOL;
    case HEIN_PLUGIN_KIND_STRATEGY:
      return HEIN_TYPE_STRATEGY;
    }
  return G_TYPE_INVALID;
}

gboolean
hein_registry_is_name (const char *text)
{
  return text != NULL && g_ascii_islower (*text) &&
         strnlen (text, HEIN_PLUGIN_NAME_SIZE_MAX + 1) <=
           HEIN_PLUGIN_NAME_SIZE_MAX &&
         text[strspn (text, NAME_CHARS)] == '\0';
}

gboolean
hein_registry_are_names (const char *text)
{
  g_auto (GStrv) words = NULL;

  if (text == NULL)
    return FALSE;
  words = g_strsplit (text, " ", -1);
  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0' && !hein_registry_is_name (words[i]))
      return FALSE;
  return TRUE;
}

static HeinPluginInfo *
find_known_locked (HeinPluginKind kind, const char *name)
{
  for (guint i = 0; i < infos->len; i++)
    if (hein_plugin_info_serves (infos->pdata[i], kind, name))
      return infos->pdata[i];
  return NULL;
}

HeinPluginInfo *
hein_registry_find (HeinPluginKind kind, const char *name)
{
  HeinPluginInfo *found;

  g_mutex_lock (&lock);
  found = find_known_locked (kind, name);
  if (found != NULL)
    g_object_ref (found);
  g_mutex_unlock (&lock);
  return found;
}

/* Finds a known plugin with the same type as @self, or of the same kind and
 * with the same name or one of the schemes. */
static HeinPluginInfo *
find_rival_locked (HeinPluginInfo *self)
{
  HeinPluginKind kind = hein_plugin_info_get_kind (self);
  const char *const *schemes = hein_plugin_info_get_schemes (self);

  for (guint i = 0; i < infos->len; i++)
    {
      HeinPluginInfo *other = infos->pdata[i];

      if (hein_plugin_info_get_object_type (other) ==
            hein_plugin_info_get_object_type (self) ||
          (hein_plugin_info_get_kind (other) == kind &&
           g_str_equal (hein_plugin_info_get_name (other),
                        hein_plugin_info_get_name (self))))
        return other;
    }
  for (guint i = 0; schemes[i] != NULL; i++)
    if (find_known_locked (kind, schemes[i]) != NULL)
      return find_known_locked (kind, schemes[i]);
  return NULL;
}

gboolean
hein_registry_add (HeinPluginInfo *self, GError **error)
{
  HeinPluginKind kind = hein_plugin_info_get_kind (self);
  const char *name = hein_plugin_info_get_name (self);
  g_autofree char *point =
    g_strconcat ("hein-", hein_registry_kind_name (kind), NULL);
  g_autoptr (HeinPluginInfo) rival = NULL;
  const char *file;

  g_mutex_lock (&lock);
  rival = find_rival_locked (self);
  if (rival != NULL)
    g_object_ref (rival);
  else
    g_ptr_array_add (infos, g_object_ref (self));
  g_mutex_unlock (&lock);
  if (rival == NULL)
    {
      g_io_extension_point_implement (point,
                                      hein_plugin_info_get_object_type (self),
                                      name, 0);
      return TRUE;
    }
  file = hein_plugin_info_get_file (rival);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
               "%s '%s' or its type or a scheme of it is already there: '%s' "
               "from %s",
               hein_registry_kind_name (kind), name,
               hein_plugin_info_get_name (rival),
               file != NULL ? file : "the program");
  return FALSE;
}

GPtrArray *
hein_registry_dup (void)
{
  GPtrArray *known;

  g_mutex_lock (&lock);
  known = g_ptr_array_copy (infos, (GCopyFunc) (void *) g_object_ref, NULL);
  g_mutex_unlock (&lock);
  return known;
}

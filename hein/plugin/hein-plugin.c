/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-plugin.h>

#include <string.h>

#include <hein/hein-error.h>

#include "base/hein-error-private.h"
#include "base/hein-suggestion.h"
#include "hein-plugin-file.h"
#include "hein-plugin-info.h"
#include "hein-plugin-load.h"
#include "hein-plugin-private.h"
#include "hein-plugin-registry.h"
#include "hein-plugin-script.h"

/* Plugins as the library and programs ask for them: found by name, added,
 * listed. */

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static char **
dup_names (HeinPluginKind kind)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (GPtrArray) infos = hein_registry_dup ();

  for (guint i = 0; i < infos->len; i++)
    if (hein_plugin_info_get_kind (infos->pdata[i]) == kind)
      {
        const char *const *schemes =
          hein_plugin_info_get_schemes (infos->pdata[i]);

        if (*schemes == NULL)
          g_ptr_array_add (names, g_strdup (hein_plugin_info_get_name (
                                    infos->pdata[i])));
        for (; *schemes != NULL; schemes++)
          g_ptr_array_add (names, g_strdup (*schemes));
      }
  g_ptr_array_sort (names, compare_strings);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_steal (names, NULL);
}

/* Names that other libraries use for the same things. */
static const struct
{
  const char *word;
  const char *meant;
} synonyms[] = {
  { "ipc", "unix" },          { "local", "unix" },
  { "udp", "udp-multicast" }, { "multicast", "udp-multicast" },
  { "memory", "inproc" },     { "zmq", "zmtp" },
  { "zeromq", "zmtp" },       { "broadcast", "publish" },
  { "fan-out", "publish" },   { "hash", "sticky" },
};

/* Guesses which of @names was meant by @word; NULL: none is similar. */
static const char *
guess_meant (const char *word, const char *const *names)
{
  for (guint i = 0; i < G_N_ELEMENTS (synonyms); i++)
    if (g_ascii_strcasecmp (word, synonyms[i].word) == 0 &&
        g_strv_contains (names, synonyms[i].meant))
      return synonyms[i].meant;
  return hein_suggestion_find (word, names);
}

static void
set_not_found (HeinPluginKind kind, const char *name, GError **error)
{
  g_auto (GStrv) folders = hein_plugin_info_dup_folders ();
  g_auto (GStrv) failures = hein_plugin_info_dup_problems ();
  g_auto (GStrv) names = dup_names (kind);
  g_autofree char *searched = g_strjoinv (", ", folders);
  g_autofree char *found = g_strjoinv (", ", names);
  g_autofree char *failed = g_strjoinv ("; ", failures);
  g_autofree char *shown = hein_error_dup_printable (name, strlen (name));
  const char *meant = guess_meant (name, (const char *const *) names);

  g_set_error (error, HEIN_ERROR,
               hein_plugin_is_broken (name) ? HEIN_ERROR_BAD_PLUGIN
                                            : HEIN_ERROR_NO_PLUGIN,
               "no %s is called '%s'%s%s%s; found are: %s; looked in: %s%s%s",
               hein_registry_kind_name (kind), shown,
               meant != NULL ? " (did you mean '" : "",
               meant != NULL ? meant : "", meant != NULL ? "'?)" : "",
               *found != '\0' ? found : "none", searched,
               *failed != '\0' ? "; not loaded: " : "", failed);
}

HeinPluginInfo *
hein_plugin_find (HeinPluginKind kind, const char *name, GError **error)
{
  HeinPluginInfo *found;

  g_return_val_if_fail (name != NULL, NULL);

  hein_registry_prepare ();
  found = hein_registry_find (kind, name);
  if (found == NULL && hein_registry_is_name (name))
    {
      hein_plugin_load_named (name);
      found = hein_registry_find (kind, name);
    }
  if (found == NULL)
    {
      hein_plugin_load_all (FALSE);
      found = hein_registry_find (kind, name);
    }
  if (found == NULL)
    set_not_found (kind, name, error);
  else if (!hein_script_check_thread (hein_plugin_info_get_file (found), error))
    g_clear_object (&found);
  return found;
}

static gboolean
kind_of_type (GType type, HeinPluginKind *kind)
{
  for (*kind = HEIN_PLUGIN_KIND_TRANSPORT; *kind <= HEIN_PLUGIN_KIND_STRATEGY;
       ++*kind)
    if (g_type_is_a (type, hein_registry_kind_type (*kind)))
      return TRUE;
  return FALSE;
}

/* The plugin of a script, when one is running on this thread; otherwise of the
 * program. */
static HeinPluginInfo *
describe_added (HeinPluginKind kind, const char *name, GType type)
{
  const HeinPluginScript *adding = hein_plugin_get_script ();

  return hein_plugin_info_new (kind, name,
                               adding != NULL ? adding->description
                                              : "added by the program",
                               kind != HEIN_PLUGIN_KIND_STRATEGY ? name : "",
                               adding != NULL ? adding->path : NULL, type);
}

/**
 * hein_plugin_add:
 * @name: 1 to 64 lower-case letters, digits and -, the first one a letter; also
 *   the name by which addresses refer to the plugin
 * @type: a type derived from [class@Transport], [class@Protocol] or
 *   [class@Strategy], which determines the kind of the plugin
 * @error: return location
 *
 * Adds a plugin that is part of the program, written in C or another language,
 * or of a script that is a plugin itself: `hein-NAME.py` or `hein-NAME.js` in a
 * plugin folder.
 *
 * It cannot be removed. A module that is loaded later is ignored when its
 * plugin is of the same kind and name.
 *
 * - Errors: `HEIN_ERROR_BAD_PLUGIN` when @type is abstract or of none of these
 *   kinds, or @name is not valid; `HEIN_ERROR_REFUSED` when a plugin of that
 *   name or type exists already.
 * - Thread: any.
 *
 * Returns: %TRUE when it was added
 *
 * Since: 0.9
 */
gboolean
hein_plugin_add (const char *name, GType type, GError **error)
{
  g_autoptr (HeinPluginInfo) info = NULL;
  HeinPluginKind kind;

  g_return_val_if_fail (name != NULL, FALSE);

  hein_registry_prepare ();
  if (!hein_registry_is_name (name))
    return hein_plugin_refuse (
      error,
      "a plugin's name is 1 to %d lower case letters, digits "
      "and -, with a letter first",
      HEIN_PLUGIN_NAME_SIZE_MAX);
  if (!kind_of_type (type, &kind))
    return hein_plugin_refuse (
      error, "type %s is not a transport, protocol or strategy",
      type != G_TYPE_INVALID ? g_type_name (type) : "(none)");
  if (!hein_plugin_check_type (type, kind, error))
    {
      g_prefix_error (error, "plugin '%s' ", name);
      return FALSE;
    }
  info = describe_added (kind, name, type);
  return hein_registry_add (info, error);
}

static int
compare_infos (gconstpointer a, gconstpointer b, gpointer user_data)
{
  HeinPluginInfo *first = HEIN_PLUGIN_INFO ((gpointer) a);
  HeinPluginInfo *second = HEIN_PLUGIN_INFO ((gpointer) b);
  int difference = (int) hein_plugin_info_get_kind (first) -
                   (int) hein_plugin_info_get_kind (second);

  if (difference != 0)
    return difference;
  return strcmp (hein_plugin_info_get_name (first),
                 hein_plugin_info_get_name (second));
}

/**
 * hein_plugin_info_list:
 *
 * Loads all modules of all plugin folders, runs all scripts there, and lists
 * the plugins by kind and name.
 *
 * A file is ignored unless it and its folder belong to root or the user of the
 * process, and nobody else can write or replace it. This is checked before any
 * of its code runs. A set-user-ID program runs no scripts.
 *
 * Each file is tried once in the life of a process, even when it is broken.
 *
 * - Thread: any.
 *
 * Returns: (transfer full): a list of [class@PluginInfo], which does not change
 *
 * Since: 0.9
 */
GListModel *
hein_plugin_info_list (void)
{
  GListStore *list = g_list_store_new (HEIN_TYPE_PLUGIN_INFO);
  g_autoptr (GPtrArray) known = NULL;

  hein_registry_prepare ();
  hein_plugin_load_all (TRUE);
  known = hein_registry_dup ();
  for (guint i = 0; i < known->len; i++)
    g_list_store_insert_sorted (list, known->pdata[i], compare_infos, NULL);
  return G_LIST_MODEL (list);
}

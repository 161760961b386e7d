/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-plugin-module.h"

#include <string.h>

#include <gmodule.h>

#include <hein/hein-error.h>
#include <hein/hein-plugin.h>

#include "hein-plugin-file.h"
#include "hein-plugin-loader.h"

/* Finds and loads modules that are no plugins: parts of hein, or of a plugin,
 * with libraries that most programs can do without. */

/* What the symbol of every module begins with. */
typedef struct
{
  guint32 abi;
  guint32 size;
} Head;

G_LOCK_DEFINE_STATIC (found);
static GHashTable *found; /* owned name -> Head, which is never unloaded */

static const Head *
get (const char *name)
{
  const Head *module = NULL;

  G_LOCK (found);
  if (found != NULL)
    module = g_hash_table_lookup (found, name);
  G_UNLOCK (found);
  return module;
}

void
hein_plugin_set_module (const char *name, gconstpointer module)
{
  G_LOCK (found);
  if (found == NULL)
    found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_insert (found, g_strdup (name), (gpointer) module);
  G_UNLOCK (found);
}

static gboolean
check (const Head *module, guint32 abi, guint32 size, GError **error)
{
  if (module->abi == abi && module->size == size)
    return TRUE;
  return hein_plugin_refuse (error,
                             "is of another version of hein (%u of %u bytes; "
                             "here it is %u of %u)",
                             module->abi, module->size, abi, size);
}

static const Head *
look_into (
  GModule *file, const char *name, guint32 abi, guint32 size, GError **error)
{
  g_autofree char *symbol = g_strconcat (name, "_module", NULL);
  gpointer module = NULL;

  g_strdelimit (symbol, "-", '_');
  if (!g_module_symbol (file, symbol, &module) || module == NULL)
    {
      hein_plugin_refuse (error, "is not hein's: no symbol %s", symbol);
      return NULL;
    }
  return check (module, abi, size, error) ? module : NULL;
}

/* The file has no prefix "libhein-", so that it is not tried as a plugin. */
static const Head *
load (const char *name, guint32 abi, guint32 size, GError **error)
{
  g_autofree char *file_name = g_strconcat (name, "." G_MODULE_SUFFIX, NULL);
  g_autofree char *path = NULL;
  GModule *file = hein_plugin_open_file (file_name, &path, error);
  const Head *module;

  if (file == NULL)
    return NULL;
  module = look_into (file, name, abi, size, error);
  if (module != NULL)
    {
      g_module_make_resident (file);
      hein_plugin_set_module (name, module);
      g_debug ("loaded %s", path);
    }
  else
    g_prefix_error (error, "%s: ", path);
  g_module_close (file);
  return module;
}

/**
 * hein_plugin_find_module: (skip)
 * @name: the name of the module, such as "hein-curve"
 * @abi: the version of its interface that the caller knows
 * @size: bytes of the structure in it that the caller knows
 * @error: return location
 *
 * Finds a module that is not a plugin but a part of one: what needs a library
 * that most programs can do without, so that they need not load it. The plugin
 * calls this when an address asks for that part.
 *
 * The module is the file @name with the suffix of modules, without a prefix, in
 * the folders of plugins. Before it is loaded, it is checked as plugins are:
 * others must not be able to write to it. What it offers is the structure that
 * it exports as @name with "_module" appended and underscores for hyphens
 * (`hein_curve_module`). The structure begins with two #guint32, its version
 * and its size in bytes, which must be @abi and @size: the plugin and its
 * module come from one build. The rest is theirs, functions mostly.
 *
 * The first call loads the module, which then stays loaded.
 *
 * - Errors: `HEIN_ERROR_NO_PLUGIN` (there is no such file; the text has the
 *   folders), `HEIN_ERROR_BAD_PLUGIN` (it cannot be loaded, or is another one).
 * - Thread: any.
 *
 * Returns: (transfer none) (nullable): the structure; %NULL with @error set
 *
 * Since: 0.9
 */
gconstpointer
hein_plugin_find_module (const char *name,
                         guint32 abi,
                         guint32 size,
                         GError **error)
{
  const Head *module;

  g_return_val_if_fail (name != NULL && strchr (name, '/') == NULL, NULL);

  module = get (name);
  if (module == NULL)
    return load (name, abi, size, error);
  if (check (module, abi, size, error))
    return module;
  g_prefix_error (error, "%s: ", name);
  return NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* Plugins: how a module describes itself, and what is known of those loaded. */

G_BEGIN_DECLS

#define HEIN_TYPE_PLUGIN_INFO (hein_plugin_info_get_type ())
HEIN_API
G_DECLARE_FINAL_TYPE (
  HeinPluginInfo, hein_plugin_info, HEIN, PLUGIN_INFO, GObject)

/**
 * HEIN_PLUGIN_MAGIC:
 *
 * The first bytes of the description of a plugin, including a terminating NUL.
 * They are read from the file before any code of the module runs;
 * HEIN_PLUGIN_DEFINE() puts them there.
 *
 * Since: 0.9
 */
#define HEIN_PLUGIN_MAGIC "HEINPLG"
/**
 * HEIN_PLUGIN_ABI:
 *
 * The version of the interface between hein and plugins. A module with another
 * one is not loaded.
 *
 * Since: 0.9
 */
#define HEIN_PLUGIN_ABI 1

/**
 * HeinPluginGetType: (skip)
 *
 * Registers the type of a plugin. Called once, when the plugin is loaded.
 *
 * Returns: the type
 *
 * Since: 0.9
 */
typedef GType (*HeinPluginGetType) (void);

/**
 * HeinPluginDescription: (skip)
 * @magic: %HEIN_PLUGIN_MAGIC
 * @abi: %HEIN_PLUGIN_ABI of the headers that the module was built with
 * @size: size of this structure in bytes when the module was built. Fields may
 *   be appended in later versions: those that a module lacks are taken as 0 or
 *   %NULL, and those that are unknown here are not read
 * @glib_major: the GLib version that the module was built for
 * @glib_minor: the same; not checked, since the dynamic linker knows better
 *   what is missing
 * @kind: a #HeinPluginKind
 * @name: unique within its kind
 * @schemes: URI schemes (transports) or the protocol's name in them, separated
 *   by spaces; empty for strategies
 * @type_name: name of the GType that @get_type registers
 * @description: one line of text
 * @get_type: registers the type; the only function called by the loader
 *
 * The constant `hein_plugin` of a module, read before any code of the module
 * runs.
 *
 * Since: 0.9
 */
typedef struct
{
  char magic[8];
  guint16 abi;
  guint16 size;
  guint16 glib_major;
  guint16 glib_minor;
  guint32 kind;
  const char *name;
  const char *schemes;
  const char *type_name;
  const char *description;
  HeinPluginGetType get_type;
} HeinPluginDescription;

/**
 * HEIN_PLUGIN_DEFINE: (skip)
 * @TypeName: the type, in CamelCase
 * @type_name: the same in lower case, with underscores
 * @KIND: TRANSPORT, PROTOCOL or STRATEGY
 * @NAME: name of the plugin
 * @SCHEMES: the names by which addresses refer to it, separated by spaces
 * @DESCRIPTION: one line of text
 *
 * Defines the constant that hein looks for in a module.
 *
 * Since: 0.9
 */
#define HEIN_PLUGIN_DEFINE(TypeName, type_name, KIND, NAME, SCHEMES,           \
                           DESCRIPTION)                                        \
  G_MODULE_EXPORT extern const HeinPluginDescription hein_plugin;              \
  const HeinPluginDescription hein_plugin = {                                  \
    HEIN_PLUGIN_MAGIC,                                                         \
    HEIN_PLUGIN_ABI,                                                           \
    sizeof (HeinPluginDescription),                                            \
    GLIB_MAJOR_VERSION,                                                        \
    GLIB_MINOR_VERSION,                                                        \
    HEIN_PLUGIN_KIND_##KIND,                                                   \
    NAME,                                                                      \
    SCHEMES,                                                                   \
    #TypeName,                                                                 \
    DESCRIPTION,                                                               \
    type_name##_get_type,                                                      \
  };

HEIN_API
gboolean hein_plugin_add (const char *name, GType type, GError **error);

#if defined(HEIN_UNSTABLE_PLUGIN_API) || defined(HEIN_COMPILATION)
HEIN_API
gconstpointer hein_plugin_find_module (const char *name,
                                       guint32 abi,
                                       guint32 size,
                                       GError **error);
#endif

HEIN_API
GListModel *hein_plugin_info_list (void);
HEIN_API
char **hein_plugin_info_dup_folders (void);
HEIN_API
char **hein_plugin_info_dup_problems (void);
HEIN_API
const char *hein_plugin_info_get_name (HeinPluginInfo *self);
HEIN_API
HeinPluginKind hein_plugin_info_get_kind (HeinPluginInfo *self);
HEIN_API
const char *hein_plugin_info_get_description (HeinPluginInfo *self);
HEIN_API
const char *hein_plugin_info_get_file (HeinPluginInfo *self);
HEIN_API
const char *const *hein_plugin_info_get_schemes (HeinPluginInfo *self);
HEIN_API
GType hein_plugin_info_get_object_type (HeinPluginInfo *self);
HEIN_API
GParamSpec **hein_plugin_info_list_options (HeinPluginInfo *self,
                                            guint *n_options);

G_END_DECLS

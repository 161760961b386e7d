/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-plugin.h>

#include "base/hein-option.h"
#include "hein-plugin-info.h"

/**
 * HeinPluginInfo:
 *
 * Describes a plugin: its name, kind, type and file. It never changes.
 *
 * Since: 0.9
 */

struct _HeinPluginInfo
{
  GObject parent_instance;

  /* set when made, then read-only: any thread */
  HeinPluginKind kind;
  char *name;
  char *description;
  char *file; /* nullable */
  char **schemes;
  GType object_type;
};

enum
{
  PROP_0,
  PROP_NAME,
  PROP_KIND,
  PROP_DESCRIPTION,
  PROP_FILE,
  PROP_SCHEMES,
  PROP_OBJECT_TYPE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (HeinPluginInfo, hein_plugin_info, G_TYPE_OBJECT)

static void
hein_plugin_info_get_property (GObject *object,
                               guint id,
                               GValue *value,
                               GParamSpec *pspec)
{
  HeinPluginInfo *self = HEIN_PLUGIN_INFO (object);

  switch (id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_KIND:
      g_value_set_enum (value, self->kind);
      break;
    case PROP_DESCRIPTION:
      g_value_set_string (value, self->description);
      break;
    case PROP_FILE:
      g_value_set_string (value, self->file);
      break;
    case PROP_SCHEMES:
      g_value_set_boxed (value, self->schemes);
      break;
    case PROP_OBJECT_TYPE:
      g_value_set_gtype (value, self->object_type);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
hein_plugin_info_finalize (GObject *object)
{
  HeinPluginInfo *self = HEIN_PLUGIN_INFO (object);

  g_free (self->name);
  g_free (self->description);
  g_free (self->file);
  g_strfreev (self->schemes);
  G_OBJECT_CLASS (hein_plugin_info_parent_class)->finalize (object);
}

static GParamSpec *
text_property (const char *name)
{
  return g_param_spec_string (name, NULL, NULL, NULL,
                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static void
install_texts (void)
{
  /**
   * HeinPluginInfo:name:
   *
   * The name, unique within its kind.
   *
   * Since: 0.9
   */
  properties[PROP_NAME] = text_property ("name");
  /**
   * HeinPluginInfo:description:
   *
   * A description of one line.
   *
   * Since: 0.9
   */
  properties[PROP_DESCRIPTION] = text_property ("description");
  /**
   * HeinPluginInfo:file:
   *
   * The path of its module; %NULL when the program added the plugin itself.
   *
   * Since: 0.9
   */
  properties[PROP_FILE] = text_property ("file");
}

static void
install_properties (GObjectClass *object_class)
{
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  install_texts ();
  /**
   * HeinPluginInfo:kind:
   *
   * The kind of the plugin.
   *
   * Since: 0.9
   */
  properties[PROP_KIND] =
    g_param_spec_enum ("kind", NULL, NULL, HEIN_TYPE_PLUGIN_KIND,
                       HEIN_PLUGIN_KIND_TRANSPORT, flags);
  /**
   * HeinPluginInfo:schemes:
   *
   * The names by which addresses refer to the plugin.
   *
   * Since: 0.9
   */
  properties[PROP_SCHEMES] =
    g_param_spec_boxed ("schemes", NULL, NULL, G_TYPE_STRV, flags);
  /**
   * HeinPluginInfo:object-type:
   *
   * The GType of the plugin's objects.
   *
   * Since: 0.9
   */
  properties[PROP_OBJECT_TYPE] =
    g_param_spec_gtype ("object-type", NULL, NULL, G_TYPE_OBJECT, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
hein_plugin_info_class_init (HeinPluginInfoClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = hein_plugin_info_get_property;
  object_class->finalize = hein_plugin_info_finalize;
  install_properties (object_class);
}

static void
hein_plugin_info_init (HeinPluginInfo *self)
{
}

static char **
split_words (const char *text)
{
  g_auto (GStrv) all = g_strsplit (text, " ", -1);
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();

  for (guint i = 0; all[i] != NULL; i++)
    if (*all[i] != '\0')
      g_strv_builder_add (words, all[i]);
  return g_strv_builder_end (words);
}

HeinPluginInfo *
hein_plugin_info_new (HeinPluginKind kind,
                      const char *name,
                      const char *description,
                      const char *schemes,
                      const char *file,
                      GType object_type)
{
  HeinPluginInfo *self = g_object_new (HEIN_TYPE_PLUGIN_INFO, NULL);

  self->kind = kind;
  self->name = g_strdup (name);
  self->description = g_strdup (description);
  self->schemes = split_words (schemes);
  self->file = g_strdup (file);
  self->object_type = object_type;
  return self;
}

gboolean
hein_plugin_info_serves (HeinPluginInfo *self,
                         HeinPluginKind kind,
                         const char *name)
{
  if (self->kind != kind)
    return FALSE;
  if (g_strv_contains ((const char *const *) self->schemes, name))
    return TRUE;
  return kind != HEIN_PLUGIN_KIND_TRANSPORT && g_str_equal (self->name, name);
}

/**
 * hein_plugin_info_get_name:
 * @self: a description of a plugin
 *
 * Gets the name, unique within its kind.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): lower case letters, digits and -
 *
 * Since: 0.9
 */
const char *
hein_plugin_info_get_name (HeinPluginInfo *self)
{
  g_return_val_if_fail (HEIN_IS_PLUGIN_INFO (self), NULL);

  return self->name;
}

/**
 * hein_plugin_info_get_kind:
 * @self: a description of a plugin
 *
 * Gets the kind of the plugin.
 *
 * - Thread: any.
 *
 * Returns: the kind
 *
 * Since: 0.9
 */
HeinPluginKind
hein_plugin_info_get_kind (HeinPluginInfo *self)
{
  g_return_val_if_fail (HEIN_IS_PLUGIN_INFO (self), HEIN_PLUGIN_KIND_TRANSPORT);

  return self->kind;
}

/**
 * hein_plugin_info_get_description:
 * @self: a description of a plugin
 *
 * Gets the description, which is one line.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): one line of UTF-8
 *
 * Since: 0.9
 */
const char *
hein_plugin_info_get_description (HeinPluginInfo *self)
{
  g_return_val_if_fail (HEIN_IS_PLUGIN_INFO (self), NULL);

  return self->description;
}

/**
 * hein_plugin_info_get_file:
 * @self: a description of a plugin
 *
 * Gets the path of the plugin's module.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (nullable) (type filename): a path; %NULL when the
 *   program added the plugin by [func@Hein.plugin_add]
 *
 * Since: 0.9
 */
const char *
hein_plugin_info_get_file (HeinPluginInfo *self)
{
  g_return_val_if_fail (HEIN_IS_PLUGIN_INFO (self), NULL);

  return self->file;
}

/**
 * hein_plugin_info_get_schemes:
 * @self: a description of a plugin
 *
 * Gets the names by which addresses refer to the plugin: the schemes of a
 * transport, or what a protocol is called behind the `+`.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (array zero-terminated=1): names; none for
 *   strategies
 *
 * Since: 0.9
 */
const char *const *
hein_plugin_info_get_schemes (HeinPluginInfo *self)
{
  g_return_val_if_fail (HEIN_IS_PLUGIN_INFO (self), NULL);

  return (const char *const *) self->schemes;
}

/**
 * hein_plugin_info_get_object_type:
 * @self: a description of a plugin
 *
 * Gets the GType of the plugin's objects.
 *
 * - Thread: any.
 *
 * Returns: a type below [class@Transport], [class@Protocol] or
 *   [class@Strategy]
 *
 * Since: 0.9
 */
GType
hein_plugin_info_get_object_type (HeinPluginInfo *self)
{
  g_return_val_if_fail (HEIN_IS_PLUGIN_INFO (self), G_TYPE_INVALID);

  return self->object_type;
}

/**
 * hein_plugin_info_list_options:
 * @self: a description of a plugin
 * @n_options: (out): how many options there are
 *
 * Gets the options that an address may set: the writable properties of the
 * plugin's type whose values can be written as text.
 *
 * A derived type may set another initial value than the default of the
 * property: a new object of [method@PluginInfo.get_object_type] has the real
 * one.
 *
 * - Thread: any.
 *
 * Returns: (transfer container) (array length=n_options): the properties, in no
 *   particular order
 *
 * Since: 0.9
 */
GParamSpec **
hein_plugin_info_list_options (HeinPluginInfo *self, guint *n_options)
{
  g_autoptr (GTypeClass) class = NULL;
  GParamSpec **options;

  g_return_val_if_fail (n_options != NULL, NULL);
  *n_options = 0;
  g_return_val_if_fail (HEIN_IS_PLUGIN_INFO (self), NULL);

  class = g_type_class_ref (self->object_type);
  options = g_object_class_list_properties (G_OBJECT_CLASS (class), n_options);
  *n_options = hein_option_keep (options, *n_options);
  return options;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-plugin.h>

#include "base/hein-option.h"
#include "hein-plugin-info.h"

/**
 * HeinPluginInfo:
 *
 * What is known of a plugin.
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
   * One line about it.
   *
   * Since: 0.9
   */
  properties[PROP_DESCRIPTION] = text_property ("description");
  /**
   * HeinPluginInfo:file:
   *
   * The module that it came from; %NULL when the program added it.
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
   * What the plugin is.
   *
   * Since: 0.9
   */
  properties[PROP_KIND] =
    g_param_spec_enum ("kind", NULL, NULL, HEIN_TYPE_PLUGIN_KIND,
                       HEIN_PLUGIN_KIND_TRANSPORT, flags);
  /**
   * HeinPluginInfo:schemes:
   *
   * What addresses call it.
   *
   * Since: 0.9
   */
  properties[PROP_SCHEMES] =
    g_param_spec_boxed ("schemes", NULL, NULL, G_TYPE_STRV, flags);
  /**
   * HeinPluginInfo:object-type:
   *
   * The type of its objects.
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
 * @self: what is known of a plugin
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
 * @self: what is known of a plugin
 *
 * Gets what the plugin is.
 *
 * - Thread: any.
 *
 * Returns: its kind
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
 * @self: what is known of a plugin
 *
 * Gets one line about it.
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
 * @self: what is known of a plugin
 *
 * Gets the module that it came from.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (nullable) (type filename): a path; %NULL when the
 *   program added it with [func@Hein.plugin_add]
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
 * @self: what is known of a plugin
 *
 * Gets what addresses call it: the schemes of a transport, or what follows
 * the + for a protocol.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (array zero-terminated=1): none for strategies
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
 * @self: what is known of a plugin
 *
 * Gets the type of its objects.
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
 * @self: what is known of a plugin
 * @n_options: (out): how many there are
 *
 * Gets the options that an address may give it: the writable properties of its
 * type whose value a text can say.
 *
 * A type below another one may begin with another value than the default here
 * says: a new object of [method@PluginInfo.get_object_type] has that.
 *
 * - Thread: any.
 *
 * Returns: (transfer container) (array length=n_options): properties, in no
 *   special order
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

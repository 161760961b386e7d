/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-plugin.h>

#include "base/hein-address.h"
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
  PROP_ABI,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (HeinPluginInfo, hein_plugin_info, G_TYPE_OBJECT)

/* What a new object has: a subclass may begin with another value than the
 * property says. */
static char *
dup_default (GObject *sample, GParamSpec *pspec)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) text = G_VALUE_INIT;

  g_value_init (&value, pspec->value_type);
  if (pspec->flags & G_PARAM_READABLE)
    g_object_get_property (sample, pspec->name, &value);
  else
    g_param_value_set_default (pspec, &value);
  if (G_VALUE_HOLDS_BOOLEAN (&value))
    return g_strdup (g_value_get_boolean (&value) ? "yes" : "no");
  if (G_VALUE_HOLDS_ENUM (&value))
    {
      GEnumClass *class = ((GParamSpecEnum *) pspec)->enum_class;
      GEnumValue *found = g_enum_get_value (class, g_value_get_enum (&value));

      return g_strdup (found != NULL ? found->value_nick : "none");
    }
  g_value_init (&text, G_TYPE_STRING);
  if (!g_value_transform (&value, &text) || g_value_get_string (&text) == NULL)
    return g_strdup ("none");
  return g_value_dup_string (&text);
}

/* "guint" as "uint", "HeinOverflow" as "enum" */
static const char *
plain_type_name (GParamSpec *pspec)
{
  const char *name = g_type_name (G_TYPE_FUNDAMENTAL (pspec->value_type));

  if (G_TYPE_FUNDAMENTAL (pspec->value_type) == G_TYPE_ENUM)
    return "enum";
  return g_str_has_prefix (name, "gchararray") ? "string" : name + 1;
}

static char *
describe_option (GObject *sample, GParamSpec *pspec)
{
  g_autofree char *choices = hein_option_dup_choices (pspec);
  g_autofree char *value = dup_default (sample, pspec);

  return g_strdup_printf ("%s: %s, %s, %s", pspec->name,
                          plain_type_name (pspec), choices, value);
}

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
    case PROP_ABI:
      g_value_set_uint (value, HEIN_PLUGIN_ABI);
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
  /**
   * HeinPluginInfo:abi:
   *
   * The plugin ABI that it was built for.
   *
   * Since: 0.9
   */
  properties[PROP_ABI] =
    g_param_spec_uint ("abi", NULL, NULL, 0, G_MAXUINT16, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
hein_plugin_info_class_init (HeinPluginInfoClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

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
 * hein_plugin_info_get_abi:
 * @self: what is known of a plugin
 *
 * Gets the plugin ABI that it was built for.
 *
 * - Thread: any.
 *
 * Returns: %HEIN_PLUGIN_ABI, since no other one is loaded
 *
 * Since: 0.9
 */
guint
hein_plugin_info_get_abi (HeinPluginInfo *self)
{
  g_return_val_if_fail (HEIN_IS_PLUGIN_INFO (self), 0);

  return HEIN_PLUGIN_ABI;
}

/**
 * hein_plugin_info_dup_properties:
 * @self: what is known of a plugin
 *
 * Describes the options that an address may give it, a line for each one:
 * `name: type, range, default`.
 *
 * - Thread: any.
 *
 * Returns: (transfer full) (array zero-terminated=1): lines of UTF-8
 *
 * Since: 0.9
 */
char **
hein_plugin_info_dup_properties (HeinPluginInfo *self)
{
  g_autoptr (GObject) sample = NULL;
  GObjectClass *class;
  g_auto (GStrv) names = NULL;
  guint n;

  g_return_val_if_fail (HEIN_IS_PLUGIN_INFO (self), NULL);

  sample = g_object_new (self->object_type, NULL);
  class = G_OBJECT_GET_CLASS (sample);
  names = hein_option_dup_names (class);
  n = g_strv_length (names);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_steal_pointer (&names[i]);

      names[i] =
        describe_option (sample, g_object_class_find_property (class, name));
    }
  return g_steal_pointer (&names);
}

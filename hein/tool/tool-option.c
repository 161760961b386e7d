/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-option.h"

/* Describes the options of plugins as text. */

/* The value that a new object has: a derived type may set another one than the
 * property's default. */
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

/* Returns "uint" for "guint", "enum" for "HeinOverflow". */
static const char *
plain_type_name (GParamSpec *pspec)
{
  const char *name = g_type_name (G_TYPE_FUNDAMENTAL (pspec->value_type));

  if (G_TYPE_FUNDAMENTAL (pspec->value_type) == G_TYPE_ENUM)
    return "enum";
  return g_str_has_prefix (name, "gchararray") ? "string" : name + 1;
}

static char *
dup_nicks (GEnumClass *class)
{
  g_autoptr (GStrvBuilder) nicks = g_strv_builder_new ();
  g_auto (GStrv) list = NULL;

  for (guint i = 0; i < class->n_values; i++)
    g_strv_builder_add (nicks, class->values[i].value_nick);
  list = g_strv_builder_end (nicks);
  return g_strjoinv (", ", list);
}

static char *
dup_range (GParamSpec *pspec)
{
  if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    return g_strdup ("yes, no");
  if (G_IS_PARAM_SPEC_ENUM (pspec))
    return dup_nicks (((GParamSpecEnum *) pspec)->enum_class);
#define RANGE(TYPE, Type, format)                                              \
  if (G_IS_PARAM_SPEC_##TYPE (pspec))                                          \
  return g_strdup_printf ("%" format " to %" format,                           \
                          ((GParamSpec##Type *) pspec)->minimum,               \
                          ((GParamSpec##Type *) pspec)->maximum)
  RANGE (INT, Int, "d");
  RANGE (UINT, UInt, "u");
  RANGE (LONG, Long, "ld");
  RANGE (ULONG, ULong, "lu");
  RANGE (INT64, Int64, G_GINT64_FORMAT);
  RANGE (UINT64, UInt64, G_GUINT64_FORMAT);
  RANGE (DOUBLE, Double, "g");
#undef RANGE
  return g_strdup ("text");
}

static void
option_free (gpointer data)
{
  ToolOption *self = data;

  g_free (self->range);
  g_free (self->value);
  g_free (self);
}

GPtrArray *
tool_option_list (HeinPluginInfo *info)
{
  g_autoptr (GObject) sample =
    g_object_new (hein_plugin_info_get_object_type (info), NULL);
  guint n;
  g_autofree GParamSpec **pspecs = hein_plugin_info_list_options (info, &n);
  GPtrArray *options = g_ptr_array_new_with_free_func (option_free);

  for (guint i = 0; i < n; i++)
    {
      ToolOption *option = g_new (ToolOption, 1);

      option->name = pspecs[i]->name;
      option->type = plain_type_name (pspecs[i]);
      option->range = dup_range (pspecs[i]);
      option->value = dup_default (sample, pspecs[i]);
      g_ptr_array_add (options, option);
    }
  return options;
}

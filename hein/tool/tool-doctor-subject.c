/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-doctor-subject.h"

/* Looks up options of the address that is examined. */

const char *
tool_doctor_get (ToolDoctor *self, const char *option)
{
  return g_hash_table_lookup (self->options, option);
}

gboolean
tool_doctor_get_flag (ToolDoctor *self, const char *option)
{
  return g_strcmp0 (tool_doctor_get (self, option), "yes") == 0;
}

static gint64
get_default (GParamSpec *pspec)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_INT64);
  g_value_transform (g_param_spec_get_default_value (pspec), &value);
  return g_value_get_int64 (&value);
}

gint64
tool_doctor_get_number (ToolDoctor *self, const char *option, gint64 otherwise)
{
  const char *text = tool_doctor_get (self, option);
  GParamSpec *pspec = g_object_class_find_property (self->class, option);

  if (text != NULL)
    return g_ascii_strtoll (text, NULL, 10);
  return pspec != NULL ? get_default (pspec) : otherwise;
}

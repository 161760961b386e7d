/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-options.h"

static GQuark
entry_quark (void)
{
  return g_quark_from_static_string ("hein-option-entry");
}

static gpointer
get_field (gpointer object, const HeinOptionEntry *entry)
{
  return (char *) object + entry->offset;
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  const HeinOptionEntry *entry = g_param_spec_get_qdata (pspec, entry_quark ());

  if (entry->get_type != NULL)
    g_value_set_enum (value, *(int *) get_field (object, entry));
  else if (entry->maximum == 0)
    g_value_set_boolean (value, *(gboolean *) get_field (object, entry));
  else
    g_value_set_uint (value, *(guint *) get_field (object, entry));
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  const HeinOptionEntry *entry = g_param_spec_get_qdata (pspec, entry_quark ());

  if (entry->get_type != NULL)
    *(int *) get_field (object, entry) = g_value_get_enum (value);
  else if (entry->maximum == 0)
    *(gboolean *) get_field (object, entry) = g_value_get_boolean (value);
  else
    *(guint *) get_field (object, entry) = g_value_get_uint (value);
}

static GParamSpec *
make_pspec (const HeinOptionEntry *entry)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  if (entry->get_type != NULL)
    return g_param_spec_enum (entry->name, NULL, NULL, entry->get_type (),
                              (int) entry->value, flags);
  if (entry->maximum == 0)
    return g_param_spec_boolean (entry->name, NULL, NULL, (int) entry->value,
                                 flags);
  return g_param_spec_uint (entry->name, NULL, NULL, entry->minimum,
                            entry->maximum, entry->value, flags);
}

void
hein_options_install (GObjectClass *class, const HeinOptionEntry *entries)
{
  class->get_property = get_property;
  class->set_property = set_property;
  for (guint i = 0; entries[i].name != NULL; i++)
    {
      GParamSpec *pspec = make_pspec (&entries[i]);

      g_param_spec_set_qdata (pspec, entry_quark (), (gpointer) &entries[i]);
      g_object_class_install_property (class, i + 1, pspec);
    }
}

void
hein_options_init (gpointer object, const HeinOptionEntry *entries)
{
  for (const HeinOptionEntry *entry = entries; entry->name != NULL; entry++)
    *(guint *) get_field (object, entry) = entry->value;
}

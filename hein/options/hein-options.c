/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-options.h"

/* Installs table-driven properties, and gets and sets their values. */

static GQuark
entry_quark (void)
{
  return g_quark_from_static_string ("hein-option-entry");
}

/* Returns the field of an option; NULL when it is in a part that does not
 * exist. */
static gpointer
peek_field (gpointer object, const HeinOptionEntry *entry)
{
  char *base = object;

  if (entry->part != NULL)
    base = G_STRUCT_MEMBER (char *, object, entry->part->offset);
  return base != NULL ? base + entry->offset : NULL;
}

static gpointer
ensure_field (gpointer object, const HeinOptionEntry *entry)
{
  if (peek_field (object, entry) == NULL)
    G_STRUCT_MEMBER (gpointer, object, entry->part->offset) =
      g_malloc0 (entry->part->size);
  return peek_field (object, entry);
}

/* Finds the property of that name in a parent class. */
static GParamSpec *
find_inherited (GParamSpec *pspec, GObjectClass **owner)
{
  GObjectClass *class = g_type_class_peek (g_type_parent (pspec->owner_type));
  GParamSpec *inherited = g_object_class_find_property (class, pspec->name);

  *owner = g_type_class_peek (inherited->owner_type);
  return inherited;
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  const HeinOptionEntry *entry = g_param_spec_get_qdata (pspec, entry_quark ());
  const gpointer field = peek_field (object, entry);
  GObjectClass *owner;

  if (entry->is_inherited)
    {
      pspec = find_inherited (pspec, &owner);
      owner->get_property (object, pspec->param_id, value, pspec);
      return;
    }
  if (field == NULL)
    {
      g_param_value_set_default (pspec, value);
      return;
    }
  switch (entry->kind)
    {
    case HEIN_OPTION_NUMBER:
      g_value_set_uint (value, *(guint *) field);
      break;
    case HEIN_OPTION_SIGNED:
      g_value_set_int (value, *(int *) field);
      break;
    case HEIN_OPTION_LARGE:
      g_value_set_uint64 (value, *(guint64 *) field);
      break;
    case HEIN_OPTION_FLAG:
      g_value_set_boolean (value, *(gboolean *) field);
      break;
    case HEIN_OPTION_CHOICE:
      g_value_set_enum (value, *(int *) field);
      break;
    case HEIN_OPTION_TEXT:
      g_value_set_string (value, *(char **) field);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  const HeinOptionEntry *entry = g_param_spec_get_qdata (pspec, entry_quark ());
  GObjectClass *owner;
  gpointer field;

  if (entry->is_inherited)
    {
      pspec = find_inherited (pspec, &owner);
      owner->set_property (object, pspec->param_id, value, pspec);
      return;
    }
  field = ensure_field (object, entry);
  switch (entry->kind)
    {
    case HEIN_OPTION_NUMBER:
      *(guint *) field = g_value_get_uint (value);
      break;
    case HEIN_OPTION_SIGNED:
      *(int *) field = g_value_get_int (value);
      break;
    case HEIN_OPTION_LARGE:
      *(guint64 *) field = g_value_get_uint64 (value);
      break;
    case HEIN_OPTION_FLAG:
      *(gboolean *) field = g_value_get_boolean (value);
      break;
    case HEIN_OPTION_CHOICE:
      *(int *) field = g_value_get_enum (value);
      break;
    case HEIN_OPTION_TEXT:
      g_free (*(char **) field);
      *(char **) field = g_value_dup_string (value);
      break;
    default:
      g_assert_not_reached ();
    }
}

static GParamSpec *
make_pspec (const HeinOptionEntry *entry)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  switch (entry->kind)
    {
    case HEIN_OPTION_NUMBER:
      return g_param_spec_uint (entry->name, NULL, NULL, entry->minimum,
                                entry->maximum, entry->value, flags);
    case HEIN_OPTION_SIGNED:
      return g_param_spec_int (entry->name, NULL, NULL, entry->minimum,
                               entry->maximum, entry->value, flags);
    case HEIN_OPTION_LARGE:
      return g_param_spec_uint64 (entry->name, NULL, NULL, entry->minimum,
                                  entry->maximum, entry->value, flags);
    case HEIN_OPTION_FLAG:
      return g_param_spec_boolean (entry->name, NULL, NULL, entry->value != 0,
                                   flags);
    case HEIN_OPTION_CHOICE:
      return g_param_spec_enum (entry->name, NULL, NULL, entry->get_type (),
                                entry->value, flags);
    case HEIN_OPTION_TEXT:
      return g_param_spec_string (entry->name, NULL, NULL, NULL, flags);
    default:
      g_assert_not_reached ();
    }
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

static void
init_entry (gpointer object, const HeinOptionEntry *entry)
{
  const gpointer field = peek_field (object, entry);

  if (entry->is_inherited)
    g_object_set (object, entry->name, (int) entry->value, NULL);
  else if (field == NULL)
    return; /* its part is zeroed when it is made */
  else if (entry->kind == HEIN_OPTION_LARGE)
    *(guint64 *) field = entry->value;
  else if (entry->kind != HEIN_OPTION_TEXT)
    *(int *) field = (int) entry->value;
}

void
hein_options_init (gpointer object, const HeinOptionEntry *entries)
{
  for (const HeinOptionEntry *entry = entries; entry->name != NULL; entry++)
    init_entry (object, entry);
}

void
hein_options_clear (gpointer object, const HeinOptionEntry *entries)
{
  for (const HeinOptionEntry *entry = entries; entry->name != NULL; entry++)
    if (entry->kind == HEIN_OPTION_TEXT && peek_field (object, entry) != NULL)
      g_clear_pointer ((char **) peek_field (object, entry), g_free);
}

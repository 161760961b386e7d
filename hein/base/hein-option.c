/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-option.h"

#include <math.h>
#include <string.h>

#include "hein-error-private.h"

/* Options of addresses: properties of what is made, as text. */

gboolean
hein_option_is_secret (const char *name)
{
  static const char *const words[] = { "key",        "iv",     "password",
                                       "passphrase", "secret", "token" };

  if (strcmp (name, "curve-key") == 0)
    return FALSE; /* names a file, as key-file does */
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      const char *end = name + strlen (name) - strlen (words[i]);

      if (g_str_has_suffix (name, words[i]) && (end == name || end[-1] == '-'))
        return TRUE;
    }
  return FALSE;
}

/* What an error shows of a text that may hold anything. */
char *
hein_option_dup_printable (const char *text)
{
  return hein_text_is_printable (text, strlen (text))
           ? g_strdup (text)
           : g_strescape (text, NULL);
}

static gboolean
is_option (const GParamSpec *pspec)
{
  if (!(pspec->flags & G_PARAM_WRITABLE))
    return FALSE;
  switch (G_TYPE_FUNDAMENTAL (pspec->value_type))
    {
    case G_TYPE_BOOLEAN:
    case G_TYPE_INT:
    case G_TYPE_UINT:
    case G_TYPE_LONG:
    case G_TYPE_ULONG:
    case G_TYPE_INT64:
    case G_TYPE_UINT64:
    case G_TYPE_DOUBLE:
    case G_TYPE_ENUM:
    case G_TYPE_STRING:
      return TRUE;
    default:
      return FALSE;
    }
}

guint
hein_option_keep (GParamSpec **pspecs, guint n_pspecs)
{
  guint n = 0;

  for (guint i = 0; i < n_pspecs; i++)
    if (is_option (pspecs[i]))
      pspecs[n++] = pspecs[i];
  return n;
}

gboolean
hein_option_is_of (GObjectClass *class, const char *name)
{
  const GParamSpec *pspec = g_object_class_find_property (class, name);

  return pspec != NULL && is_option (pspec);
}

char **
hein_option_dup_names (GObjectClass *class)
{
  guint n;
  g_autofree GParamSpec **all = g_object_class_list_properties (class, &n);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  n = hein_option_keep (all, n);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (names, g_strdup (all[i]->name));
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_steal (names, NULL);
}

static gboolean
parse_boolean (const char *text, GValue *value)
{
  if (strcmp (text, "yes") != 0 && strcmp (text, "no") != 0)
    return FALSE;
  g_value_set_boolean (value, *text == 'y');
  return TRUE;
}

static gboolean
parse_signed (const char *text, gint64 least, gint64 most, GValue *value)
{
  g_auto (GValue) wide = G_VALUE_INIT;
  gint64 number;

  if (!g_ascii_string_to_signed (text, 10, least, most, &number, NULL))
    return FALSE;
  g_value_init (&wide, G_TYPE_INT64);
  g_value_set_int64 (&wide, number);
  return g_value_transform (&wide, value);
}

static gboolean
parse_unsigned (const char *text, guint64 least, guint64 most, GValue *value)
{
  g_auto (GValue) wide = G_VALUE_INIT;
  guint64 number;

  if (!g_ascii_string_to_unsigned (text, 10, least, most, &number, NULL))
    return FALSE;
  g_value_init (&wide, G_TYPE_UINT64);
  g_value_set_uint64 (&wide, number);
  return g_value_transform (&wide, value);
}

static gboolean
parse_double (const char *text, double least, double most, GValue *value)
{
  char *end;
  double number;

  if (*text == '\0' || text[strspn (text, "0123456789.eE+-")] != '\0')
    return FALSE;
  number = g_ascii_strtod (text, &end);
  if (*end != '\0' || !isfinite (number) || number < least || number > most)
    return FALSE;
  g_value_set_double (value, number);
  return TRUE;
}

static gboolean
parse_enum (const char *text, GEnumClass *class, GValue *value)
{
  const GEnumValue *found = g_enum_get_value_by_nick (class, text);

  if (found != NULL)
    g_value_set_enum (value, found->value);
  return found != NULL;
}

static gboolean
parse_value (GParamSpec *pspec, const char *text, GValue *value)
{
#define LIMITS(Type) ((Type *) pspec)->minimum, ((Type *) pspec)->maximum
  switch (G_TYPE_FUNDAMENTAL (pspec->value_type))
    {
    case G_TYPE_BOOLEAN:
      return parse_boolean (text, value);
    case G_TYPE_INT:
      return parse_signed (text, LIMITS (GParamSpecInt), value);
    case G_TYPE_LONG:
      return parse_signed (text, LIMITS (GParamSpecLong), value);
    case G_TYPE_INT64:
      return parse_signed (text, LIMITS (GParamSpecInt64), value);
    case G_TYPE_UINT:
      return parse_unsigned (text, LIMITS (GParamSpecUInt), value);
    case G_TYPE_ULONG:
      return parse_unsigned (text, LIMITS (GParamSpecULong), value);
    case G_TYPE_UINT64:
      return parse_unsigned (text, LIMITS (GParamSpecUInt64), value);
    case G_TYPE_DOUBLE:
      return parse_double (text, LIMITS (GParamSpecDouble), value);
    case G_TYPE_ENUM:
      return parse_enum (text, ((GParamSpecEnum *) pspec)->enum_class, value);
    case G_TYPE_STRING:
      g_value_set_string (value, text);
      return TRUE;
    default:
      return FALSE;
    }
#undef LIMITS
}

static char *
dup_nicks (GEnumClass *class)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < class->n_values; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "",
                            class->values[i].value_nick);
  return g_string_free (text, FALSE);
}

static char *
dup_choices (GParamSpec *pspec)
{
#define RANGE(Type, format)                                                    \
  g_strdup_printf ("%" format " to %" format, ((Type *) pspec)->minimum,       \
                   ((Type *) pspec)->maximum)
  switch (G_TYPE_FUNDAMENTAL (pspec->value_type))
    {
    case G_TYPE_BOOLEAN:
      return g_strdup ("yes, no");
    case G_TYPE_INT:
      return RANGE (GParamSpecInt, "d");
    case G_TYPE_LONG:
      return RANGE (GParamSpecLong, "ld");
    case G_TYPE_INT64:
      return RANGE (GParamSpecInt64, G_GINT64_FORMAT);
    case G_TYPE_UINT:
      return RANGE (GParamSpecUInt, "u");
    case G_TYPE_ULONG:
      return RANGE (GParamSpecULong, "lu");
    case G_TYPE_UINT64:
      return RANGE (GParamSpecUInt64, G_GUINT64_FORMAT);
    case G_TYPE_DOUBLE:
      return RANGE (GParamSpecDouble, "g");
    case G_TYPE_ENUM:
      return dup_nicks (((GParamSpecEnum *) pspec)->enum_class);
    default:
      return g_strdup ("text");
    }
#undef RANGE
}

static void
set_unknown_option (GObjectClass *class, const char *name, GError **error)
{
  g_auto (GStrv) names = hein_option_dup_names (class);
  g_autofree char *known = g_strjoinv (", ", names);

  g_autofree char *shown = hein_option_dup_printable (name);

  g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
               "option '%s' is not known here; known are: %s", shown,
               *known != '\0' ? known : "none");
}

gboolean
hein_option_parse (GObjectClass *class,
                   const char *name,
                   const char *text,
                   GValue *value,
                   GError **error)
{
  GParamSpec *pspec = g_object_class_find_property (class, name);
  g_autofree char *choices = NULL;
  g_autofree char *shown = NULL;

  if (pspec == NULL || !is_option (pspec))
    {
      set_unknown_option (class, name, error);
      return FALSE;
    }
  g_value_init (value, pspec->value_type);
  if (parse_value (pspec, text, value) &&
      !g_param_value_validate (pspec, value))
    return TRUE;
  g_value_unset (value);
  choices = dup_choices (pspec);
  shown = hein_option_is_secret (name) ? g_strdup ("…")
                                       : hein_option_dup_printable (text);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
               "option '%s' takes %s, not '%s'", name, choices, shown);
  return FALSE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-address-private.h"
#include "hein-error-private.h"
#include "hein-uri.h"

#include <math.h>
#include <string.h>

#define URI_MAX  4096 /* bytes */
#define PORT_MAX 65535

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789-"

/* What an error shows of a text that may hold anything. */
static char *
dup_printable (const char *text)
{
  return hein_text_is_printable (text, strlen (text))
           ? g_strdup (text)
           : g_strescape (text, NULL);
}

G_GNUC_PRINTF (4, 5)
static void
set_error (
  GError **error, const char *part, const char *value, const char *format, ...)
{
  g_autofree char *shown = dup_printable (value);
  g_autofree char *reason = NULL;
  va_list arguments;

  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS, "%s '%s' %s", part,
               shown, reason);
}

/* Undoes %XX in [text, text + size). */
static char *
decode (const char *part, const char *text, gsize size, GError **error)
{
  g_autofree char *given = g_strndup (text, size);
  g_autoptr (GString) decoded = g_string_sized_new (size);

  for (const char *p = given; *p != '\0'; p++)
    {
      if (*p != '%')
        {
          g_string_append_c (decoded, *p);
          continue;
        }
      if (!g_ascii_isxdigit (p[1]) || !g_ascii_isxdigit (p[2]))
        {
          set_error (error, part, given,
                     "has a %% without two hexadecimal digits; write %%25");
          return NULL;
        }
      g_string_append_c (decoded, (char) (g_ascii_xdigit_value (p[1]) * 16 +
                                          g_ascii_xdigit_value (p[2])));
      p += 2;
    }
  if (!hein_text_is_printable (decoded->str, decoded->len))
    {
      set_error (
        error, part, given,
        "has a control or format character, or is not UTF-8 when decoded");
      return NULL;
    }
  return g_string_free (g_steal_pointer (&decoded), FALSE);
}

static gboolean
is_name (const char *text)
{
  return g_ascii_islower (*text) && text[strspn (text, NAME_CHARS)] == '\0';
}

static gboolean
parse_scheme (HeinAddress *self, const char *end, GError **error)
{
  g_autofree char *given = g_strndup (self->uri, end - self->uri);
  char *plus;

  self->transport = g_ascii_strdown (given, -1);
  plus = strchr (self->transport, '+');
  if (plus != NULL)
    {
      self->protocol = g_strdup (plus + 1);
      *plus = '\0';
    }
  if (is_name (self->transport) &&
      (self->protocol == NULL || is_name (self->protocol)))
    return TRUE;
  set_error (error, "scheme", given,
             "is not <transport> or <transport>+<protocol>, each of letters, "
             "digits and -, with a letter first");
  return FALSE;
}

static gboolean
parse_port (HeinAddress *self, const char *text, gsize size, GError **error)
{
  g_autofree char *given = g_strndup (text, size);
  guint64 port = 0;

  if (size <= 5 &&
      g_ascii_string_to_unsigned (given, 10, 0, PORT_MAX, &port, NULL))
    {
      self->port = (int) port;
      return TRUE;
    }
  set_error (error, "port", given, "is not a number of 0 to %d", PORT_MAX);
  return FALSE;
}

/* "[…]" and perhaps ":port" */
static gboolean
parse_ipv6 (HeinAddress *self, const char *text, gsize size, GError **error)
{
  const char *end = memchr (text, ']', size);
  const char *rest = end != NULL ? end + 1 : NULL;
  g_autofree char *given = g_strndup (text, size);

  if (end == NULL || (rest < text + size && *rest != ':'))
    {
      set_error (error, "host", given, "is not [<IPv6 address>] or with :port");
      return FALSE;
    }
  self->host = decode ("host", text + 1, end - text - 1, error);
  if (self->host == NULL)
    return FALSE;
  if (strchr (self->host, ':') == NULL ||
      !g_hostname_is_ip_address (self->host))
    {
      set_error (error, "host", given, "is not an IPv6 address");
      return FALSE;
    }
  return rest == text + size ||
         parse_port (self, rest + 1, text + size - rest - 1, error);
}

static gboolean
parse_authority (HeinAddress *self,
                 const char *text,
                 gsize size,
                 GError **error)
{
  const char *colon = memchr (text, ':', size);
  g_autofree char *given = g_strndup (text, size);

  if (memchr (text, '@', size) != NULL)
    {
      set_error (error, "host", given, "has user info, which is not allowed");
      return FALSE;
    }
  if (size > 0 && *text == '[')
    return parse_ipv6 (self, text, size, error);
  if (colon != NULL && memchr (colon + 1, ':', text + size - colon - 1))
    {
      set_error (error, "host", given,
                 "has more than one ':'; an IPv6 address needs brackets");
      return FALSE;
    }
  self->host =
    decode ("host", text, colon != NULL ? (gsize) (colon - text) : size, error);
  if (self->host == NULL)
    return FALSE;
  return colon == NULL ||
         parse_port (self, colon + 1, text + size - colon - 1, error);
}

/* The error of decode() quotes what it was given. */
static char *
decode_value (const char *name, const char *text, GError **error)
{
  const gboolean is_secret = hein_option_is_secret (name);
  char *value = decode (name, text, strlen (text), is_secret ? NULL : error);

  if (value == NULL && is_secret)
    set_error (error, name, "…",
               "has a %% without two hexadecimal digits, or is not UTF-8 "
               "without control or format characters when decoded");
  return value;
}

static gboolean
parse_option (GPtrArray *names,
              GPtrArray *values,
              const char *text,
              GError **error)
{
  const char *equals = strchr (text, '=');
  g_autofree char *name = NULL;
  g_autofree char *value = NULL;

  if (equals == NULL)
    {
      set_error (error, "option", text, "has no '='");
      return FALSE;
    }
  name = decode ("option", text, equals - text, error);
  if (name == NULL)
    return FALSE;
  if (!is_name (name))
    {
      set_error (error, "option", name, "is not of letters, digits and -");
      return FALSE;
    }
  if (g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
    {
      set_error (error, "option", name, "is given twice");
      return FALSE;
    }
  value = decode_value (name, equals + 1, error);
  if (value == NULL)
    {
      g_prefix_error (error, "option ");
      return FALSE;
    }
  g_ptr_array_add (names, g_steal_pointer (&name));
  g_ptr_array_add (values, g_steal_pointer (&value));
  return TRUE;
}

/* @query: what follows the '?', or NULL */
static gboolean
parse_options (HeinAddress *self, const char *query, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) options = NULL;

  if (query != NULL && *query == '\0')
    {
      set_error (error, "option", "", "is empty: there is nothing after '?'");
      return FALSE;
    }
  options = g_strsplit (query != NULL ? query : "", "&", -1);
  for (guint i = 0; options[i] != NULL; i++)
    if (!parse_option (names, values, options[i], error))
      return FALSE;
  g_ptr_array_add (names, NULL);
  g_ptr_array_add (values, NULL);
  self->names = (char **) g_ptr_array_steal (names, NULL);
  self->values = (char **) g_ptr_array_steal (values, NULL);
  return TRUE;
}

static gboolean
check_whole (const char *uri, const char *shown, GError **error)
{
  const char *fragment = strchr (shown, '#');

  if (strnlen (uri, URI_MAX + 1) > URI_MAX)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                   "address is longer than %d bytes", URI_MAX);
      return FALSE;
    }
  if (!hein_text_is_printable (uri, strlen (uri)))
    {
      set_error (error, "address", shown,
                 "has a control or format character, or is not UTF-8");
      return FALSE;
    }
  if (strchr (uri, '#') == NULL)
    return TRUE;
  set_error (error, "fragment", fragment != NULL ? fragment : "#",
             "is not allowed; write %%23 for a # that is meant");
  return FALSE;
}

gboolean
hein_address_is_host_port (const char *uri)
{
  const char *colon = strchr (uri, ':');
  const gsize n = colon != NULL ? strspn (colon + 1, "0123456789") : 0;

  return n > 0 && n <= 5 && strchr ("/?", colon[1 + n]) != NULL;
}

static gboolean
parse (HeinAddress *self, GError **error)
{
  const char *colon = strchr (self->uri, ':');
  const char *query = strchr (self->uri, '?');
  const char *rest, *end;

  if (colon == NULL || (query != NULL && query < colon))
    {
      set_error (error, "address", self->shown, "has no scheme, such as tcp:");
      return FALSE;
    }
  if (!parse_scheme (self, colon, error))
    {
      if (hein_address_is_host_port (self->uri))
        g_prefix_error (error, "a transport is missing, write tcp://%s: ",
                        self->shown);
      return FALSE;
    }
  rest = colon + 1;
  end = query != NULL ? query : rest + strlen (rest);
  if (g_str_has_prefix (rest, "//"))
    {
      gsize size = strcspn (rest + 2, "/?");

      if (!parse_authority (self, rest + 2, size, error))
        return FALSE;
      rest += 2 + size;
    }
  if (self->host == NULL)
    self->host = g_strdup ("");
  self->path = decode ("path", rest, end - rest, error);
  return self->path != NULL &&
         parse_options (self, query != NULL ? query + 1 : NULL, error);
}

HeinAddress *
hein_address_parse (const char *uri, GError **error)
{
  g_autoptr (HeinAddress) self = NULL;
  g_autofree char *shown = NULL;

  g_return_val_if_fail (uri != NULL, NULL);

  shown = hein_uri_hide_secrets (uri);
  if (!check_whole (uri, shown, error))
    return NULL;
  self = g_new0 (HeinAddress, 1);
  self->uri = g_strdup (uri);
  self->shown = g_steal_pointer (&shown);
  self->port = -1;
  if (parse (self, error))
    return g_steal_pointer (&self);
  g_prefix_error (error, "%s: ", self->shown);
  return NULL;
}

void
hein_address_free (HeinAddress *self)
{
  g_free (self->uri);
  g_free (self->shown);
  g_free (self->transport);
  g_free (self->protocol);
  g_free (self->host);
  g_free (self->path);
  g_strfreev (self->names);
  g_strfreev (self->values);
  g_free (self);
}

static void
append_option (GString *uri, const char *name, const char *value)
{
  g_autofree char *escaped = g_uri_escape_string (value, "/:@,*", TRUE);

  g_string_append_printf (uri, "%c%s=%s",
                          strchr (uri->str, '?') != NULL ? '&' : '?', name,
                          escaped);
}

char *
hein_address_dup_with_option (const HeinAddress *self,
                              const char *name,
                              const char *value)
{
  GString *uri = g_string_new_len (self->uri, strcspn (self->uri, "?"));

  for (guint i = 0; self->names[i] != NULL; i++)
    if (strcmp (self->names[i], name) != 0)
      append_option (uri, self->names[i], self->values[i]);
  append_option (uri, name, value);
  return g_string_free (uri, FALSE);
}

char *
hein_address_dup_bound (const HeinAddress *self, const char *host, int port)
{
  const char *rest = strchr (self->uri, ':') + 1;
  gboolean is_ipv6 = strchr (host, ':') && g_hostname_is_ip_address (host);
  GString *uri;

  if (!g_str_has_prefix (rest, "//"))
    return g_strdup (self->uri);
  rest += 2;
  uri = g_string_new_len (self->uri, rest - self->uri);
  if (is_ipv6)
    g_string_append_c (uri, '[');
  g_string_append_uri_escaped (uri, host, is_ipv6 ? ":" : "*", TRUE);
  if (is_ipv6)
    g_string_append_c (uri, ']');
  if (port >= 0)
    g_string_append_printf (uri, ":%d", port);
  g_string_append (uri, rest + strcspn (rest, "/?"));
  return g_string_free (uri, FALSE);
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

char **
hein_option_dup_names (GObjectClass *class)
{
  guint n;
  g_autofree GParamSpec **all = g_object_class_list_properties (class, &n);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < n; i++)
    if (is_option (all[i]))
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

char *
hein_option_dup_choices (GParamSpec *pspec)
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

  set_error (error, "option", name, "is not known here; known are: %s",
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
  choices = hein_option_dup_choices (pspec);
  shown = hein_option_is_secret (name) ? g_strdup ("…") : dup_printable (text);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
               "option '%s' takes %s, not '%s'", name, choices, shown);
  return FALSE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-uri.h>

#include "hein-address-part.h"
#include "hein-address.h"
#include "hein-error-private.h"
#include "hein-option.h"

#include <string.h>

/* Parses addresses, and writes them with other values. */

#define URI_MAX 4096 /* maximum size of an address in bytes */

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789-"

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
  hein_address_set_error (
    error, "scheme", given,
    "is not <transport> or <transport>+<protocol>, each of letters, "
    "digits and -, with a letter first");
  return FALSE;
}

static gboolean
parse_authority (HeinAddress *self,
                 const char *text,
                 gsize size,
                 GError **error)
{
  g_autofree char *given = g_strndup (text, size);

  if (memchr (text, '@', size) != NULL)
    {
      hein_address_set_error (error, "host", given,
                              "has user info, which is not allowed");
      return FALSE;
    }
  self->places = hein_places_parse (text, size, error);
  return self->places != NULL;
}

/* Like decode(), whose error quotes the text, but hides secret values. */
static char *
decode_value (const char *name, const char *text, GError **error)
{
  const gboolean is_secret = hein_option_is_secret (name);
  char *value =
    hein_address_decode (name, text, strlen (text), is_secret ? NULL : error);

  if (value == NULL && is_secret)
    hein_address_set_error (
      error, name, "…",
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
      hein_address_set_error (error, "option", text, "has no '='");
      return FALSE;
    }
  name = hein_address_decode ("option", text, equals - text, error);
  if (name == NULL)
    return FALSE;
  if (!is_name (name))
    {
      hein_address_set_error (error, "option", name,
                              "is not of letters, digits and -");
      return FALSE;
    }
  if (g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
    {
      hein_address_set_error (error, "option", name, "is given twice");
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

/* @query: what follows the '?', or NULL. */
static gboolean
parse_options (HeinAddress *self, const char *query, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) options = NULL;

  if (query != NULL && *query == '\0')
    {
      hein_address_set_error (error, "option", "",
                              "is empty: there is nothing after '?'");
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
      hein_address_set_error (
        error, "address", shown,
        "has a control or format character, or is not UTF-8");
      return FALSE;
    }
  if (strchr (uri, '#') == NULL)
    return TRUE;
  hein_address_set_error (error, "fragment", fragment != NULL ? fragment : "#",
                          "is not allowed; write %%23 for a # that is meant");
  return FALSE;
}

gboolean
hein_address_is_host_port (const char *uri)
{
  const char *colon = strchr (uri, ':');
  const gsize n = colon != NULL ? strspn (colon + 1, "0123456789") : 0;

  return n > 0 && n <= 5 && strchr ("/?,", colon[1 + n]) != NULL;
}

static gboolean
parse (HeinAddress *self, GError **error)
{
  const char *colon = strchr (self->uri, ':');
  const char *query = strchr (self->uri, '?');
  const char *rest, *end;
  const HeinPlace *first;

  if (colon == NULL || (query != NULL && query < colon))
    {
      hein_address_set_error (error, "address", self->shown,
                              "has no scheme, such as tcp:");
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
  else
    self->places = hein_places_parse ("", 0, NULL);
  first = self->places->pdata[0];
  self->host = first->host;
  self->port = first->port;
  self->path = hein_address_decode ("path", rest, end - rest, error);
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
  g_clear_pointer (&self->places, g_ptr_array_unref);
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

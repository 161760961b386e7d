/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-uri.h>

#include <string.h>

#include "hein-option.h"

/* Hides secrets in addresses before these are shown. */

/* The replacement for the value of a secret. */
#define HIDDEN "…"

/* @option: "name=value", as written in the address. */
static gboolean
is_secret (const char *option)
{
  g_autofree char *given = g_strndup (option, strcspn (option, "="));
  g_autofree char *name = g_uri_unescape_string (given, NULL);

  /* a name that cannot be decoded may be that of a secret */
  return name == NULL || hein_option_is_secret (name);
}

/**
 * hein_uri_hide_secrets:
 * @uri: an address, which may be invalid
 *
 * Replaces the values of secret options in an address by "…", so that it can be
 * shown and logged.
 *
 * What makes an option secret is its name: `key`, `iv`, `password`,
 * `passphrase`, `secret`, `token`, or a name that ends with a hyphen and such a
 * word. `key-file` and `curve-key`, which name files, are not secret. Errors,
 * logs and the command line show addresses in this form.
 *
 * - Thread: any.
 *
 * Returns: (transfer full): the address without secrets
 *
 * Since: 0.9
 */
char *
hein_uri_hide_secrets (const char *uri)
{
  g_auto (GStrv) options = NULL;
  GString *shown;
  const char *query;

  g_return_val_if_fail (uri != NULL, NULL);

  query = strchr (uri, '?');
  if (query == NULL)
    return g_strdup (uri);
  shown = g_string_new_len (uri, query + 1 - uri);
  options = g_strsplit (query + 1, "&", -1);
  for (guint i = 0; options[i] != NULL; i++)
    {
      gsize size = strcspn (options[i], "=");

      if (i > 0)
        g_string_append_c (shown, '&');
      if (options[i][size] == '=' && is_secret (options[i]))
        {
          g_string_append_len (shown, options[i], size);
          g_string_append (shown, "=" HIDDEN);
        }
      else
        g_string_append (shown, options[i]);
    }
  return g_string_free (shown, FALSE);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-names.h"

#include <string.h>

#include <hein/hein.h>

/* The names of buses in certificates. */

/* The longest label of the DNS, in bytes (RFC 1035, 2.3.4). */
#define LABEL_MAX 63

/* Of alternative names, addresses among them: GnuTLS reads all of them for
 * each. */
#define ALL_MAX 32

static char *
parse_dns (const char *text)
{
  const gsize size = strlen (text);
  const gsize rest = strlen (TLS_NAMES_SUFFIX);

  if (size > rest &&
      g_ascii_strcasecmp (text + size - rest, TLS_NAMES_SUFFIX) == 0)
    return g_strndup (text, size - rest);
  return g_strdup (text);
}

/* NULL: it is no URI of that kind, and names nobody. */
static char *
parse_uri (const char *text)
{
  if (!g_str_has_prefix (text, TLS_NAMES_URN))
    return NULL;
  text += strlen (TLS_NAMES_URN);
  return g_uri_unescape_string (text, NULL);
}

static char *
parse (guint kind, const char *text, gsize size)
{
  if (strlen (text) != size)
    return g_strdup ("");
  return kind == GNUTLS_SAN_DNSNAME ? parse_dns (text) : parse_uri (text);
}

/* FALSE when there is none at @index. */
static gboolean
read_one (gnutls_x509_crt_t certificate, guint index, char **name)
{
  char text[1024];
  size_t size = sizeof text - 1;
  guint kind = 0;
  const int code =
    gnutls_x509_crt_get_subject_alt_name2 (certificate, index, text, &size,
                                           &kind, NULL);

  *name = NULL;
  if (code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
    return FALSE;
  text[code < 0 ? 0 : size] = '\0';
  if (code < 0)
    *name = g_strdup (""); /* it is one, and none that a bus has */
  else if (kind == GNUTLS_SAN_DNSNAME || kind == GNUTLS_SAN_URI)
    *name = parse (kind, text, size);
  return TRUE;
}

char *
tls_names_read (gnutls_x509_crt_t certificate, guint *n_names)
{
  g_autofree char *name = NULL;
  char *other;

  *n_names = 0;
  for (guint i = 0; read_one (certificate, i, &other); i++)
    {
      if (i == ALL_MAX)
        {
          g_free (other);
          *n_names = ALL_MAX;
          return NULL;
        }
      if (other == NULL)
        continue;
      g_free (name);
      name = other;
      ++*n_names;
    }
  if (*n_names != 1 || !hein_name_is_valid (name, strlen (name)))
    return NULL;
  return g_steal_pointer (&name);
}

static gboolean
is_label (const char *name)
{
  const gsize size = strlen (name);

  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isalnum (name[i]) && name[i] != '-')
      return FALSE;
  return size <= LABEL_MAX && name[0] != '-' && name[size - 1] != '-';
}

int
tls_names_write (gnutls_x509_crt_t certificate, const char *name)
{
  g_autofree char *escaped = g_uri_escape_string (name, NULL, FALSE);
  const gboolean is_dns = is_label (name);
  g_autofree char *text = is_dns ? g_strconcat (name, TLS_NAMES_SUFFIX, NULL)
                                 : g_strconcat (TLS_NAMES_URN, escaped, NULL);

  return gnutls_x509_crt_set_subject_alt_name (certificate,
                                               is_dns ? GNUTLS_SAN_DNSNAME
                                                      : GNUTLS_SAN_URI,
                                               text, strlen (text),
                                               GNUTLS_FSAN_SET);
}

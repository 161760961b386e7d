/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-lines.h"

#include <string.h>

#include <hein/hein.h>

#include "secret/hein-secret-key.h"

/* Reads files of names with digits, line by line. */

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED, text);
  return FALSE;
}

/* The last word, which is cut off with the space before it; NULL: there is but
 * one. */
static char *
cut_digits (char *line)
{
  char *end = line + strlen (line);
  char *digits;

  while (end > line && strchr (" \t\r", end[-1]) != NULL)
    *--end = '\0';
  digits = end;
  while (digits > line && strchr (" \t", digits[-1]) == NULL)
    digits--;
  end = digits;
  while (end > line && strchr (" \t", end[-1]) != NULL)
    *--end = '\0';
  return end > line ? digits : NULL;
}

static gboolean
read_line (const TlsLineRule *rule,
           char *line,
           TlsLineFunc add,
           gpointer data,
           GError **error)
{
  char *hex = cut_digits (line);
  guint8 bytes[TLS_LINE_SIZE];
  gboolean ok = FALSE;

  if (hex == NULL)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "expected: name %s",
                 rule->digits);
  else if (!hein_name_is_valid (line, strlen (line)))
    fail (error, "the name is not one that a bus can have");
  else if (!hein_secret_parse_hex (hex, strlen (hex), bytes))
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "the %s is not 64 hexadecimal digits%s", rule->digits,
                 rule->takes_zeros ? "" : ", or is zero");
  else if (!rule->takes_zeros && hein_secret_key_is_zero (bytes))
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "the %s is not 64 hexadecimal digits, or is zero",
                 rule->digits);
  else
    ok = add (data, line, bytes, error);
  explicit_bzero (bytes, sizeof bytes);
  return ok;
}

int
tls_lines_read (const TlsLineRule *rule,
                char *text,
                gsize size,
                TlsLineFunc add,
                gpointer data,
                GError **error)
{
  int n = 0;

  if (strlen (text) != size)
    {
      fail (error, "is not text");
      return -1;
    }
  for (guint n_line = 1; *text != '\0'; n_line++)
    {
      char *line = text;
      const gsize length = strcspn (text, "\n");

      text += length + (text[length] != '\0');
      line[length] = '\0';
      line += strspn (line, " \t\r");
      if (*line == '\0' || *line == '#')
        continue;
      if (!read_line (rule, line, add, data, error))
        {
          g_prefix_error (error, "line %u: ", n_line);
          return -1;
        }
      n++;
    }
  return n;
}

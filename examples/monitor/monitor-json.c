/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-json.h"

#include <string.h>

/*
 * Writes JSON of strangers with line ends and indents. It moves tokens and does
 * not read them, so that 12345678901234567890 stays what it is; json-glib would
 * show another number. It does not recurse: '[' a million times costs nothing.
 */

#define DEPTH_MAX 64
#define INDENT    2

typedef struct
{
  const char *at;
  const char *end;
  GString *pretty;
  char closers[DEPTH_MAX]; /* what ends each level */
  guint depth;
  gboolean wants_value; /* behind a comma, a colon or at the beginning */
  gboolean wants_name;  /* a value here must be the name of a member */
} Printer;

static void
begin_line (Printer *self)
{
  g_string_append_printf (self->pretty, "\n%*s", (int) self->depth * INDENT,
                          "");
}

static void
skip_spaces (Printer *self)
{
  while (self->at < self->end && strchr (" \t\r\n", *self->at) != NULL &&
         *self->at != '\0')
    self->at++;
}

/* The end of the string that begins here; NULL: there is none. */
static const char *
find_string_end (Printer *self)
{
  for (const char *at = self->at + 1; at < self->end; at++)
    if (*at == '"')
      return at + 1;
    else if ((guchar) *at < ' ')
      return NULL;
    else if (*at == '\\' && ++at == self->end)
      return NULL;
  return NULL;
}

static gboolean
is_word (const char *text, gsize size)
{
  char *end;
  g_autofree char *word = g_strndup (text, size);

  if (strcmp (word, "true") == 0 || strcmp (word, "false") == 0 ||
      strcmp (word, "null") == 0)
    return TRUE;
  if (size == 0 || strspn (word, "0123456789+-.eE") != size ||
      !(g_ascii_isdigit (*word) || *word == '-'))
    return FALSE;
  g_ascii_strtod (word, &end);
  return *end == '\0';
}

static gboolean
print_scalar (Printer *self)
{
  const char *end = self->at;

  if (*self->at == '"')
    end = find_string_end (self);
  else
    while (end < self->end && strchr (" \t\r\n,:]}", *end) == NULL)
      end++;
  if (end == NULL ||
      (*self->at != '"' && !is_word (self->at, (gsize) (end - self->at))))
    return FALSE;
  g_string_append_len (self->pretty, self->at, end - self->at);
  self->at = end;
  return TRUE;
}

static gboolean
open_level (Printer *self)
{
  const char opener = *self->at++;
  const char closer = opener == '{' ? '}' : ']';

  if (self->depth == DEPTH_MAX)
    return FALSE;
  g_string_append_c (self->pretty, opener);
  skip_spaces (self);
  if (self->at < self->end && *self->at == closer)
    {
      self->at++;
      g_string_append_c (self->pretty, closer);
      self->wants_value = FALSE;
      return TRUE;
    }
  self->closers[self->depth++] = closer;
  self->wants_name = closer == '}';
  begin_line (self);
  return TRUE;
}

static gboolean
print_value (Printer *self)
{
  if (self->wants_name)
    {
      if (*self->at != '"' || !print_scalar (self))
        return FALSE;
      skip_spaces (self);
      if (self->at == self->end || *self->at++ != ':')
        return FALSE;
      g_string_append (self->pretty, ": ");
      self->wants_name = FALSE;
      return TRUE;
    }
  if (*self->at == '{' || *self->at == '[')
    return open_level (self);
  self->wants_value = FALSE;
  return print_scalar (self);
}

/* What follows a value within a level. */
static gboolean
go_on (Printer *self)
{
  const char c = *self->at++;
  const char closer = self->closers[self->depth - 1];

  if (c == ',')
    {
      g_string_append_c (self->pretty, c);
      begin_line (self);
      self->wants_value = TRUE;
      self->wants_name = closer == '}';
      return TRUE;
    }
  if (c != closer)
    return FALSE;
  self->depth--;
  begin_line (self);
  g_string_append_c (self->pretty, c);
  return TRUE;
}

static gboolean
print (Printer *self)
{
  do
    {
      skip_spaces (self);
      if (self->at == self->end)
        return FALSE;
      if (!(self->wants_value ? print_value (self) : go_on (self)))
        return FALSE;
    }
  while (self->depth > 0 || self->wants_value);
  skip_spaces (self);
  return self->at == self->end;
}

char *
monitor_json_dup_pretty (const char *text, gsize size)
{
  Printer self = { .at = text, .end = text + size, .wants_value = TRUE };
  gboolean is_json;

  skip_spaces (&self);
  if (self.at == self.end || strchr ("{[", *self.at) == NULL ||
      !g_utf8_validate_len (text, size, NULL))
    return NULL;
  self.pretty = g_string_sized_new (size);
  is_json = print (&self);
  return g_string_free (self.pretty, !is_json);
}

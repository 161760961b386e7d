/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-ws-head.h"

#include <string.h>

/* Reads heads of HTTP/1.1 (RFC 9112), as strictly as browsers write them: no
 * line ends but CR LF, and no field that goes on in the next line. */

#define END        "\r\n\r\n"
#define END_SIZE   4
#define LINE_END   "\r\n"
#define SEPARATORS " \t"
/* RFC 9110, 5.6.2 */
#define TOKEN_MARKS "!#$%&'*+-.^_`|~"

gsize
hein_ws_head_find_end (const guint8 *data, gsize size, gsize n_searched)
{
  const gsize begin = n_searched - MIN (n_searched, END_SIZE - 1);
  const guint8 *end;

  if (size < begin + END_SIZE)
    return 0;
  end = memmem (data + begin, size - begin, END, END_SIZE);
  return end != NULL ? (gsize) (end - data) + END_SIZE : 0;
}

static gboolean
is_token (const char *text)
{
  if (*text == '\0')
    return FALSE;
  for (; *text != '\0'; text++)
    if (!g_ascii_isalnum (*text) && strchr (TOKEN_MARKS, *text) == NULL)
      return FALSE;
  return TRUE;
}

/* Cuts the line at its end, and returns the next one. */
static char *
cut_line (char *line)
{
  char *end = strstr (line, LINE_END);

  *end = '\0';
  return end + strlen (LINE_END);
}

static gboolean
read_first (HeinWsHead *self, char *line)
{
  g_autofree char *copy = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (self->words); i++)
    {
      char *space = strchr (line, ' ');

      self->words[i] = line;
      if (i + 1 == G_N_ELEMENTS (self->words))
        return TRUE;
      if (space == NULL)
        {
          /* a response may lack its reason */
          self->words[i + 1] = line + strlen (line);
          self->words[G_N_ELEMENTS (self->words) - 1] = self->words[i + 1];
          return i > 0;
        }
      *space = '\0';
      line = space + 1;
    }
  return TRUE;
}

static const char *
read_field (HeinWsHead *self, char *line)
{
  char *colon = strchr (line, ':');

  if (self->n_fields == HEIN_WS_FIELDS_MAX)
    return "there are too many fields";
  if (colon == NULL)
    return "a field has no colon";
  *colon = '\0';
  if (!is_token (line))
    return "a field has no proper name";
  self->names[self->n_fields] = line;
  self->values[self->n_fields++] = g_strstrip (colon + 1);
  return NULL;
}

const char *
hein_ws_head_read (HeinWsHead *self, const guint8 *data, gsize size)
{
  const char *trouble = NULL;
  char *line;

  g_assert (size >= END_SIZE);
  memset (self, 0, sizeof *self);
  if (memchr (data, '\0', size) != NULL)
    return "there is a NUL";
  self->text = g_strndup ((const char *) data, size);
  line = cut_line (self->text);
  if (strpbrk (self->text, "\r\n") != NULL || !read_first (self, self->text))
    return "the first line is none of HTTP";
  while (trouble == NULL && !g_str_equal (line, LINE_END))
    {
      char *next = cut_line (line);

      if (strpbrk (line, "\r\n") != NULL)
        return "a line does not end with CR LF";
      trouble = read_field (self, line);
      line = next;
    }
  return trouble;
}

void
hein_ws_head_clear (HeinWsHead *self)
{
  g_clear_pointer (&self->text, g_free);
}

guint
hein_ws_head_count (const HeinWsHead *self,
                    const char *name,
                    const char **value)
{
  guint n = 0;

  for (guint i = 0; i < self->n_fields; i++)
    if (g_ascii_strcasecmp (self->names[i], name) == 0)
      {
        n++;
        *value = self->values[i];
      }
  return n;
}

gboolean
hein_ws_list_has (const char *list, const char *word, gboolean has_case)
{
  const gsize size = strlen (word);

  for (;;)
    {
      gsize n;

      list += strspn (list, SEPARATORS);
      n = strcspn (list, ",");
      while (n > 0 && strchr (SEPARATORS, list[n - 1]) != NULL)
        n--;
      if (n == size && (has_case ? strncmp (list, word, n)
                                 : g_ascii_strncasecmp (list, word, n)) == 0)
        return TRUE;
      list = strchr (list, ',');
      if (list == NULL)
        return FALSE;
      list++;
    }
}

gboolean
hein_ws_head_has_word (const HeinWsHead *self,
                       const char *name,
                       const char *word)
{
  for (guint i = 0; i < self->n_fields; i++)
    if (g_ascii_strcasecmp (self->names[i], name) == 0 &&
        hein_ws_list_has (self->values[i], word, FALSE))
      return TRUE;
  return FALSE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-subject.h"

#include <string.h>

#define INBOX "_INBOX"

static gboolean
is_wildcard (const char *level, gsize size)
{
  return size == 1 && (*level == '*' || *level == '>');
}

/* Returns what is wrong with a level, or NULL. */
static const char *
find_fault (const char *level, gsize size)
{
  if (size == 0)
    return "has an empty level";
  if (is_wildcard (level, size))
    return "has a level that stands for others";
  if (memchr (level, '.', size) != NULL)
    return "has a \".\", which separates levels there as \"/\" does here";
  for (gsize i = 0; i < size; i++)
    if (level[i] == ' ' || level[i] == '\t' || level[i] == '\r' ||
        level[i] == '\n')
      return "has a blank or the end of a line";
  return NULL;
}

static gsize
get_level (const char *p, const char *end)
{
  const char *slash = memchr (p, '/', end - p);

  return (slash != NULL ? slash : end) - p;
}

/* Returns what is wrong with the levels of a topic, or NULL. */
static const char *
find_faulty_level (const char *p, const char *end)
{
  const char *why;

  for (;;)
    {
      const gsize size = get_level (p, end);

      why = find_fault (p, size);
      p += size;
      if (why != NULL || p == end)
        return why;
      p++;
    }
}

static void
replace (char *to, const char *from, gsize size, char old, char new)
{
  for (gsize i = 0; i < size; i++)
    to[i] = from[i] == old ? new : from[i];
}

gboolean
nats_subject_write (char *to, const char *topic, gsize size, GError **error)
{
  const char *why = find_faulty_level (topic, topic + size);

  if (why == NULL)
    {
      replace (to, topic, size, '/', '.');
      return TRUE;
    }
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "the topic \"%.*s\" %s: NATS cannot carry it", (int) size, topic,
               why);
  return FALSE;
}

const char *
nats_subject_read (char *topic, const char *subject, gsize size)
{
  if (size > HEIN_TOPIC_MAX)
    return "a message has a subject of more than 255 bytes";
  if (memchr (subject, '/', size) != NULL)
    return "a message has a subject with a \"/\"";
  if (memchr (subject, '\0', size) != NULL ||
      !g_utf8_validate (subject, size, NULL))
    return "a message has a subject that is not UTF-8 without NUL";
  replace (topic, subject, size, '.', '/');
  return find_faulty_level (topic, topic + size) == NULL
           ? NULL
           : "a message has a subject with an empty level or a wildcard";
}

gboolean
nats_subject_is_special (const char *subject, gsize size)
{
  const gsize inbox = strlen (INBOX);

  return size > 0 && (*subject == '$' ||
                      (size >= inbox && memcmp (subject, INBOX, inbox) == 0 &&
                       (size == inbox || subject[inbox] == '.')));
}

/* (transfer full) (nullable) */
static char *
make_subject (const char *levels, gsize size, const char *behind)
{
  const gsize more = strlen (behind);
  char *subject;

  if (size > 0 && find_faulty_level (levels, levels + size) != NULL)
    return NULL;
  subject = g_malloc (size + 1 + more + 1);
  replace (subject, levels, size, '/', '.');
  if (size > 0 && more > 0)
    subject[size++] = '.';
  memcpy (subject + size, behind, more + 1);
  return subject;
}

char *
nats_subject_from_prefix (const char *prefix)
{
  const char *slash = strrchr (prefix, '/');
  const char *last = slash != NULL ? slash + 1 : prefix;
  const gsize size = strlen (last);

  if (slash == prefix)
    return NULL;
  /* the rest of a level may turn "*" into another one */
  if (size > 0 && !is_wildcard (last, size) && find_fault (last, size) != NULL)
    return NULL;
  if (slash == NULL && nats_subject_is_special (prefix, size))
    return make_subject (prefix, size, ">");
  return make_subject (prefix, slash != NULL ? slash - prefix : 0, ">");
}

/* ---- patterns ---- */

static gboolean
is_many (const char *level, gsize size)
{
  return size == 2 && level[0] == '*' && level[1] == '*';
}

static gboolean
is_all_many (const char *p, const char *end)
{
  for (;;)
    {
      const gsize size = get_level (p, end);

      if (!is_many (p, size))
        return FALSE;
      p += size;
      if (p == end)
        return TRUE;
      p++;
    }
}

/* Appends the levels of a pattern before the first "**", which is returned; NULL:
 * a level is in no subject. */
static const char *
append_levels (GString *to, const char *p, const char *end)
{
  for (;;)
    {
      const gsize size = get_level (p, end);

      if (is_many (p, size))
        return p;
      if (!(size == 1 && *p == '*') && find_fault (p, size) != NULL)
        return NULL;
      if (to->len > 0)
        g_string_append_c (to, '.');
      g_string_append_len (to, p, size);
      p += size;
      if (p == end)
        return end;
      p++;
    }
}

char *
nats_subject_from_pattern (const char *pattern, char **base)
{
  g_autoptr (GString) subject = g_string_new (NULL);
  const char *end = pattern + strlen (pattern);
  const char *many = append_levels (subject, pattern, end);

  *base = NULL;
  if (many == NULL)
    return NULL;
  if (many == end)
    return g_string_free (g_steal_pointer (&subject), FALSE);
  if (subject->len > 0 && is_all_many (many, end))
    *base = g_strdup (subject->str);
  g_string_append (subject, subject->len > 0 ? ".>" : ">");
  return g_string_free (g_steal_pointer (&subject), FALSE);
}

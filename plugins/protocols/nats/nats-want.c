/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-want.h"

#include <string.h>

NatsWant *
nats_want_new (const char *subject, const char *text, gboolean is_pattern)
{
  NatsWant *self = g_rc_box_new0 (NatsWant);

  self->subject = g_strdup (subject);
  self->text = g_strdelimit (g_strdup (text), "/", '.');
  self->is_pattern = is_pattern;
  if (is_pattern && g_str_has_suffix (subject, ".>"))
    self->base = g_strndup (subject, strlen (subject) - 2);
  return self;
}

NatsWant *
nats_want_ref (NatsWant *self)
{
  return g_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  NatsWant *self = data;

  g_free (self->subject);
  g_free (self->text);
  g_free (self->base);
}

void
nats_want_unref (NatsWant *self)
{
  g_rc_box_release_full (self, clear);
}

gboolean
nats_want_is (const NatsWant *self,
              const char *subject,
              const char *text,
              gboolean is_pattern)
{
  g_autofree char *dotted = g_strdelimit (g_strdup (text), "/", '.');

  return self->is_pattern == is_pattern &&
         g_str_equal (self->subject, subject) &&
         g_str_equal (self->text, dotted);
}

static gsize
get_level (const char *p, const char *end)
{
  const char *dot = memchr (p, '.', end - p);

  return (dot != NULL ? dot : end) - p;
}

/* Behind a level, NULL where it was the last one. */
static const char *
go_on (const char *p, gsize size, const char *end)
{
  return p + size == end ? NULL : p + size + 1;
}

/*
 * Levels of keys against those of a pattern or subject, from left to right. Where
 * what stands for many levels meets one that does not fit behind it, it takes one
 * more; only the last of several has to, so nothing is tried twice.
 */
static gboolean
fits (const char *pattern, const NatsSpan *key)
{
  const char *pattern_end = pattern + strlen (pattern);
  const char *key_end = key->data + key->size;
  const char *p = pattern;
  const char *k = key->data;
  const char *many = NULL;  /* behind the last "**", where it is not the end */
  const char *taken = NULL; /* the first level that it has not taken */

  while (k != NULL)
    {
      const gsize p_size = p != NULL ? get_level (p, pattern_end) : 0;
      const gsize k_size = get_level (k, key_end);

      if (p != NULL && p_size == 2 && memcmp (p, "**", 2) == 0)
        {
          p = go_on (p, p_size, pattern_end);
          if (p == NULL)
            return TRUE;
          many = p;
          taken = k;
          continue;
        }
      if (p != NULL && ((p_size == 1 && *p == '*') ||
                        (p_size == k_size && memcmp (p, k, k_size) == 0)))
        {
          p = go_on (p, p_size, pattern_end);
          k = go_on (k, k_size, key_end);
          continue;
        }
      if (many == NULL)
        return FALSE;
      taken = go_on (taken, get_level (taken, key_end), key_end);
      p = many;
      k = taken;
    }
  while (p != NULL && get_level (p, pattern_end) == 2 &&
         memcmp (p, "**", 2) == 0)
    p = go_on (p, 2, pattern_end);
  return p == NULL;
}

gboolean
nats_want_has (const NatsWant *self, const NatsSpan *key)
{
  const gsize size = strlen (self->text);

  if (!self->is_pattern)
    return key->size >= size && memcmp (key->data, self->text, size) == 0;
  if (self->base != NULL)
    return fits (self->text, key) && !fits (self->base, key);
  return fits (g_str_has_suffix (self->subject, ">") ? self->text
                                                     : self->subject,
               key);
}

gboolean
nats_want_overlaps (const NatsWant *self, const NatsWant *other)
{
  const char *a = self->subject;
  const char *b = other->subject;
  const char *a_end = a + strlen (a);
  const char *b_end = b + strlen (b);

  while (a != NULL && b != NULL)
    {
      const gsize a_size = get_level (a, a_end);
      const gsize b_size = get_level (b, b_end);

      if (*a == '>' || *b == '>')
        return TRUE;
      if (*a != '*' && *b != '*' &&
          (a_size != b_size || memcmp (a, b, a_size) != 0))
        return FALSE;
      a = go_on (a, a_size, a_end);
      b = go_on (b, b_size, b_end);
    }
  return a == b;
}

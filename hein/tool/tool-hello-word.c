/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-word.h"

#include <string.h>

/* Lets nothing into a command that a shell would understand. */

static gboolean
is_plain (char c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr (".:_-@%", c) != NULL);
}

static gboolean
are_words (const char *text, gboolean may_have_spaces)
{
  gboolean is_start = TRUE;

  for (; *text != '\0'; text++)
    {
      const gboolean is_space = may_have_spaces && *text == ' ';

      if (!is_space && !is_plain (*text))
        return FALSE;
      if (is_start && (is_space || *text == '-'))
        return FALSE;
      is_start = is_space;
    }
  return !is_start;
}

const char *
tool_hello_word (const char *text, const char *otherwise)
{
  return are_words (text, FALSE) ? text : otherwise;
}

const char *
tool_hello_words (const char *text, const char *otherwise)
{
  return are_words (text, TRUE) ? text : otherwise;
}

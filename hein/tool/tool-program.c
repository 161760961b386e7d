/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-program.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Finds out what a process runs, whether it answers or not. */

#define COMMAND_MAX 4096
#define WORD_MAX    40

/* An address may have a key in it, and a text of code is no name. */
static gboolean
is_name (const char *word)
{
  return *word != '\0' && *word != '-' && strstr (word, "://") == NULL &&
         strlen (word) <= WORD_MAX && strpbrk (word, " \t\n;()") == NULL;
}

static char *
dup_name (const char *program, const char *word)
{
  g_autofree char *base = g_path_get_basename (program);
  g_autofree char *first = NULL;

  if (word == NULL)
    return g_steal_pointer (&base);
  first = g_path_get_basename (word);
  return g_strconcat (base, " ", first, NULL);
}

char *
tool_program_dup (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%ld/cmdline", (long) pid);
  char words[COMMAND_MAX + 1];
  const char *first = NULL;
  gssize size = 0;
  const int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd >= 0)
    {
      size = read (fd, words, COMMAND_MAX);
      close (fd);
    }
  if (size <= 0)
    return g_strdup ("");
  words[size] = '\0';
  for (const char *word = words + strlen (words) + 1; word < words + size;
       word += strlen (word) + 1)
    {
      /* what follows an option may be its value: of interpreters, the script */
      if (is_name (word))
        first = word;
      if (*word != '-' || g_str_equal (word, "-c"))
        break;
    }
  return dup_name (words, first);
}

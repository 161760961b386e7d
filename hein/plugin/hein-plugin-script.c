/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-plugin-script.h"

#include <string.h>

#include "base/hein-error-private.h"
#include "hein-plugin-file.h"

/* Languages of scripts, what their files are called, and what their first
 * lines say. Scripts are run by modules, so that libhein links no
 * interpreter. */

#define PREFIX           "hein-"
#define DESCRIPTION_SIZE 200 /* bytes of a description, at most */

HeinScriptLanguage hein_script_languages[] = {
  { ".py", "Python", "hein-python", NULL },
  { ".js", "JavaScript", "hein-js", NULL },
};
const guint hein_script_n_languages = G_N_ELEMENTS (hein_script_languages);

char *
hein_script_dup_name (const char *file, HeinScriptLanguage **language)
{
  if (!g_str_has_prefix (file, PREFIX))
    return NULL;
  for (guint i = 0; i < hein_script_n_languages; i++)
    if (g_str_has_suffix (file, hein_script_languages[i].suffix))
      {
        *language = &hein_script_languages[i];
        return g_strndup (file + strlen (PREFIX),
                          strlen (file) - strlen (PREFIX) -
                            strlen ((*language)->suffix));
      }
  return NULL;
}

/* Returns the text of a line of comment, without what makes it one; NULL when
 * it is none. */
static const char *
find_comment (const char *line)
{
  if (g_str_has_prefix (line, "//"))
    line += 2;
  else if (*line == '#')
    line += 1;
  else
    return NULL;
  return line + strspn (line, " \t");
}

/* Lines for the system, for editors, and for lawyers. */
static gboolean
is_for_people (const char *line)
{
  const char *comment = find_comment (line);

  return *comment != '\0' && *comment != '!' &&
         strstr (comment, "SPDX-") == NULL && strstr (comment, "-*-") == NULL &&
         !g_str_has_prefix (comment, "coding");
}

char *
hein_script_dup_description (const HeinScriptLanguage *language,
                             const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", 10);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *comment = find_comment (g_strchomp (lines[i]));

      if (comment == NULL && *lines[i] != '\0')
        break;
      if (comment != NULL && is_for_people (lines[i]) &&
          strlen (comment) <= DESCRIPTION_SIZE &&
          hein_text_is_printable (comment, strlen (comment)))
        return g_strdup (comment);
    }
  return g_strdup_printf ("A plugin in %s", language->name);
}

gboolean
hein_script_check_thread (const char *file, GError **error)
{
  g_autofree char *base = NULL;
  g_autofree char *name = NULL;
  HeinScriptLanguage *language = NULL;
  const HeinScriptModule *engine;

  if (file == NULL)
    return TRUE;
  base = g_path_get_basename (file);
  name = hein_script_dup_name (base, &language);
  if (name == NULL)
    return TRUE;
  engine = g_atomic_pointer_get (&language->engine);
  if (engine->check_thread == NULL || engine->check_thread (error))
    return TRUE;
  g_prefix_error (error, "%s: ", file);
  return FALSE;
}

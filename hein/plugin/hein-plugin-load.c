/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-plugin-load.h"

#include <string.h>
#include <sys/auxv.h>

#include <hein/hein-plugin.h>

#include "base/hein-error-private.h"
#include "hein-plugin-file.h"
#include "hein-plugin-info.h"
#include "hein-plugin-loader.h"
#include "hein-plugin-registry.h"
#include "hein-plugin-script.h"

/* Loads plugins from the plugin folders: modules, and scripts. */

#define SYMBOL "hein_plugin"
#define PREFIX "libhein-"
#define SUFFIX "." G_MODULE_SUFFIX

/* Guards data. It is never held while a module is opened or one of its
 * functions runs: such code may call the registry again. */
static GMutex lock;
static GHashTable *tried;    /* name -> path of the file that was tried */
static GHashTable *problems; /* path -> why the file was not loaded */
static const HeinPluginScript *script; /* that the loader runs; NULL: none */

static void
ensure_tables (void)
{
  static gsize is_done;

  hein_registry_prepare ();
  if (!g_once_init_enter (&is_done))
    return;
  tried = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  problems = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_once_init_leave (&is_done, 1);
}

const HeinPluginScript *
hein_plugin_get_script (void)
{
  const HeinPluginScript *adding;

  g_mutex_lock (&lock);
  adding = hein_plugin_is_loader () ? script : NULL;
  g_mutex_unlock (&lock);
  return adding;
}

gboolean
hein_plugin_read_description (HeinPluginDescription *self,
                              const HeinPluginDescription *theirs,
                              GError **error)
{
  if (memcmp (theirs->magic, HEIN_PLUGIN_MAGIC, sizeof theirs->magic) != 0)
    return hein_plugin_refuse (error, "has no hein plugin behind " SYMBOL);
  if (theirs->abi != HEIN_PLUGIN_ABI || theirs->size < HEIN_PLUGIN_SIZE_MIN)
    return hein_plugin_refuse (
      error,
      "was built for plugin ABI %u of %u bytes; here it is %u of at least %u",
      theirs->abi, theirs->size, HEIN_PLUGIN_ABI, (guint) HEIN_PLUGIN_SIZE_MIN);
  *self = (HeinPluginDescription){ 0 };
  memcpy (self, theirs, MIN (theirs->size, sizeof *self));
  return TRUE;
}

gboolean
hein_plugin_check_description (const HeinPluginDescription *self,
                               GError **error)
{
  if (self->glib_major != glib_major_version)
    return hein_plugin_refuse (error, "was built for GLib %u; here it is %u",
                               self->glib_major, glib_major_version);
  if (self->kind > HEIN_PLUGIN_KIND_STRATEGY)
    return hein_plugin_refuse (error, "is of unknown kind %u", self->kind);
  if (!hein_registry_is_name (self->name))
    return hein_plugin_refuse (error, "has no valid name");
  if (!hein_registry_are_names (self->schemes))
    return hein_plugin_refuse (error, "has schemes that are not names");
  if (self->type_name == NULL || self->get_type == NULL ||
      self->description == NULL ||
      !hein_text_is_printable (self->description, strlen (self->description)))
    return hein_plugin_refuse (
      error, "has no type, or no description in UTF-8 without "
             "control characters");
  if (g_type_from_name (self->type_name) != G_TYPE_INVALID)
    return hein_plugin_refuse (error, "has the type %s, which is already there",
                               self->type_name);
  return TRUE;
}

gboolean
hein_plugin_check_type (GType type, HeinPluginKind kind, GError **error)
{
  if (!g_type_is_a (type, hein_registry_kind_type (kind)))
    return hein_plugin_refuse (error, "has the type %s, which is not a %s",
                               type != G_TYPE_INVALID ? g_type_name (type)
                                                      : "(none)",
                               g_type_name (hein_registry_kind_type (kind)));
  if (G_TYPE_IS_ABSTRACT (type))
    return hein_plugin_refuse (error, "has the type %s, which is abstract",
                               g_type_name (type));
  return TRUE;
}

static gboolean
is_name_free (const HeinPluginDescription *description, GError **error)
{
  g_autoptr (HeinPluginInfo) rival = NULL;
  const char *file;

  rival = hein_registry_find (description->kind, description->name);
  if (rival == NULL)
    return TRUE;
  file = hein_plugin_info_get_file (rival);
  return hein_plugin_refuse (
    error, "is a %s named '%s'; there is already one, from %s",
    hein_registry_kind_name (description->kind), description->name,
    file != NULL ? file : "the program");
}

/* Calls get_type, which may register types: the module must stay loaded for
 * good from here on. */
static gboolean
use_module (GModule *module,
            const HeinPluginDescription *description,
            const char *path,
            GError **error)
{
  g_autoptr (HeinPluginInfo) info = NULL;
  g_autoptr (GError) local = NULL;
  GType type;

  g_module_make_resident (module);
  type = description->get_type ();
  if (!hein_plugin_check_type (type, description->kind, error))
    return FALSE;
  info = hein_plugin_info_new (description->kind, description->name,
                               description->description, description->schemes,
                               path, type);
  if (hein_registry_add (info, &local))
    return TRUE;
  return hein_plugin_refuse (error, "%s", local->message);
}

static gboolean
open_module (const char *path, GError **error)
{
  const HeinPluginDescription *theirs = NULL;
  HeinPluginDescription description;
  GModule *module = hein_plugin_file_open (path, error);
  gboolean is_used;

  if (module == NULL)
    return FALSE;
  if (!g_module_symbol (module, SYMBOL, (gpointer *) &theirs) || theirs == NULL)
    is_used =
      hein_plugin_refuse (error, "is not a hein plugin: no symbol " SYMBOL);
  else
    is_used = hein_plugin_read_description (&description, theirs, error) &&
              hein_plugin_check_description (&description, error) &&
              is_name_free (&description, error) &&
              use_module (module, &description, path, error);
  /* has no effect on a resident module */
  g_module_close (module);
  return is_used;
}

/* ---- scripts ---- */

/* Loads what runs scripts of that language, once. */
static gboolean
find_engine (HeinScriptLanguage *language, GError **error)
{
  g_autoptr (GError) local = NULL;
  const HeinScriptModule *engine;

  if (language->engine != NULL)
    return TRUE;
  engine = hein_plugin_find_module (language->module, HEIN_SCRIPT_MODULE_ABI,
                                    sizeof *engine, &local);
  if (engine == NULL)
    return hein_plugin_refuse (error, "is written in %s, which needs %s",
                               language->name, local->message);
  g_atomic_pointer_set (&language->engine, engine);
  return TRUE;
}

/* Runs it; hein_plugin_add() looks at @script meanwhile. */
static gboolean
run_script (HeinScriptLanguage *language,
            const HeinPluginScript *self,
            const char *text,
            GError **error)
{
  const HeinPluginScript *outer =
    script; /* this one is loaded by another script */
  gboolean has_run;

  g_mutex_lock (&lock);
  script = self;
  g_mutex_unlock (&lock);
  has_run = language->engine->run (self->path, text, error);
  g_mutex_lock (&lock);
  script = outer;
  g_mutex_unlock (&lock);
  return has_run;
}

static gboolean
has_added (const char *path, const char *name, GError **error)
{
  g_autoptr (GPtrArray) all = hein_registry_dup ();
  gboolean is_there = FALSE;

  for (guint i = 0; i < all->len && !is_there; i++)
    is_there =
      g_strcmp0 (hein_plugin_info_get_file (all->pdata[i]), path) == 0 &&
      g_str_equal (hein_plugin_info_get_name (all->pdata[i]), name);
  return is_there ||
         hein_plugin_refuse (error,
                             "has not added a plugin called '%s', as its file "
                             "is: Hein.plugin_add does",
                             name);
}

/* A script that this thread cannot run may be tried again on another one. */
static gboolean
may_run_here (HeinScriptLanguage *language, const char *name, GError **error)
{
  if (language->engine->check_thread == NULL ||
      language->engine->check_thread (error))
    return TRUE;
  g_mutex_lock (&lock);
  g_hash_table_remove (tried, name);
  g_mutex_unlock (&lock);
  return FALSE;
}

static gboolean
open_script (HeinScriptLanguage *language,
             const char *path,
             const char *name,
             GError **error)
{
  g_autofree char *text =
    hein_plugin_file_read (path, getauxval (AT_SECURE) != 0, error);
  g_autofree char *description = NULL;
  HeinPluginScript self = { .path = path };

  if (text == NULL || !find_engine (language, error) ||
      !may_run_here (language, name, error))
    return FALSE;
  description = hein_script_dup_description (language, text);
  self.description = description;
  return run_script (language, &self, text, error) &&
         has_added (path, name, error);
}

/* ---- files ---- */

/* Returns NAME of libhein-NAME.so, or of a script; NULL: it is no plugin. */
static char *
dup_file_name (const char *file, HeinScriptLanguage **language)
{
  *language = NULL;
  if (g_str_has_prefix (file, PREFIX) && g_str_has_suffix (file, SUFFIX))
    return g_strndup (file + strlen (PREFIX),
                      strlen (file) - strlen (PREFIX) - strlen (SUFFIX));
  return hein_script_dup_name (file, language);
}

/* A file in an earlier folder replaces one of the same name in a later folder,
 * whatever they are written in. */
static gboolean
is_first_try (const char *name, const char *path)
{
  gboolean is_new;

  g_mutex_lock (&lock);
  is_new = !g_hash_table_contains (tried, name);
  if (is_new)
    g_hash_table_insert (tried, g_strdup (name), g_strdup (path));
  g_mutex_unlock (&lock);
  return is_new;
}

/* @reason: NULL for none; a script that could not run on another thread had
 * one before */
static void
note_problem (const char *path, const char *reason)
{
  g_autofree char *text = NULL;

  if (reason != NULL)
    text = g_strdup_printf ("%s: %s", path, reason);
  g_mutex_lock (&lock);
  if (text == NULL)
    g_hash_table_remove (problems, path);
  else
    g_hash_table_replace (problems, g_strdup (path),
                          hein_error_dup_printable (text, strlen (text)));
  g_mutex_unlock (&lock);
}

static void
load_file (const char *folder, const char *file)
{
  g_autofree char *path = g_build_filename (folder, file, NULL);
  HeinScriptLanguage *language;
  g_autofree char *name = dup_file_name (file, &language);
  g_autoptr (GError) error = NULL;

  if (!is_first_try (name, path))
    return;
  if (language != NULL ? open_script (language, path, name, &error)
                       : open_module (path, &error))
    g_debug ("loaded %s", path);
  note_problem (path, error != NULL ? error->message : NULL);
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* @is_script: the scripts of the folder, or its modules */
static void
load_folder (const char *folder, gboolean is_script)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  HeinScriptLanguage *language;
  const char *file;

  while (dir != NULL && (file = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *name = dup_file_name (file, &language);

      if (name != NULL && (language != NULL) == is_script)
        g_ptr_array_add (files, g_strdup (file));
    }
  g_ptr_array_sort (files, compare_strings);
  for (guint i = 0; i < files->len; i++)
    load_file (folder, files->pdata[i]);
}

/* Scripts are run only when all plugins are listed: who mistypes an address
 * starts no interpreter. */
void
hein_plugin_load_all (gboolean with_scripts)
{
  g_auto (GStrv) folders = hein_plugin_info_dup_folders ();

  ensure_tables ();
  hein_plugin_become_loader ();
  for (guint i = 0; folders[i] != NULL; i++)
    {
      load_folder (folders[i], FALSE);
      if (with_scripts)
        load_folder (folders[i], TRUE);
    }
  hein_plugin_leave_loader ();
}

static void
load_if_there (const char *folder, const char *file)
{
  g_autofree char *path = g_build_filename (folder, file, NULL);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    load_file (folder, file);
}

void
hein_plugin_load_named (const char *name)
{
  g_auto (GStrv) folders = hein_plugin_info_dup_folders ();
  g_autofree char *module = g_strconcat (PREFIX, name, SUFFIX, NULL);

  ensure_tables ();
  hein_plugin_become_loader ();
  for (guint i = 0; folders[i] != NULL; i++)
    {
      load_if_there (folders[i], module);
      for (guint j = 0; j < hein_script_n_languages; j++)
        {
          g_autofree char *file =
            g_strconcat ("hein-", name, hein_script_languages[j].suffix, NULL);

          load_if_there (folders[i], file);
        }
    }
  hein_plugin_leave_loader ();
}

/* Returns whether the file of that name was tried and is broken. */
gboolean
hein_plugin_is_broken (const char *name)
{
  const char *path;
  gboolean has_problem;

  ensure_tables ();
  g_mutex_lock (&lock);
  path = g_hash_table_lookup (tried, name);
  has_problem = path != NULL && g_hash_table_contains (problems, path);
  g_mutex_unlock (&lock);
  return has_problem;
}

/**
 * hein_plugin_info_dup_problems:
 *
 * Gets the problems of the files that were tried so far, one text each in the
 * form `path: reason`. Call [func@PluginInfo.list] before to try all files.
 *
 * - Thread: any.
 *
 * Returns: (transfer full) (array zero-terminated=1): texts, sorted by path
 *
 * Since: 0.9
 */
char **
hein_plugin_info_dup_problems (void)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer text;

  ensure_tables ();
  g_mutex_lock (&lock);
  g_hash_table_iter_init (&iter, problems);
  while (g_hash_table_iter_next (&iter, NULL, &text))
    g_ptr_array_add (texts, g_strdup (text));
  g_mutex_unlock (&lock);
  g_ptr_array_sort (texts, compare_strings);
  g_ptr_array_add (texts, NULL);
  return (char **) g_ptr_array_steal (texts, NULL);
}

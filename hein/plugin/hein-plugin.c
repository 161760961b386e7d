/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-plugin.h>

#include <string.h>
#include <sys/auxv.h>

#include <gmodule.h>

#include <hein/hein-protocol.h>
#include <hein/hein-strategy.h>
#include <hein/hein-transport.h>

#include "base/hein-error-private.h"
#include "base/hein-suggestion.h"
#include "hein-plugin-file.h"
#include "hein-plugin-info.h"
#include "hein-plugin-private.h"

/* The registry of plugins: loads modules on demand, and lists what they
 * hold. */

#ifndef HEIN_PLUGIN_DIR
#define HEIN_PLUGIN_DIR "/usr/lib/hein-1/plugins"
#endif

#define SYMBOL        "hein_plugin"
#define NAME_SIZE_MAX 64 /* bytes */
#define NAME_CHARS    "abcdefghijklmnopqrstuvwxyz0123456789-"

/*
 * The lock guards data. It is never held while a module is opened or one of its
 * functions runs: such code may call the registry again, even on another thread
 * that holds the dynamic linker's lock. Only one thread at a time, the loader,
 * opens modules; it may enter recursively, while other threads wait.
 */
static GMutex lock;
static GCond loader_left;
static GThread *loader; /* the thread that is loading; NULL: none */
static guint depth;     /* of the loader's recursion */
static GPtrArray *infos;
static GHashTable *tried; /* base name -> path of the module that was tried */
static GHashTable *problems; /* path -> why the module was not loaded */

static void
register_kind (const char *point, GType required)
{
  GIOExtensionPoint *self = g_io_extension_point_register (point);

  g_io_extension_point_set_required_type (self, required);
}

static void
ensure_registry (void)
{
  static gsize is_done;

  if (!g_once_init_enter (&is_done))
    return;
  infos = g_ptr_array_new_with_free_func (g_object_unref);
  tried = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  problems = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  register_kind ("hein-transport", HEIN_TYPE_TRANSPORT);
  register_kind ("hein-protocol", HEIN_TYPE_PROTOCOL);
  register_kind ("hein-strategy", HEIN_TYPE_STRATEGY);
  g_once_init_leave (&is_done, 1);
}

static const char *
kind_name (HeinPluginKind kind)
{
  switch (kind)
    {
    case HEIN_PLUGIN_KIND_TRANSPORT:
      return "transport";
    case HEIN_PLUGIN_KIND_PROTOCOL:
      return "protocol";
    case HEIN_PLUGIN_KIND_STRATEGY:
      return "strategy";
    }
  return NULL;
}

static GType
kind_type (HeinPluginKind kind)
{
  switch (kind)
    {
    case HEIN_PLUGIN_KIND_TRANSPORT:
      return HEIN_TYPE_TRANSPORT;
    case HEIN_PLUGIN_KIND_PROTOCOL:
      return HEIN_TYPE_PROTOCOL;
    case HEIN_PLUGIN_KIND_STRATEGY:
      return HEIN_TYPE_STRATEGY;
    }
  return G_TYPE_INVALID;
}

static gboolean
is_name (const char *text)
{
  return text != NULL && g_ascii_islower (*text) &&
         strnlen (text, NAME_SIZE_MAX + 1) <= NAME_SIZE_MAX &&
         text[strspn (text, NAME_CHARS)] == '\0';
}

static gboolean
are_schemes (const char *text)
{
  g_auto (GStrv) words = NULL;

  if (text == NULL)
    return FALSE;
  words = g_strsplit (text, " ", -1);
  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0' && !is_name (words[i]))
      return FALSE;
  return TRUE;
}

static HeinPluginInfo *
find_known_locked (HeinPluginKind kind, const char *name)
{
  for (guint i = 0; i < infos->len; i++)
    if (hein_plugin_info_serves (infos->pdata[i], kind, name))
      return infos->pdata[i];
  return NULL;
}

static HeinPluginInfo *
find_known (HeinPluginKind kind, const char *name)
{
  HeinPluginInfo *found;

  g_mutex_lock (&lock);
  found = find_known_locked (kind, name);
  if (found != NULL)
    g_object_ref (found);
  g_mutex_unlock (&lock);
  return found;
}

/* Finds a known plugin with the same type as @self, or of the same kind and
 * with the same name or one of the schemes. */
static HeinPluginInfo *
find_rival_locked (HeinPluginInfo *self)
{
  HeinPluginKind kind = hein_plugin_info_get_kind (self);
  const char *const *schemes = hein_plugin_info_get_schemes (self);

  for (guint i = 0; i < infos->len; i++)
    {
      HeinPluginInfo *other = infos->pdata[i];

      if (hein_plugin_info_get_object_type (other) ==
            hein_plugin_info_get_object_type (self) ||
          (hein_plugin_info_get_kind (other) == kind &&
           g_str_equal (hein_plugin_info_get_name (other),
                        hein_plugin_info_get_name (self))))
        return other;
    }
  for (guint i = 0; schemes[i] != NULL; i++)
    if (find_known_locked (kind, schemes[i]) != NULL)
      return find_known_locked (kind, schemes[i]);
  return NULL;
}

static gboolean
add_info (HeinPluginInfo *self, GError **error)
{
  HeinPluginKind kind = hein_plugin_info_get_kind (self);
  const char *name = hein_plugin_info_get_name (self);
  g_autofree char *point = g_strconcat ("hein-", kind_name (kind), NULL);
  g_autoptr (HeinPluginInfo) rival = NULL;
  const char *file;

  g_mutex_lock (&lock);
  rival = find_rival_locked (self);
  if (rival != NULL)
    g_object_ref (rival);
  else
    g_ptr_array_add (infos, g_object_ref (self));
  g_mutex_unlock (&lock);
  if (rival == NULL)
    {
      g_io_extension_point_implement (point,
                                      hein_plugin_info_get_object_type (self),
                                      name, 0);
      return TRUE;
    }
  file = hein_plugin_info_get_file (rival);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
               "%s '%s' or its type or a scheme of it is already there: '%s' "
               "from %s",
               kind_name (kind), name, hein_plugin_info_get_name (rival),
               file != NULL ? file : "the program");
  return FALSE;
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
  if (!is_name (self->name))
    return hein_plugin_refuse (error, "has no valid name");
  if (!are_schemes (self->schemes))
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

static gboolean
check_type (GType type, HeinPluginKind kind, GError **error)
{
  if (!g_type_is_a (type, kind_type (kind)))
    return hein_plugin_refuse (error, "has the type %s, which is not a %s",
                               type != G_TYPE_INVALID ? g_type_name (type)
                                                      : "(none)",
                               g_type_name (kind_type (kind)));
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

  rival = find_known (description->kind, description->name);
  if (rival == NULL)
    return TRUE;
  file = hein_plugin_info_get_file (rival);
  return hein_plugin_refuse (
    error, "is a %s named '%s'; there is already one, from %s",
    kind_name (description->kind), description->name,
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
  if (!check_type (type, description->kind, error))
    return FALSE;
  info = hein_plugin_info_new (description->kind, description->name,
                               description->description, description->schemes,
                               path, type);
  if (add_info (info, &local))
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

static void
become_loader (void)
{
  g_mutex_lock (&lock);
  while (loader != NULL && loader != g_thread_self ())
    g_cond_wait (&loader_left, &lock);
  loader = g_thread_self ();
  depth += 1;
  g_mutex_unlock (&lock);
}

static void
leave_loader (void)
{
  g_mutex_lock (&lock);
  depth -= 1;
  if (depth == 0)
    {
      loader = NULL;
      g_cond_signal (&loader_left);
    }
  g_mutex_unlock (&lock);
}

/* A file in an earlier folder replaces one of the same name in a later
 * folder. */
static gboolean
is_first_try (const char *folder, const char *file)
{
  gboolean is_new;

  g_mutex_lock (&lock);
  is_new = !g_hash_table_contains (tried, file);
  if (is_new)
    g_hash_table_insert (tried, g_strdup (file),
                         g_build_filename (folder, file, NULL));
  g_mutex_unlock (&lock);
  return is_new;
}

static void
load_file (const char *folder, const char *file)
{
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  if (!is_first_try (folder, file))
    return;
  if (open_module (path, &error))
    {
      g_debug ("loaded %s", path);
      return;
    }
  text = g_strdup_printf ("%s: %s", path, error->message);
  g_mutex_lock (&lock);
  g_hash_table_replace (problems, g_strdup (path),
                        hein_error_dup_printable (text, strlen (text)));
  g_mutex_unlock (&lock);
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static void
load_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  const char *file;

  while (dir != NULL && (file = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (file, "libhein-") &&
        g_str_has_suffix (file, "." G_MODULE_SUFFIX))
      g_ptr_array_add (files, g_strdup (file));
  g_ptr_array_sort (files, compare_strings);
  for (guint i = 0; i < files->len; i++)
    load_file (folder, files->pdata[i]);
}

static void
load_all (void)
{
  g_auto (GStrv) folders = hein_plugin_info_dup_folders ();

  become_loader ();
  for (guint i = 0; folders[i] != NULL; i++)
    load_folder (folders[i]);
  leave_loader ();
}

static void
load_named (const char *name)
{
  g_auto (GStrv) folders = hein_plugin_info_dup_folders ();
  g_autofree char *file = g_strdup_printf ("libhein-%s." G_MODULE_SUFFIX, name);

  become_loader ();
  for (guint i = 0; folders[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (folders[i], file, NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        load_file (folders[i], file);
    }
  leave_loader ();
}

static char *
find_file (const char *file, GError **error)
{
  g_auto (GStrv) folders = hein_plugin_info_dup_folders ();
  g_autofree char *searched = NULL;

  for (guint i = 0; folders[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (folders[i], file, NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        return g_steal_pointer (&path);
    }
  searched = g_strjoinv (", ", folders);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_NO_PLUGIN,
               "%s is missing; looked in: %s", file, searched);
  return NULL;
}

GModule *
hein_plugin_open_file (const char *file, char **path, GError **error)
{
  GModule *module;

  *path = find_file (file, error);
  if (*path == NULL)
    return NULL;
  become_loader ();
  module = hein_plugin_file_open (*path, error);
  leave_loader ();
  if (module == NULL)
    g_prefix_error (error, "%s: ", *path);
  return module;
}

static char **
dup_names (HeinPluginKind kind)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  g_mutex_lock (&lock);
  for (guint i = 0; i < infos->len; i++)
    if (hein_plugin_info_get_kind (infos->pdata[i]) == kind)
      {
        const char *const *schemes =
          hein_plugin_info_get_schemes (infos->pdata[i]);

        if (*schemes == NULL)
          g_ptr_array_add (names, g_strdup (hein_plugin_info_get_name (
                                    infos->pdata[i])));
        for (; *schemes != NULL; schemes++)
          g_ptr_array_add (names, g_strdup (*schemes));
      }
  g_mutex_unlock (&lock);
  g_ptr_array_sort (names, compare_strings);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_steal (names, NULL);
}

/* Names that other libraries use for the same things. */
static const struct
{
  const char *word;
  const char *meant;
} synonyms[] = {
  { "ipc", "unix" },          { "local", "unix" },
  { "udp", "udp-multicast" }, { "multicast", "udp-multicast" },
  { "memory", "inproc" },     { "zmq", "zmtp" },
  { "zeromq", "zmtp" },       { "broadcast", "publish" },
  { "fan-out", "publish" },   { "hash", "sticky" },
};

/* Guesses which of @names was meant by @word; NULL: none is similar. */
static const char *
guess_meant (const char *word, const char *const *names)
{
  for (guint i = 0; i < G_N_ELEMENTS (synonyms); i++)
    if (g_ascii_strcasecmp (word, synonyms[i].word) == 0 &&
        g_strv_contains (names, synonyms[i].meant))
      return synonyms[i].meant;
  return hein_suggestion_find (word, names);
}

/* Returns whether the module of that name was tried and is broken. */
static gboolean
is_broken (const char *name)
{
  g_autofree char *file = g_strdup_printf ("libhein-%s." G_MODULE_SUFFIX, name);
  const char *path;
  gboolean has_problem;

  g_mutex_lock (&lock);
  path = g_hash_table_lookup (tried, file);
  has_problem = path != NULL && g_hash_table_contains (problems, path);
  g_mutex_unlock (&lock);
  return has_problem;
}

static void
set_not_found (HeinPluginKind kind, const char *name, GError **error)
{
  g_auto (GStrv) folders = hein_plugin_info_dup_folders ();
  g_auto (GStrv) failures = hein_plugin_info_dup_problems ();
  g_auto (GStrv) names = dup_names (kind);
  g_autofree char *searched = g_strjoinv (", ", folders);
  g_autofree char *found = g_strjoinv (", ", names);
  g_autofree char *failed = g_strjoinv ("; ", failures);
  g_autofree char *shown = hein_error_dup_printable (name, strlen (name));
  const char *meant = guess_meant (name, (const char *const *) names);

  g_set_error (error, HEIN_ERROR,
               is_broken (name) ? HEIN_ERROR_BAD_PLUGIN : HEIN_ERROR_NO_PLUGIN,
               "no %s is called '%s'%s%s%s; found are: %s; looked in: %s%s%s",
               kind_name (kind), shown, meant != NULL ? " (did you mean '" : "",
               meant != NULL ? meant : "", meant != NULL ? "'?)" : "",
               *found != '\0' ? found : "none", searched,
               *failed != '\0' ? "; not loaded: " : "", failed);
}

HeinPluginInfo *
hein_plugin_find (HeinPluginKind kind, const char *name, GError **error)
{
  HeinPluginInfo *found;

  g_return_val_if_fail (name != NULL, NULL);

  ensure_registry ();
  found = find_known (kind, name);
  if (found == NULL && is_name (name))
    {
      load_named (name);
      found = find_known (kind, name);
    }
  if (found == NULL)
    {
      load_all ();
      found = find_known (kind, name);
    }
  if (found == NULL)
    set_not_found (kind, name, error);
  return found;
}

static gboolean
kind_of_type (GType type, HeinPluginKind *kind)
{
  for (*kind = HEIN_PLUGIN_KIND_TRANSPORT; *kind <= HEIN_PLUGIN_KIND_STRATEGY;
       ++*kind)
    if (g_type_is_a (type, kind_type (*kind)))
      return TRUE;
  return FALSE;
}

/**
 * hein_plugin_add:
 * @name: 1 to 64 lower-case letters, digits and -, the first one a letter; also
 *   the name by which addresses refer to the plugin
 * @type: a type derived from [class@Transport], [class@Protocol] or
 *   [class@Strategy], which determines the kind of the plugin
 * @error: return location
 *
 * Adds a plugin that is part of the program, written in C or another language.
 *
 * It cannot be removed. A module that is loaded later is ignored when its
 * plugin is of the same kind and name.
 *
 * - Errors: `HEIN_ERROR_BAD_PLUGIN` when @type is abstract or of none of these
 *   kinds, or @name is not valid; `HEIN_ERROR_REFUSED` when a plugin of that
 *   name or type exists already.
 * - Thread: any.
 *
 * Returns: %TRUE when it was added
 *
 * Since: 0.9
 */
gboolean
hein_plugin_add (const char *name, GType type, GError **error)
{
  g_autoptr (HeinPluginInfo) info = NULL;
  HeinPluginKind kind;

  g_return_val_if_fail (name != NULL, FALSE);

  ensure_registry ();
  if (!is_name (name))
    return hein_plugin_refuse (
      error,
      "a plugin's name is 1 to %d lower case letters, digits "
      "and -, with a letter first",
      NAME_SIZE_MAX);
  if (!kind_of_type (type, &kind))
    return hein_plugin_refuse (
      error, "type %s is not a transport, protocol or strategy",
      type != G_TYPE_INVALID ? g_type_name (type) : "(none)");
  if (!check_type (type, kind, error))
    {
      g_prefix_error (error, "plugin '%s' ", name);
      return FALSE;
    }
  info = hein_plugin_info_new (kind, name, "added by the program",
                               kind != HEIN_PLUGIN_KIND_STRATEGY ? name : "",
                               NULL, type);
  return add_info (info, error);
}

static int
compare_infos (gconstpointer a, gconstpointer b, gpointer user_data)
{
  HeinPluginInfo *first = HEIN_PLUGIN_INFO ((gpointer) a);
  HeinPluginInfo *second = HEIN_PLUGIN_INFO ((gpointer) b);
  int difference = (int) hein_plugin_info_get_kind (first) -
                   (int) hein_plugin_info_get_kind (second);

  if (difference != 0)
    return difference;
  return strcmp (hein_plugin_info_get_name (first),
                 hein_plugin_info_get_name (second));
}

/**
 * hein_plugin_info_list:
 *
 * Loads all modules of all plugin folders, and lists the plugins by kind and
 * name.
 *
 * A module is ignored unless the module and its folder belong to root or the
 * user of the process, and nobody else can write or replace the module. This is
 * checked before any code of the module runs.
 *
 * Each module is tried once in the life of a process, even when it is broken.
 *
 * - Thread: any.
 *
 * Returns: (transfer full): a list of [class@PluginInfo], which does not change
 *
 * Since: 0.9
 */
GListModel *
hein_plugin_info_list (void)
{
  GListStore *list = g_list_store_new (HEIN_TYPE_PLUGIN_INFO);
  g_autoptr (GPtrArray) known = NULL;

  ensure_registry ();
  load_all ();
  g_mutex_lock (&lock);
  known = g_ptr_array_copy (infos, (GCopyFunc) (void *) g_object_ref, NULL);
  g_mutex_unlock (&lock);
  for (guint i = 0; i < known->len; i++)
    g_list_store_insert_sorted (list, known->pdata[i], compare_infos, NULL);
  return G_LIST_MODEL (list);
}

/**
 * hein_plugin_info_dup_folders:
 *
 * Gets the plugin folders in the order in which they are searched: those of the
 * environment variable `HEIN_PLUGIN_PATH`, separated by colons, then the one
 * that hein was built with. A set-user-ID program ignores the variable.
 *
 * - Thread: any.
 *
 * Returns: (transfer full) (array zero-terminated=1) (element-type filename):
 *   the paths
 *
 * Since: 0.9
 */
char **
hein_plugin_info_dup_folders (void)
{
  const char *path =
    getauxval (AT_SECURE) ? NULL : g_getenv ("HEIN_PLUGIN_PATH");
  g_auto (GStrv) given =
    g_strsplit (path != NULL ? path : "", G_SEARCHPATH_SEPARATOR_S, -1);
  g_autoptr (GStrvBuilder) folders = g_strv_builder_new ();

  for (guint i = 0; given[i] != NULL; i++)
    if (*given[i] != '\0')
      g_strv_builder_add (folders, given[i]);
  g_strv_builder_add (folders, HEIN_PLUGIN_DIR);
  return g_strv_builder_end (folders);
}

/**
 * hein_plugin_info_dup_problems:
 *
 * Gets the problems of the modules that were tried so far, one text each in the
 * form `path: reason`. Call [func@PluginInfo.list] before to try all modules.
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

  ensure_registry ();
  g_mutex_lock (&lock);
  g_hash_table_iter_init (&iter, problems);
  while (g_hash_table_iter_next (&iter, NULL, &text))
    g_ptr_array_add (texts, g_strdup (text));
  g_mutex_unlock (&lock);
  g_ptr_array_sort (texts, compare_strings);
  g_ptr_array_add (texts, NULL);
  return (char **) g_ptr_array_steal (texts, NULL);
}

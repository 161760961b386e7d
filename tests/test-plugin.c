/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include <hein/hein.h>

#define N_THREADS 8

/*
 * What is known of plugins belongs to the process: the tests look at one
 * folder, filled before the first of them, and do not depend on their order.
 */
static char *folder;

/* Strategies as a program has them. */
typedef HeinStrategy Own;
typedef HeinStrategyClass OwnClass;
GType own_get_type (void);
G_DEFINE_TYPE (Own, own, HEIN_TYPE_STRATEGY)

static void
own_class_init (OwnClass *class)
{
}

static void
own_init (Own *self)
{
}

typedef HeinStrategy Vague;
typedef HeinStrategyClass VagueClass;
GType vague_get_type (void);
G_DEFINE_ABSTRACT_TYPE (Vague, vague, HEIN_TYPE_STRATEGY)

static void
vague_class_init (VagueClass *class)
{
}

static void
vague_init (Vague *self)
{
}

static char *
build_module_name (const char *name)
{
  return g_strdup_printf ("%s/libhein-%s.so", folder, name);
}

static void
write_module (const char *name, const char *data, gsize size)
{
  g_autofree char *path = build_module_name (name);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, data, (gssize) size, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (path, 0755), ==, 0);
}

static void
copy_fixture (const char *name)
{
  g_autofree char *file = g_strdup_printf ("libhein-%s.so", name);
  g_autofree char *path =
    g_build_filename (g_getenv ("HEIN_TEST_FIXTURES"), file, NULL);
  g_autofree char *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);
  write_module (name, data, size);
}

/* Copies of the good module, each spoiled in another way. */
static void
spoil_headers (const char *data, gsize size)
{
  g_autofree char *copy = g_memdup2 (data, size);
  ElfW (Ehdr) *header = (gpointer) copy;
  ElfW (Phdr) *segments = (gpointer) (copy + header->e_phoff);

  copy[1] = 'X';
  write_module ("spoiled-magic", copy, size);
  copy[1] = 'E';
  header->e_ident[EI_CLASS] ^= ELFCLASS32 ^ ELFCLASS64;
  write_module ("spoiled-class", copy, size);
  header->e_ident[EI_CLASS] ^= ELFCLASS32 ^ ELFCLASS64;
  segments[0].p_filesz = G_MAXSIZE - 1;
  write_module ("spoiled-segment", copy, size);
  header->e_phoff = G_MAXSIZE - 8;
  write_module ("spoiled-offset", copy, size);
  header->e_phnum = 0;
  write_module ("spoiled-count", copy, size);
}

static void
spoil_good (void)
{
  g_autofree char *path = build_module_name ("good");
  g_autofree char *writable = build_module_name ("writable");
  g_autofree char *data = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  write_module ("cut-0", data, 0);
  write_module ("cut-1", data, 1);
  write_module ("cut-header", data, sizeof (ElfW (Ehdr)) - 1);
  write_module ("cut-segments", data, sizeof (ElfW (Ehdr)) + 1);
  write_module ("cut-quarter", data, size / 4);
  write_module ("cut-half", data, size / 2);
  write_module ("cut-end", data, size - 1);
  spoil_headers (data, size);
  write_module ("writable", data, size);
  g_assert_cmpint (g_chmod (writable, 0775), ==, 0);
}

static const struct
{
  const char *name;
  const char *reason;
} broken[] = {
  { "bad-name", "has no valid name" },
  { "name-taken", "is a strategy named 'good'; there is already one, from *" },
  { "no-symbol", "is not a hein plugin: no symbol hein_plugin" },
  { "older-size",
    "was built for plugin ABI 1 of *; here it is 1 of at least *" },
  { "type-taken", "has the type HeinStrategy, which is already there" },
  { "unresolved", "cannot be opened: *undefined symbol*" },
  { "wrong-abi", "was built for plugin ABI 2 of *; here it is 1 of *" },
  { "wrong-magic", "has no hein plugin behind hein_plugin" },
  { "wrong-type", "has the type HeinWrongType, which is not a HeinStrategy" },
  { "cut-0", "is not a whole ELF module*" },
  { "cut-1", "is not a whole ELF module*" },
  { "cut-header", "is not a whole ELF module*" },
  { "cut-segments", "is not a whole ELF module*" },
  { "cut-quarter", "is not a whole ELF module*" },
  { "cut-half", "is not a whole ELF module*" },
  { "cut-end", "is not a whole ELF module*" },
  { "spoiled-magic", "is not a whole ELF module*" },
  { "spoiled-class", "is not a whole ELF module*" },
  { "spoiled-segment", "is not a whole ELF module*" },
  { "spoiled-offset", "is not a whole ELF module*" },
  { "spoiled-count", "is not a whole ELF module*" },
  { "writable", "can be written by others (chmod go-w)" },
  { "folder", "is not a file" },
  { "dangling", "cannot be read: *" },
};

static void
fill_folder (void)
{
  g_autofree char *inner = build_module_name ("folder");
  g_autofree char *dangling = build_module_name ("dangling");

  copy_fixture ("good");
  copy_fixture ("new-glib");
  copy_fixture ("newer-size");
  for (guint i = 0; !g_str_has_prefix (broken[i].name, "cut"); i++)
    copy_fixture (broken[i].name);
  spoil_good ();
  g_assert_cmpint (g_mkdir (inner, 0755), ==, 0);
  g_assert_cmpint (symlink ("/nonexistent/module.so", dangling), ==, 0);
}

static void
empty_folder (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static HeinPluginInfo *
lookup_info (GListModel *list, const char *name)
{
  for (guint i = 0; i < g_list_model_get_n_items (list); i++)
    {
      g_autoptr (HeinPluginInfo) info = g_list_model_get_item (list, i);

      if (g_strcmp0 (hein_plugin_info_get_name (info), name) == 0)
        return g_steal_pointer (&info);
    }
  return NULL;
}

static void
test_good (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("good", &error);
  guint width;

  g_assert_no_error (error);
  g_assert_cmpstr (G_OBJECT_TYPE_NAME (strategy), ==, "HeinGood");
  g_object_get (strategy, "width", &width, NULL);
  g_assert_cmpuint (width, ==, 3);
}

/* The linker knows whether what a newer GLib has is missing, and what a newer hein
 * tells of its plugins is not read. */
static void
test_newer (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinStrategy) strategy = hein_strategy_new (data, &error);

  g_assert_no_error (error);
  g_assert_nonnull (strategy);
}

static void
test_missing (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *pattern =
    g_strdup_printf ("no strategy is called 'missing'; found are: *good*; "
                     "looked in: %s, *; not loaded: *wrong-magic*",
                     folder);

  g_assert_null (hein_strategy_new ("missing", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_NO_PLUGIN);
  g_assert_true (g_pattern_match_simple (pattern, error->message));
}

static void
test_hostile_name (void)
{
  const char *names[] = { "../good", "", "/", "good\n", "Good", "\xff" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (hein_strategy_new (names[i], &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_NO_PLUGIN);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }
}

static const char *
find_problem (char **problems, const char *name)
{
  g_autofree char *path = build_module_name (name);
  const char *found = NULL;

  for (guint i = 0; problems[i] != NULL; i++)
    if (g_str_has_prefix (problems[i], path) &&
        g_str_has_prefix (problems[i] + strlen (path), ": "))
      {
        g_assert_null (found);
        found = problems[i] + strlen (path) + 2;
      }
  return found;
}

static void
test_broken (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (HeinStrategy) good = hein_strategy_new ("good", NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) problems = NULL;
  const char *problem;

  g_assert_null (hein_strategy_new (broken[i].name, &error));
  /* a link to nowhere is no file of that name */
  if (!g_str_equal (broken[i].name, "dangling"))
    g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_PLUGIN);
  problems = hein_plugin_info_dup_problems ();
  problem = find_problem (problems, broken[i].name);
  g_assert_nonnull (problem);
  if (!g_pattern_match_simple (broken[i].reason, problem))
    g_error ("'%s' does not match '%s'", problem, broken[i].reason);
}

static void
test_list (void)
{
  g_autoptr (GListModel) list = hein_plugin_info_list ();
  g_autoptr (GListModel) again = hein_plugin_info_list ();
  g_auto (GStrv) problems = hein_plugin_info_dup_problems ();
  guint n = g_list_model_get_n_items (list);

  g_assert_cmpuint (g_list_model_get_n_items (again), ==, n);
  g_assert_cmpuint (g_strv_length (problems), >=, G_N_ELEMENTS (broken));
  for (guint i = 0; i + 1 < n; i++)
    {
      g_autoptr (HeinPluginInfo) a = g_list_model_get_item (list, i);
      g_autoptr (HeinPluginInfo) b = g_list_model_get_item (list, i + 1);

      g_assert_cmpint (hein_plugin_info_get_kind (a), <=,
                       hein_plugin_info_get_kind (b));
      if (hein_plugin_info_get_kind (a) == hein_plugin_info_get_kind (b))
        g_assert_cmpstr (hein_plugin_info_get_name (a), <,
                         hein_plugin_info_get_name (b));
    }
}

static void
test_info (void)
{
  g_autoptr (GListModel) list = hein_plugin_info_list ();
  g_autoptr (HeinPluginInfo) info = lookup_info (list, "good");
  g_autofree char *path = build_module_name ("good");
  g_autofree GParamSpec **options = NULL;
  GParamSpecUInt *width;
  guint n_options;

  g_assert_nonnull (info);
  g_assert_cmpint (hein_plugin_info_get_kind (info), ==,
                   HEIN_PLUGIN_KIND_STRATEGY);
  g_assert_cmpstr (hein_plugin_info_get_description (info), ==,
                   "a good plugin");
  g_assert_cmpstr (hein_plugin_info_get_file (info), ==, path);
  g_assert_null (hein_plugin_info_get_schemes (info)[0]);
  g_assert_cmpstr (g_type_name (hein_plugin_info_get_object_type (info)), ==,
                   "HeinGood");
  options = hein_plugin_info_list_options (info, &n_options);
  g_assert_cmpuint (n_options, ==, 1);
  g_assert_cmpstr (options[0]->name, ==, "width");
  width = G_PARAM_SPEC_UINT (options[0]);
  g_assert_cmpuint (width->minimum, ==, 1);
  g_assert_cmpuint (width->maximum, ==, 9);
  g_assert_cmpuint (width->default_value, ==, 3);
}

static void
test_info_properties (void)
{
  g_autoptr (GListModel) list = hein_plugin_info_list ();
  g_autoptr (HeinPluginInfo) info = lookup_info (list, "good");
  g_autofree char *name = NULL;
  g_autofree char *description = NULL;
  g_autofree char *file = NULL;
  g_auto (GStrv) schemes = NULL;
  HeinPluginKind kind;
  GType type;

  g_object_get (info, "name", &name, "kind", &kind, "description", &description,
                "file", &file, "schemes", &schemes, "object-type", &type, NULL);
  g_assert_cmpstr (name, ==, hein_plugin_info_get_name (info));
  g_assert_cmpint (kind, ==, HEIN_PLUGIN_KIND_STRATEGY);
  g_assert_cmpstr (description, ==, "a good plugin");
  g_assert_cmpstr (file, ==, hein_plugin_info_get_file (info));
  g_assert_cmpuint (g_strv_length (schemes), ==, 0);
  g_assert_true (type == hein_plugin_info_get_object_type (info));
}

static void
test_registry (void)
{
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("good", NULL);
  GIOExtensionPoint *point = g_io_extension_point_lookup ("hein-strategy");
  GIOExtension *extension;

  g_assert_nonnull (point);
  g_assert_true (g_io_extension_point_get_required_type (point) ==
                 HEIN_TYPE_STRATEGY);
  extension = g_io_extension_point_get_extension_by_name (point, "good");
  g_assert_nonnull (extension);
  g_assert_true (g_io_extension_get_type (extension) ==
                 G_OBJECT_TYPE (strategy));
}

static void
assert_not_added (const char *name, GType type, int code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (hein_plugin_add (name, type, &error));
  g_assert_error (error, HEIN_ERROR, code);
}

static void
test_add (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinStrategy) strategy = NULL;
  g_autoptr (HeinPluginInfo) info = NULL;
  g_autoptr (GListModel) list = NULL;

  g_assert_true (hein_plugin_add ("own", own_get_type (), &error));
  g_assert_no_error (error);
  strategy = hein_strategy_new ("own", &error);
  g_assert_no_error (error);
  g_assert_true (G_OBJECT_TYPE (strategy) == own_get_type ());
  list = hein_plugin_info_list ();
  info = lookup_info (list, "own");
  g_assert_null (hein_plugin_info_get_file (info));
  assert_not_added ("own", own_get_type (), HEIN_ERROR_REFUSED);
  assert_not_added ("another", own_get_type (), HEIN_ERROR_REFUSED);
}

static void
test_add_errors (void)
{
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("good", NULL);

  assert_not_added ("good", own_get_type (), HEIN_ERROR_REFUSED);
  assert_not_added ("vague", vague_get_type (), HEIN_ERROR_BAD_PLUGIN);
  assert_not_added ("object", G_TYPE_OBJECT, HEIN_ERROR_BAD_PLUGIN);
  assert_not_added ("number", G_TYPE_INT, HEIN_ERROR_BAD_PLUGIN);
  assert_not_added ("none", G_TYPE_INVALID, HEIN_ERROR_BAD_PLUGIN);
  assert_not_added ("Upper", own_get_type (), HEIN_ERROR_BAD_PLUGIN);
  assert_not_added ("a/b", own_get_type (), HEIN_ERROR_BAD_PLUGIN);
  assert_not_added ("", own_get_type (), HEIN_ERROR_BAD_PLUGIN);
}

static void
test_folders (void)
{
  g_auto (GStrv) folders = hein_plugin_info_dup_folders ();

  g_assert_cmpuint (g_strv_length (folders), ==, 2);
  g_assert_cmpstr (folders[0], ==, folder);
  g_assert_true (g_path_is_absolute (folders[1]));
}

static gpointer
load_good (gpointer data)
{
  g_autoptr (GListModel) list = NULL;
  g_autoptr (HeinStrategy) strategy = NULL;

  if (GPOINTER_TO_UINT (data) % 2 == 0)
    list = hein_plugin_info_list ();
  strategy = hein_strategy_new ("good", NULL);
  g_assert_nonnull (strategy);
  return GSIZE_TO_POINTER (G_OBJECT_TYPE (strategy));
}

static void
test_threads (void)
{
  GThread *threads[N_THREADS];
  g_auto (GStrv) problems = NULL;
  gpointer first = NULL;

  /* in a process where nothing is loaded yet */
  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, 0);
      g_test_trap_assert_passed ();
      return;
    }
  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("loader", load_good, GUINT_TO_POINTER (i));
  for (guint i = 0; i < N_THREADS; i++)
    {
      gpointer type = g_thread_join (threads[i]);

      g_assert_true (i == 0 || type == first);
      first = type;
    }
  problems = hein_plugin_info_dup_problems ();
  g_assert_null (find_problem (problems, "good"));
}

static void
test_owner (void)
{
  g_autofree char *path = build_module_name ("foreign");
  g_autoptr (GError) error = NULL;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can give a file to another user");
      return;
    }
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  g_assert_cmpint (chmod (path, 0755), ==, 0);
  g_assert_cmpint (chown (path, 1, 1), ==, 0);
  g_assert_null (hein_strategy_new ("foreign", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_PLUGIN);
  g_assert_nonnull (strstr (error->message, "belongs to user 1"));
}

typedef struct
{
  const char *parent; /* of the folder that is made for it */
  const char *source; /* which fixture it is a copy of */
  const char *name;
  guint mode; /* of that folder */
  gboolean is_foreign;
} Place;

static char *
build_place (const Place *place)
{
  return g_strdup_printf ("%s/place-%s", place->parent, place->name);
}

static char *
build_placed_module (const Place *place)
{
  g_autofree char *path = build_place (place);

  return g_strdup_printf ("%s/libhein-%s.so", path, place->name);
}

static void
make_place (const Place *place)
{
  g_autofree char *source =
    g_strdup_printf ("%s/libhein-%s.so", g_getenv ("HEIN_TEST_FIXTURES"),
                     place->source);
  g_autofree char *path = build_place (place);
  g_autofree char *module = build_placed_module (place);
  g_autofree char *data = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (source, &data, &size, NULL));
  g_assert_cmpint (g_mkdir (path, 0755), ==, 0);
  g_assert_true (g_file_set_contents (module, data, (gssize) size, NULL));
  g_assert_cmpint (g_chmod (module, 0755), ==, 0);
  g_assert_cmpint (g_chmod (path, place->mode), ==, 0);
  if (place->is_foreign)
    g_assert_cmpint (chown (path, 1, 1), ==, 0);
}

static HeinStrategy *
load_placed (const Place *place, GError **error)
{
  g_autofree char *path = build_place (place);
  g_autofree char *module = build_placed_module (place);
  HeinStrategy *strategy;

  make_place (place);
  g_setenv ("HEIN_PLUGIN_PATH", path, TRUE);
  strategy = hein_strategy_new (place->name, error);
  g_setenv ("HEIN_PLUGIN_PATH", folder, TRUE);
  g_assert_cmpint (g_remove (module), ==, 0);
  g_assert_cmpint (g_rmdir (path), ==, 0);
  return strategy;
}

static void
assert_refused (const Place *place, const char *reason)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (load_placed (place, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_PLUGIN);
  if (strstr (error->message, reason) == NULL)
    g_error ("%s: not \"%s\"", error->message, reason);
}

/* Who may write a folder may put another file into it between a look and the
 * loading. */
static void
test_folder_of_others (void)
{
  assert_refused (&(Place){ folder, "good", "group", 0775, FALSE },
                  "in a folder that can be written by others");
  assert_refused (&(Place){ folder, "good", "world", 0757, FALSE },
                  "in a folder that can be written by others");
  /* others may add files to it, but not replace ours: it is looked at */
  assert_refused (&(Place){ folder, "wrong-abi", "sticky", 01777, FALSE },
                  "was built for plugin ABI 2");
}

static void
test_folder_owner (void)
{
  if (geteuid () != 0)
    {
      g_test_skip ("only root can give a folder to another user");
      return;
    }
  assert_refused (&(Place){ folder, "good", "strange", 0755, TRUE },
                  "in a folder that belongs to user 1");
}

/* The path may lead elsewhere at any time, so that the descriptor is loaded:
 * each by a name of its own, or the second is taken for the first. */
static void
test_below_folder_of_others (void)
{
  g_autofree char *outer = g_build_filename (folder, "outer", NULL);
  g_autoptr (HeinStrategy) strategy = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir (outer, 0755), ==, 0);
  g_assert_cmpint (g_chmod (outer, 0777), ==, 0);
  strategy =
    load_placed (&(Place){ outer, "below", "below", 0755, FALSE }, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (G_OBJECT_TYPE_NAME (strategy), ==, "HeinBelow");
  assert_refused (&(Place){ outer, "wrong-abi", "under", 0755, FALSE },
                  "was built for plugin ABI 2");
  g_assert_cmpint (g_rmdir (outer), ==, 0);
}

static void
add_tests (void)
{
  g_test_add_func ("/plugin/good", test_good);
  g_test_add_data_func ("/plugin/newer/glib", "new-glib", test_newer);
  g_test_add_data_func ("/plugin/newer/size", "newer-size", test_newer);
  g_test_add_func ("/plugin/missing", test_missing);
  g_test_add_func ("/plugin/hostile-name", test_hostile_name);
  g_test_add_func ("/plugin/list", test_list);
  g_test_add_func ("/plugin/info", test_info);
  g_test_add_func ("/plugin/info/properties", test_info_properties);
  g_test_add_func ("/plugin/registry", test_registry);
  g_test_add_func ("/plugin/add", test_add);
  g_test_add_func ("/plugin/add/errors", test_add_errors);
  g_test_add_func ("/plugin/folders", test_folders);
  g_test_add_func ("/plugin/threads", test_threads);
  g_test_add_func ("/plugin/owner", test_owner);
  g_test_add_func ("/plugin/folder/of-others", test_folder_of_others);
  g_test_add_func ("/plugin/folder/owner", test_folder_owner);
  g_test_add_func ("/plugin/folder/below-that-of-others",
                   test_below_folder_of_others);
  for (guint i = 0; i < G_N_ELEMENTS (broken); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/plugin/broken/%s", broken[i].name);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_broken);
    }
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  g_assert_nonnull (g_getenv ("HEIN_TEST_FIXTURES"));
  folder = g_dir_make_tmp ("hein-test-plugin-XXXXXX", NULL);
  g_assert_nonnull (folder);
  g_setenv ("HEIN_PLUGIN_PATH", folder, TRUE);
  fill_folder ();
  add_tests ();
  result = g_test_run ();
  empty_folder ();
  g_free (folder);
  return result;
}

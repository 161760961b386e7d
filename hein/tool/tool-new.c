/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "tool-commands.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-status.h"
#include "tool-templates.h"

/* The command `hein new-plugin`: writes a plugin that works, to begin with. */

static const ToolHelp help = {
  "KIND NAME",
  "Writes a new plugin into the folder hein-NAME: source, meson.build, README\n"
  "and a test. It works as it is, and keeps the laws of its kind. KIND is\n"
  "transport, protocol or strategy; NAME is what addresses call it.",
  "Examples:\n"
  "  hein new-plugin strategy longest\n"
  "  hein new-plugin transport serial --python",
};

#define NAME_SIZE_MAX 64 /* bytes, as for all plugins */
#define NAME_CHARS    "abcdefghijklmnopqrstuvwxyz0123456789-"

static const char *const kinds[] = { "transport", "protocol", "strategy" };

typedef struct
{
  const char *kind;
  const char *name;
  const char *suffix; /* of the source: .c, .py or .js */
  char *folder;       /* what is written */
  char *file;         /* the source */
} Order;

/* ---- templates ---- */

/* Returns my-first and strategy as MyFirstStrategy. */
static char *
dup_camel (const Order *self)
{
  g_autofree char *all = g_strconcat (self->name, "-", self->kind, NULL);
  g_auto (GStrv) words = g_strsplit (all, "-", -1);

  for (guint i = 0; words[i] != NULL; i++)
    words[i][0] = g_ascii_toupper (words[i][0]);
  return g_strjoinv ("", words);
}

/* How somebody uses it once. */
static char *
dup_try (const Order *self)
{
  if (g_str_equal (self->kind, "strategy"))
    return g_strdup_printf (
      "hein send --strategy %s --listen tcp://:7000 hello", self->name);
  if (g_str_equal (self->kind, "protocol"))
    return g_strdup_printf ("hein receive --listen tcp+%s://:7000", self->name);
  return g_strdup_printf ("hein receive --listen %s://anything", self->name);
}

static char *
fill (const Order *self, const char *template)
{
  g_autoptr (GString) text = g_string_new (template);
  g_autofree char *camel = dup_camel (self);
  g_autofree char *lower = g_strconcat (self->name, "-", self->kind, NULL);
  g_autofree char *upper = g_ascii_strup (self->name, -1);
  g_autofree char *attempt = dup_try (self);
  const gboolean is_c = g_str_equal (self->suffix, ".c");

  g_strdelimit (lower, "-", '_');
  g_strdelimit (upper, "-", '_');
  g_string_replace (text, "@NAME@", self->name, 0);
  g_string_replace (text, "@KIND@", self->kind, 0);
  g_string_replace (text, "@FILE@", self->file, 0);
  g_string_replace (text, "@FOLDER@", is_c ? "$PWD/build" : "$PWD", 0);
  g_string_replace (text, "@TRY@", attempt, 0);
  g_string_replace (text, "@Camel@", camel, 0);
  g_string_replace (text, "@lower@", lower, 0);
  g_string_replace (text, "@UPPER@", upper, 0);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* ---- files ---- */

static gboolean
write_file (const Order *self,
            const char *template,
            const char *file,
            GError **error)
{
  g_autofree char *resource = g_strconcat ("/hein/templates/", template, NULL);
  g_autofree char *path = g_build_filename (self->folder, file, NULL);
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *text = NULL;
  g_autofree char *said = g_strconcat (path, "\n", NULL);

  bytes = g_resource_lookup_data (tool_templates_get_resource (), resource,
                                  G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  if (bytes == NULL)
    return FALSE;
  text = fill (self, g_bytes_get_data (bytes, NULL)); /* ends with a NUL */
  if (!g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT,
                                 0644, error))
    return FALSE;
  return tool_output_print (said) == TOOL_DONE;
}

/* hein loads nothing that others may write to, whatever the umask is. */
static gboolean
make_folder (const char *folder, GError **error)
{
  if (g_mkdir (folder, 0755) == 0 && g_chmod (folder, 0755) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s",
               folder, g_strerror (errno));
  return FALSE;
}

static int
write_plugin (Order *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *template = g_strconcat (self->kind, self->suffix, NULL);
  const char *build =
    g_str_equal (self->suffix, ".c") ? "c.build" : "script.build";
  g_autofree char *next = g_strdup_printf (
    "Now: cd %s && umask 022 && meson setup build && meson test -C build\n",
    self->folder);

  if (!make_folder (self->folder, &error) ||
      !write_file (self, template, self->file, &error) ||
      !write_file (self, build, "meson.build", &error) ||
      !write_file (self, "README.md", "README.md", &error))
    {
      if (error != NULL)
        tool_complain ("%s", error->message);
      return TOOL_FAILED;
    }
  return tool_output_print (next);
}

/* ---- the command ---- */

static gboolean
is_name (const char *text)
{
  return g_ascii_islower (*text) && strlen (text) <= NAME_SIZE_MAX &&
         text[strspn (text, NAME_CHARS)] == '\0';
}

/* Whether a plugin is called so, or it would define types of hein itself. */
static gboolean
is_taken (const Order *self)
{
  g_autoptr (GListModel) all = hein_plugin_info_list ();

  for (guint i = 0; i < g_list_model_get_n_items (all); i++)
    {
      g_autoptr (HeinPluginInfo) info = g_list_model_get_item (all, i);
      const char *kind = kinds[hein_plugin_info_get_kind (info)];

      if (g_str_equal (kind, self->kind) &&
          (g_str_equal (hein_plugin_info_get_name (info), self->name) ||
           g_strv_contains (hein_plugin_info_get_schemes (info), self->name)))
        return TRUE;
    }
  return g_str_equal (self->name, "hein") ||
         g_str_has_prefix (self->name, "hein-");
}

static int
carry_out (Order *self)
{
  int status;

  if (!g_str_equal (self->kind, kinds[0]) &&
      !g_str_equal (self->kind, kinds[1]) &&
      !g_str_equal (self->kind, kinds[2]))
    return tool_complain_usage ("a plugin is a transport, a protocol or a "
                                "strategy, not a '%s'",
                                self->kind);
  if (!is_name (self->name))
    return tool_complain_usage (
      "a plugin's name is 1 to %d lower case letters, "
      "digits and -, with a letter first",
      NAME_SIZE_MAX);
  if (is_taken (self))
    {
      tool_complain ("the name '%s' is taken", self->name);
      return TOOL_FAILED;
    }
  self->folder = g_strconcat ("hein-", self->name, NULL);
  self->file = g_strconcat ("hein-", self->name, self->suffix, NULL);
  status = write_plugin (self);
  g_free (self->folder);
  g_free (self->file);
  return status;
}

int
tool_new (int argc, char **argv)
{
  gboolean is_python = FALSE;
  gboolean is_js = FALSE;
  Order order = { NULL };
  const GOptionEntry own[] = {
    { "python", 'p', 0, G_OPTION_ARG_NONE, &is_python,
      "In Python, instead of C", NULL },
    { "js", 'j', 0, G_OPTION_ARG_NONE, &is_js, "In JavaScript, instead of C",
      NULL },
    { NULL },
  };
  const GOptionEntry *const groups[] = { own, NULL };

  if (!tool_parse (&help, groups, &argc, &argv))
    return TOOL_USAGE;
  if (argc != 3)
    return tool_complain_usage ("new-plugin takes a kind and a name, not %d "
                                "word%s",
                                argc - 1, argc == 2 ? "" : "s");
  if (is_python && is_js)
    return tool_complain_usage ("--python and --js: say one of them");
  order.kind = argv[1];
  order.name = argv[2];
  order.suffix = is_python ? ".py" : is_js ? ".js" : ".c";
  return carry_out (&order);
}

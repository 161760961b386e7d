/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tool-commands.h"
#include "tool-json.h"
#include "tool-option.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-status.h"
#include "tool-suggest.h"
#include "tool-text.h"

/* The command `hein inspect`: lists plugins and their options. */

static const ToolHelp help = {
  "[PLUGIN]",
  "Lists the plugins, or tells all about one, by its name or scheme, or about\n"
  "those of an address.",
  "Examples:\n"
  "  hein inspect\n"
  "  hein inspect tcp\n"
  "  hein inspect tcp+soc\n"
  "  hein inspect --json",
};

static const char *const kind_titles[] = { "Transports", "Protocols",
                                           "Strategies" };
static const char *const kind_names[] = { "transport", "protocol", "strategy" };

static gboolean
is_called (HeinPluginInfo *info, const char *name)
{
  return name == NULL || g_str_equal (hein_plugin_info_get_name (info), name) ||
         g_strv_contains (hein_plugin_info_get_schemes (info), name);
}

static char *
dup_address (HeinPluginInfo *info, const char *scheme)
{
  if (hein_plugin_info_get_kind (info) == HEIN_PLUGIN_KIND_PROTOCOL)
    return g_strdup_printf ("<transport>+%s://", scheme);
  return g_strdup_printf ("%s://", scheme);
}

/* ---- text ---- */

static void
append_list (GString *text, GPtrArray *infos)
{
  for (guint kind = 0; kind < G_N_ELEMENTS (kind_names); kind++)
    {
      g_string_append_printf (text, "%s%s\n", kind > 0 ? "\n" : "",
                              kind_titles[kind]);
      for (guint i = 0; i < infos->len; i++)
        {
          HeinPluginInfo *info = g_ptr_array_index (infos, i);

          if (hein_plugin_info_get_kind (info) == kind)
            g_string_append_printf (text, "  %-16s %s\n",
                                    hein_plugin_info_get_name (info),
                                    hein_plugin_info_get_description (info));
        }
    }
}

static void
append_properties (GString *text, HeinPluginInfo *info)
{
  g_autoptr (GPtrArray) options = tool_option_list (info);

  g_string_append_printf (text, "  properties:%s\n",
                          options->len > 0 ? "" : " none");
  for (guint i = 0; i < options->len; i++)
    {
      const ToolOption *option = g_ptr_array_index (options, i);

      g_string_append_printf (text, "    %s: %s: %s (default: %s)\n",
                              option->name, option->type, option->range,
                              option->value);
    }
}

static void
append_details (GString *text, HeinPluginInfo *info)
{
  const char *const *schemes = hein_plugin_info_get_schemes (info);
  const char *file = hein_plugin_info_get_file (info);

  g_string_append_printf (text, "%s (%s)\n  %s\n",
                          hein_plugin_info_get_name (info),
                          kind_names[hein_plugin_info_get_kind (info)],
                          hein_plugin_info_get_description (info));
  for (guint i = 0; schemes[i] != NULL; i++)
    {
      g_autofree char *address = dup_address (info, schemes[i]);

      g_string_append_printf (text, "  address: %s\n", address);
    }
  append_properties (text, info);
  g_string_append_printf (text, "  type: %s\n  file: ",
                          g_type_name (
                            hein_plugin_info_get_object_type (info)));
  tool_text_append (text, file != NULL ? file : "none",
                    file != NULL ? strlen (file) : 4);
  g_string_append_c (text, '\n');
}

static void
append_section (GString *text, const char *title, const char *const *lines)
{
  if (*lines != NULL)
    g_string_append_printf (text, "\n%s\n", title);
  for (; *lines != NULL; lines++)
    {
      g_string_append (text, "  ");
      tool_text_append (text, *lines, strlen (*lines));
      g_string_append_c (text, '\n');
    }
}

static char *
dup_text (GPtrArray *infos, gboolean is_list, char **folders, char **problems)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (is_list)
    append_list (text, infos);
  for (guint i = 0; !is_list && i < infos->len; i++)
    append_details (text, g_ptr_array_index (infos, i));
  if (is_list)
    append_section (text, "Folders", (const char *const *) folders);
  append_section (text, "Not loaded", (const char *const *) problems);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* ---- JSON ---- */

static void
append_strings (GString *json, const char *name, const char *const *strings)
{
  tool_json_append_name (json, name);
  g_string_append_c (json, '[');
  for (guint i = 0; strings[i] != NULL; i++)
    {
      g_autofree char *valid = g_utf8_make_valid (strings[i], -1);

      if (i > 0)
        g_string_append_c (json, ',');
      tool_json_append (json, valid, -1);
    }
  g_string_append_c (json, ']');
}

static void
append_property (GString *json, const ToolOption *option)
{
  g_string_append_c (json, '{');
  tool_json_append_member (json, "name", option->name);
  tool_json_append_member (json, "type", option->type);
  tool_json_append_member (json, "range", option->range);
  tool_json_append_member (json, "default", option->value);
  g_string_append_c (json, '}');
}

static void
append_plugin (GString *json, HeinPluginInfo *info)
{
  g_autoptr (GPtrArray) options = tool_option_list (info);

  g_string_append_c (json, '{');
  tool_json_append_member (json, "kind",
                           kind_names[hein_plugin_info_get_kind (info)]);
  tool_json_append_member (json, "name", hein_plugin_info_get_name (info));
  tool_json_append_member (json, "description",
                           hein_plugin_info_get_description (info));
  append_strings (json, "schemes", hein_plugin_info_get_schemes (info));
  tool_json_append_name (json, "properties");
  g_string_append_c (json, '[');
  for (guint i = 0; i < options->len; i++)
    {
      if (i > 0)
        g_string_append_c (json, ',');
      append_property (json, g_ptr_array_index (options, i));
    }
  g_string_append_c (json, ']');
  tool_json_append_member (json, "type",
                           g_type_name (
                             hein_plugin_info_get_object_type (info)));
  tool_json_append_member (json, "file", hein_plugin_info_get_file (info));
  g_string_append_c (json, '}');
}

static char *
dup_json (GPtrArray *infos, char **folders, char **problems)
{
  g_autoptr (GString) json = g_string_new ("{\"plugins\":[");

  for (guint i = 0; i < infos->len; i++)
    {
      if (i > 0)
        g_string_append_c (json, ',');
      append_plugin (json, g_ptr_array_index (infos, i));
    }
  g_string_append_c (json, ']');
  append_strings (json, "folders", (const char *const *) folders);
  append_strings (json, "problems", (const char *const *) problems);
  g_string_append (json, "}\n");
  return g_string_free (g_steal_pointer (&json), FALSE);
}

/* ---- the command ---- */

/* Adds the plugins called @name, or all for NULL; FALSE when there is none. */
static gboolean
find (const char *name, GPtrArray *found)
{
  g_autoptr (GListModel) all = hein_plugin_info_list ();
  const guint n_before = found->len;

  for (guint i = 0; i < g_list_model_get_n_items (all); i++)
    {
      g_autoptr (HeinPluginInfo) info = g_list_model_get_item (all, i);

      if (is_called (info, name))
        g_ptr_array_add (found, g_steal_pointer (&info));
    }
  return found->len > n_before;
}

/* Finds the plugins of @name: one plugin, or the parts of an address such as
 * tcp+soc://host:port; NULL: all. Returns the part that was not found, or
 * NULL. */
static char *
find_parts (const char *name, GPtrArray *found)
{
  g_autofree char *scheme = NULL;
  g_auto (GStrv) parts = NULL;

  if (name == NULL)
    {
      find (NULL, found);
      return NULL;
    }
  scheme = g_strndup (name, strcspn (name, ":"));
  parts = g_strsplit (scheme, "+", 2);
  for (guint i = 0; parts[i] != NULL; i++)
    if (!find (parts[i], found))
      return g_strdup (parts[i]);
  return parts[0] != NULL ? NULL : g_strdup (name);
}

static int
complain_unknown (const char *name, char **folders, char **problems)
{
  g_autofree char *searched = g_strjoinv (", ", folders);
  g_autofree char *meant = tool_suggest_plugin (name);

  tool_complain ("no plugin is called '%s'%s; looked in: %s; 'hein inspect' "
                 "lists those that are there",
                 name, meant, searched);
  for (guint i = 0; problems[i] != NULL; i++)
    tool_complain ("not loaded: %s", problems[i]);
  return TOOL_FAILED;
}

static int
inspect (const char *name, gboolean is_json)
{
  g_autoptr (GPtrArray) infos = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *unknown = find_parts (name, infos);
  g_auto (GStrv) folders = hein_plugin_info_dup_folders ();
  g_auto (GStrv) problems = hein_plugin_info_dup_problems ();
  g_autofree char *text = NULL;

  if (unknown != NULL)
    return complain_unknown (unknown, folders, problems);
  text = is_json ? dup_json (infos, folders, problems)
                 : dup_text (infos, name == NULL, folders, problems);
  return tool_output_print (text);
}

int
tool_inspect (int argc, char **argv)
{
  gboolean is_json = FALSE;
  const GOptionEntry own[] = {
    { "json", 'j', 0, G_OPTION_ARG_NONE, &is_json, "Print JSON", NULL },
    { NULL },
  };
  const GOptionEntry *const groups[] = { own, NULL };

  if (!tool_parse (&help, groups, &argc, &argv))
    return TOOL_USAGE;
  if (argc > 2)
    return tool_complain_usage ("inspect takes one plugin, not %d", argc - 1);
  return inspect (argc == 2 ? argv[1] : NULL, is_json);
}

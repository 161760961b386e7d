/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <unistd.h>

#include <hein-test/hein-suites.h>

#include "tool-check-law.h"
#include "tool-commands.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-status.h"
#include "tool-suggest.h"
#include "tool-text.h"

/* The command `hein check-plugin`: says which laws a plugin keeps. */

static const ToolHelp help = {
  "PLUGIN",
  "Holds a plugin to the laws of its kind, which hein's own plugins keep, and\n"
  "says which it keeps. PLUGIN is its name, or its file: libhein-NAME.so,\n"
  "hein-NAME.py or hein-NAME.js.",
  "What a strategy promises, for --promises, separated by commas:\n"
  "  everybody   each message goes to all peers, not to one\n"
  "  names       its key is the name of a peer\n"
  "  holds       what is sent to nobody waits for the first peer\n"
  "  waits       all peers get a message, or none while one is full\n"
  "  evades      peers without room are passed over\n"
  "\n"
  "Examples:\n"
  "  hein check-plugin build/libhein-longest.so\n"
  "  hein check-plugin ./hein-mine.py --address 'mine://place-{n}'\n"
  "  hein check-plugin ./hein-serial.py --line 'serial://{tty}'\n"
  "  hein check-plugin round-robin --law choose",
};

typedef struct
{
  char *kind;
  char *address;
  char *line;
  char *key;
  char *promises;
  gboolean is_local;
  char **laws;
  char *be_law;
  char *be_peer;
} Order;

static const char *const kinds[] = { "transport", "protocol", "strategy" };

/* ---- which plugin ---- */

/* Returns NAME of libhein-NAME.so and so on, or NULL. */
static char *
dup_name_of_file (const char *file)
{
  static const struct
  {
    const char *prefix;
    const char *suffix;
  } forms[] = { { "libhein-", ".so" }, { "hein-", ".py" }, { "hein-", ".js" } };
  g_autofree char *base = g_path_get_basename (file);

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    if (g_str_has_prefix (base, forms[i].prefix) &&
        g_str_has_suffix (base, forms[i].suffix))
      {
        base[strlen (base) - strlen (forms[i].suffix)] = '\0';
        return g_strdup (base + strlen (forms[i].prefix));
      }
  return NULL;
}

/* Puts the folder of the file in front of those that are searched, for this
 * process and those that it starts. */
static void
search_first (const char *file)
{
  g_autofree char *path = g_canonicalize_filename (file, NULL);
  g_autofree char *folder = g_path_get_dirname (path);
  const char *others = g_getenv ("HEIN_PLUGIN_PATH");
  g_autofree char *all = g_strconcat (folder, ":", others, NULL);

  g_setenv ("HEIN_PLUGIN_PATH", all, TRUE);
}

/* Returns the name of the plugin; NULL: it complained. */
static char *
take_argument (const char *argument)
{
  const gboolean is_file = strchr (argument, '/') != NULL ||
                           g_file_test (argument, G_FILE_TEST_EXISTS);
  g_autofree char *name = NULL;

  if (!is_file)
    return g_strdup (argument);
  name = dup_name_of_file (argument);
  if (name == NULL)
    tool_complain ("the file of a plugin is called libhein-NAME.so, "
                   "hein-NAME.py or hein-NAME.js, not '%s'",
                   argument);
  else if (!g_file_test (argument, G_FILE_TEST_EXISTS))
    {
      tool_complain ("there is no file '%s'", argument);
      g_clear_pointer (&name, g_free);
    }
  if (name != NULL)
    search_first (argument);
  return g_steal_pointer (&name);
}

/* The suites call a plugin what addresses do. */
static gboolean
is_called (HeinPluginInfo *info, const char *name)
{
  return g_strv_contains (hein_plugin_info_get_schemes (info), name) ||
         (hein_plugin_info_get_schemes (info)[0] == NULL &&
          g_str_equal (hein_plugin_info_get_name (info), name));
}

static HeinPluginInfo *
find_info (const char *name, const char *kind)
{
  g_autoptr (GListModel) all = hein_plugin_info_list ();

  for (guint i = 0; i < g_list_model_get_n_items (all); i++)
    {
      g_autoptr (HeinPluginInfo) info = g_list_model_get_item (all, i);

      if (is_called (info, name) &&
          (kind == NULL ||
           g_str_equal (kind, kinds[hein_plugin_info_get_kind (info)])))
        return g_steal_pointer (&info);
    }
  return NULL;
}

static void
complain_unknown (const char *name)
{
  g_auto (GStrv) problems = hein_plugin_info_dup_problems ();
  g_autofree char *meant = tool_suggest_plugin (name);

  tool_complain ("no plugin is called '%s'%s; 'hein inspect' lists those that "
                 "are there",
                 name, meant);
  for (guint i = 0; problems[i] != NULL; i++)
    tool_complain ("not loaded: %s", problems[i]);
}

/* ---- which laws ---- */

static gboolean
is_wanted (const Order *order, const char *law)
{
  if (order->laws == NULL)
    return TRUE;
  for (guint i = 0; order->laws[i] != NULL; i++)
    if (g_str_equal (order->laws[i], law) ||
        g_str_equal (order->laws[i], strchr (law, '/') + 1))
      return TRUE;
  return FALSE;
}

/* What no plugin in JavaScript can do. */
static gboolean
is_beyond (HeinPluginInfo *info, const char *law)
{
  const char *file = hein_plugin_info_get_file (info);

  return file != NULL && g_str_has_suffix (file, ".js") &&
         g_str_equal (law, "transports/threads");
}

static void
say (const char *word, const char *law, const char *reason)
{
  g_autoptr (GString) line = g_string_new (NULL);

  g_string_append_printf (line, "%-8s %-30s %s\n", word, law,
                          hein_test_describe_law (law));
  if (reason != NULL)
    {
      g_string_append (line, "         ");
      tool_text_append (line, reason, strlen (reason));
      g_string_append_c (line, '\n');
    }
  tool_output_print (line->str);
}

static ToolLawResult
hold_to (const ToolCheck *self, HeinPluginInfo *info, const char *law)
{
  static const char *const said[] = { "kept", "BROKEN", "skipped" };
  g_autofree char *reason = NULL;
  ToolLawResult result = TOOL_LAW_SKIPPED;

  if (is_beyond (info, law))
    reason = g_strdup ("scripts in JavaScript run in one thread");
  else
    result = tool_check_law_run (self, law, &reason);
  say (said[result], law, reason);
  return result;
}

static int
check (const ToolCheck *self, HeinPluginInfo *info, const Order *order)
{
  g_auto (GStrv) laws = hein_test_dup_laws (self->kind);
  const char *file = hein_plugin_info_get_file (info);
  guint n_results[TOOL_LAW_SKIPPED + 1] = { 0 };
  g_autofree char *head = NULL;
  g_autofree char *end = NULL;

  head = g_strdup_printf ("%s (%s, %s)\n", self->name, kinds[self->kind],
                          file != NULL ? file : "no file");
  tool_output_print (head);
  for (guint i = 0; laws[i] != NULL; i++)
    if (is_wanted (order, laws[i]))
      n_results[hold_to (self, info, laws[i])]++;
  end = g_strdup_printf ("%u kept, %u broken, %u skipped\n",
                         n_results[TOOL_LAW_KEPT], n_results[TOOL_LAW_BROKEN],
                         n_results[TOOL_LAW_SKIPPED]);
  tool_output_print (end);
  return n_results[TOOL_LAW_BROKEN] == 0 && n_results[TOOL_LAW_KEPT] > 0
           ? TOOL_DONE
           : TOOL_FAILED;
}

/* Returns whether somebody can listen there at all. */
static gboolean
can_listen (const char *address)
{
  g_auto (GStrv) parts = g_strsplit (address, "{n}", -1);
  g_autofree char *uri = g_strjoinv ("0", parts);
  g_autoptr (HeinBus) bus = hein_bus_new ("hein-check");
  g_autoptr (GError) error = NULL;

  if (hein_bus_listen (bus, uri, &error) != NULL)
    return TRUE;
  tool_complain ("nobody can listen there: %s", error->message);
  tool_complain ("--address says where, with {n} for a number; --line is for "
                 "what cannot listen, such as a serial line");
  return FALSE;
}

static char *
dup_default_address (HeinPluginKind kind, const char *name)
{
  if (kind == HEIN_PLUGIN_KIND_PROTOCOL)
    return g_strdup_printf ("tcp+%s://127.0.0.1:0", name);
  return g_strdup_printf ("%s://hein-check-%d-{n}", name, (int) getpid ());
}

static int
check_plugin (const Order *order, const char *argument)
{
  g_autofree char *name = take_argument (argument);
  g_autoptr (HeinPluginInfo) info = NULL;
  g_autofree char *address = g_strdup (order->address);
  ToolCheck self = { .key = order->key, .is_local = order->is_local };

  if (name == NULL)
    return TOOL_USAGE;
  info = find_info (name, order->kind);
  if (info == NULL)
    {
      complain_unknown (name);
      return TOOL_FAILED;
    }
  self.name = name;
  self.kind = hein_plugin_info_get_kind (info);
  self.promises = order->promises;
  self.line = order->line;
  if (self.kind != HEIN_PLUGIN_KIND_STRATEGY && self.line == NULL)
    {
      if (address == NULL)
        address = dup_default_address (self.kind, name);
      if (!can_listen (address))
        return TOOL_FAILED;
      self.address = address;
    }
  return check (&self, info, order);
}

/* ---- the command ---- */

/* The process that keeps one law, or breaks it. */
static int
be_law (const Order *order, const char *name)
{
  ToolCheck self = { .name = name,
                     .address = order->address,
                     .line = order->line,
                     .key = order->key,
                     .promises = order->promises,
                     .is_local = order->is_local };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_strcmp0 (order->kind, kinds[i]) == 0)
      self.kind = (HeinPluginKind) i;
  return tool_check_law_be (&self, order->be_law);
}

static gboolean
is_law (const char *word)
{
  for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      g_auto (GStrv) laws = hein_test_dup_laws ((HeinPluginKind) kind);

      for (guint i = 0; laws[i] != NULL; i++)
        if (g_str_equal (laws[i], word) ||
            g_str_equal (strchr (laws[i], '/') + 1, word))
          return TRUE;
    }
  return FALSE;
}

static gboolean
is_valid (const Order *order)
{
  if (order->kind != NULL && !g_str_equal (order->kind, kinds[0]) &&
      !g_str_equal (order->kind, kinds[1]) &&
      !g_str_equal (order->kind, kinds[2]))
    tool_complain_usage ("--kind takes transport, protocol or strategy");
  else if (order->line != NULL && strstr (order->line, "{tty}") == NULL)
    tool_complain_usage ("--line takes an address with {tty} in it, as "
                         "'serial://{tty}'");
  else if (!tool_check_law_knows (order->promises))
    tool_complain_usage ("--promises takes everybody, names, holds, waits and "
                         "evades, separated by commas");
  else
    {
      for (guint i = 0; order->laws != NULL && order->laws[i] != NULL; i++)
        if (!is_law (order->laws[i]))
          {
            tool_complain_usage ("there is no law '%s'", order->laws[i]);
            return FALSE;
          }
      return TRUE;
    }
  return FALSE;
}

static int
carry_out (Order *order, int argc, char **argv)
{
  if (order->be_peer != NULL)
    hein_test_be_peer (order->be_peer); /* does not return */
  if (argc != 2)
    return tool_complain_usage ("check-plugin takes one plugin, not %d",
                                argc - 1);
  if (order->promises == NULL)
    order->promises = g_strdup ("holds,evades");
  if (!is_valid (order))
    return TOOL_USAGE;
  return order->be_law != NULL ? be_law (order, argv[1])
                               : check_plugin (order, argv[1]);
}

int
tool_check (int argc, char **argv)
{
  Order order = { NULL };
  const GOptionEntry own[] = {
    { "address", 'a', 0, G_OPTION_ARG_FILENAME, &order.address,
      "Where a transport or a protocol is to listen; {n} is another number "
      "each time",
      "URI" },
    { "line", 0, 0, G_OPTION_ARG_FILENAME, &order.line,
      "What both ends dial where nobody can listen; {tty} is the device of "
      "each",
      "URI" },
    { "local", 0, 0, G_OPTION_ARG_NONE, &order.is_local,
      "Other processes cannot reach the address", NULL },
    { "promises", 0, 0, G_OPTION_ARG_FILENAME, &order.promises,
      "What a strategy promises; holds,evades unless given", "LIST" },
    { "key", 0, 0, G_OPTION_ARG_FILENAME, &order.key,
      "The key with which a strategy chooses all", "KEY" },
    { "kind", 0, 0, G_OPTION_ARG_FILENAME, &order.kind,
      "transport, protocol or strategy, where the name alone is not enough",
      "KIND" },
    { "law", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &order.laws,
      "Hold it to this law only; may be given several times", "LAW" },
    { "be-law", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &order.be_law,
      NULL, NULL },
    { "be-a-peer-of", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME,
      &order.be_peer, NULL, NULL },
    { NULL },
  };
  const GOptionEntry *const groups[] = { own, NULL };
  int status = TOOL_USAGE;

  if (tool_parse (&help, groups, &argc, &argv))
    status = carry_out (&order, argc, argv);
  g_free (order.kind);
  g_free (order.address);
  g_free (order.line);
  g_free (order.key);
  g_free (order.promises);
  g_free (order.be_law);
  g_free (order.be_peer);
  g_strfreev (order.laws);
  return status;
}

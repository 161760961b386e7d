/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tool-commands.h"
#include "tool-doctor-access.h"
#include "tool-doctor-dial.h"
#include "tool-doctor-group.h"
#include "tool-doctor-report.h"
#include "tool-doctor-security.h"
#include "tool-doctor-stream.h"
#include "tool-doctor-subject.h"
#include "tool-hello.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-status.h"

/* The command `hein doctor`: finds out why an address may not work. */

/* An option that no plugin has: see ask_library(). */
static const ToolHelp help = {
  "URI | --access FILE WHO ACTION TOPIC",
  "Tells what would happen with an address, without a peer.",
  "Nothing is sent off this machine, unless --dial, --join or --hello is "
  "given.\n"
  "With --hello, on two machines at a time, finds out why they do not hear "
  "each\n"
  "other; both print the same verdict, and the command that mends it.\n"
  "With --access, tells which line of an access file decides whether WHO may\n"
  "publish, receive or request TOPIC. WHO is a name that was proved, a proof "
  "(psk:lamps),\n"
  "both (kirk,ca:fleet) or anonymous.\n"
  "\n"
  "Examples:\n"
  "  hein doctor 'udp-multicast://239.255.0.1:7000?key-file=/etc/group.key'\n"
  "  hein doctor tcp://localhost:7000\n"
  "  hein doctor --dial 'tcp://there:7000?key-file=lamps.key'\n"
  "  hein doctor --json unix:///run/user/1000/work\n"
  "  hein doctor --hello "
  "'udp-multicast://239.255.0.1:7000?key-file=group.key'\n"
  "  hein doctor --access lamps.access kirk publish lamps/desk",
};

#define NO_OPTION "hein-doctor"

/* ---- the address ---- */

/* (transfer full): the address with the first of its hosts alone, which is what
 * GLib can parse. */
static char *
dup_first_host (const char *uri)
{
  const char *host = strstr (uri, "//");
  const gsize size = host != NULL ? strcspn (host + 2, "/?") : 0;
  const char *comma = size > 0 ? memchr (host + 2, ',', size) : NULL;

  if (comma == NULL)
    return g_strdup (uri);
  return g_strdup_printf ("%.*s%s", (int) (comma - uri), uri, host + 2 + size);
}

static gboolean
parse (ToolDoctor *self, GError **error)
{
  g_autofree char *first = dup_first_host (self->uri);
  char *plus;

  if (strcmp (first, self->uri) != 0)
    tool_report_add (
      &self->report, self->dials ? TOOL_OK : TOOL_WARNING, "hosts", NULL,
      "there are several, which can be dialled, and not listened "
      "on: what follows is about the first");
  if (!g_uri_split (first, G_URI_FLAGS_ENCODED_QUERY, &self->transport, NULL,
                    &self->host, &self->port, &self->path, &self->query, NULL,
                    error))
    return FALSE;
  plus = strchr (self->transport, '+');
  if (plus != NULL)
    *plus = '\0';
  if (self->host == NULL)
    self->host = g_strdup ("");
  self->options = g_uri_parse_params (self->query != NULL ? self->query : "",
                                      -1, "&", G_URI_PARAMS_NONE, error);
  return self->options != NULL;
}

static GObjectClass *
find_class (const char *scheme)
{
  g_autoptr (GListModel) all = hein_plugin_info_list ();

  for (guint i = 0; i < g_list_model_get_n_items (all); i++)
    {
      g_autoptr (HeinPluginInfo) info = g_list_model_get_item (all, i);

      if (hein_plugin_info_get_kind (info) == HEIN_PLUGIN_KIND_TRANSPORT &&
          g_strv_contains (hein_plugin_info_get_schemes (info), scheme))
        return g_type_class_ref (hein_plugin_info_get_object_type (info));
    }
  return NULL;
}

/*
 * The library parses the whole address, finds its plugins, and applies option
 * after option before it opens anything. So an option that no plugin has,
 * appended to the others, makes it check all of them without opening anything.
 */
static GError *
ask_library (const char *uri)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("doctor");
  g_autofree char *extra =
    g_strconcat (strchr (uri, '?') != NULL ? "&" : "?", NO_OPTION "=1", NULL);
  g_autofree char *asked = g_strconcat (uri, extra, NULL);
  g_autoptr (GString) text = NULL;
  GError *error = NULL;

  hein_bus_listen (bus, asked, &error);
  if (error == NULL || strstr (error->message, "\"" NO_OPTION "\"") != NULL)
    {
      g_clear_error (&error);
      return NULL;
    }
  text = g_string_new (error->message);
  g_string_replace (text, extra, "", 0);
  g_free (error->message);
  error->message = g_string_free (g_steal_pointer (&text), FALSE);
  return error;
}

static int
check_address (ToolDoctor *self)
{
  g_autoptr (GError) error = ask_library (self->uri);

  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS))
    return tool_complain_usage ("%s", error->message);
  if (error == NULL && !parse (self, &error))
    return tool_complain_usage ("%s", error->message);
  if (error != NULL)
    tool_report_add (&self->report, TOOL_PROBLEM, "address",
                     "'hein inspect' lists the plugins that are there", "%s",
                     error->message);
  else
    tool_report_add (&self->report, TOOL_OK, "address", NULL,
                     "%s, which can be read and has no unknown option",
                     self->shown);
  return TOOL_DONE;
}

/* ---- the command ---- */

static void
check (ToolDoctor *self)
{
  self->class = find_class (self->transport);
  if (g_str_equal (self->transport, "udp-multicast"))
    tool_doctor_check_group (self);
  else if (g_str_equal (self->transport, "tcp") ||
           g_str_equal (self->transport, "channel") ||
           g_str_equal (self->transport, "ws") ||
           g_str_equal (self->transport, "wss"))
    tool_doctor_check_tcp (self);
  else if (g_str_equal (self->transport, "unix"))
    tool_doctor_check_unix (self);
  else
    tool_report_add (&self->report, TOOL_OK, "system", NULL,
                     "there is nothing to ask it for %s", self->transport);
  if (self->report.n_problems == 0)
    tool_doctor_check_security (self);
  tool_doctor_check_access (self);
}

static int
tell (ToolDoctor *self, gboolean is_json)
{
  g_autofree char *text = is_json
                            ? tool_report_dup_json (&self->report, self->shown)
                            : tool_report_dup_text (&self->report);
  const int status = tool_output_print (text);

  return self->report.n_problems > 0 ? TOOL_FAILED : status;
}

/* Returns what to do in place of dialling it; NULL: it can be dialled. */
static const char *
get_other_way (ToolDoctor *self)
{
  if (g_str_equal (self->transport, "udp-multicast"))
    return ": say --join";
  if (g_str_equal (self->transport, "replay"))
    return ": 'hein receive' plays it";
  return g_str_equal (self->transport, "inproc") ? "" : NULL;
}

static int
examine (ToolDoctor *self, const char *name, gboolean is_json)
{
  const int status = check_address (self);

  if (status != TOOL_DONE)
    return status;
  if (self->dials && self->report.n_problems == 0 &&
      get_other_way (self) != NULL)
    return tool_complain_usage ("--dial is for what another process listens "
                                "on, and not for %s%s",
                                self->transport, get_other_way (self));
  if (self->report.n_problems == 0)
    check (self);
  if (self->dials && self->report.n_problems == 0)
    tool_doctor_dial (self, name);
  return tell (self, is_json);
}

static int
explain (ToolDoctor *self, const char *path, char **words, gboolean is_json)
{
  const int status = tool_doctor_explain_access (&self->report, path, words);

  return status == TOOL_DONE ? tell (self, is_json) : status;
}

static void
clear (ToolDoctor *self)
{
  tool_report_clear (&self->report);
  g_clear_pointer (&self->class, g_type_class_unref);
  g_clear_pointer (&self->options, g_hash_table_unref);
  g_free (self->shown);
  g_free (self->transport);
  g_free (self->host);
  g_free (self->path);
  g_free (self->query);
}

/* ---- the options ---- */

typedef struct
{
  gboolean is_json;
  char *access;
  char *name;
  gboolean says_hello;
  char *with;
  double timeout_s;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->access);
  g_free (self->name);
  g_free (self->with);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse_options (Options *self, ToolDoctor *doctor, int *argc, char ***argv)
{
  const GOptionEntry own[] = {
    { "json", 'j', 0, G_OPTION_ARG_NONE, &self->is_json, "Print JSON", NULL },
    { "access", 0, 0, G_OPTION_ARG_FILENAME, &self->access,
      "Explain what an access file says about WHO ACTION TOPIC", "FILE" },
    { "dial", 0, 0, G_OPTION_ARG_NONE, &doctor->dials,
      "Dial it, and tell who is there or what breaks", NULL },
    { "name", 'n', 0, G_OPTION_ARG_FILENAME, &self->name,
      "The name of the bus that dials; doctor unless given", "NAME" },
    { "join", 0, 0, G_OPTION_ARG_NONE, &doctor->tries_joins,
      "Join the group for a moment, which the network notices", NULL },
    { "hello", 0, 0, G_OPTION_ARG_NONE, &self->says_hello,
      "Find out, on two machines, why they do not hear each other", NULL },
    { "with", 0, 0, G_OPTION_ARG_FILENAME, &self->with,
      "With --hello: where the other machine is", "HOST" },
    { "timeout", 0, 0, G_OPTION_ARG_DOUBLE, &self->timeout_s,
      "With --hello: end after S seconds; 60 unless given", "S" },
    { NULL },
  };
  const GOptionEntry *const groups[] = { own, NULL };

  return tool_parse (&help, groups, argc, argv);
}

/* Returns TOOL_USAGE when it complained. */
static int
check_options (const Options *self, const ToolDoctor *doctor, int argc)
{
  if (self->access != NULL && argc != 4)
    return tool_complain_usage ("--access takes WHO ACTION TOPIC, as in kirk "
                                "publish lamps/desk");
  if (self->name != NULL && (!doctor->dials || self->says_hello))
    return tool_complain_usage ("--name is for --dial");
  if (!self->says_hello && (self->with != NULL || self->timeout_s != 0))
    return tool_complain_usage ("--with and --timeout are for --hello");
  if (self->says_hello && (self->access != NULL || doctor->tries_joins))
    return tool_complain_usage ("--hello joins by itself, and knows no access "
                                "file: leave --join and --access out");
  if (!tool_check_seconds ("--timeout", self->timeout_s))
    return TOOL_USAGE;
  if (self->access == NULL && argc != 2)
    return tool_complain_usage ("doctor takes one address, not %d", argc - 1);
  return TOOL_DONE;
}

static int
say_hello (ToolDoctor *self, const Options *options)
{
  const ToolHelloOptions hello = {
    .with = options->with,
    .dials = self->dials,
    .timeout_s =
      options->timeout_s > 0 ? options->timeout_s : TOOL_HELLO_TIMEOUT_S,
  };
  int status = check_address (self);

  if (status != TOOL_DONE)
    return status;
  if (self->report.n_problems > 0)
    return tell (self, options->is_json);
  self->class = find_class (self->transport);
  status = tool_hello (self, &hello);
  if (status != TOOL_USAGE)
    tell (self, options->is_json);
  return status;
}

static int
obey (ToolDoctor *self, const Options *options, char **argv)
{
  if (options->access != NULL)
    return explain (self, options->access, argv + 1, options->is_json);
  if (options->says_hello)
    return say_hello (self, options);
  return examine (self, options->name, options->is_json);
}

int
tool_doctor (int argc, char **argv)
{
  ToolDoctor self = { NULL };
  g_auto (Options) options = { 0 };
  int status;

  if (!parse_options (&options, &self, &argc, &argv))
    return TOOL_USAGE;
  status = check_options (&options, &self, argc);
  if (status != TOOL_DONE)
    return status;
  self.uri = options.access != NULL ? options.access : argv[1];
  self.shown = hein_uri_hide_secrets (self.uri);
  tool_report_init (&self.report);
  status = obey (&self, &options, argv);
  clear (&self);
  return status;
}

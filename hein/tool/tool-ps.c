/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tool-commands.h"
#include "tool-json.h"
#include "tool-look.h"
#include "tool-output.h"

/* The command `hein ps`: lists the buses that can be looked into. */

typedef struct
{
  ToolLook look;
  GHashTable *said; /* borrowed ToolControl -> owned Said */
} Ps;

/* What a bus has said. */
typedef struct
{
  char *name;
  guint64 n_peers;
  guint64 n_sent;
  guint64 n_received;
  guint64 n_dropped;
  GString *addresses; /* for people */
  GString *json;      /* of the bus, and its endpoints */
} Said;

static const ToolHelp help = {
  "[PID|NAME]",
  "Lists the buses of this machine and user that can be looked into: process,\n"
  "program and name, how many peers there are, how many messages were sent,\n"
  "received and dropped, and the addresses.",
  "A program can be looked into when it sets 'inspectable', or was started\n"
  "with HEIN_INSPECT=1; 'hein' itself always, unless HEIN_INSPECT=0.\n\n"
  "Exit status: 0 done, 1 failed, 2 wrong usage, 3 when a bus did not answer\n"
  "in time: it is listed all the same.\n\n"
  "Examples:\n"
  "  hein ps\n"
  "  hein ps lamp --json",
};

static void
said_free (gpointer data)
{
  Said *self = data;

  g_free (self->name);
  g_string_free (self->addresses, TRUE);
  g_string_free (self->json, TRUE);
  g_free (self);
}

static Said *
get_said (Ps *self, ToolControl *control)
{
  Said *said = g_hash_table_lookup (self->said, control);

  if (said == NULL)
    {
      said = g_new0 (Said, 1);
      said->addresses = g_string_new (NULL);
      said->json = g_string_new (NULL);
      g_hash_table_insert (self->said, control, said);
    }
  return said;
}

/* ---- what is said ---- */

static guint64
sum_dropped (const HeinJsonSpan *bus)
{
  GEnumClass *reasons = g_type_class_ref (HEIN_TYPE_DROP_REASON);
  HeinJsonSpan dropped;
  guint64 n = 0;

  if (tool_control_get (bus, "dropped", &dropped))
    for (guint i = 0; i < reasons->n_values; i++)
      n += tool_control_get_number (&dropped, reasons->values[i].value_nick);
  g_type_class_unref (reasons);
  return n;
}

static void
take_bus (Said *self, const HeinJsonSpan *bus)
{
  g_free (self->name);
  self->name = tool_control_dup_text (bus, "name");
  self->n_peers = tool_control_get_number (bus, "peers");
  self->n_sent = tool_control_get_number (bus, "messages-sent");
  self->n_received = tool_control_get_number (bus, "messages-received");
  self->n_dropped = sum_dropped (bus);
  tool_json_append_name (self->json, "bus");
  hein_json_append_ascii (self->json, bus->data, bus->size);
  tool_json_append_name (self->json, "endpoints");
  g_string_append_c (self->json, '[');
}

/* What keeps an endpoint from being open; its error begins with its address. */
static void
append_state (GString *text,
              const char *state,
              const char *error,
              const char *uri)
{
  if (error != NULL && g_str_has_prefix (error, uri) &&
      g_str_has_prefix (error + strlen (uri), ": "))
    error += strlen (uri) + 2;
  g_string_append_printf (text, " (%s%s%s)", state, error != NULL ? ": " : "",
                          error != NULL ? error : "");
}

static void
take_endpoint (Said *self, const HeinJsonSpan *endpoint)
{
  g_autofree char *role = tool_control_dup_text (endpoint, "role");
  g_autofree char *uri = tool_control_dup_text (endpoint, "uri");
  g_autofree char *bound = tool_control_dup_text (endpoint, "bound-uri");
  g_autofree char *state = tool_control_dup_text (endpoint, "state");
  g_autofree char *error = tool_control_dup_text (endpoint, "error");

  g_string_append_printf (self->addresses, "%s%s %s",
                          self->addresses->len > 0 ? ", " : "",
                          role != NULL ? role : "?",
                          bound != NULL ? bound
                          : uri != NULL ? uri
                                        : "?");
  if (state != NULL && !g_str_equal (state, "open"))
    append_state (self->addresses, state, error, uri != NULL ? uri : "");
  if (self->json->len > 0 && self->json->str[self->json->len - 1] != '[')
    g_string_append_c (self->json, ',');
  hein_json_append_ascii (self->json, endpoint->data, endpoint->size);
}

static void
on_line (ToolControl *control, const HeinJsonSpan *line, gpointer user_data)
{
  Said *said = get_said (user_data, control);
  HeinJsonSpan value;

  if (tool_control_get (line, "bus", &value) && said->name == NULL)
    take_bus (said, &value);
  else if (tool_control_get (line, "endpoint", &value) && said->name != NULL)
    take_endpoint (said, &value);
}

/* ---- showing it ---- */

static void
add_row (Ps *self, ToolTable *table, ToolControl *control)
{
  const Said *said = g_hash_table_lookup (self->said, control);

  tool_table_begin_row (table);
  tool_table_add_number (table, control->pid);
  tool_table_add (table, control->program);
  if (control->problem != NULL || said == NULL || said->name == NULL)
    {
      tool_table_add (table, control->name);
      for (guint i = 0; i < 4; i++)
        tool_table_add (table, "-");
      tool_table_add (table, control->problem);
      return;
    }
  tool_table_add (table, said->name);
  tool_table_add_number (table, said->n_peers);
  tool_table_add_number (table, said->n_sent);
  tool_table_add_number (table, said->n_received);
  tool_table_add_number (table, said->n_dropped);
  tool_table_add (table, said->addresses->str);
}

static void
append_table (Ps *self, GString *text)
{
  static const char *const heads[] = { "PID",     "PROGRAM",  "NAME",
                                       "PEERS",   "SENT",     "RECEIVED",
                                       "DROPPED", "ADDRESSES" };
  ToolTable table;

  tool_table_init (&table, G_N_ELEMENTS (heads), 0x79);
  tool_table_begin_row (&table);
  for (guint i = 0; i < G_N_ELEMENTS (heads); i++)
    tool_table_add (&table, heads[i]);
  for (guint i = 0; i < self->look.controls->len; i++)
    add_row (self, &table, g_ptr_array_index (self->look.controls, i));
  tool_table_append (&table, text, 0);
  tool_table_clear (&table);
}

static void
append_json (Ps *self, GString *text)
{
  for (guint i = 0; i < self->look.controls->len; i++)
    {
      ToolControl *control = g_ptr_array_index (self->look.controls, i);
      const Said *said = g_hash_table_lookup (self->said, control);

      tool_look_append_process (text, control);
      if (control->problem != NULL || said == NULL || said->name == NULL)
        {
          tool_json_append_member (text, "name", control->name);
          tool_json_append_member (text, "problem", control->problem);
        }
      else
        g_string_append_printf (text, ",%s]", said->json->str);
      g_string_append (text, "}\n");
    }
}

static ToolStatus
list (Ps *self)
{
  g_autoptr (GString) text = g_string_new (NULL);
  ToolStatus status;

  tool_control_ask (self->look.controls, "{\"ask\":\"bus\"}\n",
                    self->look.end_us, on_line, self);
  if (self->look.is_json)
    append_json (self, text);
  else
    append_table (self, text);
  status = tool_output_print (text->str);
  return status != TOOL_DONE ? status
                             : tool_control_get_status (self->look.controls);
}

int
tool_ps (int argc, char **argv)
{
  Ps self = { .said = g_hash_table_new_full (NULL, NULL, NULL, said_free) };
  GOptionEntry shared[TOOL_LOOK_N_OPTIONS];
  const GOptionEntry *const groups[] = { shared, NULL };
  ToolStatus status = TOOL_USAGE;

  tool_look_fill_options (&self.look, shared);
  if (tool_parse (&help, groups, &argc, &argv) &&
      tool_look_find (&self.look, 1, argc, argv, &status))
    status = list (&self);
  g_hash_table_unref (self.said);
  tool_look_clear (&self.look);
  return status;
}

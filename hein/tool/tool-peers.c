/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-commands.h"
#include "tool-json.h"
#include "tool-look.h"
#include "tool-output.h"

/* The command `hein peers`: lists the peers of running buses. */

typedef struct
{
  ToolLook look;
  GString *text;      /* owned: JSON */
  GHashTable *tables; /* borrowed ToolControl -> owned ToolTable */
} Peers;

static const ToolHelp help = {
  "[PID|NAME]",
  "Lists the peers of a bus, or of all buses of this machine and user that "
  "can\n"
  "be looked into: name, address, protocol and security, what is queued for\n"
  "each, how many messages were sent to it, received from it and dropped, for\n"
  "which reasons, and the round trip.",
  "QUEUED is in bytes, with 128 for each message; a peer whose queue is full "
  "is\n"
  "marked 'full'. A round trip is that of the last heartbeat.\n\n"
  "Exit status: 0 done, 1 failed, 2 wrong usage, 3 when a bus did not answer\n"
  "in time.\n\n"
  "Examples:\n"
  "  hein peers\n"
  "  hein peers lamp\n"
  "  hein peers 4711 --json",
};

static void
table_free (gpointer data)
{
  tool_table_clear (data);
  g_free (data);
}

static ToolTable *
get_table (Peers *self, ToolControl *control)
{
  static const char *const heads[] = {
    "NAME", "ADDRESS",  "PROTOCOL", "SECURITY", "QUEUED",
    "SENT", "RECEIVED", "DROPPED",  "RTT",      "NOTES",
  };
  ToolTable *table = g_hash_table_lookup (self->tables, control);

  if (table != NULL)
    return table;
  table = g_new (ToolTable, 1);
  tool_table_init (table, G_N_ELEMENTS (heads), 0x1f0);
  tool_table_begin_row (table);
  for (guint i = 0; i < G_N_ELEMENTS (heads); i++)
    tool_table_add (table, heads[i]);
  g_hash_table_insert (self->tables, control, table);
  return table;
}

/* ---- a peer ---- */

static void
add_text (ToolTable *table, const HeinJsonSpan *peer, const char *name)
{
  g_autofree char *text = tool_control_dup_text (peer, name);

  tool_table_add (table, text != NULL ? text : "-");
}

static void
add_protocol (ToolTable *table, const HeinJsonSpan *peer)
{
  g_autofree char *transport = tool_control_dup_text (peer, "transport");
  g_autofree char *protocol = tool_control_dup_text (peer, "protocol");
  g_autofree char *both = g_strconcat (transport != NULL ? transport : "?",
                                       protocol != NULL ? "+" : "",
                                       protocol != NULL ? protocol : "", NULL);

  tool_table_add (table, both);
}

static void
add_rtt (ToolTable *table, const HeinJsonSpan *peer)
{
  HeinJsonSpan value;
  g_autofree char *text =
    tool_control_get (peer, "rtt-us", &value)
      ? g_strdup_printf ("%.3f ms",
                         tool_control_get_number (peer, "rtt-us") / 1e3)
      : g_strdup ("-");

  tool_table_add (table, text);
}

static gboolean
is_false (const HeinJsonSpan *peer, const char *name)
{
  HeinJsonSpan value;

  return tool_control_get (peer, name, &value) && value.data[0] == 'f';
}

static void
add_notes (ToolTable *table, const HeinJsonSpan *peer)
{
  GEnumClass *reasons = g_type_class_ref (HEIN_TYPE_DROP_REASON);
  g_autoptr (GString) notes = g_string_new (NULL);
  HeinJsonSpan dropped;

  if (is_false (peer, "has-room"))
    g_string_append (notes, "full");
  if (is_false (peer, "accepts-messages"))
    g_string_append_printf (notes, "%stakes nothing",
                            notes->len > 0 ? ", " : "");
  if (tool_control_get (peer, "dropped", &dropped))
    for (guint i = 0; i < reasons->n_values; i++)
      {
        const char *nick = reasons->values[i].value_nick;
        const guint64 n = tool_control_get_number (&dropped, nick);

        if (n > 0)
          g_string_append_printf (notes, "%s%" G_GUINT64_FORMAT " %s",
                                  notes->len > 0 ? ", " : "", n, nick);
      }
  tool_table_add (table, notes->str);
  g_type_class_unref (reasons);
}

static void
add_row (ToolTable *table, const HeinJsonSpan *peer)
{
  static const char *const numbers[] = { "queued-bytes", "messages-sent",
                                         "messages-received",
                                         "messages-dropped" };

  tool_table_begin_row (table);
  add_text (table, peer, "name");
  add_text (table, peer, "address");
  add_protocol (table, peer);
  add_text (table, peer, "security");
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    tool_table_add_number (table, tool_control_get_number (peer, numbers[i]));
  add_rtt (table, peer);
  add_notes (table, peer);
}

static void
on_line (ToolControl *control, const HeinJsonSpan *line, gpointer user_data)
{
  Peers *self = user_data;
  HeinJsonSpan peer;

  if (!tool_control_get (line, "peer", &peer))
    return;
  if (!self->look.is_json)
    {
      add_row (get_table (self, control), &peer);
      return;
    }
  tool_look_append_process (self->text, control);
  tool_json_append_member (self->text, "bus", control->name);
  tool_json_append_name (self->text, "peer");
  hein_json_append_ascii (self->text, peer.data, peer.size);
  g_string_append (self->text, "}\n");
}

/* ---- the command ---- */

static void
append_tables (Peers *self)
{
  GPtrArray *controls = self->look.controls;

  for (guint i = 0; i < controls->len; i++)
    {
      ToolControl *control = g_ptr_array_index (controls, i);

      if (control->problem != NULL)
        continue;
      if (controls->len > 1)
        tool_look_append_title (self->text, control);
      tool_table_append (get_table (self, control), self->text, 0);
    }
}

static ToolStatus
list (Peers *self)
{
  ToolStatus status;

  tool_control_ask (self->look.controls, "{\"ask\":\"peers\"}\n",
                    self->look.end_us, on_line, self);
  if (!self->look.is_json)
    append_tables (self);
  status = tool_output_print (self->text->str);
  if (status == TOOL_DONE)
    status = tool_control_tell_problems (self->look.controls);
  return status;
}

int
tool_peers (int argc, char **argv)
{
  Peers self = {
    .text = g_string_new (NULL),
    .tables = g_hash_table_new_full (NULL, NULL, NULL, table_free),
  };
  GOptionEntry shared[TOOL_LOOK_N_OPTIONS];
  const GOptionEntry *const groups[] = { shared, NULL };
  ToolStatus status = TOOL_USAGE;

  tool_look_fill_options (&self.look, shared);
  if (tool_parse (&help, groups, &argc, &argv) &&
      tool_look_find (&self.look, 1, argc, argv, &status))
    status = list (&self);
  g_hash_table_unref (self.tables);
  g_string_free (self.text, TRUE);
  tool_look_clear (&self.look);
  return status;
}

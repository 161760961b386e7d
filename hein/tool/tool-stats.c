/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tool-commands.h"
#include "tool-json.h"
#include "tool-look.h"
#include "tool-output.h"
#include "tool-text.h"

/* The command `hein stats`: prints the counters of running buses, for people or
 * for what collects metrics. */

typedef struct
{
  ToolLook look;
  gboolean is_openmetrics;
  GHashTable *said; /* borrowed ToolControl -> owned text, a JSON object */
} Stats;

/* What a bus tells, and how OpenMetrics calls it. */
typedef struct
{
  const char *member;
  const char *family;
  gboolean is_counter;
  const char *help;
} Figure;

static const Figure figures[] = {
  { "peers", "hein_peers", FALSE, "Peers that are there." },
  { "connections", "hein_connections", FALSE,
    "Connections, with those that have still to shake hands." },
  { "messages-sent", "hein_messages_sent", TRUE,
    "Messages handed to the operating system." },
  { "messages-received", "hein_messages_received", TRUE,
    "Messages that have arrived." },
  { "bytes-sent", "hein_sent_bytes", TRUE,
    "Bytes handed to the operating system." },
  { "bytes-received", "hein_received_bytes", TRUE, "Bytes that have arrived." },
  { "queued-bytes", "hein_queued_bytes", FALSE,
    "What waits for peers, with 128 bytes for each message." },
  { "held-messages", "hein_held_messages", FALSE,
    "Messages that wait for a peer or for room." },
  { "waiting-messages", "hein_waiting_messages", FALSE,
    "Messages that the program has not taken." },
  { "memory-used", "hein_memory_used_bytes", FALSE,
    "Memory in use on behalf of peers." },
  { "memory-limit", "hein_memory_limit_bytes", FALSE,
    "What bounds that memory." },
};

static const ToolHelp help = {
  "[PID|NAME]",
  "Prints the counters of a bus, or of all buses of this machine and user "
  "that\n"
  "can be looked into.",
  "With --openmetrics it is the text that Prometheus and the like collect, "
  "with\n"
  "the labels bus, pid and program; hein_bus_answers is 0 for a bus that does\n"
  "not answer.\n\n"
  "Exit status: 0 done, 1 failed, 2 wrong usage, 3 when a bus did not answer\n"
  "in time.\n\n"
  "Examples:\n"
  "  hein stats lamp\n"
  "  hein stats --openmetrics > /var/lib/node_exporter/hein.prom",
};

static void
on_line (ToolControl *control, const HeinJsonSpan *line, gpointer user_data)
{
  Stats *self = user_data;
  HeinJsonSpan bus;

  if (tool_control_get (line, "bus", &bus) && bus.data[0] == '{')
    g_hash_table_insert (self->said, control, g_strndup (bus.data, bus.size));
}

/* FALSE: the bus has not said anything. */
static gboolean
get_said (Stats *self, ToolControl *control, HeinJsonSpan *bus)
{
  const char *said = g_hash_table_lookup (self->said, control);

  if (said == NULL || control->problem != NULL)
    return FALSE;
  *bus = (HeinJsonSpan){ said, strlen (said) };
  return TRUE;
}

static guint64
get_dropped (const HeinJsonSpan *bus, const char *reason)
{
  HeinJsonSpan dropped;

  return tool_control_get (bus, "dropped", &dropped)
           ? tool_control_get_number (&dropped, reason)
           : 0;
}

/* ---- OpenMetrics ---- */

/* What a terminal must not get is escaped for it, and that once more for
 * OpenMetrics. */
static void
append_label (GString *text, const char *name, const char *value)
{
  g_autoptr (GString) shown = g_string_new (NULL);

  tool_text_append (shown, value, strlen (value));
  g_string_append_printf (text, "%s=\"", name);
  for (const char *c = shown->str; *c != '\0'; c++)
    {
      if (*c == '"' || *c == '\\')
        g_string_append_c (text, '\\');
      g_string_append_c (text, *c);
    }
  g_string_append_c (text, '"');
}

static void
append_sample (GString *text,
               const char *name,
               ToolControl *control,
               const char *reason,
               guint64 value)
{
  g_string_append_printf (text, "%s{", name);
  append_label (text, "bus", control->name);
  g_string_append_printf (text, ",pid=\"%ld\",", (long) control->pid);
  append_label (text, "program", control->program);
  if (reason != NULL)
    g_string_append_printf (text, ",reason=\"%s\"", reason);
  g_string_append_printf (text, "} %" G_GUINT64_FORMAT "\n", value);
}

static void
append_head (GString *text,
             const char *family,
             gboolean is_counter,
             const char *about)
{
  g_string_append_printf (text, "# TYPE %s %s\n# HELP %s %s\n", family,
                          is_counter ? "counter" : "gauge", family, about);
  if (g_str_has_suffix (family, "_bytes"))
    g_string_append_printf (text, "# UNIT %s bytes\n", family);
}

static void
append_figure (Stats *self, GString *text, const Figure *figure)
{
  g_autofree char *name =
    g_strconcat (figure->family, figure->is_counter ? "_total" : "", NULL);
  HeinJsonSpan bus;

  append_head (text, figure->family, figure->is_counter, figure->help);
  for (guint i = 0; i < self->look.controls->len; i++)
    {
      ToolControl *control = g_ptr_array_index (self->look.controls, i);

      if (get_said (self, control, &bus))
        append_sample (text, name, control, NULL,
                       tool_control_get_number (&bus, figure->member));
    }
}

static void
append_answers (Stats *self, GString *text)
{
  HeinJsonSpan bus;

  append_head (text, "hein_bus_answers", FALSE,
               "Whether the bus answers who looks into it.");
  for (guint i = 0; i < self->look.controls->len; i++)
    {
      ToolControl *control = g_ptr_array_index (self->look.controls, i);

      append_sample (text, "hein_bus_answers", control, NULL,
                     get_said (self, control, &bus));
    }
}

static void
append_drops (Stats *self, GString *text)
{
  GEnumClass *reasons = g_type_class_ref (HEIN_TYPE_DROP_REASON);
  HeinJsonSpan bus;

  append_head (text, "hein_messages_dropped", TRUE,
               "Messages that were dropped.");
  for (guint i = 0; i < self->look.controls->len; i++)
    {
      ToolControl *control = g_ptr_array_index (self->look.controls, i);

      for (guint k = 0; get_said (self, control, &bus) && k < reasons->n_values;
           k++)
        append_sample (text, "hein_messages_dropped_total", control,
                       reasons->values[k].value_nick,
                       get_dropped (&bus, reasons->values[k].value_nick));
    }
  g_type_class_unref (reasons);
}

static void
append_openmetrics (Stats *self, GString *text)
{
  append_answers (self, text);
  for (guint i = 0; i < G_N_ELEMENTS (figures); i++)
    append_figure (self, text, &figures[i]);
  append_drops (self, text);
  g_string_append (text, "# EOF\n");
}

/* ---- text and JSON ---- */

static void
add_row (ToolTable *table, const char *name, guint64 value)
{
  tool_table_begin_row (table);
  tool_table_add (table, name);
  tool_table_add_number (table, value);
}

static void
append_text (GString *text, ToolControl *control, const HeinJsonSpan *bus)
{
  GEnumClass *reasons = g_type_class_ref (HEIN_TYPE_DROP_REASON);
  ToolTable table;

  tool_look_append_title (text, control);
  tool_table_init (&table, 2, 2);
  for (guint i = 0; i < G_N_ELEMENTS (figures); i++)
    add_row (&table, figures[i].member,
             tool_control_get_number (bus, figures[i].member));
  for (guint i = 0; i < reasons->n_values; i++)
    {
      const char *nick = reasons->values[i].value_nick;
      g_autofree char *name = g_strconcat ("dropped: ", nick, NULL);

      if (get_dropped (bus, nick) > 0)
        add_row (&table, name, get_dropped (bus, nick));
    }
  tool_table_append (&table, text, 0);
  tool_table_clear (&table);
  g_type_class_unref (reasons);
}

static void
append_each (Stats *self, GString *text)
{
  HeinJsonSpan bus;

  for (guint i = 0; i < self->look.controls->len; i++)
    {
      ToolControl *control = g_ptr_array_index (self->look.controls, i);

      if (!get_said (self, control, &bus))
        continue;
      if (!self->look.is_json)
        {
          append_text (text, control, &bus);
          continue;
        }
      tool_look_append_process (text, control);
      tool_json_append_name (text, "bus");
      hein_json_append_ascii (text, bus.data, bus.size);
      g_string_append (text, "}\n");
    }
}

static ToolStatus
print (Stats *self)
{
  g_autoptr (GString) text = g_string_new (NULL);
  ToolStatus status;

  tool_control_ask (self->look.controls, "{\"ask\":\"bus\"}\n",
                    self->look.end_us, on_line, self);
  if (self->is_openmetrics)
    append_openmetrics (self, text);
  else
    append_each (self, text);
  status = tool_output_print (text->str);
  if (status == TOOL_DONE)
    status = tool_control_tell_problems (self->look.controls);
  return status;
}

int
tool_stats (int argc, char **argv)
{
  Stats self = { .said = g_hash_table_new_full (NULL, NULL, NULL, g_free) };
  GOptionEntry shared[TOOL_LOOK_N_OPTIONS];
  const GOptionEntry own[] = {
    { "openmetrics", 0, 0, G_OPTION_ARG_NONE, &self.is_openmetrics,
      "Print what Prometheus and the like collect", NULL },
    { NULL },
  };
  const GOptionEntry *const groups[] = { shared, own, NULL };
  ToolStatus status = TOOL_USAGE;

  tool_look_fill_options (&self.look, shared);
  if (tool_parse (&help, groups, &argc, &argv))
    {
      if (self.look.is_json && self.is_openmetrics)
        tool_complain_usage ("--json and --openmetrics exclude each other");
      else if (tool_look_find (&self.look, 1, argc, argv, &status))
        status = print (&self);
    }
  g_hash_table_unref (self.said);
  tool_look_clear (&self.look);
  return status;
}

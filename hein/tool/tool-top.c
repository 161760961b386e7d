/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tool-commands.h"
#include "tool-json.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-screen.h"
#include "tool-status.h"
#include "tool-table.h"
#include "tool-top-data.h"

/* The command `hein top`: shows what runs through the buses of this machine,
 * again and again. */

/* On fewer columns, less is shown. */
#define NARROW      60
#define NARROW_NAME 5
/* How long a bus may take to answer a question, at most. */
#define PATIENCE_US (1 * G_USEC_PER_SEC)
#define RED         "\033[31m"
#define NORMAL      "\033[m"

typedef struct
{
  /* options */
  double interval_s;
  gint64 count; /* G_MAXINT64: until interrupted */
  gboolean is_json;

  const char *who; /* nullable */
  ToolTopData data;
  ToolScreen screen;
} Top;

static const ToolHelp help = {
  "[PID|NAME]",
  "Shows, once per second, what passes through the buses of this machine and\n"
  "user that can be looked into, or through one: for each bus and peer, "
  "messages\n"
  "per second sent, received and lost, what waits in its queue, round trip, "
  "and\n"
  "how many were lost for which reason.",
  "On a terminal it fills the screen, and 'q' ends it; peers that lose "
  "messages\n"
  "come first, in red, then those for whom most waits. Elsewhere each round "
  "is\n"
  "printed below the last one. Of 1000 peers and more, all are looked at less\n"
  "often.\n\n"
  "Exit status: 0 done, 1 failed, 2 wrong usage.\n\n"
  "Examples:\n"
  "  hein top\n"
  "  hein top lamp --interval 0.5\n"
  "  hein top --count 2 --json",
};

static volatile sig_atomic_t is_interrupted;

static void
on_signal (int number)
{
  is_interrupted = number != SIGWINCH || is_interrupted;
}

/* ---- numbers ---- */

/* In at most four characters. */
static void
add_short (ToolTable *table, double value)
{
  static const char units[] = " kMGTPE";
  char text[16];
  guint unit = 0;

  while (value >= 999.5 && unit + 2 < sizeof units)
    {
      value /= 1000;
      unit++;
    }
  if (unit == 0)
    g_snprintf (text, sizeof text, "%.0f", value > 0 ? ceil (value) : 0);
  else
    g_snprintf (text, sizeof text, value < 9.95 ? "%.1f%c" : "%.0f%c", value,
                units[unit]);
  tool_table_add (table, text);
}

/* ---- tables ---- */

static void
add_heads (ToolTable *table, const char *const *heads)
{
  tool_table_begin_row (table);
  for (; *heads != NULL; heads++)
    tool_table_add (table, *heads);
}

static void
add_rates (ToolTable *table, const ToolTopItem *item)
{
  add_short (table, item->sent_rate);
  add_short (table, item->received_rate);
  add_short (table, item->dropped_rate);
}

static void
add_narrow (ToolTable *table, const ToolTopItem *item)
{
  tool_table_begin_row (table);
  tool_table_add_cut (table, item->name, NARROW_NAME);
  if (item->problem != NULL)
    tool_table_add (table, "?");
  else
    add_rates (table, item);
}

static void
add_bus (ToolTable *table, const ToolTopItem *bus)
{
  tool_table_begin_row (table);
  tool_table_add (table, bus->name);
  tool_table_add_number (table, bus->pid);
  if (bus->problem != NULL)
    {
      for (guint i = 0; i < 5; i++)
        tool_table_add (table, "-");
      tool_table_add (table, bus->program);
      tool_table_add (table, bus->problem);
      return;
    }
  tool_table_add_number (table, bus->n_peers);
  add_rates (table, bus);
  add_short (table, bus->queued_bytes);
  tool_table_add (table, bus->program);
  tool_table_add (table, bus->losses);
}

static void
add_peer (ToolTable *table, const ToolTopItem *peer)
{
  g_autofree char *rtt = peer->rtt_us >= 0
                           ? g_strdup_printf ("%.1f", peer->rtt_us / 1e3)
                           : g_strdup ("-");

  tool_table_begin_row (table);
  tool_table_add (table, peer->name);
  tool_table_add (table, peer->bus);
  add_rates (table, peer);
  add_short (table, peer->queued_bytes);
  tool_table_add (table, rtt);
  tool_table_add (table, peer->losses);
}

static void
mark (Top *self, ToolTable *table, const ToolTopItem *item)
{
  if (self->screen.is_open && (item->dropped_rate > 0 || item->problem != NULL))
    tool_table_mark_row (table);
}

static void
append_items (Top *self,
              GString *text,
              GPtrArray *items,
              gboolean is_bus,
              guint columns,
              guint n_max)
{
  static const char *const narrow[] = { "NAME", "OUT", "IN", "LOST", NULL };
  static const char *const bus[] = { "BUS",    "PID",    "PEERS",  "SENT/s",
                                     "RECV/s", "LOST/s", "QUEUED", "PROGRAM",
                                     "LOSSES", NULL };
  static const char *const peer[] = { "PEER",   "BUS",    "SENT/s",
                                      "RECV/s", "LOST/s", "QUEUED",
                                      "RTT ms", "LOSSES", NULL };
  const gboolean is_narrow = columns > 0 && columns < NARROW;
  ToolTable table;

  tool_table_init (&table, 9, is_narrow ? 0xe : is_bus ? 0x7e : 0x7c);
  table.mark_begin = RED;
  table.mark_end = NORMAL;
  add_heads (&table, is_narrow ? narrow : is_bus ? bus : peer);
  for (guint i = 0; i < MIN (items->len, n_max); i++)
    {
      const ToolTopItem *item = g_ptr_array_index (items, i);

      if (is_narrow)
        add_narrow (&table, item);
      else if (is_bus)
        add_bus (&table, item);
      else
        add_peer (&table, item);
      mark (self, &table, item);
    }
  tool_table_append (&table, text, columns);
  tool_table_clear (&table);
}

/* At most half of the lines are for buses while there are peers to show. */
static char *
dup_view (Top *self, guint columns, guint lines)
{
  const guint n_buses = self->data.bus_row->len;
  const guint n_peers = self->data.peer_row->len;
  const guint half = MAX (lines / 2, 3) - 2;
  const guint n_shown = n_peers > 0 ? MIN (n_buses, half) : n_buses;
  const guint left = lines > n_shown + 3 ? lines - n_shown - 3 : 0;
  GString *text = g_string_new (NULL);

  append_items (self, text, self->data.bus_row, TRUE, columns, n_shown);
  if (n_peers == 0 || left == 0)
    return g_string_free (text, FALSE);
  g_string_append_c (text, '\n');
  append_items (self, text, self->data.peer_row, FALSE, columns, left);
  return g_string_free (text, FALSE);
}

static void
append_rates (GString *text, const ToolTopItem *item)
{
  tool_json_append_number (text, "messages-sent", item->n_sent);
  tool_json_append_number (text, "messages-received", item->n_received);
  tool_json_append_number (text, "messages-dropped", item->n_dropped);
  tool_json_append_number (text, "sent-per-second", item->sent_rate);
  tool_json_append_number (text, "received-per-second", item->received_rate);
  tool_json_append_number (text, "dropped-per-second", item->dropped_rate);
  tool_json_append_number (text, "queued-bytes", item->queued_bytes);
}

static char *
dup_json (Top *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->data.bus_row->len; i++)
    {
      const ToolTopItem *item = g_ptr_array_index (self->data.bus_row, i);

      g_string_append_c (text, '{');
      tool_json_append_number (text, "round", self->data.round);
      tool_json_append_number (text, "pid", item->pid);
      tool_json_append_member (text, "program", item->program);
      tool_json_append_member (text, "bus", item->name);
      if (item->problem != NULL)
        tool_json_append_member (text, "problem", item->problem);
      else
        {
          tool_json_append_number (text, "peers", item->n_peers);
          append_rates (text, item);
        }
      g_string_append (text, "}\n");
    }
  for (guint i = 0; i < self->data.peer_row->len; i++)
    {
      const ToolTopItem *item = g_ptr_array_index (self->data.peer_row, i);

      g_string_append_c (text, '{');
      tool_json_append_number (text, "round", self->data.round);
      tool_json_append_number (text, "pid", item->pid);
      tool_json_append_member (text, "bus", item->bus);
      tool_json_append_member (text, "peer", item->name);
      append_rates (text, item);
      g_string_append (text, "}\n");
    }
  return g_string_free (text, FALSE);
}

/* ---- the command ---- */

static ToolStatus
show (Top *self)
{
  g_autofree char *text = NULL;
  guint columns;
  guint lines;

  if (!self->screen.is_open)
    {
      text = self->is_json ? dup_json (self) : dup_view (self, 0, G_MAXINT);
      if (!self->is_json && self->data.round > 1)
        {
          const ToolStatus status = tool_output_print ("\n");

          if (status != TOOL_DONE)
            return status;
        }
      return tool_output_print (text);
    }
  tool_screen_get_size (&columns, &lines);
  text = dup_view (self, columns, lines);
  tool_screen_draw (&self->screen, text);
  return TOOL_DONE;
}

/* Until the next round is due; FALSE: the user wants no more. */
static gboolean
rest (Top *self, gint64 end_us)
{
  while (!is_interrupted && g_get_monotonic_time () < end_us)
    {
      const char key = tool_screen_wait (&self->screen, end_us);

      if (key == 'q' || key == 'Q' || key == 3)
        return FALSE;
      if (self->screen.is_open)
        show (self); /* the size may be another one */
    }
  return !is_interrupted;
}

static ToolStatus
look (Top *self)
{
  const gint64 interval_us = (gint64) (self->interval_s * G_USEC_PER_SEC);
  ToolStatus status = TOOL_DONE;

  for (gint64 n = 1; n <= self->count && !is_interrupted; n++)
    {
      const gint64 begin_us = g_get_monotonic_time ();

      if (!tool_top_data_collect (&self->data, self->who, PATIENCE_US))
        return TOOL_FAILED;
      status = show (self);
      if (status != TOOL_DONE ||
          (n < self->count && !rest (self, begin_us + interval_us)))
        break;
    }
  return status;
}

static void
catch_signals (void)
{
  const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH };
  struct sigaction action = { .sa_handler = on_signal };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    sigaction (numbers[i], &action, NULL);
}

static ToolStatus
run (Top *self)
{
  ToolStatus status;

  catch_signals ();
  tool_top_data_init (&self->data);
  if (tool_screen_is_wanted () && !self->is_json)
    tool_screen_open (&self->screen);
  status = look (self);
  tool_screen_close (&self->screen);
  tool_top_data_clear (&self->data);
  return status;
}

static gboolean
check (Top *self, int argc, char **argv)
{
  if (argc > 2)
    tool_complain_usage ("top takes one process id or name, not %d arguments",
                         argc - 1);
  else if (!(self->interval_s >= 0.1 && self->interval_s <= 3600))
    tool_complain_usage ("--interval takes 0.1 to 3600 seconds");
  else if (self->count < 1)
    tool_complain_usage ("--count takes a number of at least 1");
  else
    return tool_check_text ("the name", argc > 1 ? argv[1] : NULL);
  return FALSE;
}

int
tool_top (int argc, char **argv)
{
  Top self = { .interval_s = 1, .count = G_MAXINT64 };
  const GOptionEntry own[] = {
    { "interval", 'i', 0, G_OPTION_ARG_DOUBLE, &self.interval_s,
      "Look every S seconds; 1 unless given", "S" },
    { "count", 'c', 0, G_OPTION_ARG_INT64, &self.count, "End after N rounds",
      "N" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &self.is_json,
      "Print JSON, an object per line", NULL },
    { NULL },
  };
  const GOptionEntry *const groups[] = { own, NULL };

  if (!tool_parse (&help, groups, &argc, &argv) || !check (&self, argc, argv))
    return TOOL_USAGE;
  self.who = argc > 1 ? argv[1] : NULL;
  return run (&self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-commands.h"
#include "tool-json.h"
#include "tool-look.h"
#include "tool-output.h"

/* The command `hein ping`: has running buses ask their peers for a sign of
 * life. */

/* How much longer a bus may take to say so than its peers may to answer. */
#define GRACE_US (2 * G_USEC_PER_SEC)

typedef struct
{
  ToolLook look;
  ToolTable table;
  GString *text; /* owned: JSON */
  guint n_pings;
  guint n_failed;
} Ping;

static const ToolHelp help = {
  "[PID|NAME [PEER]]",
  "Has a running bus, or all that can be looked into, ask its peers for a "
  "sign\n"
  "of life, and prints how long each took, or what was wrong.",
  "PEER is the name of a peer, and without one all are asked.\n\n"
  "Exit status: 0 when every peer has answered, 1 when one has not or none is\n"
  "there, 2 wrong usage, 3 when a bus did not answer in time.\n\n"
  "Examples:\n"
  "  hein ping\n"
  "  hein ping lamp\n"
  "  hein ping lamp kirk --timeout 5",
};

static char *
dup_rtt (const HeinJsonSpan *ping)
{
  HeinJsonSpan value;

  if (!tool_control_get (ping, "rtt-us", &value))
    return g_strdup ("answered");
  return g_strdup_printf ("%.3f ms",
                          tool_control_get_number (ping, "rtt-us") / 1e3);
}

static void
on_line (ToolControl *control, const HeinJsonSpan *line, gpointer user_data)
{
  Ping *self = user_data;
  HeinJsonSpan ping;
  g_autofree char *peer = NULL;
  g_autofree char *result = NULL;

  if (!tool_control_get (line, "ping", &ping))
    return;
  self->n_pings++;
  result = tool_control_dup_text (&ping, "error");
  if (result != NULL)
    self->n_failed++;
  else
    result = dup_rtt (&ping);
  if (self->look.is_json)
    {
      tool_look_append_process (self->text, control);
      tool_json_append_member (self->text, "bus", control->name);
      tool_json_append_name (self->text, "ping");
      hein_json_append_ascii (self->text, ping.data, ping.size);
      g_string_append (self->text, "}\n");
      return;
    }
  peer = tool_control_dup_text (&ping, "peer");
  tool_table_begin_row (&self->table);
  tool_table_add (&self->table, control->name);
  tool_table_add (&self->table, peer);
  tool_table_add (&self->table, result);
}

static char *
dup_request (Ping *self, const char *peer)
{
  g_autoptr (GString) request = g_string_new ("{\"ask\":\"ping\"");

  tool_json_append_number (request, "timeout-ms",
                           (gint64) (self->look.timeout_s * 1000));
  if (peer != NULL)
    tool_json_append_member (request, "peer", peer);
  g_string_append (request, "}\n");
  return g_string_free (g_steal_pointer (&request), FALSE);
}

static void
begin_table (Ping *self)
{
  static const char *const heads[] = { "BUS", "PEER", "ROUND TRIP" };

  tool_table_init (&self->table, G_N_ELEMENTS (heads), 0);
  tool_table_begin_row (&self->table);
  for (guint i = 0; i < G_N_ELEMENTS (heads); i++)
    tool_table_add (&self->table, heads[i]);
}

static ToolStatus
ping (Ping *self, const char *peer)
{
  g_autofree char *request = dup_request (self, peer);
  ToolStatus status;

  begin_table (self);
  tool_control_ask (self->look.controls, request, self->look.end_us + GRACE_US,
                    on_line, self);
  if (!self->look.is_json && self->n_pings > 0)
    tool_table_append (&self->table, self->text, 0);
  tool_table_clear (&self->table);
  status = tool_output_print (self->text->str);
  if (status == TOOL_DONE)
    status = tool_control_tell_problems (self->look.controls);
  if (status != TOOL_DONE)
    return status;
  if (self->n_pings == 0 && peer != NULL)
    tool_complain ("no peer is called '%s'", peer);
  else if (self->n_pings == 0)
    tool_complain ("there is no peer");
  return self->n_pings == 0 || self->n_failed > 0 ? TOOL_FAILED : TOOL_DONE;
}

static gboolean
check (Ping *self)
{
  if (self->look.timeout_s <= 3600)
    return TRUE;
  tool_complain_usage ("--timeout takes 0 to 3600 seconds");
  return FALSE;
}

int
tool_ping (int argc, char **argv)
{
  Ping self = { .text = g_string_new (NULL) };
  GOptionEntry shared[TOOL_LOOK_N_OPTIONS];
  const GOptionEntry *const groups[] = { shared, NULL };
  ToolStatus status = TOOL_USAGE;
  const char *peer;

  tool_look_fill_options (&self.look, shared);
  if (tool_parse (&help, groups, &argc, &argv) && check (&self))
    {
      peer = argc == 3 ? argv[2] : NULL;
      if (tool_check_text ("the name of a peer", peer) &&
          tool_look_find (&self.look, 2, argc, argv, &status))
        status = ping (&self, peer);
    }
  g_string_free (self.text, TRUE);
  tool_look_clear (&self.look);
  return status;
}

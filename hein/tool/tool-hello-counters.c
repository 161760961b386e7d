/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-counters.h"

#include <string.h>

/* Reads how many packets the kernel dropped, from /proc/net. */

static char *
dup_file (const char *path)
{
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  return text != NULL ? text : g_strdup ("");
}

gint64
tool_hello_counters_find (const char *text, const char *table, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++)
    {
      g_auto (GStrv) names = NULL;
      g_auto (GStrv) values = NULL;

      if (!g_str_has_prefix (lines[i], table) ||
          !g_str_has_prefix (lines[i + 1], table))
        continue;
      names = g_strsplit (lines[i], " ", -1);
      values = g_strsplit (lines[i + 1], " ", -1);
      for (guint j = 1; names[j] != NULL && values[j] != NULL; j++)
        if (g_str_equal (names[j], name))
          return g_ascii_strtoll (values[j], NULL, 10);
    }
  return 0;
}

/* A file of lines "Name   number". */
static gint64
find_line (const char *text, const char *name)
{
  const gsize size = strlen (name);

  for (const char *line = text; line != NULL; line = strchr (line, '\n'))
    {
      line += *line == '\n';
      if (strncmp (line, name, size) == 0 && g_ascii_isspace (line[size]))
        return g_ascii_strtoll (line + size, NULL, 10);
    }
  return 0;
}

static void
read_ipv4 (ToolHelloCounters *self)
{
  g_autofree char *text = dup_file ("/proc/net/snmp");
  const gint64 transmitted =
    tool_hello_counters_find (text, "Ip:", "OutTransmits");

  self->n_dropped = tool_hello_counters_find (text, "Ip:", "InReceives") -
                    tool_hello_counters_find (text, "Ip:", "InDelivers") -
                    tool_hello_counters_find (text, "Ip:", "ForwDatagrams");
  if (transmitted > 0)
    self->n_unsent =
      tool_hello_counters_find (text, "Ip:", "OutRequests") - transmitted;
}

static void
read_ipv6 (ToolHelloCounters *self)
{
  g_autofree char *text = dup_file ("/proc/net/snmp6");
  const gint64 transmitted = find_line (text, "Ip6OutTransmits");

  self->n_dropped = find_line (text, "Ip6InReceives") -
                    find_line (text, "Ip6InDelivers") -
                    find_line (text, "Ip6OutForwDatagrams");
  if (transmitted > 0)
    self->n_unsent = find_line (text, "Ip6OutRequests") - transmitted;
}

ToolHelloCounters
tool_hello_counters_read (gboolean is_ipv6)
{
  g_autofree char *text = dup_file ("/proc/net/netstat");
  ToolHelloCounters self = {
    .n_misrouted =
      tool_hello_counters_find (text, "TcpExt:", "IPReversePathFilter"),
    .n_failed = tool_hello_counters_find (text, "TcpExt:", "TCPRetransFail"),
  };

  if (is_ipv6)
    read_ipv6 (&self);
  else
    read_ipv4 (&self);
  return self;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-doctor-secrecy.h"

#include <string.h>

#include "tool-doctor-probe.h"
#include "tool-doctor-report.h"
#include "tool-doctor-subject.h"
#include "tool-key.h"

/* Checks the keys of a udp-multicast address, and whether its options
 * agree. */

/* A group that nobody uses. */
#define STAND_IN "239.255.255.77"

static void
check_file (ToolGroup *self, const char *option)
{
  const char *path = tool_doctor_get (self->doctor, option);
  g_autoptr (GError) error = NULL;

  if (path == NULL)
    return;
  if (tool_key_check_file (path, &error))
    tool_report_add (self->report, TOOL_OK, "key", NULL, "only you can read %s",
                     path);
  else
    tool_report_add (self->report, TOOL_PROBLEM, "key",
                     "'hein keygen FILE' makes a key; chmod 600 one that is "
                     "for others, too, and replace it if they have read it",
                     "%s", error->message);
}

static void
check_ring_file (ToolGroup *self)
{
  const char *path = tool_doctor_get (self->doctor, "key-ring-file");
  g_autoptr (GError) error = NULL;
  guint n_keys;

  if (path == NULL)
    return;
  if (tool_ring_check_file (path, &n_keys, &error))
    tool_report_add (self->report, TOOL_OK, "keys", NULL,
                     "%s has %u of at most %d, and only you can read it", path,
                     n_keys, TOOL_RING_MAX);
  else
    tool_report_add (self->report, TOOL_PROBLEM, "keys",
                     "'hein keygen --ring FILE' makes one", "%s",
                     error->message);
}

static gboolean
names_loopback (const char *interface)
{
  return g_strcmp0 (interface, "lo") == 0 ||
         g_strcmp0 (interface, "127.0.0.1") == 0 ||
         g_strcmp0 (interface, "::1") == 0;
}

static gboolean
has_key (ToolGroup *self)
{
  return tool_doctor_get (self->doctor, "key-file") != NULL ||
         tool_doctor_get (self->doctor, "key-ring-file") != NULL ||
         tool_doctor_get (self->doctor, "passphrase-file") != NULL;
}

static void
check_secrecy (ToolGroup *self)
{
  const char *interface = tool_doctor_get (self->doctor, "interface");

  if (has_key (self))
    tool_report_add (self->report, TOOL_OK, "secrecy", NULL,
                     "only who has the key can read and speak");
  else if (tool_doctor_get_flag (self->doctor, "plaintext"))
    tool_report_add (self->report, TOOL_WARNING, "secrecy",
                     "'hein keygen FILE' makes a key: say key-file=FILE "
                     "instead",
                     "plaintext=yes: whoever is in the network can read and "
                     "speak");
  else if ((interface != NULL && !names_loopback (interface)) ||
           tool_doctor_get_number (self->doctor, "ttl", -1) > 0)
    tool_report_add (self->report, TOOL_PROBLEM, "secrecy",
                     "'hein keygen FILE' makes a key: say key-file=FILE, or "
                     "plaintext=yes",
                     "data would go over the network without encryption, "
                     "which is refused");
  else
    {
      self->is_local = TRUE;
      tool_report_add (self->report, TOOL_OK, "secrecy",
                       "to leave it, say key-file=FILE or plaintext=yes",
                       "without a key nothing leaves this machine");
    }
}

/* ---- what the plugin says ---- */

/* Returns whether an option says where to send, and so is to be left out.
 * loopback=no limits datagrams to other machines, which contradicts the TTL 0
 * of this test, unless the address itself keeps them on this machine. */
static gboolean
is_place (ToolGroup *self, const char *option)
{
  const gboolean goes_nowhere =
    self->is_local || tool_doctor_get_number (self->doctor, "ttl", -1) == 0;

  return g_str_has_prefix (option, "ttl=") ||
         g_str_has_prefix (option, "interface=") ||
         (g_str_has_prefix (option, "loopback=") && !goes_nowhere);
}

/* Returns the same address with a harmless destination. */
static char *
dup_harmless (ToolGroup *self, GError **error)
{
  g_autoptr (GInetAddress) group = g_inet_address_new_from_string (STAND_IN);
  const guint16 port = tool_probe_free_port (group, error);
  g_autoptr (GString) uri = g_string_new (NULL);
  g_auto (GStrv) options =
    g_strsplit (self->doctor->query != NULL ? self->doctor->query : "", "&",
                -1);

  if (port == 0)
    return NULL;
  g_string_append_printf (uri,
                          "udp-multicast://" STAND_IN ":%u?interface=lo&ttl=0",
                          port);
  for (guint i = 0; options[i] != NULL; i++)
    if (options[i][0] != '\0' && !is_place (self, options[i]))
      g_string_append_printf (uri, "&%s", options[i]);
  return g_string_free (g_steal_pointer (&uri), FALSE);
}

/*
 * Opens the group with its keys as a program would, so that the plugin itself
 * judges which options go together. It uses loopback with TTL 0 and a group
 * that nobody has, since members of the real group would see a peer come and
 * go; and IPv4, which every loopback interface has.
 */
static void
check_opening (ToolGroup *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinBus) bus = hein_bus_new ("doctor");
  g_autofree char *uri = dup_harmless (self, &error);

  /* problems with the sockets have been reported by other checks */
  if (uri == NULL || self->report->n_problems > 0)
    return;
  if (tool_doctor_get (self->doctor, "passphrase-file") != NULL)
    tool_report_add (self->report, TOOL_OK, "options", NULL,
                     "not tried, for to make a key of a passphrase is work");
  else if (hein_bus_listen (bus, uri, &error) != NULL)
    tool_report_add (self->report, TOOL_OK, "options", NULL,
                     "the plugin opens the group with them, on loopback");
  else
    {
      /* the address in the message is the stand-in: strips it */
      g_autofree char *shown = hein_uri_hide_secrets (uri);
      const char *text = g_str_has_prefix (error->message, shown)
                           ? error->message + strlen (shown) + strlen (": ")
                           : error->message;

      tool_report_add (self->report, TOOL_PROBLEM, "options",
                       "'hein inspect udp-multicast' lists them",
                       "the plugin does not open it: %s", text);
    }
}

void
tool_group_check_secrecy (ToolGroup *self)
{
  check_file (self, "key-file");
  check_file (self, "passphrase-file");
  check_ring_file (self);
  check_secrecy (self);
  check_opening (self);
}

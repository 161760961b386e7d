/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-doctor-group.h"
#include "tool-key.h"

static void
check_key_file (ToolGroup *self)
{
  const char *path = tool_doctor_get (self->doctor, "key-file");
  g_autoptr (GError) error = NULL;

  if (path == NULL)
    return;
  if (tool_key_check_file (path, &error))
    tool_report_add (self->report, TOOL_OK, "key", NULL,
                     "%s is a key that only you can read", path);
  else
    tool_report_add (self->report, TOOL_PROBLEM, "key",
                     "'hein keygen FILE' makes one; chmod 600 one that is for "
                     "others, too, and replace it if they have read it",
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

void
tool_group_check_secrecy (ToolGroup *self)
{
  check_key_file (self);
  check_ring_file (self);
  check_secrecy (self);
}

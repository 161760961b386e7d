/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-attributes.h"

#include <string.h>

#include "tool-options.h"
#include "tool-output.h"

/* What messages say of themselves, from the command line. */

static gboolean
set_pair (HeinMessage *message, const char *pair, GError **error)
{
  const char *value = strchr (pair, '=');
  g_autofree char *name = NULL;

  if (value == NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "there is no '=' in '%s'", pair);
      return FALSE;
    }
  name = g_strndup (pair, value - pair);
  return hein_message_set_attribute (message, name, value + 1, error);
}

/* Returns whether there is such a priority; NULL is normal. */
static gboolean
find_priority (const char *nick, HeinPriority *priority)
{
  g_autoptr (GEnumClass) class = g_type_class_ref (HEIN_TYPE_PRIORITY);
  const GEnumValue *value =
    nick != NULL ? g_enum_get_value_by_nick (class, nick) : NULL;

  *priority =
    value != NULL ? (HeinPriority) value->value : HEIN_PRIORITY_NORMAL;
  return nick == NULL || value != NULL;
}

gboolean
tool_attributes_check (const ToolAttributes *self)
{
  g_autoptr (HeinMessage) message = hein_message_new (NULL, NULL);
  HeinPriority priority;

  for (guint i = 0; self->pairs != NULL && self->pairs[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;

      if (set_pair (message, self->pairs[i], &error))
        continue;
      tool_complain_usage ("--attribute: %s", error->message);
      return FALSE;
    }
  if (self->expires_ms < 0)
    tool_complain_usage ("--expires takes no negative number");
  else if (!find_priority (self->priority, &priority))
    tool_complain_usage ("--priority is normal or high");
  else
    return TRUE;
  return FALSE;
}

void
tool_attributes_set (const ToolAttributes *self, HeinMessage *message)
{
  HeinPriority priority;

  for (guint i = 0; self->pairs != NULL && self->pairs[i] != NULL; i++)
    set_pair (message, self->pairs[i], NULL);
  if (self->expires_ms > 0)
    hein_message_set_expiry_ms (message, self->expires_ms);
  /* else a message of a file keeps its own */
  if (self->priority != NULL && find_priority (self->priority, &priority))
    hein_message_set_priority (message, priority);
}

void
tool_attributes_clear (ToolAttributes *self)
{
  g_strfreev (self->pairs);
  g_free (self->priority);
}

void
tool_attributes_complain (HeinPeer *peer)
{
  const guint64 n = hein_peer_get_attributes_dropped (peer);

  if (n > 0)
    tool_complain ("%s got %" G_GUINT64_FORMAT
                   " message%s without attributes: its protocol carries none",
                   hein_peer_get_name (peer), n, n == 1 ? "" : "s");
}

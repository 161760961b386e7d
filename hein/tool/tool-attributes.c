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

gboolean
tool_attributes_check (char **pairs, int expires_ms)
{
  g_autoptr (HeinMessage) message = hein_message_new (NULL, NULL);

  for (guint i = 0; pairs != NULL && pairs[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;

      if (set_pair (message, pairs[i], &error))
        continue;
      tool_complain_usage ("--attribute: %s", error->message);
      return FALSE;
    }
  if (expires_ms >= 0)
    return TRUE;
  tool_complain_usage ("--expires takes no negative number");
  return FALSE;
}

void
tool_attributes_set (HeinMessage *message, char **pairs, int expires_ms)
{
  for (guint i = 0; pairs != NULL && pairs[i] != NULL; i++)
    set_pair (message, pairs[i], NULL);
  if (expires_ms > 0)
    hein_message_set_expiry_ms (message, expires_ms);
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

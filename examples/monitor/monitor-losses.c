/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-losses.h"

/* Counts what was lost, by the reasons that the library knows. */

guint64
monitor_losses_count (HeinBus *bus)
{
  g_autoptr (GEnumClass) reasons = g_type_class_ref (HEIN_TYPE_DROP_REASON);
  guint64 n = 0;

  for (guint i = 0; i < reasons->n_values; i++)
    n += hein_bus_get_n_dropped (bus, reasons->values[i].value);
  return n;
}

char *
monitor_losses_dup_of_peer (HeinPeer *peer)
{
  g_autoptr (GEnumClass) reasons = NULL;
  GString *text;

  if (hein_peer_get_messages_dropped (peer) == 0)
    return NULL;
  reasons = g_type_class_ref (HEIN_TYPE_DROP_REASON);
  text = g_string_new (NULL);
  for (guint i = 0; i < reasons->n_values; i++)
    {
      const GEnumValue *reason = &reasons->values[i];
      const guint64 n = hein_peer_get_n_dropped (peer, reason->value);

      if (n > 0)
        g_string_append_printf (text, "%s%" G_GUINT64_FORMAT " %s",
                                text->len > 0 ? ", " : "", n,
                                reason->value_nick);
    }
  return g_string_free (text, FALSE);
}

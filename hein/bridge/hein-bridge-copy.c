/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-bridge-copy.h"

#include <hein/hein-bridge.h>
#include <hein/hein-error.h>

/* The message that goes on, and the attribute by which loops end. */

/* Where bridges of different names make a loop, it ends after so many. */
#define BRIDGES_MAX 8

static gboolean
check_way (const char *via, const char *id, GError **error)
{
  g_auto (GStrv) names = g_strsplit (via, ",", BRIDGES_MAX + 1);

  if (g_strv_contains ((const char *const *) names, id))
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                 "it has come through the bridge %s before", id);
  else if (g_strv_length (names) >= BRIDGES_MAX)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                 "it has come through %d bridges: they make a loop",
                 BRIDGES_MAX);
  else
    return TRUE;
  return FALSE;
}

static HeinMessage *
copy_parts (HeinMessage *message)
{
  const guint n = hein_message_get_n_parts (message);
  g_autofree GBytes **parts = g_new (GBytes *, n);

  for (guint i = 0; i < n; i++)
    parts[i] = hein_message_get_part (message, i);
  return hein_message_new_full (hein_message_get_topic (message),
                                hein_message_get_content_type (message), parts,
                                n, NULL);
}

HeinMessage *
hein_bridge_copy (HeinMessage *message, const char *id, GError **error)
{
  const char *via = hein_message_get_attribute (message, HEIN_ATTRIBUTE_VIA);
  g_autofree char *longer = NULL;
  g_autoptr (HeinMessage) copy = NULL;

  if (via != NULL && !check_way (via, id, error))
    return NULL;
  copy = copy_parts (message);
  hein_message_copy_attributes (copy, message);
  if (via != NULL)
    longer = g_strconcat (via, ",", id, NULL);
  if (!hein_message_set_attribute (copy, HEIN_ATTRIBUTE_VIA,
                                   longer != NULL ? longer : id, error))
    return NULL;
  return g_steal_pointer (&copy);
}

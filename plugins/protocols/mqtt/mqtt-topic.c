/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-topic.h"

#include <string.h>

gboolean
mqtt_topic_has_wildcard (const char *topic, gsize size)
{
  return memchr (topic, '+', size) != NULL || memchr (topic, '#', size) != NULL;
}

gboolean
mqtt_topic_check (const char *topic, gsize size, GError **error)
{
  if (size == 0)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                         "MQTT has no empty topic: give the message one");
  else if (mqtt_topic_has_wildcard (topic, size))
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "the topic \"%s\" cannot be published by MQTT, where + and # "
                 "stand for others",
                 topic);
  else
    return TRUE;
  return FALSE;
}

gboolean
mqtt_topic_check_received (const guint8 *topic, gsize size, GError **error)
{
  const char *why = NULL;

  if (size == 0)
    why = "the topic of a message is empty";
  else if (!mqtt_is_text (topic, size))
    why = "the topic of a message is not UTF-8 without NUL";
  else if (mqtt_topic_has_wildcard ((const char *) topic, size))
    why = "the topic of a message has a wildcard";
  if (why == NULL)
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, why);
  return FALSE;
}

/* A level that is "*", or has one in it, means something else there. */
gboolean
mqtt_topic_write_pattern (const char *filter, char pattern[HEIN_TOPIC_MAX + 1])
{
  const gsize size = strlen (filter);
  const gboolean has_rest = size > 0 && filter[size - 1] == '#';

  if (size + has_rest > HEIN_TOPIC_MAX || strchr (filter, '*') != NULL)
    return FALSE;
  for (gsize i = 0; i < size; i++)
    pattern[i] = filter[i] == '+' || filter[i] == '#' ? '*' : filter[i];
  if (has_rest)
    pattern[size] = '*';
  pattern[size + has_rest] = '\0';
  return TRUE;
}

gboolean
mqtt_topic_is_filter (const char *filter)
{
  for (const char *p = filter; *p != '\0'; p++)
    {
      const gboolean begins = p == filter || p[-1] == '/';

      if (*p == '+' && (!begins || (p[1] != '/' && p[1] != '\0')))
        return FALSE;
      if (*p == '#' && (!begins || p[1] != '\0'))
        return FALSE;
    }
  return TRUE;
}

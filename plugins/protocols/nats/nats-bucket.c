/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-bucket.h"

#include <string.h>

#include "broker/hein-broker.h"

#define ALPHANUMERIC                                                           \
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

gboolean
nats_bucket_check (const char *bucket, GError **error)
{
  const gsize size = bucket != NULL ? strlen (bucket) : 0;

  if (bucket == NULL || (size > 0 && size <= NATS_BUCKET_MAX &&
                         strspn (bucket, ALPHANUMERIC "-_") == size))
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                       "bucket is 1 to 64 letters, digits, \"-\" and \"_\"");
  return FALSE;
}

gboolean
nats_bucket_check_topic (const char *topic, gsize size, GError **error)
{
  for (gsize i = 0; i < size; i++)
    if (topic[i] == '\0' || strchr (ALPHANUMERIC "-_=/", topic[i]) == NULL)
      {
        g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                     "the topic \"%.*s\" is no key of a bucket, whose levels "
                     "have letters, digits, \"-\", \"_\" and \"=\"",
                     (int) size, topic);
        return FALSE;
      }
  return TRUE;
}

char *
nats_bucket_write_prefix (const char *bucket, char to[NATS_BUCKET_PREFIX_MAX])
{
  const gsize size = strlen (bucket);

  memcpy (to, "$KV.", 4);
  memcpy (to + 4, bucket, size);
  to[4 + size] = '.';
  return to + 4 + size + 1;
}

gboolean
nats_bucket_take_prefix (const char *bucket, NatsSpan *subject)
{
  char prefix[NATS_BUCKET_PREFIX_MAX];
  const gsize size = nats_bucket_write_prefix (bucket, prefix) - prefix;

  if (subject->size < size || memcmp (subject->data, prefix, size) != 0)
    return FALSE;
  subject->data += size;
  subject->size -= size;
  return TRUE;
}

gboolean
nats_bucket_append_get (GString *line,
                        const char *bucket,
                        const char *topic,
                        gsize size,
                        GError **error)
{
  const char *key = hein_broker_get_wanted (topic, &size);

  if (key == NULL || !nats_bucket_check_topic (key, size, error))
    return FALSE;
  g_string_append_printf (line, "$JS.API.DIRECT.GET.KV_%s.$KV.%s.", bucket,
                          bucket);
  for (gsize i = 0; i < size; i++)
    g_string_append_c (line, key[i] == '/' ? '.' : key[i]);
  return TRUE;
}

void
nats_bucket_append_deletion (GString *headers)
{
  /* behind them is an empty line */
  if (headers->len > 0)
    g_string_truncate (headers, headers->len - 2);
  else
    g_string_append (headers, "NATS/1.0\r\n");
  g_string_append (headers, NATS_BUCKET_OPERATION ": DEL\r\n\r\n");
}

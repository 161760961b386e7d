/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-ack.h"

#include <string.h>

#define PREFIX "$JS.ACK."

/* It is written back into a line. */
static gboolean
is_word (const NatsSpan *reply)
{
  for (gsize i = 0; i < reply->size; i++)
    if ((guint8) reply->data[i] <= ' ' || reply->data[i] == 0x7f)
      return FALSE;
  return TRUE;
}

gboolean
nats_ack_read (NatsAck *self, const NatsSpan *reply)
{
  guint64 *const numbers[] = { &self->n_times, &self->sequence, &self->number };
  g_autofree char *text = NULL;
  g_auto (GStrv) words = NULL;
  guint first;
  guint n;

  if (reply->size <= strlen (PREFIX) || reply->size > NATS_ACK_MAX ||
      memcmp (reply->data, PREFIX, strlen (PREFIX)) != 0 || !is_word (reply))
    return FALSE;
  text = g_strndup (reply->data, reply->size);
  words = g_strsplit (text, ".", 16);
  n = g_strv_length (words);
  if (n != 9 && n < 11)
    return FALSE;
  first = n == 9 ? 4 : 6;
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      const NatsSpan digits = { words[first + i], strlen (words[first + i]) };

      if (!nats_span_read_number (&digits, numbers[i]))
        return FALSE;
    }
  return TRUE;
}

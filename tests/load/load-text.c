/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "load-peer.h"

#include <stdio.h>
#include <string.h>

/* What the messages of the soak say: who has sent them, their number, when, and
 * letters of which the last one and their count are known. */

#define LARGE 10000

/* The last ones before the next thousand. */
gboolean
load_text_is_large (guint64 number)
{
  return number % 1000 >= 1000 - LOAD_BURST;
}

static char
get_letter (guint64 number)
{
  return 'a' + number % 26;
}

static gsize
get_size (guint64 number)
{
  return load_text_is_large (number) ? LARGE : 100 + number * 7919 % 200;
}

HeinMessage *
load_text_new (LoadPeer *self, const char *topic, guint64 number)
{
  g_autofree char *text = g_malloc (LARGE + 1);
  const gsize size = get_size (number);
  const int head =
    g_snprintf (text, LARGE, "%s %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " ",
                self->name, number, g_get_monotonic_time ());

  memset (text + head, get_letter (number), size - head);
  return hein_message_new_data (topic, (const guint8 *) text, size);
}

gboolean
load_text_read (HeinMessage *message, LoadText *text)
{
  char head[100];
  gsize size;
  const guint8 *data = hein_message_peek_data (message, &size);

  if (size < sizeof head)
    return FALSE;
  /* the data has no end that g_strlcpy would find */
  memcpy (head, data, sizeof head - 1);
  head[sizeof head - 1] = '\0';
  return sscanf (head, "%39s %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " ",
                 text->life, &text->number, &text->time_us) == 3 &&
         size == get_size (text->number) &&
         data[size - 1] == (guint8) get_letter (text->number);
}

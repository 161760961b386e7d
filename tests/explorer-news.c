/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explorer-news.h"

#include <stdio.h>
#include <string.h>

/* Writing and reading news: see explorer-news.h. The filling is made once, as
 * an explorer would spend most of its time on it. */

#define BEGINNING "news "
#define HEAD_MAX  128

/* Room for a head, and behind it the longest filling. */
static char *
get_page (void)
{
  static char page[HEAD_MAX + NEWS_MAX];

  if (page[HEAD_MAX] == '\0')
    memset (page + HEAD_MAX, 'x', NEWS_MAX);
  return page;
}

HeinMessage *
news_make_message (const News *self, const char *topic)
{
  char *filling = get_page () + HEAD_MAX;
  char head[HEAD_MAX];
  const int n =
    g_snprintf (head, sizeof head, BEGINNING "%s %s %u %" G_GSIZE_FORMAT "|",
                self->sender, self->receiver, self->number, self->size);

  g_assert_cmpint (n, <, HEAD_MAX);
  g_assert_cmpuint (self->size, <=, NEWS_MAX);
  memcpy (filling - n, head, n);
  return hein_message_new_data (topic, (guint8 *) filling - n, n + self->size);
}

gboolean
news_is (const char *data, gsize size)
{
  return size >= strlen (BEGINNING) &&
         memcmp (data, BEGINNING, strlen (BEGINNING)) == 0;
}

static gboolean
read_head (News *self, const char *head)
{
  return sscanf (head, BEGINNING "%15s %47s %u %" G_GSIZE_FORMAT, self->sender,
                 self->receiver, &self->number, &self->size) == 4;
}

gboolean
news_read (News *self, const char *data, gsize size)
{
  const char *bar = memchr (data, '|', MIN (size, HEAD_MAX));
  char head[HEAD_MAX];

  if (bar == NULL)
    return FALSE;
  memcpy (head, data, bar - data);
  head[bar - data] = '\0';
  return read_head (self, head) && self->size <= NEWS_MAX &&
         (gsize) (bar + 1 - data) + self->size == size &&
         memcmp (bar + 1, get_page () + HEAD_MAX, self->size) == 0;
}

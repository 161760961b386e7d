/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* Messages that say of themselves who has sent them and to whom, followed by
 * a filling of which every byte is known. */

G_BEGIN_DECLS

#define NEWS_MAX 40000 /* bytes of filling */

typedef struct
{
  char sender[16];
  char receiver[48];
  guint number; /* among those of the sender */
  gsize size;   /* of the filling */
} News;

HeinMessage *news_make_message (const News *self, const char *topic);
/* Whether @data is news; what it is exactly is for news_read() to say. */
gboolean news_is (const char *data, gsize size);
/* FALSE: any byte of it is not as it was sent. */
gboolean news_read (News *self, const char *data, gsize size);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The head of an HTTP request or response, as WebSocket begins with. */

G_BEGIN_DECLS

/* How large a head may be, and how many fields it may have. */
#define HEIN_WS_HTTP_MAX   8192
#define HEIN_WS_FIELDS_MAX 100

typedef struct
{
  char *text;     /* owned: all of it, in which the others point */
  char *words[3]; /* of the first line; the last has the rest of it */
  guint n_fields;
  char *names[HEIN_WS_FIELDS_MAX];
  char *values[HEIN_WS_FIELDS_MAX]; /* without white space around them */
} HeinWsHead;

/* Returns the size of the head with the empty line that ends it, 0 when that
 * has not come. @n_searched: how much of @data was searched before. */
gsize hein_ws_head_find_end (const guint8 *data, gsize size, gsize n_searched);
/* Reads a whole head. Returns NULL, or what is wrong with it. */
const char *
hein_ws_head_read (HeinWsHead *self, const guint8 *data, gsize size);
void hein_ws_head_clear (HeinWsHead *self);
/* Returns how many fields have that name, and sets @value to the last one's. */
guint hein_ws_head_count (const HeinWsHead *self,
                          const char *name,
                          const char **value);
/* Returns whether a list, in one field or in several, has that word. */
gboolean hein_ws_head_has_word (const HeinWsHead *self,
                                const char *name,
                                const char *word);
/* Returns whether the list, separated by commas, has that word. */
gboolean
hein_ws_list_has (const char *list, const char *word, gboolean has_case);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HeinWsHead, hein_ws_head_clear)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-mcap-channel.h"

#include "hein-mcap-bytes.h"

/* What messages have in common. The content type and the sender are metadata
 * of the channel. */

#define CONTENT_TYPE "content-type"
#define SENDER       "sender"

void
hein_mcap_channel_clear (HeinMcapChannel *self)
{
  g_clear_pointer (&self->topic, g_free);
  g_clear_pointer (&self->encoding, g_free);
  g_clear_pointer (&self->content_type, g_free);
  g_clear_pointer (&self->sender, g_free);
}

static void
append_pair (GByteArray *bytes, const char *name, const char *value)
{
  if (value == NULL)
    return;
  hein_mcap_put_text (bytes, name);
  hein_mcap_put_text (bytes, value);
}

void
hein_mcap_channel_append (const HeinMcapChannel *self,
                          guint16 id,
                          GByteArray *bytes)
{
  const gsize start = hein_mcap_begin_record (bytes, HEIN_MCAP_CHANNEL);
  gsize map;
  guint32 size;

  hein_mcap_put_u16 (bytes, id);
  hein_mcap_put_u16 (bytes, 0); /* no schema */
  hein_mcap_put_text (bytes, self->topic);
  hein_mcap_put_text (bytes, self->encoding);
  hein_mcap_put_u32 (bytes, 0);
  map = bytes->len;
  append_pair (bytes, CONTENT_TYPE, self->content_type);
  append_pair (bytes, SENDER, self->sender);
  size = GUINT32_TO_LE (bytes->len - map);
  memcpy (bytes->data + map - sizeof size, &size, sizeof size);
  hein_mcap_end_record (bytes, start);
}

static void
parse_pairs (HeinMcapChannel *self, HeinMcapCursor *map)
{
  while (map->size > 0 && !map->is_short)
    {
      g_autofree char *name = hein_mcap_dup_text (map);
      g_autofree char *value = hein_mcap_dup_text (map);

      if (name == NULL || value == NULL)
        continue;
      if (g_str_equal (name, CONTENT_TYPE) && self->content_type == NULL)
        self->content_type = g_steal_pointer (&value);
      else if (g_str_equal (name, SENDER) && self->sender == NULL)
        self->sender = g_steal_pointer (&value);
    }
}

gboolean
hein_mcap_channel_parse (HeinMcapChannel *self,
                         const guint8 *content,
                         gsize size,
                         guint16 *id)
{
  HeinMcapCursor cursor = { content, size, FALSE };
  HeinMcapCursor map = { 0 };

  memset (self, 0, sizeof *self);
  *id = hein_mcap_get_number (&cursor, 2);
  hein_mcap_get_number (&cursor, 2); /* the schema */
  self->topic = hein_mcap_dup_text (&cursor);
  self->encoding = hein_mcap_dup_text (&cursor);
  map.data = hein_mcap_get_data (&cursor, &map.size);
  if (self->topic == NULL || self->encoding == NULL || cursor.is_short)
    {
      hein_mcap_channel_clear (self);
      return FALSE;
    }
  parse_pairs (self, &map);
  return TRUE;
}

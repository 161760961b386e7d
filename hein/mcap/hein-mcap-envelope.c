/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-mcap-envelope.h"

#include "hein-mcap-bytes.h"

/* Messages of hein as the content of a recorded message. */

#define VERSION 1
/* More than any protocol carries. */
#define PARTS_MAX 65536

static const char *
get_sender (HeinMessage *message)
{
  HeinPeer *sender = hein_message_get_sender (message);

  return sender != NULL ? hein_peer_get_name (sender) : "";
}

static const char *
get_type (HeinMessage *message)
{
  const char *type = hein_message_get_content_type (message);

  return type != NULL ? type : "";
}

/* Names and values by turns. */
static const char *const *
get_attributes (HeinMessage *message)
{
  static const char *const none[] = { NULL };
  const char *const *attributes = hein_message_get_attributes (message);

  return attributes != NULL ? attributes : none;
}

gboolean
hein_mcap_envelope_is_needed (HeinMessage *message)
{
  return hein_message_get_n_parts (message) > 1 ||
         get_attributes (message)[0] != NULL;
}

gsize
hein_mcap_envelope_get_size (HeinMessage *message)
{
  const guint n = hein_message_get_n_parts (message);
  const char *const *attributes = get_attributes (message);
  gsize size = 1 + 5 * 4 + strlen (hein_message_get_topic (message)) +
               strlen (get_type (message)) + strlen (get_sender (message));

  for (guint i = 0; attributes[i] != NULL; i++)
    size += 4 + strlen (attributes[i]);
  for (guint i = 0; i < n; i++)
    size += 4 + g_bytes_get_size (hein_message_get_part (message, i));
  return size;
}

static guint8 *
fill_number (guint8 *bytes, guint32 value)
{
  const guint32 le = GUINT32_TO_LE (value);

  memcpy (bytes, &le, sizeof le);
  return bytes + sizeof le;
}

static guint8 *
fill_data (guint8 *bytes, gconstpointer data, gsize size)
{
  bytes = fill_number (bytes, size);
  if (size > 0)
    memcpy (bytes, data, size);
  return bytes + size;
}

static guint8 *
fill_text (guint8 *bytes, const char *text)
{
  return fill_data (bytes, text, strlen (text));
}

void
hein_mcap_envelope_fill (HeinMessage *message, guint8 *bytes)
{
  const guint n = hein_message_get_n_parts (message);
  const char *const *attributes = get_attributes (message);
  guint8 *n_attributes;
  guint i;

  *bytes++ = VERSION;
  bytes = fill_text (bytes, hein_message_get_topic (message));
  bytes = fill_text (bytes, get_type (message));
  bytes = fill_text (bytes, get_sender (message));
  n_attributes = bytes;
  bytes += 4;
  for (i = 0; attributes[i] != NULL; i++)
    bytes = fill_text (bytes, attributes[i]);
  fill_number (n_attributes, i / 2);
  bytes = fill_number (bytes, n);
  for (i = 0; i < n; i++)
    {
      gsize size;
      const guint8 *data =
        g_bytes_get_data (hein_message_get_part (message, i), &size);

      bytes = fill_data (bytes, data, size);
    }
}

static gboolean
is_text_of (const char *text, gsize min, gsize max)
{
  const gsize size = strlen (text);

  return size >= min && size <= max;
}

static gboolean
can_send (const char *topic, const char *type)
{
  return is_text_of (topic, 0, HEIN_TOPIC_MAX) &&
         (type == NULL || is_text_of (type, 1, 255));
}

/* Takes all parts; FALSE: they do not fill the envelope exactly. */
static gboolean
take_parts (HeinMcapCursor *cursor, GPtrArray *parts)
{
  const guint64 n = hein_mcap_get_number (cursor, 4);

  if (n == 0 || n > PARTS_MAX)
    return FALSE;
  for (guint64 i = 0; i < n && !cursor->is_short; i++)
    {
      gsize size;
      const guint8 *data = hein_mcap_get_data (cursor, &size);

      if (data != NULL)
        g_ptr_array_add (parts, g_bytes_new (data, size));
    }
  return !cursor->is_short && cursor->size == 0;
}

/* Takes names and values by turns; NULL: there are more than a message can
 * have. */
static GStrv
take_attributes (HeinMcapCursor *cursor)
{
  const guint64 n = hein_mcap_get_number (cursor, 4);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (n > HEIN_ATTRIBUTES_MAX)
    return NULL;
  for (guint64 i = 0; i < 2 * n; i++)
    {
      g_autofree char *text = hein_mcap_dup_text (cursor);

      if (text == NULL)
        return NULL;
      g_strv_builder_add (builder, text);
    }
  return g_strv_builder_end (builder);
}

static gboolean
set_attributes (HeinMessage *message, GStrv attributes)
{
  for (guint i = 0; attributes[i] != NULL; i += 2)
    if (!hein_message_set_attribute (message, attributes[i], attributes[i + 1],
                                     NULL))
      return FALSE;
  return TRUE;
}

static HeinMessage *
open_envelope (const guint8 *data, gsize size, char **sender_out)
{
  HeinMcapCursor cursor = { data, size, FALSE };
  const guint8 version = hein_mcap_get_number (&cursor, 1);
  g_autofree char *topic = hein_mcap_dup_text (&cursor);
  g_autofree char *type = hein_mcap_dup_text (&cursor);
  g_autofree char *sender = hein_mcap_dup_text (&cursor);
  g_auto (GStrv) attributes = take_attributes (&cursor);
  g_autoptr (GPtrArray) parts =
    g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (HeinMessage) message = NULL;

  if (version != VERSION || topic == NULL || type == NULL || sender == NULL ||
      attributes == NULL || !take_parts (&cursor, parts))
    return NULL;
  if (!can_send (topic, type[0] != '\0' ? type : NULL))
    return NULL;
  message = hein_message_new_full (topic, type[0] != '\0' ? type : NULL,
                                   (GBytes **) parts->pdata, parts->len, NULL);
  if (!set_attributes (message, attributes))
    return NULL;
  if (sender_out != NULL)
    *sender_out = g_steal_pointer (&sender);
  return g_steal_pointer (&message);
}

/* What other recorders say about the payload, as hein does. */
static const char *
get_content_type (const HeinMcapChannel *channel)
{
  if (channel->content_type != NULL && channel->content_type[0] != '\0')
    return channel->content_type;
  return g_str_equal (channel->encoding, "json") ? "application/json" : NULL;
}

HeinMessage *
hein_mcap_envelope_open (const HeinMcapChannel *channel,
                         const guint8 *data,
                         gsize size,
                         char **sender)
{
  const HeinMessageAttributes attributes = {
    .content_type = get_content_type (channel),
  };

  if (sender != NULL)
    *sender = NULL;
  if (g_str_equal (channel->encoding, HEIN_MCAP_ENCODING_MESSAGE))
    return open_envelope (data, size, sender);
  if (!can_send (channel->topic, attributes.content_type))
    return NULL;
  return hein_message_new_attributed_data (channel->topic, &attributes, data,
                                           size, NULL);
}

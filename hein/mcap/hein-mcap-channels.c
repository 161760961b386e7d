/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-mcap-channels.h"

#include <string.h>

#include "hein-mcap-envelope.h"

/* The channels of a recording. When there is no number left, messages of new
 * topics go into one channel, each in an envelope. */

/* The topic of the channel for those that have none of their own. */
#define SHARED_TOPIC "hein/more-topics"

typedef struct
{
  guint32 n_messages;
  guint32 chunk; /* the last one that has its record */
} Use;

struct _HeinMcapChannels
{
  GArray *channels;  /* HeinMcapChannel */
  GArray *uses;      /* Use of each */
  GHashTable *known; /* owned HeinMcapChannel -> number + 1 */
  guint32 chunk;
};

static const char *
or_empty (const char *text)
{
  return text != NULL ? text : "";
}

static guint
hash_channel (gconstpointer data)
{
  const HeinMcapChannel *self = data;

  return hein_hash_text (self->topic) * 31 +
         hein_hash_text (or_empty (self->sender)) +
         hein_hash_text (or_empty (self->content_type)) * 7;
}

static gboolean
equal_channels (gconstpointer a, gconstpointer b)
{
  const HeinMcapChannel *one = a;
  const HeinMcapChannel *two = b;

  return g_str_equal (one->topic, two->topic) &&
         g_str_equal (one->encoding, two->encoding) &&
         g_strcmp0 (one->sender, two->sender) == 0 &&
         g_strcmp0 (one->content_type, two->content_type) == 0;
}

static HeinMcapChannel
copy_channel (const HeinMcapChannel *self)
{
  return (HeinMcapChannel){
    .topic = g_strdup (self->topic),
    .encoding = g_strdup (self->encoding),
    .content_type = g_strdup (self->content_type),
    .sender = g_strdup (self->sender),
  };
}

static void
free_key (gpointer data)
{
  hein_mcap_channel_clear (data);
  g_free (data);
}

HeinMcapChannels *
hein_mcap_channels_new (void)
{
  HeinMcapChannels *self = g_new0 (HeinMcapChannels, 1);

  self->channels = g_array_new (FALSE, FALSE, sizeof (HeinMcapChannel));
  g_array_set_clear_func (self->channels,
                          (GDestroyNotify) hein_mcap_channel_clear);
  self->uses = g_array_new (FALSE, TRUE, sizeof (Use));
  self->known =
    g_hash_table_new_full (hash_channel, equal_channels, free_key, NULL);
  return self;
}

void
hein_mcap_channels_free (HeinMcapChannels *self)
{
  g_hash_table_unref (self->known);
  g_array_unref (self->channels);
  g_array_unref (self->uses);
  g_free (self);
}

void
hein_mcap_channels_begin_chunk (HeinMcapChannels *self)
{
  self->chunk++;
}

/* "json" is what other programs know; of other types they see the name. */
static const char *
choose_encoding (HeinMessage *message, const char *content_type)
{
  if (hein_mcap_envelope_is_needed (message))
    return HEIN_MCAP_ENCODING_MESSAGE;
  return g_strcmp0 (content_type, "application/json") == 0 ? "json" : "";
}

/* What is said about @message; all of it is borrowed. */
static HeinMcapChannel
describe (HeinMessage *message)
{
  HeinPeer *sender = hein_message_get_sender (message);
  const char *type = hein_message_get_content_type (message);

  return (HeinMcapChannel){
    .topic = (char *) hein_message_get_topic (message),
    .encoding = (char *) choose_encoding (message, type),
    .content_type = (char *) type,
    .sender = sender != NULL ? (char *) hein_peer_get_name (sender) : NULL,
  };
}

static guint
add (HeinMcapChannels *self, const HeinMcapChannel *channel)
{
  const HeinMcapChannel own = copy_channel (channel);
  HeinMcapChannel key = copy_channel (channel);
  const Use use = { 0 };

  g_array_append_val (self->channels, own);
  g_array_append_val (self->uses, use);
  g_hash_table_insert (self->known, g_memdup2 (&key, sizeof key),
                       GUINT_TO_POINTER (self->channels->len));
  return self->channels->len - 1;
}

static guint
find (HeinMcapChannels *self, const HeinMcapChannel *channel)
{
  const guint known =
    GPOINTER_TO_UINT (g_hash_table_lookup (self->known, channel));
  const HeinMcapChannel shared = {
    .topic = (char *) SHARED_TOPIC,
    .encoding = (char *) HEIN_MCAP_ENCODING_MESSAGE,
  };

  if (known > 0)
    return known - 1;
  if (self->channels->len < HEIN_MCAP_CHANNELS_MAX - 1)
    return add (self, channel);
  return channel->topic == shared.topic ? add (self, channel)
                                        : find (self, &shared);
}

HeinMcapPlace
hein_mcap_channels_choose (HeinMcapChannels *self,
                           HeinMessage *message,
                           HeinMcapChunk *chunk)
{
  const HeinMcapChannel wanted = describe (message);
  const guint id = find (self, &wanted);
  const HeinMcapChannel *channel =
    &g_array_index (self->channels, HeinMcapChannel, id);
  Use *use = &g_array_index (self->uses, Use, id);

  if (use->chunk != self->chunk)
    {
      hein_mcap_chunk_add_channel (chunk, channel, id);
      use->chunk = self->chunk;
    }
  return (HeinMcapPlace){
    .id = id,
    .sequence = use->n_messages++,
    .is_envelope = g_str_equal (channel->encoding, HEIN_MCAP_ENCODING_MESSAGE),
  };
}

const HeinMcapChannel *
hein_mcap_channels_list (HeinMcapChannels *self, guint *n_channels)
{
  *n_channels = self->channels->len;
  return (const HeinMcapChannel *) self->channels->data;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "hein-mcap-chunk.h"

/* The channels of a recording, one for each topic, sender and content type. */

G_BEGIN_DECLS

typedef struct _HeinMcapChannels HeinMcapChannels;

/* Where a message goes. */
typedef struct
{
  guint16 id;
  guint32 sequence;
  gboolean is_envelope; /* its payload alone would not say it all */
} HeinMcapPlace;

HeinMcapChannels *hein_mcap_channels_new (void);
void hein_mcap_channels_free (HeinMcapChannels *self);
/* Each chunk has the records of the channels in it, so that it can be read
 * without those before it. */
void hein_mcap_channels_begin_chunk (HeinMcapChannels *self);
/* Finds the channel of a message, and adds it to @chunk unless it is there. */
HeinMcapPlace hein_mcap_channels_choose (HeinMcapChannels *self,
                                         HeinMessage *message,
                                         HeinMcapChunk *chunk);
/* All of them, by number. */
const HeinMcapChannel *hein_mcap_channels_list (HeinMcapChannels *self,
                                                guint *n_channels);

G_END_DECLS

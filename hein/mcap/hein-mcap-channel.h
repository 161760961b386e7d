/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-mcap.h"

/* What messages have in common: a topic, and where they came from. */

G_BEGIN_DECLS

typedef struct
{
  char *topic;
  char *encoding;     /* what the payload is: "json"; empty: unknown */
  char *content_type; /* nullable */
  char *sender;       /* nullable */
} HeinMcapChannel;

void hein_mcap_channel_clear (HeinMcapChannel *self);
/* Appends the record of the channel with the number @id. */
void hein_mcap_channel_append (const HeinMcapChannel *self,
                               guint16 id,
                               GByteArray *bytes);
/* Reads the content of a record; FALSE: it is none, and @self is empty. */
gboolean hein_mcap_channel_parse (HeinMcapChannel *self,
                                  const guint8 *content,
                                  gsize size,
                                  guint16 *id);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "hein-mcap-channel.h"

/*
 * Messages of hein as the content of a recorded message: the payload as it is;
 * or, of the encoding HEIN_MCAP_ENCODING_MESSAGE, an envelope, where one
 * payload cannot say it all: a byte, the version, which is 1; topic, content
 * type and sender, each with its size in 32 bits; the number of attributes in
 * 32 bits, and of each the name and the value with their sizes; the number of
 * parts in 32 bits, and each part with its size in 32 bits. When a message
 * expires is not recorded: that is long over when it is sent again.
 */

G_BEGIN_DECLS

/* Whether the payload alone would not say it all. */
gboolean hein_mcap_envelope_is_needed (HeinMessage *message);
/* How large the envelope is, and fills one in of exactly that size. */
gsize hein_mcap_envelope_get_size (HeinMessage *message);
void hein_mcap_envelope_fill (HeinMessage *message, guint8 *bytes);
/* Makes the message that was recorded; NULL: it cannot be read, or is one that
 * hein could not send. @sender: nullable, return location for who sent it, NULL
 * where only the channel says so (transfer full). */
HeinMessage *hein_mcap_envelope_open (const HeinMcapChannel *channel,
                                      const guint8 *data,
                                      gsize size,
                                      char **sender);

G_END_DECLS

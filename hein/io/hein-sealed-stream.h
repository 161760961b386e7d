/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-stream.h"

G_BEGIN_DECLS

/*
 * A stream that encrypts what is written to it, by a function of its maker.
 * Data that is read is passed through as it is, for the maker to decrypt. Data
 * is sealed in the order in which it is sent, so that boxes can be numbered,
 * and that of one write together, so that one box can hold many messages.
 */

/* Appends the encrypted form of @data to @sealed. */
typedef void (*HeinSeal) (gpointer user_data,
                          const guint8 *data,
                          gsize size,
                          GByteArray *sealed);

/* Takes ownership of @stream. The first @n_plain bytes are not encrypted. */
HeinStream *hein_sealed_stream_new (HeinStream *stream,
                                    gsize n_plain,
                                    HeinSeal seal,
                                    gpointer user_data);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * A message of the format `hein`, before it is cut into fragments. Big-endian:
 *
 *    0  1  size of the topic
 *    1  1  size of the content type
 *    2  2  number of parts, at least 1
 *    4  4  size of each part but the last one
 *    …     topic, content type, parts
 */

#define MC_MESSAGE_PARTS_MAX 1024
#define MC_MESSAGE_TEXT_MAX  255 /* bytes of the topic, and of the type */
/* So much is there beside the parts at most. */
#define MC_MESSAGE_HEAD_MAX                                                    \
  (4 + 4 * MC_MESSAGE_PARTS_MAX + 2 * MC_MESSAGE_TEXT_MAX)

/* NULL with @error: too many parts, or too long a type. (transfer full) */
GBytes *mc_message_encode (HeinMessage *message, GError **error);
/* NULL: it is none. Large parts refer to @bytes. (transfer full) */
HeinMessage *mc_message_decode (GBytes *bytes);

G_END_DECLS

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

/* What a message is made of, looked up once for measuring and writing. */
typedef struct
{
  const char *topic; /* borrowed of the message, as the type is */
  const char *type;  /* nullable */
  gsize topic_size;
  gsize type_size;
  guint n_parts;
  gsize payload_size; /* of all parts */
  gsize size;         /* of all that is written */
} McShape;

/* FALSE with @error: too many parts, or too long a type. */
gboolean
mc_message_measure (HeinMessage *message, McShape *shape, GError **error);
/* Writes as many bytes as were measured. */
void mc_message_put (HeinMessage *message, const McShape *shape, guint8 *to);
/* The same, into memory of its own. (transfer full) */
GBytes *mc_message_encode (HeinMessage *message, const McShape *shape);
/* A message as most are: one small part, and no content type. Its texts and
 * bytes lie in the bytes that were read. */
typedef struct
{
  const char *topic; /* not terminated */
  gsize topic_size;
  const guint8 *data;
  gsize size;
} McSimple;

/* FALSE: it is not simple, or none at all. */
gboolean mc_message_get_simple (const guint8 *data, gsize size, McSimple *self);
/* Of @size bytes of @bytes, from @from on. NULL: it is none. Its parts refer
 * to @bytes. (transfer full) */
HeinMessage *mc_message_decode (GBytes *bytes, gsize from, gsize size);

G_END_DECLS

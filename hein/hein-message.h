/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* HeinMessage: a topic and a payload of one or more parts. */

G_BEGIN_DECLS

#define HEIN_TYPE_MESSAGE (hein_message_get_type ())

/**
 * HEIN_TOPIC_MAX:
 *
 * The maximum size of a topic, in bytes of UTF-8; a topic may be empty.
 *
 * Since: 0.9
 */
#define HEIN_TOPIC_MAX 255

/**
 * HeinMessageView: (skip)
 * @topic: UTF-8, terminated by NUL
 * @topic_size: 0 to 255 bytes
 * @content_type: (nullable): the type of the payload
 * @data: the first part of the payload
 * @size: the size of @data in bytes
 * @n_parts: how many parts there are, at least 1
 *
 * What a protocol needs to know about a message; see [method@Message.peek].
 *
 * Since: 0.9
 */
typedef struct
{
  const char *topic;
  gsize topic_size;
  const char *content_type;
  const guint8 *data;
  gsize size;
  guint n_parts;
} HeinMessageView;

HEIN_API
GType hein_message_get_type (void) G_GNUC_CONST;

HEIN_API
HeinMessage *hein_message_new (const char *topic, GBytes *payload);
HEIN_API
HeinMessage *
hein_message_new_data (const char *topic, const guint8 *data, gsize size);
HEIN_API
HeinMessage *hein_message_new_text (const char *topic, const char *text);
HEIN_API
HeinMessage *hein_message_new_variant (const char *topic, GVariant *value);
HEIN_API
HeinMessage *
hein_message_new_parts (const char *topic, GBytes **parts, gsize n_parts);
HEIN_API
HeinMessage *hein_message_new_typed (const char *topic,
                                     const char *content_type,
                                     GBytes *payload);
HEIN_API
HeinMessage *hein_message_new_full (const char *topic,
                                    const char *content_type,
                                    GBytes **parts,
                                    gsize n_parts,
                                    GBytes *return_path);
HEIN_API
HeinMessage *hein_message_new_reply (HeinMessage *request, GBytes *payload);
HEIN_API
HeinMessage *hein_message_ref (HeinMessage *self);
HEIN_API
void hein_message_unref (HeinMessage *self);

HEIN_API
const char *hein_message_get_topic (HeinMessage *self);
HEIN_API
void hein_message_peek (HeinMessage *self, HeinMessageView *view);
HEIN_API
GBytes *hein_message_get_payload (HeinMessage *self);
HEIN_API
const guint8 *hein_message_peek_data (HeinMessage *self, gsize *size);
HEIN_API
char *hein_message_dup_text (HeinMessage *self, GError **error);
HEIN_API
GVariant *hein_message_dup_variant (HeinMessage *self,
                                    const GVariantType *type,
                                    GError **error);
HEIN_API
guint hein_message_get_n_parts (HeinMessage *self);
HEIN_API
GBytes *hein_message_get_part (HeinMessage *self, guint index);
HEIN_API
gsize hein_message_get_size (HeinMessage *self);
HEIN_API
const char *hein_message_get_content_type (HeinMessage *self);
HEIN_API
GBytes *hein_message_get_return_path (HeinMessage *self);
HEIN_API
HeinPeer *hein_message_get_sender (HeinMessage *self);
HEIN_API
gint64 hein_message_get_time_us (HeinMessage *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinMessage, hein_message_unref)

G_END_DECLS

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
 * HeinAsk: (skip)
 * @HEIN_ASK_NONE: a message that belongs to no request
 * @HEIN_ASK_REQUEST: it asks
 * @HEIN_ASK_ANSWER: the answer, or the last of several
 * @HEIN_ASK_PART: one of several answers, which more follow
 * @HEIN_ASK_ERROR: instead of an answer, of the application that was asked
 * @HEIN_ASK_REFUSAL: the same, of the bus that was asked
 * @HEIN_ASK_CANCEL: who asked does not want the answer any more
 * @HEIN_ASK_CREDIT: who asked takes more answers
 *
 * What a message has to do with a request; for protocols, which carry the
 * numbers, and need not know more.
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_ASK_NONE,
  HEIN_ASK_REQUEST,
  HEIN_ASK_ANSWER,
  HEIN_ASK_PART,
  HEIN_ASK_ERROR,
  HEIN_ASK_REFUSAL,
  HEIN_ASK_CANCEL,
  HEIN_ASK_CREDIT
} HeinAsk;

/**
 * HeinAsks: (skip)
 * @HEIN_ASKS_NONE: it cannot be asked
 * @HEIN_ASKS_ONCE: it gives one answer, and cannot be told that nobody wants that
 *   any more
 * @HEIN_ASKS_ALL: it knows all that [enum@Ask] has
 *
 * What may be asked of a peer; for protocols and transports.
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_ASKS_NONE,
  HEIN_ASKS_ONCE,
  HEIN_ASKS_ALL
} HeinAsks;

/**
 * HeinMessageAttributes: (skip)
 * @content_type: (nullable): what the payload is, 1 to 255 bytes of UTF-8
 * @ask: what it has to do with a request
 * @ask_number: of a request the milliseconds that are left, 0: it has no end; of an
 *   error or a refusal its code; of a credit how many more
 * @ask_credit: of a request how many answers may come, 0: one answers it
 * @ask_id: which request, a number of who asks; 0: of a request to a protocol
 *   that has none, which answers by the return path
 *
 * What a message says of itself; for protocols.
 *
 * Since: 0.9
 */
typedef struct
{
  const char *content_type;
  HeinAsk ask;
  guint32 ask_number;
  guint32 ask_credit;
  guint64 ask_id;
} HeinMessageAttributes;

/**
 * HeinMessageView: (skip)
 * @topic: UTF-8, terminated by NUL
 * @topic_size: 0 to 255 bytes
 * @attributes: (nullable): the attributes of the message; %NULL: it has none
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
  const HeinMessageAttributes *attributes;
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
HeinMessage *
hein_message_new_attributed (const char *topic,
                             const HeinMessageAttributes *attributes,
                             GBytes **parts,
                             gsize n_parts,
                             GBytes *return_path);
HEIN_API
HeinMessage *
hein_message_new_attributed_data (const char *topic,
                                  const HeinMessageAttributes *attributes,
                                  const guint8 *data,
                                  gsize size,
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

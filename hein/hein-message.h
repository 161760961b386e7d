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
 * HEIN_CREDIT_MAX:
 *
 * The greatest number of deliveries that a bus takes at a time from each peer.
 *
 * Since: 0.9
 */
#define HEIN_CREDIT_MAX 4096

/**
 * HeinAsk: (skip)
 * @HEIN_ASK_NONE: a message that belongs to no request or delivery
 * @HEIN_ASK_REQUEST: a request
 * @HEIN_ASK_ANSWER: the answer, or the last of several
 * @HEIN_ASK_PART: an answer that is followed by more
 * @HEIN_ASK_ERROR: an error of the application in place of an answer
 * @HEIN_ASK_REFUSAL: an error of the bus in place of an answer
 * @HEIN_ASK_CANCEL: the asking side does not want the answer any more
 * @HEIN_ASK_CREDIT: the asking side takes more answers
 * @HEIN_ASK_END: the end of the answers, which have all been given
 * @HEIN_ASK_DELIVERY: a message whose sender waits for a receipt
 * @HEIN_ASK_RECEIPT: consecutive deliveries were handled
 * @HEIN_ASK_FAILURE: a delivery was not handled, or nobody will know
 * @HEIN_ASK_RESUME: asks what became of deliveries before a cut
 * @HEIN_ASK_RESUMED: all of that has been said
 *
 * The part that a message plays in a request or a delivery; for protocols,
 * which transmit the number, and need not know more.
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
  HEIN_ASK_CREDIT,
  HEIN_ASK_END,
  HEIN_ASK_DELIVERY,
  HEIN_ASK_RECEIPT,
  HEIN_ASK_FAILURE,
  HEIN_ASK_RESUME,
  HEIN_ASK_RESUMED
} HeinAsk;

/**
 * HeinAsks: (skip)
 * @HEIN_ASKS_NONE: the peer does not understand requests
 * @HEIN_ASKS_ONCE: the peer gives one answer, and does not understand
 *   cancellation
 * @HEIN_ASKS_ALL: the peer understands everything in [enum@Ask] that is about
 *   requests
 *
 * Which requests a peer understands; for protocols and transports.
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
 * @content_type: (nullable): the type of the payload, 1 to 255 bytes of UTF-8
 * @ask: the part that the message plays in a request or a delivery
 * @ask_number: for a request or a delivery, the milliseconds that are left, 0:
 *   no limit; for an error, a refusal or a failure, its code; for a credit, how
 *   many more answers; for a receipt or a resumption, how many deliveries; for
 *   the end of a resumption, 0: it is not known what became of them
 * @ask_credit: for a request, how many answers may come, 0: a single one; for a
 *   failure, 0: it was not handled and will not be, 1: it may have been
 * @ask_id: the number of the request, chosen by the asking side; 0 where the
 *   protocol has no numbers, and the answer takes the return path. Deliveries
 *   have numbers of their own, which grow, also from one connection to the
 *   next; a receipt and a resumption have the first of theirs, and the end of a
 *   resumption the greatest one that has come
 *
 * The attributes of a message; for protocols.
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

/**
 * HEIN_ATTRIBUTES_MAX:
 *
 * The greatest number of attributes of a message.
 *
 * Since: 0.9
 */
#define HEIN_ATTRIBUTES_MAX 16

/**
 * HEIN_ATTRIBUTES_SIZE_MAX:
 *
 * The maximum size of all names and values of the attributes of a message, in
 * bytes.
 *
 * Since: 0.9
 */
#define HEIN_ATTRIBUTES_SIZE_MAX 2048

/**
 * HEIN_ATTRIBUTE_NAME_MAX:
 *
 * The maximum size of the name of an attribute, in bytes.
 *
 * Since: 0.9
 */
#define HEIN_ATTRIBUTE_NAME_MAX 64

/**
 * HEIN_ATTRIBUTE_ID:
 *
 * The attribute by which an application tells messages apart: `id`.
 *
 * A message that was delivered ([method@Bus.deliver_async]) and has one is
 * handled once: when a peer of the same name delivers one of that id again, it
 * is acknowledged and not handled again, also after that peer or the connection
 * has begun anew. While the first one is being handled, the second one fails
 * (`HEIN_ERROR_WOULD_BLOCK`); one that was not handled may come again. A bus
 * remembers the last ids, each for 10 minutes: 65,536, or fewer, so that they
 * take no more than a sixteenth of [property@Bus:memory-limit] (96 bytes each).
 *
 * Since: 0.9
 */
#define HEIN_ATTRIBUTE_ID "id"

/**
 * HEIN_ATTRIBUTE_SCHEMA:
 *
 * The attribute that names the schema of the payload: `schema`.
 *
 * Since: 0.9
 */
#define HEIN_ATTRIBUTE_SCHEMA "schema"

/**
 * HEIN_ATTRIBUTE_TRACE_PARENT:
 *
 * The attribute that says which trace the message belongs to, as in W3C Trace
 * Context: `traceparent`, such as
 * `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`.
 *
 * Since: 0.9
 */
#define HEIN_ATTRIBUTE_TRACE_PARENT "traceparent"

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
HeinMessage *
hein_message_new_like (HeinMessage *self, const guint8 *data, gsize size);
HEIN_API
HeinMessage *hein_message_new_reply (HeinMessage *request, GBytes *payload);
HEIN_API
void hein_message_acknowledge (HeinMessage *self);
HEIN_API
void hein_message_refuse (HeinMessage *self, const char *why);
HEIN_API
void hein_message_doubt (HeinMessage *self, const char *why);
HEIN_API
gboolean hein_message_get_wants_receipt (HeinMessage *self);
HEIN_API
int hein_message_get_remaining_ms (HeinMessage *self);
HEIN_API
gboolean hein_message_set_attribute (HeinMessage *self,
                                     const char *name,
                                     const char *value,
                                     GError **error);
HEIN_API
gboolean hein_message_add_attribute (HeinMessage *self,
                                     const char *name,
                                     gsize name_size,
                                     const char *value,
                                     gsize value_size);
HEIN_API
const char *hein_message_get_attribute (HeinMessage *self, const char *name);
HEIN_API
const char *const *hein_message_get_attributes (HeinMessage *self);
HEIN_API
void hein_message_set_expiry_ms (HeinMessage *self, guint expiry_ms);
HEIN_API
gint64 hein_message_get_expiry_ms (HeinMessage *self);
HEIN_API
void hein_message_set_priority (HeinMessage *self, HeinPriority priority);
HEIN_API
HeinPriority hein_message_get_priority (HeinMessage *self);
HEIN_API
void hein_message_copy_attributes (HeinMessage *self, HeinMessage *other);
HEIN_API
void hein_message_set_addressed (HeinMessage *self);
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

HEIN_API
gboolean hein_topic_matches (const char *topic, const char *pattern);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinMessage, hein_message_unref)

G_END_DECLS

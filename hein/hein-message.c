/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-message.h"

#include <string.h>

#include "hein-message-private.h"
#include "io/hein-copy.h"
#include "io/hein-slab.h"

#define CONTENT_TYPE_MAX     255
#define NOT_A_TOPIC          G_MAXSIZE
#define VARIANT_CONTENT_TYPE "application/x-gvariant"

G_STATIC_ASSERT (HEIN_SLAB_MAX >= sizeof (HeinMessage) + HEIN_TOPIC_MAX + 1 +
                                    HEIN_MESSAGE_INLINE_MAX);

/**
 * HeinMessage:
 *
 * What is sent and received: a topic and a payload.
 *
 * A message never changes once it was made, and may be used from any thread.
 * The topic is 0 to 255 bytes of UTF-8; most messages have one part, the
 * payload, and some protocols carry more.
 *
 * Since: 1.0
 */

G_DEFINE_BOXED_TYPE (HeinMessage,
                     hein_message,
                     hein_message_ref,
                     hein_message_unref)

static void
extra_free (HeinMessageExtra *self)
{
  for (guint i = 0; i < self->n_more; i++)
    g_bytes_unref (self->more[i]);
  g_clear_object (&self->reply_peer);
  g_clear_pointer (&self->return_path, g_bytes_unref);
  g_free (self->content_type);
  g_free (self);
}

static void
message_free (HeinMessage *self)
{
  if (self->payload != NULL)
    g_bytes_unref (self->payload);
  if (self->extra != NULL)
    extra_free (self->extra);
  if (self->flags & HEIN_MESSAGE_OWNS_SENDER)
    g_object_unref (self->sender);
  hein_slab_give (self, self->slab_list);
}

/* Takes @payload. */
static HeinMessage *
message_new_bytes (const char *topic, gsize topic_size, GBytes *payload)
{
  HeinMessage *self = hein_message_alloc (topic, topic_size, 0, 0);

  self->payload = payload;
  self->size = g_bytes_get_size (payload);
  return self;
}

HeinMessage *
hein_message_alloc_large (const char *topic,
                          gsize topic_size,
                          const guint8 *data,
                          gsize size)
{
  return message_new_bytes (topic, topic_size, g_bytes_new (data, size));
}

static HeinMessageExtra *
extra_new (const char *content_type,
           GBytes *return_path,
           GBytes **more,
           gsize n_more)
{
  HeinMessageExtra *self;

  if (content_type == NULL && return_path == NULL && n_more == 0)
    return NULL;
  self = g_malloc0 (sizeof *self + n_more * sizeof (GBytes *));
  self->content_type = g_strdup (content_type);
  if (return_path != NULL)
    self->return_path = g_bytes_ref (return_path);
  self->n_more = n_more;
  for (gsize i = 0; i < n_more; i++)
    self->more[i] = g_bytes_ref (more[i]);
  return self;
}

/* Bytes of a topic, or NOT_A_TOPIC. Most are short and ASCII: one pass, without
 * a call. */
static inline gsize
measure_topic (const char *topic)
{
  gsize size = 0;

  if (topic == NULL)
    return 0;
  while (size <= HEIN_TOPIC_MAX && topic[size] > 0)
    size++;
  if (G_LIKELY (size <= HEIN_TOPIC_MAX && topic[size] == '\0'))
    return size;
  size = strnlen (topic, HEIN_TOPIC_MAX + 1);
  return size <= HEIN_TOPIC_MAX && g_utf8_validate (topic, size, NULL)
           ? size
           : NOT_A_TOPIC;
}

static inline gboolean
is_topic_size (gsize size)
{
  return size != NOT_A_TOPIC;
}

static gboolean
is_topic (const char *topic)
{
  return is_topic_size (measure_topic (topic));
}

static gboolean
is_content_type (const char *text)
{
  gsize size = text != NULL ? strnlen (text, CONTENT_TYPE_MAX + 1) : 0;

  return size <= CONTENT_TYPE_MAX &&
         (size == 0 || g_utf8_validate (text, size, NULL));
}

static gboolean
are_parts (GBytes **parts, gsize n_parts)
{
  if (n_parts > G_MAXINT32 || (parts == NULL && n_parts > 0))
    return FALSE;
  for (gsize i = 0; i < n_parts; i++)
    if (parts[i] == NULL)
      return FALSE;
  return TRUE;
}

/* The bytes of a value as they travel: normal form, little endian. */
static GBytes *
variant_to_bytes (GVariant *value)
{
  g_autoptr (GVariant) normal = g_variant_get_normal_form (value);

#if G_BYTE_ORDER == G_BIG_ENDIAN
  {
    g_autoptr (GVariant) swapped = g_variant_byteswap (normal);

    return g_variant_get_data_as_bytes (swapped);
  }
#else
  return g_variant_get_data_as_bytes (normal);
#endif
}

/* A type string too long for a content type is left out. */
static char *
variant_content_type (GVariant *value)
{
  g_autofree char *text = g_strdup_printf (VARIANT_CONTENT_TYPE "; type=\"%s\"",
                                           g_variant_get_type_string (value));

  if (strlen (text) <= CONTENT_TYPE_MAX)
    return g_steal_pointer (&text);
  return g_strdup (VARIANT_CONTENT_TYPE);
}

/* The type that the content type names: NULL when it names none, or no such
 * type as a message can have. */
static GVariantType *
dup_named_type (const HeinMessage *self)
{
  const char *head = VARIANT_CONTENT_TYPE "; type=\"";
  const char *text = self->extra != NULL ? self->extra->content_type : NULL;
  g_autofree char *name = NULL;

  if (text == NULL || !g_str_has_prefix (text, head) ||
      !g_str_has_suffix (text, "\"") || strlen (text) == strlen (head))
    return NULL;
  name = g_strndup (text + strlen (head), strlen (text) - strlen (head) - 1);
  if (!g_variant_type_string_is_valid (name) ||
      !g_variant_type_is_definite (G_VARIANT_TYPE (name)))
    return NULL;
  return g_variant_type_new (name);
}

/**
 * hein_message_new:
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL is the empty one
 * @payload: (nullable): the payload, shared, not copied; %NULL is the empty
 *   one
 *
 * Makes a message.
 *
 * - Limits: what may be sent is limited by the bus, 16 MiB unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 1.0
 */
HeinMessage *
hein_message_new (const char *topic, GBytes *payload)
{
  gsize topic_size = measure_topic (topic);

  g_return_val_if_fail (is_topic_size (topic_size), NULL);

  if (payload == NULL)
    return hein_message_alloc_data (topic, topic_size, NULL, 0);
  return message_new_bytes (topic, topic_size, g_bytes_ref (payload));
}

/**
 * hein_message_new_data:
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL is the empty one
 * @data: (array length=size) (nullable): the payload, copied
 * @size: bytes
 *
 * Makes a message from bytes in memory; the fastest way for small ones.
 *
 * - Limits: what may be sent is limited by the bus, 16 MiB unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 1.0
 */
HeinMessage *
hein_message_new_data (const char *topic, const guint8 *data, gsize size)
{
  gsize topic_size = measure_topic (topic);

  g_return_val_if_fail (is_topic_size (topic_size), NULL);
  g_return_val_if_fail (data != NULL || size == 0, NULL);

  return hein_message_alloc_data (topic, topic_size, data, size);
}

/**
 * hein_message_new_text:
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL is the empty one
 * @text: UTF-8; goes without its terminating NUL
 *
 * Makes a message of text.
 *
 * - Limits: what may be sent is limited by the bus, 16 MiB unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 1.0
 */
HeinMessage *
hein_message_new_text (const char *topic, const char *text)
{
  gsize topic_size = measure_topic (topic);

  g_return_val_if_fail (is_topic_size (topic_size), NULL);
  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (g_utf8_validate (text, -1, NULL), NULL);

  return hein_message_alloc_data (topic, topic_size, (const guint8 *) text,
                                  strlen (text));
}

/**
 * hein_message_new_variant:
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL is the empty one
 * @value: (transfer none): a value; a floating one is taken
 *
 * Makes a message of a [struct@GLib.Variant].
 *
 * The payload is the value's serialised bytes in normal form, little endian;
 * the content type is `application/x-gvariant; type="…"` with the type string,
 * which is left out when the whole would exceed 255 bytes.
 *
 * - Limits: what may be sent is limited by the bus, 16 MiB unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 1.0
 */
HeinMessage *
hein_message_new_variant (const char *topic, GVariant *value)
{
  g_autoptr (GVariant) held = NULL;
  g_autoptr (GBytes) payload = NULL;
  g_autofree char *content_type = NULL;

  g_return_val_if_fail (is_topic (topic), NULL);
  g_return_val_if_fail (value != NULL, NULL);

  held = g_variant_ref_sink (value);
  payload = variant_to_bytes (held);
  content_type = variant_content_type (held);
  return hein_message_new_typed (topic, content_type, payload);
}

/**
 * hein_message_new_parts:
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL is the empty one
 * @parts: (array length=n_parts) (nullable): the parts,
 *   shared, not copied; the first is the payload
 * @n_parts: how many; 0 makes one empty part
 *
 * Makes a message of several parts, for protocols that carry them.
 *
 * - Limits: what may be sent is limited by the bus, 16 MiB in all unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 1.0
 */
HeinMessage *
hein_message_new_parts (const char *topic, GBytes **parts, gsize n_parts)
{
  return hein_message_new_full (topic, NULL, parts, n_parts, NULL);
}

/**
 * hein_message_new_typed:
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL is the empty one
 * @content_type: (nullable): what the payload is, such as `image/png`; 0 to
 *   255 bytes of UTF-8
 * @payload: (nullable): the payload, shared, not copied; %NULL is the empty
 *   one
 *
 * Makes a message that says what its payload is.
 *
 * - Limits: what may be sent is limited by the bus, 16 MiB unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 1.0
 */
HeinMessage *
hein_message_new_typed (const char *topic,
                        const char *content_type,
                        GBytes *payload)
{
  gsize n_parts = payload != NULL ? 1 : 0;

  return hein_message_new_full (topic, content_type, &payload, n_parts, NULL);
}

/**
 * hein_message_new_full:
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL is the empty one
 * @content_type: (nullable): what the payload is; 0 to 255 bytes of UTF-8
 * @parts: (array length=n_parts) (nullable): the parts,
 *   shared, not copied; the first is the payload
 * @n_parts: how many; 0 makes one empty part
 * @return_path: (nullable): what the protocol needs to find the way back
 *
 * Makes a message with everything that one can have; for protocols.
 *
 * - Limits: what may be sent is limited by the bus, 16 MiB in all unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 1.0
 */
HeinMessage *
hein_message_new_full (const char *topic,
                       const char *content_type,
                       GBytes **parts,
                       gsize n_parts,
                       GBytes *return_path)
{
  HeinMessage *self;

  g_return_val_if_fail (is_content_type (content_type), NULL);
  g_return_val_if_fail (are_parts (parts, n_parts), NULL);

  self = hein_message_new (topic, n_parts > 0 ? parts[0] : NULL);
  if (self == NULL)
    return NULL;
  if (content_type != NULL && *content_type == '\0')
    content_type = NULL;
  self->extra =
    extra_new (content_type, return_path, n_parts > 1 ? parts + 1 : NULL,
               n_parts > 1 ? n_parts - 1 : 0);
  return self;
}

/**
 * hein_message_new_reply:
 * @request: a message that was received
 * @payload: (nullable): the payload, shared, not copied; %NULL is the empty
 *   one
 *
 * Makes the answer to @request: it has its topic, and [method@Bus.send] gives
 * it to the peer that sent @request and to nobody else.
 *
 * - Limits: what may be sent is limited by the bus, 16 MiB unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 1.0
 */
HeinMessage *
hein_message_new_reply (HeinMessage *request, GBytes *payload)
{
  HeinMessage *self;

  g_return_val_if_fail (request != NULL, NULL);
  g_return_val_if_fail (request->sender != NULL, NULL);

  self = hein_message_new (request->data, payload);
  self->extra = g_new0 (HeinMessageExtra, 1);
  self->extra->reply_peer = g_object_ref (request->sender);
  if (request->extra != NULL && request->extra->return_path != NULL)
    self->extra->return_path = g_bytes_ref (request->extra->return_path);
  return self;
}

HeinMessage *
hein_message_new_received_bytes (const char *topic,
                                 gsize topic_size,
                                 GBytes *payload,
                                 HeinPeer *sender,
                                 gint64 time_us)
{
  HeinMessage *self;

  g_assert (topic_size <= HEIN_TOPIC_MAX);

  self = message_new_bytes (topic, topic_size, payload);
  self->sender = sender;
  self->time_us = time_us;
  return self;
}

/* A reply's return path led from its sender to here: it ends here. */
static HeinMessageExtra *
extra_copy_received (const HeinMessageExtra *self)
{
  GBytes *return_path = NULL;

  if (self == NULL)
    return NULL;
  if (self->reply_peer == NULL)
    return_path = self->return_path;
  return extra_new (self->content_type, return_path, (GBytes **) self->more,
                    self->n_more);
}

static HeinMessage *
message_copy_received (HeinMessage *self)
{
  HeinMessage *copy;

  if (self->flags & HEIN_MESSAGE_INLINE)
    copy = hein_message_alloc_data (self->data, self->topic_size,
                                    hein_message_data (self), self->size);
  else
    copy = message_new_bytes (self->data, self->topic_size,
                              g_bytes_ref (self->payload));
  copy->extra = extra_copy_received (self->extra);
  return copy;
}

HeinMessage *
hein_message_receive (HeinMessage *self, HeinPeer *sender, gint64 time_us)
{
  gboolean is_reply = self->extra != NULL && self->extra->reply_peer != NULL;
  HeinMessage *received;

  if (self->sender == NULL && !is_reply &&
      g_atomic_int_get (&self->ref_count) == 1)
    received = hein_message_ref (self);
  else
    received = message_copy_received (self);
  received->sender = sender;
  received->time_us = time_us;
  return received;
}

static void
set_return_path (HeinMessage *self, HeinMessage *other)
{
  if (other->extra == NULL || other->extra->return_path == NULL)
    return;
  if (self->extra == NULL)
    self->extra = g_new0 (HeinMessageExtra, 1);
  if (self->extra->return_path == NULL)
    self->extra->return_path = g_bytes_ref (other->extra->return_path);
}

HeinMessage *
hein_message_route_as (HeinMessage *self, HeinMessage *other)
{
  g_autoptr (HeinMessage) owned = self;
  HeinPeer *reply_peer = hein_message_get_reply_peer (other);
  HeinMessage *routed;

  if (self == other || reply_peer == NULL ||
      hein_message_get_reply_peer (self) == reply_peer)
    return g_steal_pointer (&owned);
  routed = message_copy_received (self);
  if (routed->extra == NULL)
    routed->extra = g_new0 (HeinMessageExtra, 1);
  routed->extra->reply_peer = g_object_ref (reply_peer);
  set_return_path (routed, other);
  return routed;
}

HeinMessage *
hein_message_arrive_as (HeinMessage *self, HeinMessage *other)
{
  g_autoptr (HeinMessage) owned = self;
  HeinMessage *arrived =
    hein_message_receive (self, other->sender, other->time_us);

  set_return_path (arrived, other);
  return arrived;
}

void
hein_message_keep_sender (HeinMessage *self)
{
  if (self->sender == NULL || (self->flags & HEIN_MESSAGE_OWNS_SENDER))
    return;
  g_object_ref (self->sender);
  self->flags |= HEIN_MESSAGE_OWNS_SENDER;
}

void
hein_message_release_slow (HeinMessage *self)
{
  if (g_atomic_int_get (&self->ref_count) == 1)
    {
      message_free (self);
      return;
    }
  hein_message_keep_sender (self);
  hein_message_unref (self);
}

/**
 * hein_message_ref:
 * @self: a message
 *
 * Takes a reference. JavaScript needs it: what a handler of
 * [signal@Bus::message] is given there is gone when the handler returns.
 *
 * - Thread: any.
 *
 * Returns: (transfer full): @self
 *
 * Since: 1.0
 */
HeinMessage *
hein_message_ref (HeinMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_int_inc (&self->ref_count);
  return self;
}

/**
 * hein_message_unref: (skip)
 * @self: (transfer full): a message
 *
 * Drops a reference; the last one frees the message.
 *
 * - Thread: any.
 *
 * Since: 1.0
 */
void
hein_message_unref (HeinMessage *self)
{
  g_return_if_fail (self != NULL);

  /* who holds the only reference is alone: no locked instruction is needed */
  if (g_atomic_int_get (&self->ref_count) == 1 ||
      g_atomic_int_dec_and_test (&self->ref_count))
    message_free (self);
}

/**
 * hein_message_get_topic:
 * @self: a message
 *
 * Gets the topic.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): 0 to 255 bytes of UTF-8
 *
 * Since: 1.0
 */
const char *
hein_message_get_topic (HeinMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->data;
}

/**
 * hein_message_peek: (skip)
 * @self: a message
 * @view: (out caller-allocates): what it is
 *
 * Gets everything at once, for protocols. It lives as long as the message.
 *
 * - Thread: any.
 *
 * Since: 1.0
 */
void
hein_message_peek (HeinMessage *self, HeinMessageView *view)
{
  g_return_if_fail (self != NULL);

  view->topic = self->data;
  view->topic_size = self->topic_size;
  view->data = hein_message_data (self);
  view->size = self->size;
  view->content_type = NULL;
  view->n_parts = 1;
  if (G_UNLIKELY (self->extra != NULL))
    {
      view->content_type = self->extra->content_type;
      view->n_parts += self->extra->n_more;
    }
}

/**
 * hein_message_get_payload:
 * @self: a message
 *
 * Gets the payload, which is the first part.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): the payload, which may be empty
 *
 * Since: 1.0
 */
GBytes *
hein_message_get_payload (HeinMessage *self)
{
  GBytes *payload;

  g_return_val_if_fail (self != NULL, NULL);

  payload = g_atomic_pointer_get (&self->payload);
  if (payload != NULL)
    return payload;
  /* A copy: bytes inside the block would have to keep the message that keeps
   * them. Of two threads that come here at once the second loses. */
  payload = g_bytes_new (hein_message_data (self), self->size);
  if (g_atomic_pointer_compare_and_exchange (&self->payload, NULL, payload))
    return payload;
  g_bytes_unref (payload);
  return g_atomic_pointer_get (&self->payload);
}

/**
 * hein_message_peek_data:
 * @self: a message
 * @size: (out) (optional): its size in bytes
 *
 * Looks at the payload without making a #GBytes of it. Scripts get a copy,
 * which is the fastest way to read it there.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (array length=size): the payload, never %NULL,
 *   not aligned, valid as long as @self
 *
 * Since: 1.0
 */
const guint8 *
hein_message_peek_data (HeinMessage *self, gsize *size)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (size != NULL)
    *size = self->size;
  return hein_message_data (self);
}

/**
 * hein_message_dup_text:
 * @self: a message
 * @error: return location
 *
 * Reads the payload as text.
 *
 * - Errors: `HEIN_ERROR_PROTOCOL` when it is not UTF-8, or has a NUL in it.
 * - Thread: any.
 *
 * Returns: (transfer full): UTF-8, terminated
 *
 * Since: 1.0
 */
char *
hein_message_dup_text (HeinMessage *self, GError **error)
{
  const char *text, *end;

  g_return_val_if_fail (self != NULL, NULL);

  text = (const char *) hein_message_data (self);
  if (g_utf8_validate_len (text, self->size, &end))
    return g_strndup (text, self->size);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "payload is not text: byte %" G_GSIZE_FORMAT
               " of %" G_GSIZE_FORMAT " is %s",
               (gsize) (end - text), self->size,
               *end == '\0' ? "NUL" : "not UTF-8");
  return NULL;
}

/* Which type to read the payload as: NULL with @error when nobody says, or
 * the message says another one than the caller. */
static GVariantType *
choose_type (HeinMessage *self, const GVariantType *wanted, GError **error)
{
  g_autoptr (GVariantType) named = dup_named_type (self);

  if (wanted == NULL && named == NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                   "the message does not say of what type its value is");
      return NULL;
    }
  if (wanted == NULL || named == NULL || g_variant_type_equal (named, wanted))
    return g_variant_type_copy (wanted != NULL ? wanted : named);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "the message holds a value of type %.*s, not %.*s",
               (int) g_variant_type_get_string_length (named),
               g_variant_type_peek_string (named),
               (int) g_variant_type_get_string_length (wanted),
               g_variant_type_peek_string (wanted));
  return NULL;
}

/**
 * hein_message_dup_variant:
 * @self: a message
 * @type: (nullable): the type it is to have, a definite one; %NULL: the one
 *   that the content type names
 * @error: return location
 *
 * Reads the payload as a [struct@GLib.Variant]: serialised, little endian.
 *
 * - Errors: `HEIN_ERROR_PROTOCOL` when it is not in normal form, when the
 *   content type names another type, or when nothing names a type.
 * - Thread: any.
 *
 * Returns: (transfer full): a value, not floating
 *
 * Since: 1.0
 */
GVariant *
hein_message_dup_variant (HeinMessage *self,
                          const GVariantType *type,
                          GError **error)
{
  g_autoptr (GVariantType) chosen = NULL;
  g_autoptr (GVariant) value = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (type == NULL || g_variant_type_is_definite (type),
                        NULL);

  chosen = choose_type (self, type, error);
  if (chosen == NULL)
    return NULL;
  value = g_variant_ref_sink (
    g_variant_new_from_bytes (chosen, hein_message_get_payload (self), FALSE));
#if G_BYTE_ORDER == G_BIG_ENDIAN
  {
    g_autoptr (GVariant) wire = g_steal_pointer (&value);

    value = g_variant_byteswap (wire);
  }
#endif
  if (g_variant_is_normal_form (value))
    return g_steal_pointer (&value);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "payload of %" G_GSIZE_FORMAT
               " bytes is no value of type %s in normal form",
               self->size, g_variant_get_type_string (value));
  return NULL;
}

/**
 * hein_message_get_n_parts:
 * @self: a message
 *
 * Gets how many parts it has.
 *
 * - Thread: any.
 *
 * Returns: 1 or more
 *
 * Since: 1.0
 */
guint
hein_message_get_n_parts (HeinMessage *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return 1 + (self->extra != NULL ? self->extra->n_more : 0);
}

/**
 * hein_message_get_part:
 * @self: a message
 * @index: 0 to the number of parts - 1
 *
 * Gets a part.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): the part, which may be empty
 *
 * Since: 1.0
 */
GBytes *
hein_message_get_part (HeinMessage *self, guint index)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (index < hein_message_get_n_parts (self), NULL);

  if (index == 0)
    return hein_message_get_payload (self);
  return self->extra->more[index - 1];
}

/**
 * hein_message_get_size:
 * @self: a message
 *
 * Gets the size of all parts, without the topic.
 *
 * - Thread: any.
 *
 * Returns: bytes
 *
 * Since: 1.0
 */
gsize
hein_message_get_size (HeinMessage *self)
{
  gsize size;

  g_return_val_if_fail (self != NULL, 0);

  size = self->size;
  if (self->extra != NULL)
    for (guint i = 0; i < self->extra->n_more; i++)
      size += g_bytes_get_size (self->extra->more[i]);
  return size;
}

/**
 * hein_message_get_content_type:
 * @self: a message
 *
 * Gets what the payload is, as the sender says.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (nullable): such as `image/png`
 *
 * Since: 1.0
 */
const char *
hein_message_get_content_type (HeinMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->extra != NULL ? self->extra->content_type : NULL;
}

/**
 * hein_message_get_return_path:
 * @self: a message
 *
 * Gets what the protocol needs to find the way back; for protocols.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (nullable): bytes that only the protocol knows
 *
 * Since: 1.0
 */
GBytes *
hein_message_get_return_path (HeinMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->extra != NULL ? self->extra->return_path : NULL;
}

/**
 * hein_message_get_sender:
 * @self: a message
 *
 * Gets the peer that sent it.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (nullable): a peer; %NULL when it was not received
 *
 * Since: 1.0
 */
HeinPeer *
hein_message_get_sender (HeinMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->sender;
}

/**
 * hein_message_get_time_us:
 * @self: a message
 *
 * Gets when it arrived.
 *
 * - Thread: any.
 *
 * Returns: microseconds of [func@GLib.get_monotonic_time]; 0 when it was not
 *   received
 *
 * Since: 1.0
 */
gint64
hein_message_get_time_us (HeinMessage *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->time_us;
}

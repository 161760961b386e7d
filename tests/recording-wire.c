/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "recording-wire-funcs.h"

#include <string.h>

/* Feeds a protocol with bytes and messages, lets time pass for it, and checks
 * what it has done. */

#define SEND_LIMIT (8 * 1024 * 1024)
#define INSTANCE   "00112233445566778899aabbccddeeff"

static HeinProtocolClass *
get_class (Recorder *self)
{
  return HEIN_PROTOCOL_GET_CLASS (self->protocol);
}

Recorder *
recorder_new (HeinProtocol *protocol,
              gboolean dialled,
              const char *bus_name,
              const char *note)
{
  Recorder *self = g_new0 (Recorder, 1);

  self->protocol = protocol;
  self->wire = hein_wire_new (&recorder_funcs, self);
  self->wire->bus_name = bus_name;
  self->wire->bus_instance = INSTANCE;
  self->wire->max_message_size = RECORDER_MAX_MESSAGE_SIZE;
  self->wire->send_limit = SEND_LIMIT;
  self->wire->silence_ms = 15000;
  self->wire->credit = 256;
  self->wire->resumes = TRUE;
  self->written = g_byte_array_new ();
  self->unused = g_byte_array_new ();
  self->delivered =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  self->given_back =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  self->log = g_string_new (NULL);
  self->note = g_strdup (note);
  self->now_us = 1000000;
  self->tick_us = G_MAXINT64;
  get_class (self)->start (protocol, self->wire, dialled);
  return self;
}

void
recorder_free (Recorder *self)
{
  hein_wire_detach (self->wire);
  g_object_unref (self->wire);
  g_object_unref (self->protocol);
  g_byte_array_unref (self->written);
  g_byte_array_unref (self->unused);
  g_ptr_array_unref (self->delivered);
  g_ptr_array_unref (self->given_back);
  g_queue_clear_full (&self->open, g_free);
  g_string_free (self->log, TRUE);
  g_clear_error (&self->failure);
  hein_prefixes_clear (&self->prefixes);
  hein_prefixes_clear (&self->patterns);
  g_free (self->note);
  g_free (self);
}

static void
consume (Recorder *self)
{
  while (!self->is_over && self->unused->len > 0 &&
         self->unused->len >= self->expected)
    {
      g_autoptr (GBytes) bytes =
        g_bytes_new (self->unused->data, self->unused->len);
      g_autoptr (GError) error = NULL;
      gssize used;

      self->expected = 0;
      used =
        get_class (self)->consume (self->protocol, self->wire, bytes, &error);
      g_assert_cmpint (used, <=, (gssize) self->unused->len);
      if (used < 0)
        {
          g_assert_nonnull (error);
          recorder_funcs.fail (self, error);
          return;
        }
      g_assert_no_error (error);
      g_byte_array_remove_range (self->unused, 0, used);
      if (used == 0)
        return;
    }
}

void
recorder_feed (Recorder *self, const guint8 *data, gsize size)
{
  if (size > 0)
    g_byte_array_append (self->unused, data, size);
  consume (self);
}

void
recorder_feed_pieces (Recorder *self,
                      const guint8 *data,
                      gsize size,
                      void (*after) (Recorder *self))
{
  for (gsize i = 0; i < size && !self->is_over;)
    {
      gsize piece = data[i++];

      if (piece == 0 || piece > size - i)
        piece = size - i;
      recorder_feed (self, data + i, piece);
      i += piece;
      if (!self->is_over)
        after (self);
    }
}

void
recorder_admit (Recorder *self, const GError *refusal)
{
  g_assert_true (self->wants_verdict);
  self->wants_verdict = FALSE;
  get_class (self)->admitted (self->protocol, self->wire, refusal);
  if (self->is_slow)
    consume (self);
}

gboolean
recorder_encode (Recorder *self, HeinMessage *message, GError **error)
{
  return get_class (self)->encode (self->protocol, self->wire, message, error);
}

GBytes *
recorder_take_written (Recorder *self)
{
  GBytes *bytes = g_byte_array_free_to_bytes (self->written);

  self->written = g_byte_array_new ();
  return bytes;
}

void
recorder_pass_time (Recorder *self, gint64 ms)
{
  gint64 next_us;

  self->now_us += ms * 1000;
  self->tick_us = G_MAXINT64;
  next_us = get_class (self)->tick (self->protocol, self->wire, self->now_us);
  self->tick_us = MIN (self->tick_us, next_us);
}

void
recorder_ping (Recorder *self)
{
  get_class (self)->ping (self->protocol, self->wire);
}

void
recorder_assert_written (Recorder *self, const char *data, gsize size)
{
  g_autoptr (GBytes) written = recorder_take_written (self);

  g_assert_cmpmem (g_bytes_get_data (written, NULL), g_bytes_get_size (written),
                   data, size);
}

void
recorder_assert_logged (Recorder *self, const char *text)
{
  if (strstr (self->log->str, text) == NULL)
    g_error ("no \"%s\" in:\n%s", text, self->log->str);
}

void
recorder_assert_failed (Recorder *self, int code, const char *reason)
{
  g_assert_error (self->failure, HEIN_ERROR, code);
  if (strstr (self->failure->message, reason) == NULL)
    g_error ("no \"%s\" in \"%s\"", reason, self->failure->message);
}

void
recorder_assert_encodes (Recorder *self,
                         HeinMessage *message,
                         const char *data,
                         gsize size)
{
  g_autoptr (HeinMessage) owned = message;
  g_autoptr (GError) error = NULL;

  g_assert_true (recorder_encode (self, owned, &error));
  g_assert_no_error (error);
  recorder_assert_written (self, data, size);
}

HeinMessage *
recorder_make_message (const char *topic,
                       const char *type,
                       const char *data,
                       gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);

  return hein_message_new_typed (topic, type, bytes);
}

void
recorder_assert_message (Recorder *self,
                         guint index,
                         const char *topic,
                         const char *type,
                         const char *data,
                         gsize size)
{
  HeinMessage *message;
  const guint8 *got;
  gsize got_size;

  g_assert_cmpuint (index, <, self->delivered->len);
  message = g_ptr_array_index (self->delivered, index);
  got = hein_message_peek_data (message, &got_size);
  g_assert_cmpstr (hein_message_get_topic (message), ==, topic);
  g_assert_cmpstr (hein_message_get_content_type (message), ==, type);
  g_assert_cmpmem (got, got_size, data, size);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-link-put.h"

#include <hein/hein-error.h>
#include <hein/hein-protocol.h>

#include "core/hein-core-state.h"
#include "core/hein-run.h"
#include "io/hein-sealed-stream.h"
#include "link/hein-link-close.h"
#include "link/hein-link-overflow.h"
#include "link/hein-link.h"

/* What a protocol sends of its own, and how messages are encoded. */

/* How many control bytes may be queued, beside one message, for a peer that
 * does not read them. */
#define CONTROL_ROOM (1024 * 1024)

/* Outside of encode (): control bytes, which go between two messages. */
void
hein_link_put (gpointer data, const guint8 *bytes, gsize size)
{
  HeinLink *self = data;

  if (self->state >= HEIN_LINK_DRAINING)
    return;
  if (hein_queue_count_control (&self->queue) + size >
      self->host->settings.max_message_size + CONTROL_ROOM)
    {
      g_autoptr (GError) error =
        g_error_new_literal (HEIN_ERROR, HEIN_ERROR_REFUSED,
                             "it asks for answers and does not take them");

      hein_link_abort (self, error);
      return;
    }
  hein_queue_push_control (&self->queue, bytes, size);
  hein_link_note_answers (self);
  hein_loop_defer (self->host->loop, &self->job);
}

void
hein_link_put_bytes (gpointer data, GBytes *bytes)
{
  gsize size;
  const guint8 *start = g_bytes_get_data (bytes, &size);

  hein_link_put (data, start, size);
}

static HeinShared *
find_shared (HeinCore *core, const char *key, gboolean attributes)
{
  HeinShared *shared;

  for (guint i = 0; i < core->host.encoding.shared->len; i++)
    {
      shared = g_ptr_array_index (core->host.encoding.shared, i);
      if (shared->key == key && shared->attributes == attributes)
        return shared;
    }
  shared = g_new0 (HeinShared, 1);
  shared->key = (char *) key;
  shared->attributes = attributes;
  hein_encoder_init (&shared->encoder, core->host.segments);
  g_ptr_array_add (core->host.encoding.shared, shared);
  return shared;
}

static void
share (HeinLink *self, const char *key)
{
  HeinCore *core = hein_core_of_link (self);
  const gboolean attributes =
    self->peer != NULL && self->peer->wants.attributes;

  hein_run_settle (core);
  self->sending.shared =
    key == NULL ? NULL : find_shared (core, g_intern_string (key), attributes);
}

void
hein_link_set_encoding (gpointer data, const char *key)
{
  share (data, key);
}

/* Whoever gets no attributes shares nothing with those who do, whatever the
 * protocol calls its encodings. */
void
hein_link_set_carries_attributes (gpointer data, gboolean carries)
{
  HeinLink *self = data;

  hein_link_ensure_peer (self)->wants.attributes = carries;
  if (self->sending.shared != NULL)
    share (self, self->sending.shared->key);
}

static void
seal (gpointer data, const guint8 *bytes, gsize size, GByteArray *sealed)
{
  HeinProtocol *protocol = data;

  HEIN_PROTOCOL_GET_CLASS (protocol)->seal (protocol, bytes, size, sealed);
}

/* What was put before is in the queue or in the stream, and is sent as it
 * is. */
void
hein_link_begin_sealing (gpointer data)
{
  HeinLink *self = data;

  if (self->stream == NULL || self->said.is_sealing ||
      hein_link_get_class (self)->seal == NULL)
    return;
  self->said.is_sealing = TRUE;
  self->stream =
    hein_sealed_stream_new (self->stream,
                            hein_queue_count_control (&self->queue), seal,
                            self->protocol);
}

void
hein_link_hold (gpointer data, gboolean hold)
{
  HeinLink *self = data;

  hein_run_settle (hein_core_of_link (self));
  /* while closing, no answer is read that could end the hold */
  self->sending.is_held = hold && self->state < HEIN_LINK_CLOSING;
  if (!hold && self->state < HEIN_LINK_DRAINING)
    hein_loop_defer (self->host->loop, &self->job);
}

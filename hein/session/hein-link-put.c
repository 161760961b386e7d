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

void
hein_link_set_encoding (gpointer data, const char *key)
{
  HeinLink *self = data;
  HeinCore *core = hein_core_of_link (self);
  HeinShared *shared;

  hein_run_settle (core);
  self->sending.shared = NULL;
  if (key == NULL)
    return;
  key = g_intern_string (key);
  for (guint i = 0; i < core->host.encoding.shared->len; i++)
    {
      shared = g_ptr_array_index (core->host.encoding.shared, i);
      if (shared->key == key)
        {
          self->sending.shared = shared;
          return;
        }
    }
  shared = g_new0 (HeinShared, 1);
  shared->key = (char *) key;
  hein_encoder_init (&shared->encoder, core->host.segments);
  g_ptr_array_add (core->host.encoding.shared, shared);
  self->sending.shared = shared;
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-mcap-recorder.h"

#include "hein-mcap-channels.h"
#include "hein-mcap-chunk.h"
#include "hein-mcap-envelope.h"
#include "hein-mcap-writer.h"

/* Records the messages of a bus: the bus's thread fills chunks, another one
 * writes them. */

/* A chunk is written when it has so many bytes, or is so old. */
#define CHUNK_SIZE   (1024 * 1024)
#define CHUNK_AGE_US (G_USEC_PER_SEC / 2)
/* How many bytes of chunks may wait for the disk. */
#define WAITING_MAX (16 * 1024 * 1024)

struct _HeinMcapRecorder
{
  /* of the bus's thread */
  HeinMcapChannels *channels;
  HeinMcapChunk *chunk; /* nullable */
  gint64 chunk_us;      /* when it was begun */
  gint64 offset_us;     /* from the monotonic clock to the time since 1970 */
  guint64 last_ns;
  GThread *thread; /* nullable: it has ended */
  GMainContext *context;

  /* of both */
  GMutex lock;
  GCond more;
  GQueue waiting; /* owned HeinMcapChunk */
  gsize waiting_size;
  gboolean is_ending;
  guint64 n_written;
  guint64 size;
  GError *error;

  /* of the writing thread */
  HeinMcapWriter *writer;
};

/* ---- the thread that writes ---- */

/* Returns the next chunk; NULL: there will be none any more. */
static HeinMcapChunk *
wait_for_chunk (HeinMcapRecorder *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (g_queue_is_empty (&self->waiting) && !self->is_ending)
    g_cond_wait (&self->more, &self->lock);
  return g_queue_pop_head (&self->waiting);
}

static void
note_written (HeinMcapRecorder *self, HeinMcapChunk *chunk, GError *error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->waiting_size -= chunk->records->len;
  self->size = hein_mcap_writer_get_size (self->writer);
  if (error == NULL)
    self->n_written += chunk->entries->len;
  else
    self->error = error;
}

static gpointer
run (gpointer data)
{
  HeinMcapRecorder *self = data;
  HeinMcapChunk *chunk;
  gboolean is_failed = FALSE;

  while ((chunk = wait_for_chunk (self)) != NULL)
    {
      GError *error = NULL;

      if (!is_failed)
        is_failed = !hein_mcap_writer_add (self->writer, chunk, &error);
      note_written (self, chunk, error);
      hein_mcap_chunk_free (chunk);
      g_main_context_wakeup (self->context);
    }
  return NULL;
}

/* ---- the bus's thread ---- */

HeinMcapRecorder *
hein_mcap_recorder_new (int fd,
                        HeinMcapCompression compression,
                        GMainContext *context,
                        GError **error)
{
  HeinMcapWriter *writer = hein_mcap_writer_new (fd, compression, error);
  HeinMcapRecorder *self;

  if (writer == NULL)
    return NULL;
  self = g_new0 (HeinMcapRecorder, 1);
  self->writer = writer;
  self->size = hein_mcap_writer_get_size (writer);
  self->channels = hein_mcap_channels_new ();
  self->offset_us = g_get_real_time () - g_get_monotonic_time ();
  self->context = context != NULL ? g_main_context_ref (context) : NULL;
  g_mutex_init (&self->lock);
  g_cond_init (&self->more);
  self->thread = g_thread_new ("hein-record", run, self);
  return self;
}

static void
end_thread (HeinMcapRecorder *self)
{
  if (self->thread == NULL)
    return;
  g_mutex_lock (&self->lock);
  self->is_ending = TRUE;
  g_cond_signal (&self->more);
  g_mutex_unlock (&self->lock);
  g_thread_join (g_steal_pointer (&self->thread));
}

void
hein_mcap_recorder_free (HeinMcapRecorder *self)
{
  end_thread (self);
  g_clear_pointer (&self->chunk, hein_mcap_chunk_free);
  hein_mcap_writer_free (self->writer);
  hein_mcap_channels_free (self->channels);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_error (&self->error);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->more);
  g_free (self);
}

gboolean
hein_mcap_recorder_has_room (HeinMcapRecorder *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->waiting_size < WAITING_MAX;
}

static void
hand_over (HeinMcapRecorder *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->waiting_size += self->chunk->records->len;
  g_queue_push_tail (&self->waiting, g_steal_pointer (&self->chunk));
  g_cond_signal (&self->more);
}

/* The time since 1970 at which a message came. It never goes back, also when
 * somebody sets the clock. */
static guint64
get_time_ns (HeinMcapRecorder *self, HeinMessage *message)
{
  gint64 time_us = hein_message_get_time_us (message);

  if (time_us == 0)
    time_us = g_get_monotonic_time ();
  self->last_ns =
    MAX (self->last_ns, (guint64) (time_us + self->offset_us) * 1000);
  return self->last_ns;
}

void
hein_mcap_recorder_add (HeinMcapRecorder *self, HeinMessage *message)
{
  HeinMcapPlace place;
  guint8 *bytes;
  gsize size;
  const guint8 *data;

  if (self->chunk == NULL)
    {
      self->chunk = hein_mcap_chunk_new (CHUNK_SIZE + CHUNK_SIZE / 8);
      self->chunk_us = g_get_monotonic_time ();
      hein_mcap_channels_begin_chunk (self->channels);
    }
  place = hein_mcap_channels_choose (self->channels, message, self->chunk);
  data = hein_message_peek_data (message, &size);
  if (place.is_envelope)
    size = hein_mcap_envelope_get_size (message);
  bytes = hein_mcap_chunk_add (self->chunk, place.id, place.sequence,
                               get_time_ns (self, message), size);
  if (place.is_envelope)
    hein_mcap_envelope_fill (message, bytes);
  else if (size > 0)
    memcpy (bytes, data, size);
  if (self->chunk->records->len >= CHUNK_SIZE)
    hand_over (self);
}

static gboolean
check (HeinMcapRecorder *self, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->error == NULL)
    return TRUE;
  g_propagate_error (error, g_error_copy (self->error));
  return FALSE;
}

gboolean
hein_mcap_recorder_flush (HeinMcapRecorder *self, GError **error)
{
  if (self->chunk != NULL &&
      g_get_monotonic_time () - self->chunk_us >= CHUNK_AGE_US)
    hand_over (self);
  return check (self, error);
}

gboolean
hein_mcap_recorder_finish (HeinMcapRecorder *self, GError **error)
{
  guint n_channels;
  const HeinMcapChannel *channels;

  if (self->chunk != NULL)
    hand_over (self);
  end_thread (self);
  channels = hein_mcap_channels_list (self->channels, &n_channels);
  if (!check (self, error) ||
      !hein_mcap_writer_finish (self->writer, channels, n_channels, error))
    return FALSE;
  self->size = hein_mcap_writer_get_size (self->writer);
  return TRUE;
}

guint64
hein_mcap_recorder_get_n_written (HeinMcapRecorder *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->n_written;
}

guint64
hein_mcap_recorder_get_size (HeinMcapRecorder *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->size;
}

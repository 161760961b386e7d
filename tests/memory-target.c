/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <hein/hein.h>

/*
 * What test-memory.py attacks, and whom it serves meanwhile:
 *
 *   memory-target listen LIMIT [--keep-latest] [--flood NAME] URI… [--dial URI…]
 *   memory-target hear URI
 *
 * The first one sends numbers to the peer "good", takes nothing, and answers
 * each line of its standard input by one of figures. With --flood it sends NAME,
 * while that is there, values of ever new topics. The second one is called
 * "good", and says how many numbers came, in order.
 */

#define TICK_MS  2
#define MEBIBYTE (1024 * 1024)
/* values in a tick, and their size */
#define FLOOD      100
#define FLOOD_SIZE 1024

typedef struct
{
  HeinBus *bus;
  GMainLoop *loop;
  guint64 n_sent;
  const char *flooded; /* nullable: who gets ever new topics */
  guint64 n_flooded;
  gsize start_size; /* of all memory when there was no peer */
  guint64 n_cut;    /* removed with an error that names memory-limit */
  guint64 n_heard;
  gint64 worst_us; /* between sending and hearing */
  gint64 ticked_us;
  gint64 worst_gap_us; /* between two ticks */
  void (*answer) (gpointer self);
} Target;

/* ---- mapped memory ---- */

/* What is mapped, but not by malloc, which does not call these: libraries find
 * them here before those of libc, and so cannot map without being seen. */
static gsize mapped_size; /* atomic */

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

void *
mmap (void *at, size_t size, int access, int flags, int fd, off_t offset)
{
  static void *(*real) (void *, size_t, int, int, int, off_t);
  void *memory;

  if (real == NULL)
    *(void **) &real = dlsym (RTLD_NEXT, "mmap64");
  memory = real (at, size, access, flags, fd, offset);
  if (memory != MAP_FAILED)
    g_atomic_pointer_add (&mapped_size, size);
  return memory;
}

int
munmap (void *memory, size_t size)
{
  static int (*real) (void *, size_t);
  int result;

  if (real == NULL)
    *(void **) &real = dlsym (RTLD_NEXT, "munmap");
  result = real (memory, size);
  if (result == 0)
    g_atomic_pointer_add (&mapped_size, -(gssize) size);
  return result;
}

/* Without a new address: nobody here says one. */
void *
mremap (void *memory, size_t old_size, size_t size, int flags, ...)
{
  static void *(*real) (void *, size_t, size_t, int);
  void *result;

  if (real == NULL)
    *(void **) &real = dlsym (RTLD_NEXT, "mremap");
  result = real (memory, old_size, size, flags);
  if (result != MAP_FAILED)
    g_atomic_pointer_add (&mapped_size, (gssize) size - (gssize) old_size);
  return result;
}

#endif

/* ---- who asks ---- */

static gboolean
on_line (GIOChannel *channel, GIOCondition condition, gpointer data)
{
  Target *self = data;
  g_autofree char *line = NULL;

  if (g_io_channel_read_line (channel, &line, NULL, NULL, NULL) !=
      G_IO_STATUS_NORMAL)
    {
      g_main_loop_quit (self->loop);
      return G_SOURCE_REMOVE;
    }
  self->answer (self);
  fflush (stdout);
  return G_SOURCE_CONTINUE;
}

static void
watch_input (Target *self, void (*answer) (gpointer self))
{
  GIOChannel *channel = g_io_channel_unix_new (0);

  self->answer = answer;
  g_io_add_watch (channel, G_IO_IN | G_IO_HUP, on_line, self);
  g_io_channel_unref (channel);
}

/* ---- who is attacked ---- */

static void
flood (Target *self)
{
  static const guint8 data[FLOOD_SIZE];

  if (hein_peers_lookup (hein_bus_get_peers (self->bus), self->flooded) == NULL)
    return;
  for (guint i = 0; i < FLOOD; i++)
    {
      g_autofree char *topic =
        g_strdup_printf ("topic %" G_GUINT64_FORMAT, self->n_flooded++);
      g_autoptr (HeinMessage) message =
        hein_message_new_data (topic, data, sizeof data);

      hein_bus_send_to (self->bus, self->flooded, message, NULL);
    }
}

static gsize
get_memory_size (void)
{
  const struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd + g_atomic_pointer_get (&mapped_size);
}

static gboolean
on_tick (gpointer data)
{
  Target *self = data;
  const gint64 now_us = g_get_monotonic_time ();
  g_autofree char *text =
    g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT, self->n_sent,
                     now_us);
  g_autoptr (HeinMessage) message = hein_message_new_text ("number", text);

  if (self->ticked_us > 0)
    self->worst_gap_us =
      MAX (self->worst_gap_us, now_us - self->ticked_us - TICK_MS * 1000);
  self->ticked_us = now_us;
  if (hein_peers_lookup (hein_bus_get_peers (self->bus), "good") != NULL &&
      hein_bus_send_to (self->bus, "good", message, NULL))
    self->n_sent++;
  if (self->flooded != NULL)
    flood (self);
  return G_SOURCE_CONTINUE;
}

static void
on_removed (HeinBus *bus, HeinPeer *peer, GError *error, gpointer data)
{
  Target *self = data;

  if (error != NULL && strstr (error->message, "memory-limit") != NULL)
    self->n_cut++;
}

static void
tell_port (const char *uri)
{
  g_autofree char *place = g_strndup (uri, strcspn (uri, "?"));

  printf ("%s\n", strrchr (place, ':') + 1);
}

static void
open_at (Target *self, const char *uri, gboolean dials)
{
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint = dials ? hein_bus_dial (self->bus, uri, &error)
                                 : hein_bus_listen (self->bus, uri, &error);

  if (endpoint == NULL)
    g_error ("%s: %s", uri, error->message);
  if (!dials)
    tell_port (hein_endpoint_get_bound_uri (endpoint));
}

static void
answer_target (gpointer data)
{
  Target *self = data;

  printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
          " %u %" G_GINT64_FORMAT " %" G_GSIZE_FORMAT " %" G_GUINT64_FORMAT
          "\n",
          hein_bus_get_memory_used (self->bus), self->n_sent, self->n_cut,
          hein_peers_get_n_peers (hein_bus_get_peers (self->bus)),
          self->worst_gap_us, get_memory_size () - self->start_size,
          self->n_flooded);
}

static int
serve (Target *self, int argc, char **argv)
{
  gboolean dials = FALSE;

  self->bus = hein_bus_new ("target");
  g_object_set (self->bus, "memory-limit", (guint64) atoi (argv[2]) * MEBIBYTE,
                NULL);
  g_signal_connect (self->bus, "peer-removed", G_CALLBACK (on_removed), self);
  for (int i = 3; i < argc; i++)
    {
      if (strcmp (argv[i], "--keep-latest") == 0)
        g_object_set (self->bus, "keep-latest", TRUE, NULL);
      else if (strcmp (argv[i], "--flood") == 0)
        self->flooded = argv[++i];
      else if (strcmp (argv[i], "--dial") == 0)
        dials = TRUE;
      else
        open_at (self, argv[i], dials);
    }
  self->start_size = get_memory_size ();
  fflush (stdout);
  watch_input (self, answer_target);
  g_timeout_add (TICK_MS, on_tick, self);
  return 0;
}

/* ---- who is served meanwhile ---- */

static void
on_number (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Target *self = data;
  g_autofree char *text = hein_message_dup_text (message, NULL);
  g_auto (GStrv) words = g_strsplit (text, " ", 2);

  /* what is missing or comes twice is never made good */
  if (g_ascii_strtoull (words[0], NULL, 10) == self->n_heard)
    self->n_heard++;
  self->worst_us = MAX (self->worst_us, g_get_monotonic_time () -
                                          g_ascii_strtoll (words[1], NULL, 10));
}

static void
answer_good (gpointer data)
{
  Target *self = data;

  printf ("%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT "\n", self->n_heard,
          self->worst_us);
}

static int
hear (Target *self, const char *uri)
{
  self->bus = hein_bus_new ("good");
  g_signal_connect (self->bus, "message::number", G_CALLBACK (on_number), self);
  if (hein_bus_dial (self->bus, uri, NULL) == NULL)
    return 1;
  watch_input (self, answer_good);
  return 0;
}

int
main (int argc, char **argv)
{
  Target self = { 0 };
  int result;

  if (argc < 3)
    return 2;
  self.loop = g_main_loop_new (NULL, FALSE);
  result = strcmp (argv[1], "hear") == 0 ? hear (&self, argv[2])
                                         : serve (&self, argc, argv);
  if (result != 0)
    return result;
  g_main_loop_run (self.loop);
  g_object_unref (self.bus);
  g_main_loop_unref (self.loop);
  return 0;
}

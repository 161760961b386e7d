/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "load-peer.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib-unix.h>

/*
 * A process of the soak: see README.md. It reads words: before "go" it
 * begins nothing, behind "stop" nothing new, and at "close" it closes its bus in
 * order and ends.
 *
 * load-peer PART NAME BOARD RATE LABEL=ADDRESS...
 */

/* Less than the defaults, so that a short run meets them. */
#define SEND_LIMIT   (64 * 1024)
#define HEARTBEAT_MS 1000
#define SILENCE_MS   3000
/* Nobody gets more at once that was stopped for a while. */
#define DUE_MAX 500

typedef struct
{
  const char *name;
  void (*begin) (LoadPeer *self);
} Part;

static const Part parts[] = {
  { "publish", load_publish },   { "tick", load_tick },
  { "hear", load_hear },         { "join", load_join },
  { "hand-out", load_hand_out }, { "work", load_work },
  { "retain", load_retain },     { "come-late", load_come_late },
};

/* A line is there for the conductor, whatever becomes of this process, once
 * write () has returned. */
void
load_tell (const char *format, ...)
{
  char line[512];
  va_list args;
  int size;

  va_start (args, format);
  size = g_vsnprintf (line, sizeof line - 1, format, args);
  va_end (args);
  line[size] = '\n';
  if (write (STDOUT_FILENO, line, size + 1) != size + 1)
    exit (1); /* there is no conductor any more */
}

guint
load_count_due (LoadPeer *self)
{
  const double elapsed_s =
    (g_get_monotonic_time () - self->begin_us) / (double) G_USEC_PER_SEC;
  const double n_due = elapsed_s * self->rate - self->n_begun;

  if (self->begin_us == 0 || self->is_stopping || n_due < 1)
    return 0;
  return (guint) MIN (n_due, DUE_MAX);
}

/* ---- addresses ---- */

static GQuark
get_row_quark (void)
{
  return g_quark_from_static_string ("row");
}

static void
open_all (LoadPeer *self,
          HeinEndpoint *(*open) (HeinBus *bus, const char *uri, GError **error))
{
  for (guint i = 0; self->places[i] != NULL; i++)
    {
      const char *address = strchr (self->places[i], '=') + 1;
      g_autofree char *label =
        g_strndup (self->places[i], address - 1 - self->places[i]);
      g_autoptr (GError) error = NULL;
      HeinEndpoint *endpoint = open (self->bus, address, &error);

      if (endpoint == NULL)
        g_error ("%s", error->message);
      g_object_set_qdata (G_OBJECT (endpoint), get_row_quark (),
                          board_get_row (self->board, label));
      load_tell ("open %s %s", label,
                 hein_endpoint_get_bound_uri (endpoint) != NULL
                   ? hein_endpoint_get_bound_uri (endpoint)
                   : address);
    }
  load_tell ("ready");
}

void
load_listen (LoadPeer *self)
{
  open_all (self, hein_bus_listen);
}

void
load_dial (LoadPeer *self)
{
  open_all (self, hein_bus_dial);
}

BoardRow *
load_get_endpoint_row (LoadPeer *self, HeinPeer *peer)
{
  if (peer == NULL)
    return board_get_row (self->board, "nobody");
  return g_object_get_qdata (G_OBJECT (hein_peer_get_endpoint (peer)),
                             get_row_quark ());
}

static void
on_dropped (HeinBus *bus,
            HeinPeer *peer,
            HeinDropReason reason,
            guint64 n_messages,
            guint64 n_bytes,
            LoadPeer *self)
{
  self->get_row (self, peer)->n_dropped[reason] += n_messages;
  board_note_dropped (self->board, bus);
  if (peer != NULL)
    load_note_peer (peer, FALSE);
}

void
load_count_dropped (LoadPeer *self, LoadGetRow get_row)
{
  self->get_row = get_row;
  g_signal_connect (self->bus, "dropped", G_CALLBACK (on_dropped), self);
}

/* ---- living and ending ---- */

static void
on_added (HeinBus *bus, HeinPeer *peer, LoadPeer *self)
{
  self->board->n_added++;
}

static void
on_removed (HeinBus *bus, HeinPeer *peer, const GError *error, LoadPeer *self)
{
  self->board->n_removed++;
  load_note_peer (peer, TRUE);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  LoadPeer *self = data;
  g_autoptr (GError) error = NULL;

  /* somebody who is stopped does not take what is left in time */
  if (!hein_bus_close_finish (self->bus, result, &error) &&
      !g_error_matches (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT))
    g_printerr ("%s: closing: %s\n", self->name, error->message);
  board_note_dropped (self->board, self->bus);
  g_clear_object (&self->bus);
}

static gboolean
on_word (int fd, GIOCondition condition, gpointer data)
{
  LoadPeer *self = data;
  char words[64];
  const gssize n = read (fd, words, sizeof words - 1);

  words[MAX (n, 0)] = '\0';
  if (strstr (words, "go") != NULL)
    self->begin_us = g_get_monotonic_time ();
  if (strstr (words, "stop") != NULL)
    self->is_stopping = TRUE;
  if (n > 0 && strstr (words, "close") == NULL)
    return G_SOURCE_CONTINUE;
  self->is_stopping = TRUE;
  hein_bus_close_async (self->bus, NULL, on_closed, self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_second (gpointer data)
{
  LoadPeer *self = data;

  board_note_heap (self->board);
  return G_SOURCE_CONTINUE;
}

int
main (int argc, char **argv)
{
  LoadPeer self = { 0 };
  const Part *part = parts;

  if (argc < 6)
    g_error ("usage: load-peer PART NAME BOARD RATE LABEL=ADDRESS...");
  self.name = argv[2];
  self.rate = g_ascii_strtod (argv[4], NULL);
  self.places = (const char *const *) argv + 5;
  self.board = board_new (argv[3], self.name);
  self.bus = g_object_new (HEIN_TYPE_BUS, "name", self.name, "send-limit",
                           (guint64) SEND_LIMIT, "heartbeat-ms", HEARTBEAT_MS,
                           "silence-ms", SILENCE_MS, "reconnect-min-ms", 10,
                           "reconnect-max-ms", 500, "reconnect-failed-ms", 500,
                           "linger-ms", 5000, NULL);
  g_signal_connect (self.bus, "peer-added", G_CALLBACK (on_added), &self);
  g_signal_connect (self.bus, "peer-removed", G_CALLBACK (on_removed), &self);
  g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP, on_word, &self);
  g_timeout_add_seconds (1, on_second, &self);
  while (strcmp (part->name, argv[1]) != 0)
    if (++part == parts + G_N_ELEMENTS (parts))
      g_error ("%s is no part", argv[1]);
  part->begin (&self);
  while (self.bus != NULL)
    g_main_context_iteration (NULL, TRUE);
  return 0;
}

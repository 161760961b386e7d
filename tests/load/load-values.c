/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "load-peer.h"

#include <string.h>

/* Values that are retained, and who comes late for them: the first value that it
 * gets of a topic is no older than the one that was there before it came, and
 * no value is followed by an older one. */

#define PERIOD_MS 10
#define N_TOPICS  4
/* So many values more, and it goes. */
#define N_MORE 20

static const char *const topics[N_TOPICS] = { "value/a", "value/b", "value/c",
                                              "value/d" };

/* ---- who has the values ---- */

static gboolean
retain_due (gpointer data)
{
  LoadPeer *self = data;
  guint n = load_count_due (self);

  while (n-- > 0)
    {
      const char *topic = topics[self->n_begun % N_TOPICS];
      BoardRow *row = board_get_row (self->board, topic);
      g_autoptr (HeinMessage) value =
        load_text_new (self, topic, self->n_begun++);
      g_autoptr (GError) error = NULL;

      if (!hein_bus_send (self->bus, value, &error))
        g_error ("values: %s", error->message);
      row->last = self->n_begun - 1;
      row->n_accepted++;
    }
  return self->is_stopping ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

void
load_retain (LoadPeer *self)
{
  load_count_dropped (self, load_get_endpoint_row);
  load_listen (self);
  g_timeout_add (PERIOD_MS, retain_due, self);
}

/* ---- who comes late ---- */

typedef struct
{
  LoadPeer *peer;
  HeinBus *bus; /* owned: of this round */
  char life[40];
  guint64 floors[N_TOPICS]; /* numbers that there were before */
  LoadText latest[N_TOPICS];
  guint n_heard;
  gboolean is_closing;
} Visit;

static gboolean begin_visit (gpointer data);

static void
on_visit_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  Visit *self = data;
  LoadPeer *peer = self->peer;

  hein_bus_close_finish (self->bus, result, NULL);
  g_object_unref (self->bus);
  g_free (self);
  peer->board->n_rounds++;
  if (!peer->is_stopping)
    g_idle_add (begin_visit, peer);
}

static gboolean
is_complete (const Visit *self)
{
  for (guint i = 0; i < N_TOPICS; i++)
    if (self->latest[i].life[0] == '\0')
      return FALSE;
  return self->n_heard >= N_MORE || self->peer->is_stopping;
}

static void
check_value (Visit *self, guint i, const LoadText *text)
{
  const LoadText *before = &self->latest[i];

  if (strcmp (text->life, before->life) == 0)
    self->peer->board->n_stale += text->number < before->number;
  else if (before->life[0] == '\0' && strcmp (text->life, self->life) == 0)
    self->peer->board->n_stale += text->number < self->floors[i];
  self->latest[i] = *text;
}

static void
on_value (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Visit *self = data;
  LoadText text;
  guint i = 0;

  while (i < N_TOPICS && strcmp (topics[i], hein_message_get_topic (message)))
    i++;
  if (i == N_TOPICS || !load_text_read (message, &text))
    {
      self->peer->board->n_damaged++;
      return;
    }
  check_value (self, i, &text);
  self->n_heard++;
  if (!is_complete (self) || self->is_closing)
    return;
  self->is_closing = TRUE;
  hein_bus_close_async (self->bus, NULL, on_visit_closed, self);
}

/* What there is before it comes. */
static void
note_floors (Visit *self, const char *path)
{
  Board *board = board_open (path);

  if (board == NULL)
    return;
  g_strlcpy (self->life, board->name, sizeof self->life);
  for (guint i = 0; i < N_TOPICS; i++)
    self->floors[i] = board_get_row (board, topics[i])->last;
  board_close (board);
}

static gboolean
begin_visit (gpointer data)
{
  LoadPeer *peer = data;
  Visit *self = g_new0 (Visit, 1);
  g_autofree char *name =
    g_strdup_printf ("%s.%" G_GUINT64_FORMAT, peer->name, peer->n_begun++);
  g_autoptr (GError) error = NULL;

  self->peer = peer;
  self->bus = g_object_new (HEIN_TYPE_BUS, "name", name, "reconnect-min-ms", 10,
                            "reconnect-max-ms", 500, "heartbeat-ms", 1000,
                            "silence-ms", 3000, NULL);
  g_signal_connect (self->bus, "message", G_CALLBACK (on_value), self);
  note_floors (self, strchr (peer->places[0], '=') + 1);
  if (hein_bus_dial (self->bus, strchr (peer->places[1], '=') + 1, &error) ==
      NULL)
    g_error ("%s", error->message);
  return G_SOURCE_REMOVE;
}

/* The first place is the board of who has the values. */
void
load_come_late (LoadPeer *self)
{
  load_tell ("ready");
  g_idle_add (begin_visit, self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "load-peer.h"

/* Publishing, to all that are there: counting for how many each message is, or
 * evenly. */

#define PERIOD_MS       10
#define EVEN_PERIOD_MS  1
#define EVEN_SEND_LIMIT (1024 * 1024)

/* ---- a strategy that counts ---- */

typedef struct
{
  HeinStrategy parent_instance;
  LoadPeer *peer;
} LoadStrategy;
typedef HeinStrategyClass LoadStrategyClass;

static GType load_strategy_get_type (void);
G_DEFINE_TYPE (LoadStrategy, load_strategy, HEIN_TYPE_STRATEGY)

/* Before it is sent: who is killed in between has counted one more. */
static void
load_strategy_select (HeinStrategy *strategy,
                      HeinPeers *peers,
                      const char *key,
                      HeinMessage *message,
                      HeinSelection *selection)
{
  LoadPeer *self = ((LoadStrategy *) strategy)->peer;
  const guint n = hein_peers_get_n_peers (peers);

  for (guint i = 0; i < n; i++)
    {
      HeinPeer *peer = hein_peers_get_peer (peers, i);
      BoardRow *row = load_get_endpoint_row (self, peer);

      row->n_accepted++;
      load_note_message (self, peer, row->name, self->n_begun);
    }
  if (n == 0)
    load_get_endpoint_row (self, NULL)->n_accepted++;
  hein_selection_add_all (selection);
}

static void
load_strategy_class_init (LoadStrategyClass *class)
{
  class->select = load_strategy_select;
}

static void
load_strategy_init (LoadStrategy *self)
{
}

/* ---- publishing ---- */

static gboolean
publish_due (gpointer data)
{
  LoadPeer *self = data;
  guint n = load_count_due (self);

  while (n-- > 0)
    {
      g_autoptr (HeinMessage) message =
        load_text_new (self, "news", self->n_begun);
      g_autoptr (GError) error = NULL;

      if (!hein_bus_send (self->bus, message, &error))
        g_error ("publishing: %s", error->message);
      if (load_text_is_large (++self->n_begun))
        n++; /* all of them at once */
    }
  if (self->bus != NULL)
    board_note_dropped (self->board, self->bus);
  return self->is_stopping ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

void
load_publish (LoadPeer *self)
{
  LoadStrategy *strategy = g_object_new (load_strategy_get_type (), NULL);

  strategy->peer = self;
  hein_bus_set_strategy (self->bus, HEIN_STRATEGY (strategy));
  g_object_unref (strategy);
  load_count_dropped (self, load_get_endpoint_row);
  load_listen (self);
  g_timeout_add (PERIOD_MS, publish_due, self);
}

/* ---- evenly ---- */

gboolean
load_send_due (LoadPeer *self, const char *topic)
{
  guint n = load_count_due (self);

  while (n-- > 0)
    {
      g_autoptr (HeinMessage) message =
        load_text_new (self, topic, self->n_begun++);
      g_autoptr (GError) error = NULL;

      if (!hein_bus_send (self->bus, message, &error))
        g_error ("sending: %s", error->message);
    }
  return self->is_stopping ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static gboolean
tick_due (gpointer data)
{
  return load_send_due (data, "news");
}

/* It is not counted for whom, which costs the more the more there are. Whoever
 * reads loses nothing while a machine is busy for a second or two. */
void
load_tick (LoadPeer *self)
{
  g_object_set (self->bus, "send-limit", (guint64) EVEN_SEND_LIMIT, NULL);
  load_listen (self);
  g_timeout_add (EVEN_PERIOD_MS, tick_due, self);
}

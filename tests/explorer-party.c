/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explorer-party.h"

#include <stdlib.h>
#include <string.h>

#define SMALL_LIMIT  (64 * 1024)
#define MEMORY_LIMIT (1024 * 1024)
#define LARGEST      20000 /* bytes of a message */
#define MEMORY_SPARE (256 * 1024)

/* A message that was delivered, or a request: who it was for does not matter,
 * there is one. */
typedef struct
{
  Party *from; /* borrowed */
  char *id;
  gboolean is_request;
  guint n_handled;
  guint n_ends;
} Errand;

static guint
draw (guint n)
{
  return hein_get_random_int () % n;
}

/* ---- what all share ---- */

static void
errand_free (gpointer data)
{
  Errand *self = data;

  g_free (self->id);
  g_free (self);
}

void
scene_init (Scene *self)
{
  static const char *const names[SCENE_N_STRATEGIES] = {
    "round-robin", "least-queued", "random", "failover", "sticky",
  };

  for (guint i = 0; i < SCENE_N_STRATEGIES; i++)
    self->strategies[i] = hein_strategy_new (names[i], NULL);
  self->errands =
    g_hash_table_new_full (g_str_hash, g_str_equal, NULL, errand_free);
}

void
scene_clear (Scene *self)
{
  g_hash_table_unref (self->errands);
  for (guint i = 0; i < SCENE_N_STRATEGIES; i++)
    g_clear_object (&self->strategies[i]);
  g_clear_pointer (&self->broken, g_free);
}

void
scene_break (Scene *self, const char *format, ...)
{
  va_list arguments;

  if (self->broken != NULL)
    return;
  va_start (arguments, format);
  self->broken = g_strdup_vprintf (format, arguments);
  va_end (arguments);
}

/* ---- what it is told ---- */

gboolean
party_knows (const Party *self, const char *name)
{
  GHashTableIter iter;
  gpointer peer;

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, &peer, NULL))
    if (strcmp (hein_peer_get_name (peer), name) == 0)
      return TRUE;
  return FALSE;
}

static void
on_added (HeinBus *bus, HeinPeer *peer, gpointer data)
{
  Party *self = data;
  const char *name = hein_peer_get_name (peer);

  if (party_knows (self, name))
    scene_break (self->scene, "%s is told of two peers %s", self->name, name);
  g_hash_table_add (self->peers, g_object_ref (peer));
}

static void
on_removed (HeinBus *bus, HeinPeer *peer, const GError *reason, gpointer data)
{
  Party *self = data;

  if (!g_hash_table_remove (self->peers, peer))
    scene_break (self->scene, "%s loses %s, of which it was not told",
                 self->name, hein_peer_get_name (peer));
}

static HeinPeer *
draw_peer (Party *self)
{
  HeinPeers *peers = hein_bus_get_peers (self->bus);
  const guint n = hein_peers_get_n_peers (peers);

  return n > 0 ? hein_peers_get_peer (peers, draw (n)) : NULL;
}

static void
close_something (Party *self)
{
  HeinPeer *peer = draw_peer (self);

  if (!self->scene->may_close)
    return;
  if (draw (4) == 0)
    hein_bus_close (self->bus);
  else if (peer != NULL)
    hein_peer_close (peer);
}

static void
check_order (Party *self, const char *name, const char *text)
{
  const guint number = (guint) strtoul (text, NULL, 10);
  const guint last = GPOINTER_TO_UINT (g_hash_table_lookup (self->heard, name));

  if (number <= last)
    scene_break (self->scene, "%s hears %u of %s after %u", self->name, number,
                 name, last);
  g_hash_table_insert (self->heard, g_strdup (name), GUINT_TO_POINTER (number));
}

static void
note_handled (Party *self, const char *id)
{
  Errand *errand = g_hash_table_lookup (self->scene->errands, id);

  if (errand == NULL)
    scene_break (self->scene, "%s gets %s, which nobody sent", self->name, id);
  else if (++errand->n_handled > 1)
    scene_break (self->scene, "%s was handled twice", id);
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Party *self = data;
  HeinPeer *sender = hein_message_get_sender (message);
  g_autofree char *text = hein_message_dup_text (message, NULL);

  if (!g_hash_table_contains (self->peers, sender))
    scene_break (self->scene, "%s hears of %s, who is not there", self->name,
                 hein_peer_get_name (sender));
  if (strcmp (hein_message_get_topic (message), "errand") == 0)
    note_handled (self, text);
  else
    check_order (self, hein_peer_get_name (sender), text);
  if (draw (100) == 0)
    close_something (self);
}

static void
on_request (HeinBus *bus, HeinRequest *request, gpointer data)
{
  Party *self = data;
  HeinMessage *message = hein_request_get_message (request);
  g_autofree char *id = hein_message_dup_text (message, NULL);

  note_handled (self, id);
  if (draw (100) == 0)
    close_something (self);
  if (draw (8) == 0)
    hein_request_refuse (request, 1, "no", NULL);
  else
    hein_request_reply (request, hein_message_get_payload (message), NULL);
}

/* ---- what it does ---- */

static void
send_some (Party *self)
{
  for (guint i = draw (20); i > 0; i--)
    {
      const gsize size = draw (20) == 0 ? draw (LARGEST) : draw (200);
      g_autofree char *filling = g_strnfill (size, 'x');
      g_autofree char *text =
        g_strdup_printf ("%u %s", ++self->n_sent, filling);
      g_autoptr (HeinMessage) message = hein_message_new_text ("news", text);
      HeinPeer *peer = draw_peer (self);

      if (peer != NULL && draw (4) == 0)
        hein_bus_send_to (self->bus, hein_peer_get_name (peer), message, NULL);
      else if (draw (4) == 0)
        hein_bus_send_with (self->bus,
                            self->scene->strategies[draw (SCENE_N_STRATEGIES)],
                            NULL, message, NULL);
      else
        hein_bus_send (self->bus, message, NULL);
    }
}

static void
end_errand (Errand *self)
{
  if (++self->n_ends > 1)
    scene_break (self->from->scene, "%s has ended twice", self->id);
}

static void
on_delivered (GObject *bus, GAsyncResult *result, gpointer data)
{
  Errand *self = data;
  g_autoptr (HeinReceipt) receipt =
    hein_bus_deliver_finish (HEIN_BUS (bus), result, NULL);
  Scene *scene = self->from->scene;

  end_errand (self);
  if (receipt == NULL
        ? self->n_handled > 0
        : hein_receipt_get_n_failed (receipt) > 0 && self->n_handled > 0)
    scene_break (scene, "%s was handled, and is said to have failed", self->id);
  if (receipt != NULL && hein_receipt_get_n_acknowledged (receipt) > 0 &&
      self->n_handled == 0)
    scene_break (scene, "%s is acknowledged, and was not handled", self->id);
}

static void
on_answered (GObject *bus, GAsyncResult *result, gpointer data)
{
  Errand *self = data;
  g_autoptr (HeinMessage) answer =
    hein_bus_request_finish (HEIN_BUS (bus), result, NULL);
  g_autofree char *text =
    answer != NULL ? hein_message_dup_text (answer, NULL) : NULL;

  end_errand (self);
  if (answer != NULL &&
      (g_strcmp0 (text, self->id) != 0 || self->n_handled == 0))
    scene_break (self->from->scene, "%s is answered by %s", self->id, text);
}

static void
begin_errand (Party *self)
{
  HeinPeer *peer = draw_peer (self);
  const int timeout_ms = draw (2) == 0 ? -1 : (int) (1 + draw (5000));
  g_autoptr (HeinMessage) message = NULL;
  const char *name;
  Errand *errand;

  if (peer == NULL || !self->scene->has_asking)
    return;
  errand = g_new0 (Errand, 1);
  errand->from = self;
  errand->id = g_strdup_printf ("%s/%u", self->name,
                                g_hash_table_size (self->scene->errands));
  errand->is_request = draw (2) == 0;
  g_hash_table_insert (self->scene->errands, errand->id, errand);
  message = hein_message_new_text ("errand", errand->id);
  name = hein_peer_get_name (peer);
  if (errand->is_request)
    hein_bus_request_to_async (self->bus, name, message, timeout_ms, NULL,
                               on_answered, errand);
  else
    hein_bus_deliver_to_async (self->bus, name, message, timeout_ms, NULL,
                               on_delivered, errand);
}

void
party_act (Party *self)
{
  if (hein_bus_get_is_closed (self->bus))
    return;
  switch (draw (12))
    {
    case 0:
      close_something (self);
      break;
    case 1:
    case 2:
    case 3:
    case 4:
      begin_errand (self);
      break;
    default:
      send_some (self);
    }
}

/* ---- its life ---- */

Party *
party_new (Scene *scene, const char *host)
{
  Party *self = g_new0 (Party, 1);
  g_autoptr (GError) error = NULL;

  self->scene = scene;
  self->name = g_strdup_printf ("%s%u", host, ++scene->n_lives);
  self->bus = hein_bus_new (self->name);
  self->peers = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  self->heard = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (scene->has_small_limits)
    g_object_set (self->bus, "send-limit", SMALL_LIMIT, "receive-limit",
                  SMALL_LIMIT, "memory-limit", (guint64) MEMORY_LIMIT, NULL);
  g_signal_connect (self->bus, "peer-added", G_CALLBACK (on_added), self);
  g_signal_connect (self->bus, "peer-removed", G_CALLBACK (on_removed), self);
  g_signal_connect (self->bus, "message", G_CALLBACK (on_message), self);
  if (scene->has_asking)
    hein_bus_serve (self->bus, "errand", on_request, self, NULL, &error);
  g_assert_no_error (error);
  return self;
}

void
party_free (gpointer party)
{
  Party *self = party;

  if (self == NULL)
    return;
  if (self->bus != NULL)
    g_signal_handlers_disconnect_by_data (self->bus, self);
  g_clear_object (&self->bus);
  g_hash_table_unref (self->peers);
  g_hash_table_unref (self->heard);
  g_free (self->name);
  g_free (self);
}

void
party_check_memory (const Party *self)
{
  guint64 used;

  if (!self->scene->has_small_limits || self->has_crashed)
    return;
  used = hein_bus_get_memory_used (self->bus);
  if (used > MEMORY_LIMIT + MEMORY_SPARE)
    scene_break (self->scene, "%s uses %" G_GUINT64_FORMAT " bytes", self->name,
                 used);
}

void
party_check_end (const Party *self)
{
  GHashTableIter iter;
  gpointer value;

  if (self->has_crashed)
    return;
  if (g_hash_table_size (self->peers) > 0)
    scene_break (self->scene,
                 "%s is closed, and was not told of it by %u peers", self->name,
                 g_hash_table_size (self->peers));
  g_hash_table_iter_init (&iter, self->scene->errands);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Errand *errand = value;

      if (errand->from == self && errand->n_ends != 1)
        scene_break (self->scene, "%s has %u ends", errand->id, errand->n_ends);
    }
}

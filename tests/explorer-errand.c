/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explorer-errand.h"

#include "explorer-right.h"
#include "explorer-topic.h"

/* Requests and deliveries: see explorer-errand.h. */

typedef struct
{
  const Party *from; /* borrowed */
  char *id;
  HeinAction action; /* what it needs to be allowed */
  gint64 begun_us;
  guint n_handled;
  guint n_ends;
} Errand;

void
errand_free (gpointer data)
{
  Errand *self = data;

  g_free (self->id);
  g_free (self);
}

void
errand_handle (Party *self, const char *id)
{
  const Scene *scene = self->scene;
  Errand *errand = g_hash_table_lookup (scene->errands, id);

  if (errand == NULL)
    scene_break (self->scene, "%s gets %s, which nobody sent", self->name, id);
  else
    {
      right_check_message (self, errand->from, errand->action,
                           topic_find ("errand"), errand->begun_us);
      if (++errand->n_handled > 1 && !scene->kind->repeats)
        scene_break (self->scene, "%s was handled twice", id);
    }
}

void
errand_on_request (HeinBus *bus, HeinRequest *request, gpointer party)
{
  HeinMessage *message = hein_request_get_message (request);
  g_autofree char *id = hein_message_dup_text (message, NULL);

  errand_handle (party, id);
  party_close_sometimes (party);
  if (scene_draw (8) == 0)
    hein_request_refuse (request, 1, "no", NULL);
  else
    hein_request_reply (request, hein_message_get_payload (message), NULL);
}

/* ---- ends ---- */

static void
end (Errand *self)
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
  const gboolean has_failed =
    receipt == NULL || hein_receipt_get_n_failed (receipt) > 0;

  end (self);
  if (has_failed && self->n_handled > 0 && !scene->kind->repeats)
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

  end (self);
  if (answer != NULL &&
      (g_strcmp0 (text, self->id) != 0 || self->n_handled == 0))
    scene_break (self->from->scene, "%s is answered by %s", self->id, text);
}

/* The first one of @from that has not ended once. Returns: (nullable) */
static const Errand *
find_open (const Party *from)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, from->scene->errands);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Errand *errand = value;

      if (errand->from == from && errand->n_ends != 1)
        return errand;
    }
  return NULL;
}

gboolean
errand_are_over (const Party *from)
{
  return find_open (from) == NULL;
}

void
errand_check_ends (const Party *from)
{
  const Errand *open = find_open (from);

  if (open != NULL)
    scene_break (from->scene, "%s has %u ends", open->id, open->n_ends);
}

/* ---- begin ---- */

static void
ask (Errand *self, const char *name, int timeout_ms)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("errand", self->id);

  hein_bus_request_to_async (self->from->bus, name, message, timeout_ms, NULL,
                             on_answered, self);
}

static void
deliver (Errand *self, const char *name, int timeout_ms)
{
  g_autofree char *text = g_strdup_printf ("errand %s", self->id);
  g_autoptr (HeinMessage) message = hein_message_new_text ("errand", text);

  hein_bus_deliver_to_async (self->from->bus, name, message, timeout_ms, NULL,
                             on_delivered, self);
}

void
errand_begin (Party *from)
{
  const ExplorerKind *kind = from->scene->kind;
  HeinPeer *peer = party_draw_peer (from);
  const int timeout_ms =
    scene_draw (2) == 0 ? -1 : (int) (1 + scene_draw (5000));
  Errand *self;

  if (peer == NULL || !kind->has_receipts || from->scene->has_counts)
    return;
  self = g_new0 (Errand, 1);
  self->from = from;
  self->id = g_strdup_printf ("%s/%u", from->name,
                              g_hash_table_size (from->scene->errands));
  g_hash_table_insert (from->scene->errands, self->id, self);
  self->begun_us = hein_simulation_get_time_us (from->scene->net);
  self->action = kind->has_requests && scene_draw (2) == 0
                   ? HEIN_ACTION_REQUEST
                   : HEIN_ACTION_PUBLISH;
  if (self->action == HEIN_ACTION_REQUEST)
    ask (self, hein_peer_get_name (peer), timeout_ms);
  else
    deliver (self, hein_peer_get_name (peer), timeout_ms);
}

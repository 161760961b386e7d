/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-deliver-choose.h"

#include "base/hein-object.h"
#include "core/hein-peer-private.h"
#include "core/hein-peers-private.h"
#include "link/hein-peer-state.h"
#include "plugin-api/hein-selection-private.h"

/* Chooses the peers that a message is delivered to. Where a strategy chooses
 * one of several, as those that take turns do, peers without credit are passed
 * over. */

HeinDeliverChoice *
hein_deliver_choice_new (void)
{
  HeinDeliverChoice *self = g_new (HeinDeliverChoice, 1);

  self->one = NULL;
  self->selection = hein_selection_new ();
  self->able = g_ptr_array_new_with_free_func (hein_object_unref);
  self->unable = g_ptr_array_new_with_free_func (g_object_unref);
  return self;
}

void
hein_deliver_choice_clear (HeinDeliverChoice *self)
{
  hein_selection_clear (self->selection);
  if (self->one != NULL)
    hein_object_unref (g_steal_pointer (&self->one));
  if (self->able->len > 0)
    g_ptr_array_set_size (self->able, 0);
  if (self->unable->len > 0)
    g_ptr_array_set_size (self->unable, 0);
}

void
hein_deliver_choice_free (HeinDeliverChoice *self)
{
  g_clear_object (&self->one);
  g_object_unref (self->selection);
  g_ptr_array_unref (self->able);
  g_ptr_array_unref (self->unable);
  g_free (self);
}

GError *
hein_deliver_make_unable_error (HeinPeer *peer)
{
  return g_error_new (HEIN_ERROR, HEIN_ERROR_FAILED,
                      "%s cannot acknowledge messages: %s carries no receipts "
                      "from it%s%s",
                      peer->name,
                      peer->protocol_name != NULL ? peer->protocol_name
                                                  : peer->transport_name,
                      peer->credit_hint != NULL ? "; " : "",
                      peer->credit_hint != NULL ? peer->credit_hint : "");
}

static void
add (HeinPeer *peer, HeinDeliverChoice *choice)
{
  if (peer->is_target)
    g_ptr_array_add (peer->wants.credit > 0 ? choice->able : choice->unable,
                     hein_object_ref (peer));
}

/* @message NULL: whatever the peers have subscribed to. */
static void
add_all (GPtrArray *peers, HeinMessage *message, HeinDeliverChoice *choice)
{
  for (guint i = 0; i < peers->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (peers, i);

      if (message == NULL || hein_peer_wants (peer, message))
        add (peer, choice);
    }
}

static HeinChosen
check_any (HeinCore *self, HeinDeliverChoice *choice, GError **error)
{
  if (choice->able->len > 0)
    return HEIN_CHOSEN_PEERS;
  if (choice->unable->len > 0)
    g_propagate_error (error, hein_deliver_make_unable_error (
                                g_ptr_array_index (choice->unable, 0)));
  else
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_NO_PEER,
                         self->roster.targets->array->len == 0
                           ? "no peer is there that the message could be "
                             "delivered to"
                           : "no peer that is there is to have the message");
  return HEIN_CHOSEN_NONE;
}

static HeinChosen
choose_named (HeinCore *self,
              const char *name,
              HeinDeliverChoice *choice,
              GError **error)
{
  HeinNamed room;
  GPtrArray *peers = hein_peers_lookup_all (self->roster.targets, name, &room);

  if (peers == NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_NO_PEER,
                   "no peer \"%s\" is there", name);
      return HEIN_CHOSEN_NONE;
    }
  add_all (peers, NULL, choice);
  return check_any (self, choice, error);
}

/* One peer was chosen. Returns whether that is the choice; else another one has
 * to be looked for. @before is what was chosen the time before. */
static gboolean
is_choice (HeinDeliverPeers *peers,
           HeinPeer *peer,
           HeinPeer *before,
           gboolean is_only)
{
  if (peer->wants.credit == 0)
    return FALSE;
  /* a strategy that sticks to a peer would choose no other one */
  return hein_deliver_peers_is_free (peers, peer) ||
         (peer == before && !is_only);
}

/* Returns the peer that all are, where there is one that can acknowledge: the
 * most common case. */
static HeinPeer *
get_only (HeinCore *self, HeinMessage *message)
{
  const GPtrArray *targets = self->roster.targets->array;
  HeinPeer *peer = targets->len == 1 ? g_ptr_array_index (targets, 0) : NULL;

  return peer != NULL && peer->is_target && peer->wants.credit > 0 &&
             ((self->roster.n_filtered == 0 && peer->link != NULL &&
               peer->clearance == NULL) ||
              hein_peer_wants (peer, message))
           ? peer
           : NULL;
}

static HeinChosen
choose_by_strategy (HeinCore *self,
                    HeinDeliverPeers *peers,
                    const HeinSending *sending,
                    HeinDeliverChoice *choice,
                    GError **error)
{
  HeinSelection *selection = choice->selection;
  HeinPeer *before = NULL;
  gboolean is_later = FALSE;

  for (guint n = 0; n <= self->roster.targets->array->len; n++)
    {
      HeinPeer *peer;

      if (!hein_send_select (self, sending, selection, error))
        return HEIN_CHOSEN_NONE;
      peer = selection->is_all ? get_only (self, sending->message) : NULL;
      if (G_LIKELY (peer != NULL))
        {
          choice->one = hein_object_ref (peer);
          return HEIN_CHOSEN_ONLY;
        }
      if (selection->is_all || selection->peers->len != 1)
        {
          add_all (selection->is_all ? self->roster.targets->array
                                     : selection->peers,
                   selection->is_all ? sending->message : NULL, choice);
          return check_any (self, choice, error);
        }
      peer = g_ptr_array_index (selection->peers, 0);
      if (!peer->is_target)
        continue;
      if (is_choice (peers, peer, before,
                     self->roster.targets->array->len == 1))
        {
          choice->one = hein_object_ref (peer);
          return HEIN_CHOSEN_ONE;
        }
      is_later |= peer->wants.credit > 0;
      if (!is_later)
        {
          g_ptr_array_set_size (choice->unable, 0);
          add (peer, choice);
        }
      before = peer;
    }
  return is_later ? HEIN_CHOSEN_LATER : check_any (self, choice, error);
}

HeinChosen
hein_deliver_choose (HeinCore *self,
                     HeinDeliverPeers *peers,
                     const HeinSending *sending,
                     HeinDeliverChoice *choice,
                     GError **error)
{
  if (sending->is_named)
    return choose_named (self, sending->key, choice, error);
  return choose_by_strategy (self, peers, sending, choice, error);
}

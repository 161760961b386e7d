/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-ask-choose.h"

#include "base/hein-object.h"
#include "core/hein-peers-private.h"
#include "link/hein-peer-state.h"
#include "plugin-api/hein-selection-private.h"

/* Chooses the peers that a request is sent to. */

static void
add_askable (GPtrArray *to, GPtrArray *peers, HeinAsks needed)
{
  for (guint i = 0; i < peers->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (peers, i);

      if (peer->is_target && peer->wants.asks >= needed)
        g_ptr_array_add (to, hein_object_ref (peer));
    }
}

static gboolean
fail_nobody (HeinCore *self, GPtrArray *chosen, GError **error)
{
  HeinPeer *peer = chosen->len > 0 ? g_ptr_array_index (chosen, 0) : NULL;

  if (peer == NULL)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_NO_PEER,
                         self->roster.targets->array->len == 0
                           ? "no peer is there that could be asked"
                           : "the strategy chose no peer to be asked");
  else if (peer->wants.asks == HEIN_ASKS_ONCE)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "%s cannot be asked for many answers: %s carries one answer "
                 "from it",
                 peer->name, peer->protocol_name);
  else
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "%s cannot be asked: %s carries no requests to it", peer->name,
                 peer->protocol_name != NULL ? peer->protocol_name
                                             : peer->transport_name);
  return FALSE;
}

static gboolean
choose_named (HeinCore *self,
              const char *name,
              HeinAsks needed,
              GPtrArray *askable,
              GError **error)
{
  HeinNamed room;
  GPtrArray *peers = hein_peers_lookup_all (self->roster.targets, name, &room);

  if (peers == NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_NO_PEER,
                   "no peer \"%s\" is there", name);
      return FALSE;
    }
  add_askable (askable, peers, needed);
  return askable->len > 0 || fail_nobody (self, peers, error);
}

/* A strategy that takes turns may choose a peer that cannot answer requests,
 * and another one when it is called again. */
static gboolean
choose_by_strategy (HeinCore *self,
                    const HeinSending *sending,
                    HeinAsks needed,
                    HeinSelection *selection,
                    GPtrArray *askable,
                    GError **error)
{
  GPtrArray *chosen = NULL;

  for (guint n = 0; n <= self->roster.targets->array->len; n++)
    {
      if (!hein_send_select (self, sending, selection, error))
        return FALSE;
      chosen =
        selection->is_all ? self->roster.targets->array : selection->peers;
      add_askable (askable, chosen, needed);
      if (askable->len > 0)
        return TRUE;
      if (selection->is_all || chosen->len == 0)
        break;
    }
  return fail_nobody (self, chosen, error);
}

gboolean
hein_ask_choose (HeinCore *self,
                 const HeinSending *sending,
                 HeinAsks needed,
                 HeinSelection *selection,
                 GPtrArray *askable,
                 GError **error)
{
  if (sending->is_named)
    return choose_named (self, sending->key, needed, askable, error);
  return choose_by_strategy (self, sending, needed, selection, askable, error);
}

gboolean
hein_ask_choose_all (HeinCore *self,
                     HeinAsks needed,
                     GPtrArray *askable,
                     GError **error)
{
  GPtrArray *targets = self->roster.targets->array;

  add_askable (askable, targets, needed);
  return askable->len > 0 || fail_nobody (self, targets, error);
}

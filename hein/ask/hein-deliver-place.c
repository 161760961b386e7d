/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-deliver-place.h"

#include <hein/hein-bus.h>

#include "hein-deliver-end.h"
#include "hein-deliver-resume.h"
#include "hein-deliver-send.h"
#include "message/hein-message-memory.h"

/* Finds a peer for what no peer took when it was delivered, or whose peer has
 * gone before it was sent. */

/* So many of those that wait for any peer are tried before the rest waits: a
 * strategy may choose the same peer for the first ones. */
#define TRIED_MAX 64

HeinDeliverChoice *
hein_deliverer_take_choice (HeinDeliverer *self)
{
  HeinDeliverChoice *choice = g_steal_pointer (&self->choice);

  return choice != NULL ? choice : hein_deliver_choice_new ();
}

void
hein_deliverer_give_choice_back (HeinCore *core,
                                 HeinDeliverer *self,
                                 HeinDeliverChoice *choice)
{
  hein_deliver_choice_clear (choice);
  if (core->deliverer == self && self->choice == NULL)
    self->choice = choice;
  else
    hein_deliver_choice_free (choice);
}

/* @chosen is what was chosen for @leg, which has waited for any peer. Returns
 * FALSE when there is none that takes it now. Takes ownership of @error. */
static gboolean
settle (HeinLeg *leg,
        HeinChosen chosen,
        HeinDeliverChoice *choice,
        GError *error)
{
  if (leg->state != HEIN_LEG_HOMELESS)
    g_clear_error (&error); /* a strategy has ended it */
  else if (chosen == HEIN_CHOSEN_LATER)
    return FALSE;
  else if (chosen == HEIN_CHOSEN_NONE)
    hein_leg_end (leg, HEIN_OUTCOME_FAILED, error);
  else
    {
      hein_leg_leave_row (leg);
      /* a strategy that has been set since may choose several: any of them
       * would do */
      hein_leg_give (leg, choice->one != NULL
                            ? choice->one
                            : g_ptr_array_index (choice->able, 0));
    }
  return TRUE;
}

/* Looks for a peer again. Returns FALSE when there is none that takes it
 * now. */
static gboolean
place (HeinDeliverer *self, HeinLeg *leg)
{
  HeinCore *core = self->core;
  g_autoptr (HeinDelivery) delivery = hein_delivery_ref (leg->delivery);
  const HeinSending sending = { .message = delivery->message };
  HeinDeliverChoice *choice = hein_deliverer_take_choice (self);
  GError *error = NULL;
  const HeinChosen chosen =
    hein_deliver_choose (core, &self->peers, &sending, choice, &error);
  const gboolean is_placed = settle (leg, chosen, choice, error);

  hein_deliverer_give_choice_back (core, self, choice);
  return is_placed;
}

static void
place_homeless (HeinDeliverer *self)
{
  HeinCore *core = self->core;
  guint n_tried = 0;

  while (core->deliverer == self && n_tried < TRIED_MAX &&
         n_tried < self->homeless.length)
    {
      HeinLeg *leg = g_queue_peek_nth (&self->homeless, n_tried);

      if (place (self, leg))
        continue;
      n_tried++;
      if (!hein_deliver_peers_is_any_free (&self->peers))
        break;
    }
}

/* The bus may end meanwhile, and free the deliverer. */
void
hein_deliverer_run (HeinJob *job)
{
  HeinDeliverer *self = HEIN_CONTAINER (job, HeinDeliverer, job);
  HeinCore *core = self->core;
  g_autoptr (HeinBus) bus = core->bus != NULL ? g_object_ref (core->bus) : NULL;

  hein_deliver_resume_ask (self);
  while (core->deliverer == self && self->freed.length > 0)
    {
      g_autoptr (HeinPeer) peer = g_queue_pop_head (&self->freed);

      hein_deliverer_send_waiting (self, peer);
    }
  if (core->deliverer == self && self->homeless.length > 0)
    place_homeless (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-bridge-deliver.h"

#include <hein/hein-receipt.h>

/* Messages that somebody has delivered are delivered to the other side, and are
 * acknowledged when they are there. */

typedef struct
{
  HeinBridge *bridge;   /* owned */
  HeinMessage *message; /* owned; whose sender waits */
} Delivery;

static void
tell (Delivery *self, HeinReceipt *receipt, const GError *error)
{
  if (error == NULL)
    {
      hein_message_acknowledge (self->message);
      hein_bridge_count_passed (self->bridge);
      return;
    }
  if (receipt != NULL && hein_receipt_get_n_unknown (receipt) > 0)
    hein_message_doubt (self->message, error->message);
  else
    hein_message_refuse (self->message, error->message);
  hein_bridge_fail (self->bridge, self->message, error);
}

static void
on_delivered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Delivery *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinReceipt) receipt =
    hein_bus_deliver_finish (HEIN_BUS (source), result, &error);

  if (receipt != NULL)
    hein_receipt_check (receipt, &error);
  tell (self, receipt, error);
  hein_message_unref (self->message);
  g_object_unref (self->bridge);
  g_free (self);
}

void
hein_bridge_deliver (HeinBridge *self, HeinMessage *message, HeinMessage *copy)
{
  Delivery *delivery = g_new (Delivery, 1);

  delivery->bridge = g_object_ref (self);
  delivery->message = hein_message_ref (message);
  hein_bus_deliver_async (self->target, copy,
                          hein_message_get_remaining_ms (message), NULL,
                          on_delivered, delivery);
}

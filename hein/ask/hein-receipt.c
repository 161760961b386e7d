/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-error.h>

#include "base/hein-object.h"
#include "hein-receipt-private.h"
#include "io/hein-slab.h"

/**
 * HeinReceipt:
 *
 * What became of a message that was delivered ([method@Bus.deliver_async]), at
 * each of the peers that it was for. It does not change any more.
 *
 * ```c
 * HeinReceipt *receipt = hein_bus_deliver_finish (bus, result, &error);
 *
 * if (receipt != NULL && !hein_receipt_check (receipt, &error))
 *   g_warning ("%s", error->message);
 * ```
 *
 * Since: 0.9
 */

typedef struct
{
  HeinPeer *peer; /* owned, nullable */
  HeinOutcome outcome;
  GError *error; /* owned, nullable */
} Entry;

struct _HeinReceipt
{
  int ref_count; /* atomic */
  guint n_of[HEIN_OUTCOME_UNKNOWN + 1];
  guint n_peers;
  Entry entries[];
};

G_DEFINE_BOXED_TYPE (HeinReceipt,
                     hein_receipt,
                     hein_receipt_ref,
                     hein_receipt_unref)

static gsize
get_size (guint n_peers)
{
  return sizeof (HeinReceipt) + n_peers * sizeof (Entry);
}

HeinReceipt *
hein_receipt_new (guint n_peers)
{
  HeinReceipt *self = hein_slab_alloc0 (get_size (n_peers));

  self->ref_count = 1;
  self->n_peers = n_peers;
  return self;
}

void
hein_receipt_set (HeinReceipt *self,
                  guint index,
                  HeinPeer *peer,
                  HeinOutcome outcome,
                  GError *error)
{
  Entry *entry = &self->entries[index];

  entry->peer = peer != NULL ? hein_object_ref (peer) : NULL;
  entry->outcome = outcome;
  entry->error = error;
  self->n_of[outcome]++;
}

/**
 * hein_receipt_ref:
 * @self: a receipt
 *
 * Takes a reference.
 *
 * - Thread: any.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.9
 */
HeinReceipt *
hein_receipt_ref (HeinReceipt *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_int_inc (&self->ref_count);
  return self;
}

/**
 * hein_receipt_unref: (skip)
 * @self: (transfer full): a receipt
 *
 * Drops a reference; the last one frees the receipt.
 *
 * - Thread: any.
 *
 * Since: 0.9
 */
void
hein_receipt_unref (HeinReceipt *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  for (guint i = 0; i < self->n_peers; i++)
    {
      if (self->entries[i].peer != NULL)
        hein_object_unref (self->entries[i].peer);
      g_clear_error (&self->entries[i].error);
    }
  hein_slab_free (self, get_size (self->n_peers));
}

/**
 * hein_receipt_check:
 * @self: a receipt
 * @error: return location
 *
 * Checks that every peer has acknowledged the message.
 *
 * - Errors: that of the first peer that has not, as
 *   [method@Receipt.get_error] has it.
 * - Thread: any.
 *
 * Returns: %TRUE when all have
 *
 * Since: 0.9
 */
gboolean
hein_receipt_check (HeinReceipt *self, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);

  for (guint i = 0; i < self->n_peers; i++)
    if (self->entries[i].outcome != HEIN_OUTCOME_ACKNOWLEDGED)
      {
        if (error != NULL)
          *error = g_error_copy (self->entries[i].error);
        return FALSE;
      }
  return TRUE;
}

/**
 * hein_receipt_get_n_acknowledged:
 * @self: a receipt
 *
 * Gets how many peers have handled the message.
 *
 * - Thread: any.
 *
 * Returns: a number of peers
 *
 * Since: 0.9
 */
guint
hein_receipt_get_n_acknowledged (HeinReceipt *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_of[HEIN_OUTCOME_ACKNOWLEDGED];
}

/**
 * hein_receipt_get_n_failed:
 * @self: a receipt
 *
 * Gets how many peers have not handled the message, and will not.
 *
 * - Thread: any.
 *
 * Returns: a number of peers
 *
 * Since: 0.9
 */
guint
hein_receipt_get_n_failed (HeinReceipt *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_of[HEIN_OUTCOME_FAILED];
}

/**
 * hein_receipt_get_n_unknown:
 * @self: a receipt
 *
 * Gets how many peers may have handled the message.
 *
 * - Thread: any.
 *
 * Returns: a number of peers
 *
 * Since: 0.9
 */
guint
hein_receipt_get_n_unknown (HeinReceipt *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_of[HEIN_OUTCOME_UNKNOWN];
}

/**
 * hein_receipt_get_n_peers:
 * @self: a receipt
 *
 * Gets how many peers the message was for.
 *
 * - Thread: any.
 *
 * Returns: a number of peers
 *
 * Since: 0.9
 */
guint
hein_receipt_get_n_peers (HeinReceipt *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_peers;
}

/**
 * hein_receipt_get_peer:
 * @self: a receipt
 * @index: 0 to [method@Receipt.get_n_peers] - 1
 *
 * Gets a peer that the message was for, which may be gone by now.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (nullable): the peer; %NULL when the message waited
 *   for one in vain
 *
 * Since: 0.9
 */
HeinPeer *
hein_receipt_get_peer (HeinReceipt *self, guint index)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (index < self->n_peers, NULL);

  return self->entries[index].peer;
}

/**
 * hein_receipt_get_outcome:
 * @self: a receipt
 * @index: 0 to [method@Receipt.get_n_peers] - 1
 *
 * Gets what became of the message at a peer.
 *
 * - Thread: any.
 *
 * Returns: the outcome
 *
 * Since: 0.9
 */
HeinOutcome
hein_receipt_get_outcome (HeinReceipt *self, guint index)
{
  g_return_val_if_fail (self != NULL, HEIN_OUTCOME_FAILED);
  g_return_val_if_fail (index < self->n_peers, HEIN_OUTCOME_FAILED);

  return self->entries[index].outcome;
}

/**
 * hein_receipt_get_error:
 * @self: a receipt
 * @index: 0 to [method@Receipt.get_n_peers] - 1
 *
 * Gets why a peer has not acknowledged the message:
 *
 * - failed: `HEIN_ERROR_REFUSED` with the text of the program there;
 *   `HEIN_ERROR_FAILED` when no handler took the message, a filter dropped it,
 *   or the peer cannot acknowledge; `HEIN_ERROR_TIMED_OUT` when it was not sent
 *   in time, or came too late; `HEIN_ERROR_CLOSED` when the peer went before it
 *   was sent; `HEIN_ERROR_NO_PEER` when no other peer was there then.
 * - unknown: `HEIN_ERROR_CLOSED` when the peer went, or the bus was closed;
 *   `HEIN_ERROR_TIMED_OUT`.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (nullable): the error; %NULL when the peer has
 *   acknowledged
 *
 * Since: 0.9
 */
const GError *
hein_receipt_get_error (HeinReceipt *self, guint index)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (index < self->n_peers, NULL);

  return self->entries[index].error;
}

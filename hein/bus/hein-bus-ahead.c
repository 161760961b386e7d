/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>

#include "core/hein-inbox.h"
#include "hein-bus-guard.h"
#include "hein-bus-state.h"
#include "hein-delivery.h"
#include "hein-taking.h"

/* Taking messages ahead of time: bindings hand them on one by one. */

static gboolean
begin_ahead (HeinBus *self, guint max, GError **error)
{
  if (!hein_bus_check_thread (self, error) ||
      (max > 0 && !hein_delivery_check_receiver (self, error)))
    return FALSE;
  if (max > 0)
    hein_taking_begin (self);
  return TRUE;
}

static void
end_ahead (HeinBus *self, guint max)
{
  hein_taking_end (self);
  /* what came back may be for others who wait */
  if (self->core.news.inbox.length > 0)
    hein_inbox_serve (&self->core);
  if (max == 0 && hein_delivery_is_due (self))
    hein_core_want_turn (&self->core);
}

/**
 * hein_bus_take_ahead:
 * @self: a bus
 * @max: how many messages to take at most; 0: none, those of the call before
 *   only come back
 * @error: return location
 *
 * Takes messages ahead of time, for a program that hands them on one by one,
 * and for which a call for each of them is too much: bindings of languages.
 * They count as waiting in the bus until [method@Bus.note_taken] tells that
 * they have been handed on.
 *
 * Those of which that was not told come back with the next call, as if they had
 * never been taken. Whoever has messages ahead of time calls this function with
 * 0 before messages are taken in another way, and before a handler is
 * connected; otherwise later messages come first.
 *
 * A message whose sender is told that it was taken comes alone, and counts as
 * taken at once: one that was delivered with a receipt, and one that came by a
 * protocol that acknowledges messages.
 *
 * - Limits: 256 KiB at a time, unless one message is larger.
 * - Errors: `HEIN_ERROR_FAILED` on a thread that is not the owner, and, unless
 *   @max is 0, while a handler takes messages; `HEIN_ERROR_CLOSED` in a forked
 *   child.
 * - Thread: owner.
 *
 * Returns: (transfer container) (element-type HeinMessage): 0 to @max
 *   messages, in order
 *
 * Since: 0.9
 */
GPtrArray *
hein_bus_take_ahead (HeinBus *self, guint max, GError **error)
{
  GPtrArray *messages;

  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);

  if (!begin_ahead (self, max, error))
    return NULL;
  messages = hein_inbox_take_ahead (&self->core, max);
  end_ahead (self, max);
  return messages;
}

/**
 * hein_bus_take_data_ahead:
 * @self: a bus
 * @max: how many messages to take at most
 * @sizes: (out) (transfer full) (element-type guint32): the size of the payload
 *   of each message, in bytes
 * @kinds: (out) (transfer full): for each message a byte, the index of the
 *   model that it is like
 * @models: (out) (transfer container) (element-type HeinMessage): messages, of
 *   which each stands for all that have its topic, its sender and its time
 * @error: return location
 *
 * Takes messages ahead of time as [method@Bus.take_ahead] does, and gives their
 * payloads in one piece: for bindings, where an object for each message costs
 * more than the message. [method@Message.new_like] makes one of them.
 *
 * Only messages come so whose payload is a single part of up to 4,096 bytes
 * without a content type and attributes. There are none when the oldest message
 * is another one, which [method@Bus.take_ahead] gives.
 *
 * - Limits: 256 KiB at a time, and 16 models.
 * - Errors: as [method@Bus.take_ahead].
 * - Thread: owner.
 *
 * Returns: (transfer full): the payloads, one after another
 *
 * Since: 0.9
 */
GByteArray *
hein_bus_take_data_ahead (HeinBus *self,
                          guint max,
                          GArray **sizes,
                          GByteArray **kinds,
                          GPtrArray **models,
                          GError **error)
{
  HeinAhead ahead;

  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);
  g_return_val_if_fail (sizes != NULL && kinds != NULL && models != NULL, NULL);

  if (!begin_ahead (self, max, error))
    return NULL;
  hein_inbox_take_data_ahead (&self->core, max, &ahead);
  end_ahead (self, max);
  *sizes = ahead.sizes;
  *kinds = ahead.kinds;
  *models = ahead.models;
  return ahead.data;
}

/**
 * hein_bus_note_taken:
 * @self: a bus
 * @n: how many; more than there are: all
 *
 * Tells that the program has handed on the first @n of the messages that it has
 * from [method@Bus.take_ahead], and that were not told of yet: they count as
 * taken.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_note_taken (HeinBus *self, guint n)
{
  g_return_if_fail (HEIN_IS_BUS (self));
  if (hein_core_is_forked (&self->core))
    return;
  hein_bus_return_unless_owner (self);

  hein_inbox_note_taken (&self->core, n);
  hein_taking_end (self);
}

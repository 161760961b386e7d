/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-error.h>

#include "hein-message-handed.h"
#include "io/hein-world.h"

/*
 * A message that was delivered (hein_bus_deliver_async): its sender is told
 * once what became of it. Whoever is first tells: the bus when the handlers
 * have returned, the program, or the end of the message itself, so that one
 * that a program has let go of does not stay open.
 */

void
hein_message_hand (HeinMessage *self,
                   const HeinHandedFuncs *funcs,
                   gpointer data,
                   gboolean is_manual)
{
  HeinHanded *handed = &self->extra->handed;

  handed->funcs = funcs;
  handed->data = funcs->ref (data);
  handed->is_manual = is_manual;
}

void
hein_message_fail_handed (HeinMessage *self, int code, const char *why)
{
  if (hein_message_is_handed (self))
    hein_message_tell (self, code, why);
}

static gint64
get_end_us (const HeinMessage *self)
{
  const guint32 left_ms = self->extra->attributes.ask_number;

  return left_ms > 0 ? self->time_us + (gint64) left_ms * 1000 : G_MAXINT64;
}

int
hein_message_limit_timeout (HeinMessage *self, int timeout_ms)
{
  const gint64 left_ms = hein_message_get_expiry_ms (self);

  if (left_ms < 0 || (timeout_ms >= 0 && timeout_ms <= left_ms))
    return timeout_ms;
  return (int) MIN (left_ms, G_MAXINT);
}

gboolean
hein_message_is_late (const HeinMessage *self)
{
  const gint64 expires_us = hein_message_get_expires_us (self);
  gint64 end_us = expires_us > 0 ? expires_us : G_MAXINT64;

  if (hein_message_is_handed (self))
    end_us = MIN (end_us, get_end_us (self));
  return end_us < G_MAXINT64 && end_us <= hein_world_get_us ();
}

/**
 * hein_message_acknowledge:
 * @self: a message
 *
 * Tells the sender of a message that was delivered ([method@Bus.deliver_async])
 * that it has been handled. Only the first word about a message counts; for
 * messages that were merely sent, nothing happens.
 *
 * With [property@Bus:acknowledge] `manual` every message that was delivered
 * needs this or [method@Message.refuse]; otherwise the bus does it, and a
 * program may do it earlier.
 *
 * - Thread: any.
 *
 * Since: 0.9
 */
void
hein_message_acknowledge (HeinMessage *self)
{
  g_return_if_fail (self != NULL);

  if (hein_message_is_handed (self))
    hein_message_tell (self, 0, NULL);
}

/**
 * hein_message_refuse:
 * @self: a message
 * @why: the reason, in a few words
 *
 * Tells the sender of a message that was delivered ([method@Bus.deliver_async])
 * that it was not handled and will not be: its receipt says failed. Only the
 * first word about a message counts; for messages that were merely sent,
 * nothing happens.
 *
 * - Limits: of @why, 4096 bytes are sent.
 * - Thread: any.
 *
 * Since: 0.9
 */
void
hein_message_refuse (HeinMessage *self, const char *why)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (why != NULL);

  hein_message_fail_handed (self, HEIN_ERROR_REFUSED, why);
}

/**
 * hein_message_doubt:
 * @self: a message
 * @why: the reason, in a few words
 *
 * Tells the sender of a message that was delivered ([method@Bus.deliver_async])
 * that nobody knows whether it was handled: its receipt says unknown. For
 * programs that hand messages on, and have been told no more than that. Only
 * the first word about a message counts; for messages that were merely sent,
 * nothing happens.
 *
 * - Limits: of @why, 4096 bytes are sent.
 * - Thread: any.
 *
 * Since: 0.9
 */
void
hein_message_doubt (HeinMessage *self, const char *why)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (why != NULL);

  hein_message_fail_handed (self, HEIN_ERROR_FAILED | HEIN_HANDED_IN_DOUBT,
                            why);
}

/**
 * hein_message_get_wants_receipt:
 * @self: a message
 *
 * Gets whether the sender of the message waits to be told that it was handled,
 * and has not been told yet.
 *
 * - Thread: any.
 *
 * Returns: %TRUE for a message that was delivered and is still open
 *
 * Since: 0.9
 */
gboolean
hein_message_get_wants_receipt (HeinMessage *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return hein_message_is_handed (self) &&
         !g_atomic_int_get (&self->extra->handed.is_told);
}

/**
 * hein_message_get_remaining_ms:
 * @self: a message
 *
 * Gets how much longer the sender of a message that was delivered waits for its
 * receipt.
 *
 * - Thread: any.
 *
 * Returns: milliseconds, 0 when the time is over; -1: there is no limit
 *
 * Since: 0.9
 */
int
hein_message_get_remaining_ms (HeinMessage *self)
{
  gint64 left_us;

  g_return_val_if_fail (self != NULL, -1);

  if (!hein_message_is_handed (self) || self->extra->attributes.ask_number == 0)
    return -1;
  left_us = get_end_us (self) - hein_world_get_us ();
  return left_us <= 0 ? 0 : (int) MIN ((left_us + 999) / 1000, G_MAXINT);
}

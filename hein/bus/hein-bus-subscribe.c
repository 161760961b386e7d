/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>

#include "core/hein-subscriptions.h"
#include "hein-bus-guard.h"
#include "hein-bus-state.h"
#include "session/hein-announcer.h"

/* Subscribing: the public calls. */

static gboolean
add_prefix (HeinBus *self, const char *prefix, gboolean *added, GError **error)
{
  if (!g_utf8_validate (prefix, -1, NULL))
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                           "a subscription has to be UTF-8");
      return FALSE;
    }
  return hein_subscriptions_add_prefix (&self->core, prefix, added, error);
}

/**
 * hein_bus_subscribe:
 * @self: a bus
 * @prefix: the prefix of the topics; the empty string: every topic
 * @error: return location
 *
 * Subscribes to messages whose topic begins with @prefix. From the first
 * subscription on, peers do not even send messages of other topics; a bus
 * without subscriptions gets everything. A prefix that was subscribed to twice
 * has to be unsubscribed from twice.
 *
 * Protocols without subscriptions, such as those of some other libraries, send
 * everything regardless: see their READMEs, and `message::topic`.
 *
 * See also [method@Bus.subscribe_pattern], and
 * [method@Bus.confirm_subscriptions_async] for when peers know of it.
 *
 * - Limits: 255 bytes of UTF-8; 100,000 prefixes.
 * - Errors: `HEIN_ERROR_TOO_LARGE`; `HEIN_ERROR_REFUSED` when there are too
 *   many prefixes; `HEIN_ERROR_FAILED` when @prefix is not UTF-8;
 *   `HEIN_ERROR_CLOSED`.
 * - Thread: owner.
 *
 * Returns: %TRUE when the bus is subscribed
 *
 * Since: 0.9
 */
gboolean
hein_bus_subscribe (HeinBus *self, const char *prefix, GError **error)
{
  gboolean was_empty;
  gboolean added;

  g_return_val_if_fail (HEIN_IS_BUS (self), FALSE);
  g_return_val_if_fail (prefix != NULL, FALSE);
  if (!hein_core_check_open (&self->core, error))
    return FALSE;
  hein_bus_return_val_unless_owner (self, FALSE);

  was_empty = hein_subscriptions_is_empty (&self->core);
  if (!add_prefix (self, prefix, &added, error))
    return FALSE;
  if (added)
    hein_announcer_add (&self->core, prefix, was_empty);
  hein_core_want_turn (&self->core);
  return TRUE;
}

/**
 * hein_bus_unsubscribe:
 * @self: a bus
 * @prefix: what was given to [method@Bus.subscribe]
 *
 * Ends a subscription. Nothing happens when @prefix was never subscribed to.
 * After the last subscription has ended the bus gets everything again.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_unsubscribe (HeinBus *self, const char *prefix)
{
  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (prefix != NULL);
  hein_bus_return_unless_owner (self);

  if (!hein_subscriptions_remove_prefix (&self->core, prefix))
    return;
  hein_announcer_remove (&self->core, prefix);
  hein_core_want_turn (&self->core);
}

/**
 * hein_bus_subscribe_pattern:
 * @self: a bus
 * @pattern: a pattern of topics
 * @error: return location
 *
 * Subscribes to messages whose topic matches @pattern. Both consist of levels,
 * separated by `/`: the level `*` stands for exactly one, `**` for any number
 * of them, including none, and every other for itself. A pattern without a star
 * is a single topic. Examples are on the page
 * [Receiving](receiving.html#patterns).
 *
 * A bus may have patterns and prefixes ([method@Bus.subscribe]); it gets what
 * any of them matches. A pattern that was subscribed to twice has to be
 * unsubscribed from twice.
 *
 * Other buses compare before they send. ZeroMQ publishers know prefixes only:
 * they are asked for what all topics that match begin with, and the bus
 * discards the rest, messages without a topic included unless their payload
 * begins with a prefix that it has subscribed to. Protocols without
 * subscriptions send everything regardless, as they do with prefixes.
 *
 * - Limits: 1 to 255 bytes of UTF-8; 10,000 patterns. Those with more than one
 *   wildcard may have 128 shapes: which of the levels are texts, `*` and `**`.
 * - Errors: `HEIN_ERROR_FAILED` when @pattern is empty, not UTF-8, or has a
 *   star that is only part of a level; `HEIN_ERROR_TOO_LARGE`;
 *   `HEIN_ERROR_REFUSED` when there are too many; `HEIN_ERROR_CLOSED`.
 * - Thread: owner.
 *
 * Returns: %TRUE when the bus is subscribed
 *
 * Since: 0.9
 */
gboolean
hein_bus_subscribe_pattern (HeinBus *self, const char *pattern, GError **error)
{
  HeinPatternChange change;
  gboolean was_empty;

  g_return_val_if_fail (HEIN_IS_BUS (self), FALSE);
  g_return_val_if_fail (pattern != NULL, FALSE);
  if (!hein_core_check_open (&self->core, error))
    return FALSE;
  hein_bus_return_val_unless_owner (self, FALSE);

  was_empty = hein_subscriptions_is_empty (&self->core);
  if (!hein_subscriptions_add_pattern (&self->core, pattern, &change, error))
    return FALSE;
  if (change.changed)
    hein_announcer_add_pattern (&self->core, pattern, &change, was_empty);
  g_free (change.beginning);
  hein_core_want_turn (&self->core);
  return TRUE;
}

/**
 * hein_bus_unsubscribe_pattern:
 * @self: a bus
 * @pattern: what was given to [method@Bus.subscribe_pattern]
 *
 * Ends a subscription to a pattern. Nothing happens when it was never
 * subscribed to. After the last subscription has ended the bus gets everything
 * again.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_unsubscribe_pattern (HeinBus *self, const char *pattern)
{
  HeinPatternChange change;

  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (pattern != NULL);
  hein_bus_return_unless_owner (self);

  hein_subscriptions_remove_pattern (&self->core, pattern, &change);
  if (!change.changed)
    return;
  hein_announcer_remove_pattern (&self->core, pattern, &change);
  g_free (change.beginning);
  hein_core_want_turn (&self->core);
}

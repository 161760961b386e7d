/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-wire-private.h"

/* What a protocol reports about the peer at the other end. */

/**
 * hein_wire_offer_name:
 * @self: a wire
 * @name: (nullable): the name; %NULL: derived from @raw_identity, or made up
 * @raw_identity: (nullable): the identity as the peer sent it
 * @rule: how the name is to be taken
 *
 * Offers the name of the peer to the bus, which answers by the slot `admitted`:
 * within this call, or within a second.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_offer_name (HeinWire *self,
                      const char *name,
                      GBytes *raw_identity,
                      HeinNameRule rule)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->offer_name (self->data, name, raw_identity, rule);
}

/**
 * hein_wire_set_instance:
 * @self: a wire
 * @instance: 32 hexadecimal digits
 *
 * Sets which bus the peer is. To be called before its name is offered.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_instance (HeinWire *self, const char *instance)
{
  g_return_if_fail (HEIN_IS_WIRE (self));
  g_return_if_fail (instance != NULL);

  if (self->data != NULL)
    self->funcs->set_instance (self->data, instance);
}

/**
 * hein_wire_set_security:
 * @self: a wire
 * @text: a kind of proof, or a kind, a colon and a name, see
 *   [property@Peer:security]; not empty
 *
 * Sets what proved the identity of the peer, in place of what its stream
 * proved. To be called before [method@Wire.ready]; has no effect once the peer
 * is up.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_security (HeinWire *self, const char *text)
{
  g_return_if_fail (HEIN_IS_WIRE (self));
  g_return_if_fail (text != NULL && *text != '\0');

  if (self->data != NULL)
    self->funcs->set_security (self->data, text);
}

/**
 * hein_wire_ready:
 * @self: a wire
 *
 * Reports that the peer is up. To be called after it was admitted.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_ready (HeinWire *self)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->ready (self->data);
}

/**
 * hein_wire_set_accepts_messages:
 * @self: a wire
 * @accepts: whether the peer takes messages
 *
 * Sets whether messages may be sent to the peer; %TRUE unless set.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_accepts_messages (HeinWire *self, gboolean accepts)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_accepts_messages (self->data, accepts);
}

/**
 * hein_wire_set_match:
 * @self: a wire
 * @match: what to compare
 *
 * Sets what the subscriptions of the peer are compared with; without this call
 * the peer gets every message.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_match (HeinWire *self, HeinMatch match)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_match (self->data, match);
}

/**
 * hein_wire_subscribe:
 * @self: a wire
 * @prefix: (array length=size): the prefix that messages must have
 * @size: 0 to 255 bytes
 * @error: return location
 *
 * Adds a subscription of the peer. Prefixes are counted: each needs as many
 * calls to [method@Wire.unsubscribe] to be removed.
 *
 * - Limits: 100,000 prefixes for each peer, within [property@Bus:memory-limit].
 * - Errors: `HEIN_ERROR_REFUSED`, `HEIN_ERROR_TOO_LARGE`.
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %FALSE with @error when there are too many prefixes, or it is too
 *   long
 *
 * Since: 0.9
 */
gboolean
hein_wire_subscribe (HeinWire *self,
                     const guint8 *prefix,
                     gsize size,
                     GError **error)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);

  return self->data == NULL ||
         self->funcs->subscribe (self->data, prefix, size, error);
}

/**
 * hein_wire_unsubscribe:
 * @self: a wire
 * @prefix: (array length=size): a prefix that was subscribed to
 * @size: 0 to 255 bytes
 *
 * Removes a subscription of the peer.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_unsubscribe (HeinWire *self, const guint8 *prefix, gsize size)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->unsubscribe (self->data, prefix, size);
}

/**
 * hein_wire_subscribe_pattern:
 * @self: a wire
 * @pattern: (array length=size): the pattern that topics must match
 * @size: 1 to 255 bytes
 * @error: return location
 *
 * Adds a pattern to the subscriptions of the peer; see
 * [method@Bus.subscribe_pattern]. Patterns are counted like prefixes. The peer
 * must have a match ([method@Wire.set_match]); whatever that is, patterns are
 * compared with the topic.
 *
 * - Limits: 10,000 patterns for each peer, within [property@Bus:memory-limit].
 * - Errors: `HEIN_ERROR_REFUSED` when there are too many;
 *   `HEIN_ERROR_TOO_LARGE`; `HEIN_ERROR_FAILED` when @pattern is none.
 * - Thread: owner, in a slot of the protocol.
 *
 * Returns: %FALSE with @error when the pattern was not added
 *
 * Since: 0.9
 */
gboolean
hein_wire_subscribe_pattern (HeinWire *self,
                             const guint8 *pattern,
                             gsize size,
                             GError **error)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);

  return self->data == NULL ||
         self->funcs->subscribe_pattern (self->data, pattern, size, error);
}

/**
 * hein_wire_share_pattern: (skip)
 * @self: a wire
 * @pattern: (array length=size): the pattern that topics must match
 * @size: 1 to 255 bytes
 * @error: return location
 *
 * Does what [method@Wire.subscribe_pattern] does, for a subscription that
 * several peers share and one has at a time: what is retained is not sent. It
 * is taken back by [method@Wire.unsubscribe_pattern]. Both may be called in
 * slots of other connections of the bus, also while a message is encoded.
 *
 * - Limits, errors: as [method@Wire.subscribe_pattern].
 * - Thread: owner, in a slot of a protocol.
 *
 * Returns: %FALSE with @error when the pattern was not added
 *
 * Since: 0.9
 */
gboolean
hein_wire_share_pattern (HeinWire *self,
                         const guint8 *pattern,
                         gsize size,
                         GError **error)
{
  g_return_val_if_fail (HEIN_IS_WIRE (self), FALSE);

  return self->data == NULL ||
         self->funcs->share_pattern (self->data, pattern, size, error);
}

/**
 * hein_wire_unsubscribe_pattern:
 * @self: a wire
 * @pattern: (array length=size): a pattern that was subscribed to
 * @size: 1 to 255 bytes
 *
 * Removes a pattern from the subscriptions of the peer.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_unsubscribe_pattern (HeinWire *self,
                               const guint8 *pattern,
                               gsize size)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->unsubscribe_pattern (self->data, pattern, size);
}

/**
 * hein_wire_confirm_subscriptions:
 * @self: a wire
 * @number: what the slot `confirm` was given
 *
 * Says that the peer has all subscriptions that it had been told of when
 * `confirm` was called with @number, and so those of all smaller numbers.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_confirm_subscriptions (HeinWire *self, guint number)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->confirm_subscriptions (self->data, number);
}

/**
 * hein_wire_filter:
 * @self: a wire
 *
 * Makes the bus discard messages of this peer that it has not subscribed to:
 * for protocols that can only ask for more than that.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_filter (HeinWire *self)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->filter (self->data);
}

/**
 * hein_wire_set_heartbeat:
 * @self: a wire
 * @heartbeat: whether the peer answers pings
 *
 * Makes the bus call `ping` when nothing was sent for 5 s
 * ([property@Bus:heartbeat-ms]), and close the connection after 15 s without a
 * byte from the peer ([property@Bus:silence-ms]).
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_heartbeat (HeinWire *self, gboolean heartbeat)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_heartbeat (self->data, heartbeat);
}

/**
 * hein_wire_set_silence_ms: (skip)
 * @self: a wire
 * @silence_ms: how long, in milliseconds; 0: as without this call
 *
 * Makes the bus close the connection after this time without a byte from the
 * peer, which has promised to say something more often; in place of
 * [property@Bus:silence-ms], and whether or not the peer answers pings. Time
 * during which the bus does not read what the peer sends does not count.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_silence_ms (HeinWire *self, guint silence_ms)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_silence_ms (self->data, silence_ms);
}

/**
 * hein_wire_set_answers_pings:
 * @self: a wire
 * @answers: %FALSE when the peer does not answer what `ping` sends
 *
 * Sets whether the peer answers what `ping` sends, so that it can be asked for
 * a sign of life; %TRUE unless set.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_answers_pings (HeinWire *self, gboolean answers)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_answers_pings (self->data, answers);
}

/**
 * hein_wire_set_rtt_us:
 * @self: a wire
 * @rtt_us: microseconds, at least 0
 *
 * Sets the measured round-trip time to the peer.
 *
 * - Thread: owner, in a slot of the protocol.
 *
 * Since: 0.9
 */
void
hein_wire_set_rtt_us (HeinWire *self, gint64 rtt_us)
{
  g_return_if_fail (HEIN_IS_WIRE (self));

  if (self->data != NULL)
    self->funcs->set_rtt_us (self->data, rtt_us);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-error.h>

#include "hein-bridge-pass.h"
#include "hein-bridge-request.h"
#include "hein-bridge-state.h"

#include <string.h>

/**
 * HeinBridge:
 *
 * Passes on what one bus receives to the peers of another: from ZeroMQ to MQTT,
 * from the machines of a LAN to a NATS server, from a multicast group to
 * browsers. It goes one way; for both, make two.
 *
 * ```c
 * g_autoptr (HeinBus) lan = hein_bus_new ("gateway");
 * g_autoptr (HeinBus) cloud = hein_bus_new ("gateway");
 * g_autoptr (HeinBridge) bridge = hein_bridge_new (lan, cloud, NULL, NULL);
 *
 * hein_bridge_add_topic (bridge, "lamps/", NULL);
 * hein_bus_listen (lan, "tcp://localhost:7000", &error);
 * hein_bus_dial (cloud, "tcp+nats://localhost:4222", &error);
 * ```
 *
 * What is passed on keeps its topic, its parts, its content type and its
 * attributes, as far as the protocol of the other side can carry them. It is
 * sent by the [property@Bus:strategy] of the other bus, whose counters and
 * signals tell what becomes of it, and which may retain it.
 *
 * | what comes | the bridge |
 * |---|---|
 * | a message | sends it; while there is no room, it stops taking messages, the inbox of the first bus fills, and its peers wait or drop, as they do for any bus that is slow |
 * | a delivery ([method@Bus.deliver_async]) | delivers it, and acknowledges it when all peers there have acknowledged it; when one has not, the receipt at the beginning says failed or unknown, with the reason |
 * | a request, where [method@Bridge.serve] says so | asks again, and passes on the answer, the answers, or the error |
 *
 * A message that was taken from the first bus is accepted by the second, and
 * counts in [property@Bridge:n-passed], or it is not: then it counts in
 * [property@Bridge:n-failed], and [signal@Bridge::failed] has the reason. What
 * the second bus cannot say in its protocol was accepted, too, and is one of
 * its drops (%HEIN_DROP_REASON_UNSENDABLE).
 *
 * Bridges may make loops, and two may connect the same networks so that one can
 * fail. Every message names in its attribute `via` the bridges that it has
 * passed ([const@ATTRIBUTE_VIA]), and none goes through the same one again.
 * Bridges between the same networks should have the same
 * [property@Bridge:id]: then nothing that one has passed on comes back by the
 * other. Where a protocol has no attributes, as those of the five libraries and
 * plain ZeroMQ, that does not work: make no loop through those.
 *
 * The first bus belongs to the bridge: the bridge takes from it what would
 * otherwise wait for [method@Bus.receive], and sets [property@Bus:acknowledge]
 * to `manual`. The second may be used for anything else; what its peers send
 * waits there until somebody takes it, as with any bus.
 *
 * Both buses must belong to the same thread. The bridge works until it is
 * closed, or one of the buses is; dropping the last reference does not end it.
 *
 * Since: 0.9
 */

enum
{
  PROP_SOURCE = 1,
  PROP_TARGET,
  PROP_ID,
  PROP_IS_CLOSED,
  PROP_N_PASSED,
  PROP_N_FAILED,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (HeinBridge, hein_bridge, G_TYPE_OBJECT)

/* ---- the object ---- */

static void
on_bus_closed (HeinBus *bus, GParamSpec *spec, HeinBridge *self)
{
  hein_bridge_end (self);
}

static void
hein_bridge_constructed (GObject *object)
{
  HeinBridge *self = HEIN_BRIDGE (object);

  G_OBJECT_CLASS (hein_bridge_parent_class)->constructed (object);
  if (self->id == NULL)
    self->id = g_uuid_string_random ();
  g_object_set (self->source, "acknowledge", HEIN_ACKNOWLEDGE_MANUAL, NULL);
  g_signal_connect_object (self->source, "notify::is-closed",
                           G_CALLBACK (on_bus_closed), self, 0);
  g_signal_connect_object (self->target, "notify::is-closed",
                           G_CALLBACK (on_bus_closed), self, 0);
  hein_bridge_wait (self);
}

static void
hein_bridge_finalize (GObject *object)
{
  HeinBridge *self = HEIN_BRIDGE (object);

  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->prefixes);
  g_ptr_array_unref (self->patterns);
  g_ptr_array_unref (self->served);
  g_clear_object (&self->source);
  g_clear_object (&self->target);
  g_free (self->id);
  G_OBJECT_CLASS (hein_bridge_parent_class)->finalize (object);
}

static void
hein_bridge_get_property (GObject *object,
                          guint property,
                          GValue *value,
                          GParamSpec *spec)
{
  HeinBridge *self = HEIN_BRIDGE (object);

  switch (property)
    {
    case PROP_SOURCE:
      g_value_set_object (value, self->source);
      break;
    case PROP_TARGET:
      g_value_set_object (value, self->target);
      break;
    case PROP_ID:
      g_value_set_string (value, self->id);
      break;
    case PROP_IS_CLOSED:
      g_value_set_boolean (value, self->is_closed);
      break;
    case PROP_N_PASSED:
      g_value_set_uint64 (value, self->n_passed);
      break;
    case PROP_N_FAILED:
      g_value_set_uint64 (value, self->n_failed);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property, spec);
    }
}

static void
hein_bridge_set_property (GObject *object,
                          guint property,
                          const GValue *value,
                          GParamSpec *spec)
{
  HeinBridge *self = HEIN_BRIDGE (object);

  switch (property)
    {
    case PROP_SOURCE:
      self->source = g_value_dup_object (value);
      break;
    case PROP_TARGET:
      self->target = g_value_dup_object (value);
      break;
    case PROP_ID:
      self->id = g_value_dup_string (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property, spec);
    }
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags made =
    G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;
  const GParamFlags read =
    G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  /**
   * HeinBridge:source:
   *
   * The bus whose messages are passed on.
   *
   * Since: 0.9
   */
  properties[PROP_SOURCE] =
    g_param_spec_object ("source", NULL, NULL, HEIN_TYPE_BUS, made);
  /**
   * HeinBridge:target:
   *
   * The bus that sends them.
   *
   * Since: 0.9
   */
  properties[PROP_TARGET] =
    g_param_spec_object ("target", NULL, NULL, HEIN_TYPE_BUS, made);
  /**
   * HeinBridge:id:
   *
   * By what messages are known that have come through this bridge, or through
   * another one of the same id: 1 to 64 ASCII letters, digits, `-`, `_` and
   * `.`. Made up unless given.
   *
   * Since: 0.9
   */
  properties[PROP_ID] = g_param_spec_string ("id", NULL, NULL, NULL, made);
  /**
   * HeinBridge:is-closed:
   *
   * Whether it passes on nothing any more. Notifies.
   *
   * Since: 0.9
   */
  properties[PROP_IS_CLOSED] =
    g_param_spec_boolean ("is-closed", NULL, NULL, FALSE, read);
  /**
   * HeinBridge:n-passed:
   *
   * How many messages, deliveries and requests were passed on. Deliveries and
   * requests count when they have ended. Does not notify.
   *
   * Since: 0.9
   */
  properties[PROP_N_PASSED] =
    g_param_spec_uint64 ("n-passed", NULL, NULL, 0, G_MAXUINT64, 0, read);
  /**
   * HeinBridge:n-failed:
   *
   * How many were not, each told by [signal@Bridge::failed]. Does not notify.
   *
   * Since: 0.9
   */
  properties[PROP_N_FAILED] =
    g_param_spec_uint64 ("n-failed", NULL, NULL, 0, G_MAXUINT64, 0, read);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
hein_bridge_class_init (HeinBridgeClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->constructed = hein_bridge_constructed;
  object_class->finalize = hein_bridge_finalize;
  object_class->get_property = hein_bridge_get_property;
  object_class->set_property = hein_bridge_set_property;
  install_properties (object_class);

  /**
   * HeinBridge::failed:
   * @self: a bridge
   * @message: (nullable): what came from the first bus; %NULL: the bridge takes
   *   no messages any more, since somebody else does
   * @error: why it did not get to the other side
   *
   * Emitted in a turn when a message, a delivery or a request could not be
   * passed on.
   *
   * A handler in C:
   *
   * ```c
   * static void
   * on_failed (HeinBridge *bridge,
   *            HeinMessage *message,
   *            const GError *error,
   *            gpointer user_data);
   * ```
   *
   * Since: 0.9
   */
  g_signal_new ("failed", HEIN_TYPE_BRIDGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                NULL, G_TYPE_NONE, 2, HEIN_TYPE_MESSAGE, G_TYPE_ERROR);
}

static void
hein_bridge_init (HeinBridge *self)
{
  self->prefixes = g_ptr_array_new_with_free_func (g_free);
  self->patterns = g_ptr_array_new_with_free_func (g_free);
  self->served = g_ptr_array_new_with_free_func (g_free);
  self->cancellable = g_cancellable_new ();
}

static gboolean
is_id (const char *id)
{
  const gsize size = strlen (id);

  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isalnum (id[i]) && strchr ("-_.", id[i]) == NULL)
      return FALSE;
  return size > 0 && size <= HEIN_ATTRIBUTE_NAME_MAX;
}

static gboolean
check (HeinBus *source, HeinBus *target, const char *id, GError **error)
{
  if (source == target)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                         "a bridge goes from one bus to another one");
  else if (id != NULL && !is_id (id))
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "the id of a bridge has 1 to %d letters, digits, '-', '_' and "
                 "'.'",
                 HEIN_ATTRIBUTE_NAME_MAX);
  else if (hein_bus_get_is_closed (source) || hein_bus_get_is_closed (target))
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
                         "the bus is closed");
  else
    return TRUE;
  return FALSE;
}

/**
 * hein_bridge_new:
 * @source: the bus whose messages are passed on; it takes them in no other way
 * @target: the bus that sends them, another one
 * @id: (nullable): the name of the bridge: [property@Bridge:id]
 * @error: return location
 *
 * Makes a bridge, which begins in the next turn.
 *
 * - Errors: `HEIN_ERROR_FAILED` when the two buses are the same one, or @id
 *   cannot be one; `HEIN_ERROR_CLOSED` when one of the buses is closed.
 * - Thread: the owner of both buses.
 *
 * Returns: (transfer full): a bridge, or %NULL with @error
 *
 * Since: 0.9
 */
HeinBridge *
hein_bridge_new (HeinBus *source,
                 HeinBus *target,
                 const char *id,
                 GError **error)
{
  g_return_val_if_fail (HEIN_IS_BUS (source), NULL);
  g_return_val_if_fail (HEIN_IS_BUS (target), NULL);

  if (!check (source, target, id, error))
    return NULL;
  return g_object_new (HEIN_TYPE_BRIDGE, "source", source, "target", target,
                       "id", id, NULL);
}

/**
 * hein_bridge_add_topic:
 * @self: a bridge
 * @prefix: the beginning of topics; empty: all
 * @error: return location
 *
 * Passes on messages whose topics begin with @prefix, to which the first bus
 * subscribes. Unless this or [method@Bridge.add_pattern] is called, all that
 * the bus receives are passed on.
 *
 * - Errors: as [method@Bus.subscribe].
 * - Thread: owner.
 *
 * Returns: %TRUE when it is subscribed to
 *
 * Since: 0.9
 */
gboolean
hein_bridge_add_topic (HeinBridge *self, const char *prefix, GError **error)
{
  g_return_val_if_fail (HEIN_IS_BRIDGE (self), FALSE);
  g_return_val_if_fail (prefix != NULL, FALSE);

  if (!hein_bus_subscribe (self->source, prefix, error))
    return FALSE;
  g_ptr_array_add (self->prefixes, g_strdup (prefix));
  return TRUE;
}

/**
 * hein_bridge_add_pattern:
 * @self: a bridge
 * @pattern: a pattern, as for [method@Bus.subscribe_pattern]
 * @error: return location
 *
 * The same for messages whose topics match @pattern.
 *
 * - Errors: as [method@Bus.subscribe_pattern].
 * - Thread: owner.
 *
 * Returns: %TRUE when it is subscribed to
 *
 * Since: 0.9
 */
gboolean
hein_bridge_add_pattern (HeinBridge *self, const char *pattern, GError **error)
{
  g_return_val_if_fail (HEIN_IS_BRIDGE (self), FALSE);
  g_return_val_if_fail (pattern != NULL, FALSE);

  if (!hein_bus_subscribe_pattern (self->source, pattern, error))
    return FALSE;
  g_ptr_array_add (self->patterns, g_strdup (pattern));
  return TRUE;
}

/**
 * hein_bridge_serve:
 * @self: a bridge
 * @pattern: which topics, as for [method@Bus.serve]
 * @error: return location
 *
 * Serves requests at the first bus by asking the peers of the second one. Their
 * answer goes back, or their many answers, of which no more are under way than
 * who asked has room for. Their errors go back as they are. Who asks gives up
 * for both sides: the other one is told, and the time that is left counts
 * there.
 *
 * - Errors: as [method@Bus.serve].
 * - Thread: owner.
 *
 * Returns: %TRUE when it serves
 *
 * Since: 0.9
 */
gboolean
hein_bridge_serve (HeinBridge *self, const char *pattern, GError **error)
{
  g_return_val_if_fail (HEIN_IS_BRIDGE (self), FALSE);
  g_return_val_if_fail (pattern != NULL, FALSE);

  if (self->is_closed)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
                           "the bridge is closed");
      return FALSE;
    }
  if (!hein_bus_serve (self->source, pattern, hein_bridge_on_request,
                       g_object_ref (self), g_object_unref, error))
    return FALSE;
  g_ptr_array_add (self->served, g_strdup (pattern));
  return TRUE;
}

/**
 * hein_bridge_close:
 * @self: a bridge
 *
 * Takes no more messages; the buses stay. A message that waits for room at the
 * second bus fails. Deliveries and requests that are under way end as if the
 * bridge were open.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bridge_close (HeinBridge *self)
{
  g_return_if_fail (HEIN_IS_BRIDGE (self));

  hein_bridge_end (self);
}

/**
 * hein_bridge_get_source: (attributes org.gtk.Method.get_property=source)
 * @self: a bridge
 *
 * Gets [property@Bridge:source].
 *
 * - Thread: owner.
 *
 * Returns: (transfer none): the bus
 *
 * Since: 0.9
 */
HeinBus *
hein_bridge_get_source (HeinBridge *self)
{
  g_return_val_if_fail (HEIN_IS_BRIDGE (self), NULL);

  return self->source;
}

/**
 * hein_bridge_get_target: (attributes org.gtk.Method.get_property=target)
 * @self: a bridge
 *
 * Gets [property@Bridge:target].
 *
 * - Thread: owner.
 *
 * Returns: (transfer none): the bus
 *
 * Since: 0.9
 */
HeinBus *
hein_bridge_get_target (HeinBridge *self)
{
  g_return_val_if_fail (HEIN_IS_BRIDGE (self), NULL);

  return self->target;
}

/**
 * hein_bridge_get_id: (attributes org.gtk.Method.get_property=id)
 * @self: a bridge
 *
 * Gets [property@Bridge:id].
 *
 * - Thread: owner.
 *
 * Returns: the id
 *
 * Since: 0.9
 */
const char *
hein_bridge_get_id (HeinBridge *self)
{
  g_return_val_if_fail (HEIN_IS_BRIDGE (self), NULL);

  return self->id;
}

/**
 * hein_bridge_get_is_closed: (attributes org.gtk.Method.get_property=is-closed)
 * @self: a bridge
 *
 * Gets [property@Bridge:is-closed].
 *
 * - Thread: owner.
 *
 * Returns: %TRUE when it passes on nothing any more
 *
 * Since: 0.9
 */
gboolean
hein_bridge_get_is_closed (HeinBridge *self)
{
  g_return_val_if_fail (HEIN_IS_BRIDGE (self), TRUE);

  return self->is_closed;
}

/**
 * hein_bridge_get_n_passed: (attributes org.gtk.Method.get_property=n-passed)
 * @self: a bridge
 *
 * Gets [property@Bridge:n-passed].
 *
 * - Thread: owner.
 *
 * Returns: how many
 *
 * Since: 0.9
 */
guint64
hein_bridge_get_n_passed (HeinBridge *self)
{
  g_return_val_if_fail (HEIN_IS_BRIDGE (self), 0);

  return self->n_passed;
}

/**
 * hein_bridge_get_n_failed: (attributes org.gtk.Method.get_property=n-failed)
 * @self: a bridge
 *
 * Gets [property@Bridge:n-failed].
 *
 * - Thread: owner.
 *
 * Returns: how many
 *
 * Since: 0.9
 */
guint64
hein_bridge_get_n_failed (HeinBridge *self)
{
  g_return_val_if_fail (HEIN_IS_BRIDGE (self), 0);

  return self->n_failed;
}

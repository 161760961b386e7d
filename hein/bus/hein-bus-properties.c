/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>
#include <hein/hein-peers.h>

#include "core/hein-budget.h"
#include "core/hein-run.h"
#include "hein-bus-inspect.h"
#include "hein-bus-latest.h"
#include "hein-bus-properties.h"
#include "hein-bus-property-ids.h"
#include "hein-bus-state.h"
#include "link/hein-link.h"
#include "message/hein-topics.h"

/* The values of the properties of HeinBus. */

static gboolean
get_limit (HeinBus *self, guint prop_id, GValue *value)
{
  switch (prop_id)
    {
    case PROP_SEND_LIMIT:
      g_value_set_uint64 (value, self->core.host.settings.send_limit);
      break;
    case PROP_RECEIVE_LIMIT:
      g_value_set_uint64 (value, self->core.host.settings.receive_limit);
      break;
    case PROP_MEMORY_LIMIT:
      g_value_set_uint64 (value, self->core.host.settings.memory_limit);
      break;
    case PROP_MAX_MESSAGE_SIZE:
      g_value_set_uint64 (value, self->core.host.settings.max_message_size);
      break;
    case PROP_MAX_CONNECTIONS:
      g_value_set_uint (value, self->core.host.settings.max_connections);
      break;
    case PROP_CREDIT:
      g_value_set_uint (value, self->core.host.settings.credit);
      break;
    case PROP_RETAIN_LIMIT:
      g_value_set_uint64 (value, self->core.host.settings.retain_limit);
      break;
    default:
      return FALSE;
    }
  return TRUE;
}

static gboolean
get_time (HeinBus *self, guint prop_id, GValue *value)
{
  switch (prop_id)
    {
    case PROP_BUSY_POLL_US:
      g_value_set_uint (value, self->core.host.settings.busy_poll_us);
      break;
    case PROP_RETAIN_AGE_MS:
      g_value_set_uint (value, self->core.host.settings.retain_age_ms);
      break;
    case PROP_LINGER_MS:
      g_value_set_uint (value, self->core.host.settings.linger_ms);
      break;
    case PROP_HEARTBEAT_MS:
      g_value_set_uint (value, self->core.host.settings.heartbeat_ms);
      break;
    case PROP_SILENCE_MS:
      g_value_set_uint (value, self->core.host.settings.silence_ms);
      break;
    case PROP_RECONNECT_MIN_MS:
      g_value_set_uint (value, self->core.host.settings.reconnect_min_ms);
      break;
    case PROP_RECONNECT_MAX_MS:
      g_value_set_uint (value, self->core.host.settings.reconnect_max_ms);
      break;
    case PROP_RECONNECT_FAILED_MS:
      g_value_set_uint (value, self->core.host.settings.reconnect_failed_ms);
      break;
    case PROP_HANDSHAKE_TIMEOUT_MS:
      g_value_set_uint (value, self->core.host.settings.handshake_timeout_ms);
      break;
    case PROP_RESUME_MS:
      g_value_set_uint (value, self->core.host.settings.resume_ms);
      break;
    default:
      return FALSE;
    }
  return TRUE;
}

void
hein_bus_get_property (GObject *object,
                       guint prop_id,
                       GValue *value,
                       GParamSpec *pspec)
{
  HeinBus *self = HEIN_BUS (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->core.host.name);
      break;
    case PROP_INSTANCE:
      g_value_set_string (value, self->core.host.instance);
      break;
    case PROP_STRATEGY:
      g_value_set_object (value, hein_bus_get_strategy (self));
      break;
    case PROP_PEERS:
      g_value_set_object (value, self->core.roster.peers);
      break;
    case PROP_ENDPOINTS:
      g_value_set_object (value, self->core.endpoints);
      break;
    case PROP_OVERFLOW:
      g_value_set_enum (value, self->core.host.settings.overflow);
      break;
    case PROP_ACKNOWLEDGE:
      g_value_set_enum (value, self->core.host.settings.acknowledge);
      break;
    case PROP_ALLOW_PLAINTEXT:
      g_value_set_boolean (value, self->core.host.settings.allow_plaintext);
      break;
    case PROP_KEEP_LATEST:
      g_value_set_boolean (value, self->core.host.settings.keep_latest);
      break;
    case PROP_INSPECTABLE:
      g_value_set_boolean (value, self->core.host.settings.inspectable);
      break;
    case PROP_IS_CLOSED:
      g_value_set_boolean (value, hein_bus_get_is_closed (self));
      break;
    default:
      if (!get_limit (self, prop_id, value) && !get_time (self, prop_id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
set_keep_latest (HeinBus *self, gboolean keep_latest)
{
  self->core.host.settings.keep_latest = keep_latest;
  if (!keep_latest)
    g_clear_pointer (&self->core.news.received_topics, hein_topics_free);
  else if (self->core.news.received_topics == NULL)
    self->core.news.received_topics = hein_topics_new ();
}

static void
set_name (HeinBus *self, const char *name)
{
  if (name == NULL || *name == '\0')
    self->core.host.name =
      g_strdup_printf ("hein-%.12s", self->core.host.instance);
  else
    self->core.host.name = g_strdup (name);
}

/* A changed setting takes effect at once, for existing connections too. */
static void
review_links (HeinBus *self)
{
  GList *next;

  for (GList *l = self->core.host.links.head; l != NULL; l = next)
    {
      next = l->next;
      hein_link_review (l->data);
    }
  self->core.roster.room_changed = TRUE;
  hein_core_want_turn (&self->core);
}

static gboolean
set_limit (HeinBus *self, guint prop_id, const GValue *value)
{
  switch (prop_id)
    {
    case PROP_SEND_LIMIT:
      hein_run_settle (&self->core);
      self->core.host.settings.send_limit = g_value_get_uint64 (value);
      review_links (self);
      break;
    case PROP_RECEIVE_LIMIT:
      self->core.host.settings.receive_limit = g_value_get_uint64 (value);
      hein_budget_limits_changed (&self->core);
      break;
    case PROP_MEMORY_LIMIT:
      self->core.host.settings.memory_limit = g_value_get_uint64 (value);
      hein_budget_limits_changed (&self->core);
      break;
    case PROP_MAX_MESSAGE_SIZE:
      g_atomic_pointer_set (&self->core.host.settings.max_message_size,
                            (gsize) g_value_get_uint64 (value));
      review_links (self);
      break;
    case PROP_MAX_CONNECTIONS:
      self->core.host.settings.max_connections = g_value_get_uint (value);
      break;
    case PROP_CREDIT:
      self->core.host.settings.credit = g_value_get_uint (value);
      review_links (self);
      break;
    case PROP_RETAIN_LIMIT:
      self->core.host.settings.retain_limit = g_value_get_uint64 (value);
      hein_bus_limit_retained (self);
      break;
    default:
      return FALSE;
    }
  return TRUE;
}

static gboolean
set_time (HeinBus *self, guint prop_id, const GValue *value)
{
  switch (prop_id)
    {
    case PROP_BUSY_POLL_US:
      self->core.host.settings.busy_poll_us = g_value_get_uint (value);
      hein_loop_set_busy_poll (self->core.host.loop,
                               self->core.host.settings.busy_poll_us);
      break;
    case PROP_RETAIN_AGE_MS:
      self->core.host.settings.retain_age_ms = g_value_get_uint (value);
      hein_bus_limit_retained (self);
      break;
    case PROP_LINGER_MS:
      self->core.host.settings.linger_ms = g_value_get_uint (value);
      break;
    case PROP_HEARTBEAT_MS:
      self->core.host.settings.heartbeat_ms = g_value_get_uint (value);
      review_links (self);
      break;
    case PROP_SILENCE_MS:
      self->core.host.settings.silence_ms = g_value_get_uint (value);
      review_links (self);
      break;
    case PROP_RECONNECT_MIN_MS:
      self->core.host.settings.reconnect_min_ms = g_value_get_uint (value);
      break;
    case PROP_RECONNECT_MAX_MS:
      self->core.host.settings.reconnect_max_ms = g_value_get_uint (value);
      break;
    case PROP_RECONNECT_FAILED_MS:
      self->core.host.settings.reconnect_failed_ms = g_value_get_uint (value);
      break;
    case PROP_HANDSHAKE_TIMEOUT_MS:
      self->core.host.settings.handshake_timeout_ms = g_value_get_uint (value);
      review_links (self);
      break;
    case PROP_RESUME_MS:
      self->core.host.settings.resume_ms = g_value_get_uint (value);
      review_links (self);
      break;
    default:
      return FALSE;
    }
  return TRUE;
}

static gboolean
set_choice (HeinBus *self, guint prop_id, const GValue *value)
{
  switch (prop_id)
    {
    case PROP_OVERFLOW:
      hein_run_settle (&self->core);
      self->core.host.settings.overflow = g_value_get_enum (value);
      review_links (self);
      break;
    case PROP_ACKNOWLEDGE:
      self->core.host.settings.acknowledge = g_value_get_enum (value);
      break;
    case PROP_ALLOW_PLAINTEXT:
      self->core.host.settings.allow_plaintext = g_value_get_boolean (value);
      break;
    case PROP_KEEP_LATEST:
      set_keep_latest (self, g_value_get_boolean (value));
      break;
    case PROP_INSPECTABLE:
      hein_bus_set_inspectable (self, g_value_get_boolean (value));
      break;
    default:
      return FALSE;
    }
  return TRUE;
}

/* Notifies only when the value has changed. */
static void
set_setting (HeinBus *self,
             guint prop_id,
             const GValue *value,
             GParamSpec *pspec)
{
  g_auto (GValue) before = G_VALUE_INIT;

  g_value_init (&before, pspec->value_type);
  hein_bus_get_property (G_OBJECT (self), prop_id, &before, pspec);
  if (!set_limit (self, prop_id, value) && !set_time (self, prop_id, value) &&
      !set_choice (self, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (self, prop_id, pspec);
  else if (g_param_values_cmp (pspec, &before, value) != 0)
    g_object_notify_by_pspec (G_OBJECT (self), pspec);
}

void
hein_bus_set_property (GObject *object,
                       guint prop_id,
                       const GValue *value,
                       GParamSpec *pspec)
{
  HeinBus *self = HEIN_BUS (object);

  if (hein_core_is_forked (&self->core))
    return;
  switch (prop_id)
    {
    case PROP_NAME:
      set_name (self, g_value_get_string (value));
      break;
    case PROP_STRATEGY:
      hein_bus_set_strategy (self, g_value_get_object (value));
      break;
    default:
      set_setting (self, prop_id, value, pspec);
    }
}

/**
 * hein_bus_get_is_closed: (attributes org.gtk.Method.get_property=is-closed)
 * @self: a bus
 *
 * Gets whether the bus was closed.
 *
 * - Thread: any.
 *
 * Returns: %TRUE also in a forked child
 *
 * Since: 0.9
 */
gboolean
hein_bus_get_is_closed (HeinBus *self)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), TRUE);

  return g_atomic_int_get (&self->core.is_closed) ||
         hein_core_is_forked (&self->core);
}

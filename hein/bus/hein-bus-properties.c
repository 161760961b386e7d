/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>
#include <hein/hein-peers.h>

#include "core/hein-budget.h"
#include "core/hein-run.h"
#include "hein-bus-properties.h"
#include "hein-bus-state.h"
#include "link/hein-link.h"
#include "message/hein-topics.h"

/* What is set to what it is already does not notify. */
#define SETTING                                                                \
  (G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS)
#define MESSAGE_HARD_MAX (1024u * 1024 * 1024)

enum
{
  PROP_0,
  PROP_NAME,
  PROP_INSTANCE,
  PROP_STRATEGY,
  PROP_PEERS,
  PROP_ENDPOINTS,
  PROP_SEND_LIMIT,
  PROP_RECEIVE_LIMIT,
  PROP_MEMORY_LIMIT,
  PROP_MAX_MESSAGE_SIZE,
  PROP_OVERFLOW,
  PROP_BUSY_POLL_US,
  PROP_LINGER_MS,
  PROP_HEARTBEAT_MS,
  PROP_SILENCE_MS,
  PROP_RECONNECT_MIN_MS,
  PROP_RECONNECT_MAX_MS,
  PROP_RECONNECT_FAILED_MS,
  PROP_HANDSHAKE_TIMEOUT_MS,
  PROP_MAX_CONNECTIONS,
  PROP_ALLOW_PLAINTEXT,
  PROP_KEEP_LATEST,
  PROP_IS_CLOSED,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

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
    case PROP_ALLOW_PLAINTEXT:
      g_value_set_boolean (value, self->core.host.settings.allow_plaintext);
      break;
    case PROP_KEEP_LATEST:
      g_value_set_boolean (value, self->core.host.settings.keep_latest);
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

/* What the application sets while it runs holds from now on, for those that are
 * there, too. */
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
    case PROP_ALLOW_PLAINTEXT:
      self->core.host.settings.allow_plaintext = g_value_get_boolean (value);
      break;
    case PROP_KEEP_LATEST:
      set_keep_latest (self, g_value_get_boolean (value));
      break;
    default:
      return FALSE;
    }
  return TRUE;
}

/* Who sets what is there already does not make it notify. */
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

static GParamSpec *
bytes_spec (const char *name, guint64 maximum, guint64 value)
{
  return g_param_spec_uint64 (name, NULL, NULL, 1, maximum, value,
                              SETTING | G_PARAM_CONSTRUCT);
}

static GParamSpec *
uint_spec (const char *name, guint minimum, guint maximum, guint value)
{
  return g_param_spec_uint (name, NULL, NULL, minimum, maximum, value,
                            SETTING | G_PARAM_CONSTRUCT);
}

static void
install_limits (void)
{
  /**
   * HeinBus:send-limit:
   *
   * What may wait to be sent to one peer, in bytes; every message counts as
   * its size and 128 bytes more. An empty queue takes one message of any size.
   *
   * Since: 0.9
   */
  props[PROP_SEND_LIMIT] =
    bytes_spec ("send-limit", G_MAXINT64, 8 * 1024 * 1024);
  /**
   * HeinBus:receive-limit:
   *
   * What may have arrived and not been handled yet, in bytes of memory: a small
   * message takes some 250, each further part some 100 beside its size. One peer
   * may use a quarter of it; over that it is not read.
   *
   * Since: 0.9
   */
  props[PROP_RECEIVE_LIMIT] =
    bytes_spec ("receive-limit", G_MAXINT64, 16 * 1024 * 1024);
  /**
   * HeinBus:memory-limit:
   *
   * What the bus may hold on behalf of others in all, in bytes of memory: see
   * [method@Bus.get_memory_used]. What has arrived may use half of it, whatever
   * [property@Bus:receive-limit] is, and then no peer is read; unfinished
   * messages may use half of it, and over that the oldest is given up, and its
   * connection. When all is over the limit, the connection that costs most is
   * cut, with an error in [signal@Bus::peer-removed] that says so, and what has
   * to wait for peers or for room fails with `HEIN_ERROR_WOULD_BLOCK`.
   *
   * Since: 0.9
   */
  props[PROP_MEMORY_LIMIT] =
    bytes_spec ("memory-limit", G_MAXINT64, 256 * 1024 * 1024);
  /**
   * HeinBus:max-message-size:
   *
   * The largest message that is sent or taken, in bytes, at most 1 GiB.
   *
   * Since: 0.9
   */
  props[PROP_MAX_MESSAGE_SIZE] =
    bytes_spec ("max-message-size", MESSAGE_HARD_MAX, 16 * 1024 * 1024);
  /**
   * HeinBus:max-connections:
   *
   * How many connections there may be, handshakes included; the limit of
   * descriptors may be lower. Holds for new connections.
   *
   * Since: 0.9
   */
  props[PROP_MAX_CONNECTIONS] =
    uint_spec ("max-connections", 1, G_MAXINT32, 16384);
}

static void
install_times (void)
{
  /**
   * HeinBus:busy-poll-us:
   *
   * How long the bus looks for more before it sleeps, in microseconds, when the
   * last waits were about so short; 0: never.
   *
   * Waking a sleeper costs both sides more than looking for a moment: within a
   * stream this saves processor time and latency. An idle bus sleeps, and one
   * that has looked in vain looks ever more rarely. More than the default makes
   * sense where the shortest round trip matters more than a processor. It has
   * no effect where there is a single processor, and in programs that poll the
   * descriptor themselves.
   *
   * Since: 0.9
   */
  props[PROP_BUSY_POLL_US] = uint_spec ("busy-poll-us", 0, 10000, 50);
  /**
   * HeinBus:linger-ms:
   *
   * How long closing waits for peers to take what is queued, in milliseconds.
   * Holds for what is closed from then on.
   *
   * Since: 0.9
   */
  props[PROP_LINGER_MS] = uint_spec ("linger-ms", 0, 3600000, 1000);
  /**
   * HeinBus:heartbeat-ms:
   *
   * After how long without sending a peer is asked for a sign of life, in
   * milliseconds.
   *
   * Since: 0.9
   */
  props[PROP_HEARTBEAT_MS] = uint_spec ("heartbeat-ms", 10, 3600000, 5000);
  /**
   * HeinBus:silence-ms:
   *
   * After how long without a byte a peer is given up, in milliseconds; counted
   * only while it is read.
   *
   * Since: 0.9
   */
  props[PROP_SILENCE_MS] = uint_spec ("silence-ms", 20, 3600000, 15000);
}

static void
install_connection_times (void)
{
  /**
   * HeinBus:reconnect-min-ms:
   *
   * The longest pause before the first new attempt to reach a lost peer, in
   * milliseconds; it doubles with every failure, and the real pause is
   * anything up to it. Holds from the next pause on.
   *
   * Since: 0.9
   */
  props[PROP_RECONNECT_MIN_MS] =
    uint_spec ("reconnect-min-ms", 1, 3600000, 100);
  /**
   * HeinBus:reconnect-max-ms:
   *
   * The longest pause between two attempts, in milliseconds. Holds from the next
   * pause on.
   *
   * Since: 0.9
   */
  props[PROP_RECONNECT_MAX_MS] =
    uint_spec ("reconnect-max-ms", 1, 3600000, 5000);
  /**
   * HeinBus:reconnect-failed-ms:
   *
   * The longest pause before an address is tried again that failed for a reason
   * which does not heal by itself, in milliseconds: another protocol, a name that
   * is taken, a refusal. The real pause is anything from the half of it.
   * [signal@Bus::failed] tells the reason, once for as long as it stays the same.
   *
   * Where a peer is up before it has said a word, three connections in a row must
   * have ended so, without a message; the pauses between these are the ordinary
   * ones.
   *
   * Since: 0.9
   */
  props[PROP_RECONNECT_FAILED_MS] =
    uint_spec ("reconnect-failed-ms", 1, 3600000, 60000);
  /**
   * HeinBus:handshake-timeout-ms:
   *
   * How long a handshake may take in all, in milliseconds.
   *
   * Since: 0.9
   */
  props[PROP_HANDSHAKE_TIMEOUT_MS] =
    uint_spec ("handshake-timeout-ms", 10, 60000, 10000);
}

static void
install_choices (void)
{
  /**
   * HeinBus:overflow:
   *
   * What happens when a peer takes less than is sent to it. `default`: what is
   * published drops the oldest, the rest waits.
   *
   * Since: 0.9
   */
  props[PROP_OVERFLOW] =
    g_param_spec_enum ("overflow", NULL, NULL, HEIN_TYPE_OVERFLOW,
                       HEIN_OVERFLOW_DEFAULT, SETTING);
  /**
   * HeinBus:allow-plaintext:
   *
   * Whether data may leave this machine without encryption, at all endpoints.
   * Holds for endpoints that are opened and connections that are made from then on.
   *
   * Since: 0.9
   */
  props[PROP_ALLOW_PLAINTEXT] =
    g_param_spec_boolean ("allow-plaintext", NULL, NULL, FALSE, SETTING);
  /**
   * HeinBus:keep-latest:
   *
   * Whether the last message of each topic and peer is kept for
   * [method@Bus.get_latest]: 1024 of them, 4 MiB in all. Nobody then has
   * to take messages: when more than an eighth of [property@Bus:receive-limit]
   * waits for [method@Bus.receive], the oldest goes and counts as dropped.
   *
   * Since: 0.9
   */
  props[PROP_KEEP_LATEST] =
    g_param_spec_boolean ("keep-latest", NULL, NULL, FALSE, SETTING);
}

void
hein_bus_install_properties (GObjectClass *object_class)
{
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * HeinBus:name:
   *
   * How peers call this bus: 1 to 255 bytes of UTF-8 without control and format
   * characters. Made up when not given.
   *
   * Since: 0.9
   */
  props[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL, NULL,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY |
                           G_PARAM_STATIC_STRINGS);
  /**
   * HeinBus:instance:
   *
   * What tells this bus from every other one, by which peers know it again
   * whatever it is called: 32 hexadecimal digits, made up at random when it is
   * made. It never changes.
   *
   * - Thread: any.
   *
   * Since: 0.9
   */
  props[PROP_INSTANCE] =
    g_param_spec_string ("instance", NULL, NULL, NULL, readable);
  /**
   * HeinBus:strategy:
   *
   * Who gets a message; `publish` unless set.
   *
   * Since: 0.9
   */
  props[PROP_STRATEGY] =
    g_param_spec_object ("strategy", NULL, NULL, HEIN_TYPE_STRATEGY, SETTING);
  /**
   * HeinBus:peers:
   *
   * Who is there, as the application has been told: its list changes together
   * with `peer-added` and `peer-removed`. The list itself never changes for
   * another one.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  props[PROP_PEERS] =
    g_param_spec_object ("peers", NULL, NULL, HEIN_TYPE_PEERS, readable);
  /**
   * HeinBus:endpoints:
   *
   * A list of [class@Endpoint]: what it listens on and dials, without those that
   * are closed. `items-changed` is emitted at once, within the call that opens
   * or closes one.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  props[PROP_ENDPOINTS] =
    g_param_spec_object ("endpoints", NULL, NULL, G_TYPE_LIST_MODEL, readable);
  install_limits ();
  install_times ();
  install_connection_times ();
  install_choices ();
  /**
   * HeinBus:is-closed:
   *
   * Whether it was closed, or is that of a parent process: nothing can be sent
   * any more, while what was sent may still go out. Notifies at the end of a
   * turn; a bus that is disposed of without being closed notifies no more.
   *
   * - Thread: any.
   *
   * Since: 0.9
   */
  props[PROP_IS_CLOSED] =
    g_param_spec_boolean ("is-closed", NULL, NULL, FALSE, readable);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

/**
 * hein_bus_get_is_closed: (attributes org.gtk.Method.get_property=is-closed)
 * @self: a bus
 *
 * Gets whether it was closed.
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

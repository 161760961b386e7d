/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-bus.h"

#include <string.h>
#include <sys/random.h>

#include <hein/hein-endpoint.h>
#include <hein/hein-peer.h>
#include <hein/hein-peers.h>

#include "hein-bus-private.h"
#include "hein-endpoint-private.h"
#include "hein-message-private.h"
#include "hein-transport-private.h"

#define NAME_MAX_BYTES   255
#define MESSAGE_HARD_MAX (1024u * 1024 * 1024)

/**
 * HeinBus:
 *
 * What an application holds: it listens on and dials addresses, sends messages
 * to the peers that it meets there, and tells of those that arrive.
 *
 * A bus lives in the #GMainContext that was the thread's default when it was
 * made, and its signals are emitted there. A program without a main loop calls
 * [method@Bus.receive] or [method@Bus.turn], or polls [method@Bus.get_fd] in a
 * loop of its own.
 *
 * Sending is allowed from any thread; everything else belongs to the thread
 * that turns the bus. In a forked child every call fails with
 * `HEIN_ERROR_CLOSED`.
 *
 * Since: 1.0
 */

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
  PROP_HANDSHAKE_TIMEOUT_MS,
  PROP_MAX_CONNECTIONS,
  PROP_ALLOW_PLAINTEXT,
  PROP_KEEP_LATEST,
  PROP_IS_CLOSED,
  N_PROPS
};

static GParamSpec *props[N_PROPS];
guint hein_bus_signals[HEIN_N_SIGNALS];

G_DEFINE_FINAL_TYPE (HeinBus, hein_bus, G_TYPE_OBJECT)

gboolean
hein_bus_check_owner (HeinBus *self, const char *function)
{
  if (hein_bus_is_owner (self))
    return TRUE;
  g_critical ("%s: called on another thread than the one that turns the bus",
              function);
  return FALSE;
}

gboolean
hein_bus_check_open (HeinBus *self, GError **error)
{
  if (G_LIKELY (!g_atomic_int_get (&self->is_closed) &&
                !hein_bus_is_forked (self)))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
               hein_bus_is_forked (self)
                 ? "the bus \"%s\" belongs to the process that was forked"
                 : "the bus \"%s\" is closed",
               self->name);
  return FALSE;
}

void
hein_bus_want_turn (HeinBus *self)
{
  self->wants_turn = TRUE;
  if (self->is_embedded && !self->is_in_turn && !self->is_disposed)
    hein_loop_settle (self->loop, TRUE);
}

static void
hein_bus_get_property (GObject *object,
                       guint prop_id,
                       GValue *value,
                       GParamSpec *pspec)
{
  HeinBus *self = HEIN_BUS (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_INSTANCE:
      g_value_set_string (value, self->instance);
      break;
    case PROP_STRATEGY:
      g_value_set_object (value, hein_bus_get_strategy (self));
      break;
    case PROP_PEERS:
      g_value_set_object (value, self->peers);
      break;
    case PROP_ENDPOINTS:
      g_value_set_object (value, self->endpoints);
      break;
    case PROP_SEND_LIMIT:
      g_value_set_uint64 (value, self->send_limit);
      break;
    case PROP_RECEIVE_LIMIT:
      g_value_set_uint64 (value, self->receive_limit);
      break;
    case PROP_MEMORY_LIMIT:
      g_value_set_uint64 (value, self->memory_limit);
      break;
    case PROP_MAX_MESSAGE_SIZE:
      g_value_set_uint64 (value, self->max_message_size);
      break;
    case PROP_OVERFLOW:
      g_value_set_enum (value, self->overflow);
      break;
    case PROP_BUSY_POLL_US:
      g_value_set_uint (value, self->busy_poll_us);
      break;
    case PROP_LINGER_MS:
      g_value_set_uint (value, self->linger_ms);
      break;
    case PROP_HEARTBEAT_MS:
      g_value_set_uint (value, self->heartbeat_ms);
      break;
    case PROP_SILENCE_MS:
      g_value_set_uint (value, self->silence_ms);
      break;
    case PROP_RECONNECT_MIN_MS:
      g_value_set_uint (value, self->reconnect_min_ms);
      break;
    case PROP_RECONNECT_MAX_MS:
      g_value_set_uint (value, self->reconnect_max_ms);
      break;
    case PROP_HANDSHAKE_TIMEOUT_MS:
      g_value_set_uint (value, self->handshake_timeout_ms);
      break;
    case PROP_MAX_CONNECTIONS:
      g_value_set_uint (value, self->max_connections);
      break;
    case PROP_ALLOW_PLAINTEXT:
      g_value_set_boolean (value, self->allow_plaintext);
      break;
    case PROP_KEEP_LATEST:
      g_value_set_boolean (value, self->keep_latest);
      break;
    case PROP_IS_CLOSED:
      g_value_set_boolean (value, hein_bus_get_is_closed (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
set_keep_latest (HeinBus *self, gboolean keep_latest)
{
  self->keep_latest = keep_latest;
  if (!keep_latest)
    g_clear_pointer (&self->received_topics, hein_topics_free);
  else if (self->received_topics == NULL)
    self->received_topics = hein_topics_new ();
}

static void
set_name (HeinBus *self, const char *name)
{
  if (name == NULL || *name == '\0')
    self->name = g_strdup_printf ("hein-%.12s", self->instance);
  else
    self->name = g_strdup (name);
}

static void
hein_bus_set_property (GObject *object,
                       guint prop_id,
                       const GValue *value,
                       GParamSpec *pspec)
{
  HeinBus *self = HEIN_BUS (object);

  switch (prop_id)
    {
    case PROP_NAME:
      set_name (self, g_value_get_string (value));
      break;
    case PROP_STRATEGY:
      hein_bus_set_strategy (self, g_value_get_object (value));
      break;
    case PROP_SEND_LIMIT:
      hein_run_settle (self);
      self->send_limit = g_value_get_uint64 (value);
      break;
    case PROP_RECEIVE_LIMIT:
      self->receive_limit = g_value_get_uint64 (value);
      break;
    case PROP_MEMORY_LIMIT:
      self->memory_limit = g_value_get_uint64 (value);
      break;
    case PROP_MAX_MESSAGE_SIZE:
      self->max_message_size = g_value_get_uint64 (value);
      break;
    case PROP_OVERFLOW:
      hein_run_settle (self);
      self->overflow = g_value_get_enum (value);
      break;
    case PROP_BUSY_POLL_US:
      self->busy_poll_us = g_value_get_uint (value);
      hein_loop_set_busy_poll (self->loop, self->busy_poll_us);
      break;
    case PROP_LINGER_MS:
      self->linger_ms = g_value_get_uint (value);
      break;
    case PROP_HEARTBEAT_MS:
      self->heartbeat_ms = g_value_get_uint (value);
      break;
    case PROP_SILENCE_MS:
      self->silence_ms = g_value_get_uint (value);
      break;
    case PROP_RECONNECT_MIN_MS:
      self->reconnect_min_ms = g_value_get_uint (value);
      break;
    case PROP_RECONNECT_MAX_MS:
      self->reconnect_max_ms = g_value_get_uint (value);
      break;
    case PROP_HANDSHAKE_TIMEOUT_MS:
      self->handshake_timeout_ms = g_value_get_uint (value);
      break;
    case PROP_MAX_CONNECTIONS:
      self->max_connections = g_value_get_uint (value);
      break;
    case PROP_ALLOW_PLAINTEXT:
      self->allow_plaintext = g_value_get_boolean (value);
      break;
    case PROP_KEEP_LATEST:
      set_keep_latest (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
hein_bus_dispose (GObject *object)
{
  HeinBus *self = HEIN_BUS (object);

  if (!self->is_disposed && !hein_bus_is_forked (self) &&
      !hein_bus_is_owner (self))
    {
      /* a garbage collector's thread: only the owner may take it apart */
      g_atomic_int_set (&self->is_closed, TRUE);
      g_object_ref (self);
      g_atomic_int_set (&self->is_abandoned, TRUE);
      hein_loop_wake (self->loop);
      return;
    }
  hein_bus_tear_down (self);
  if (self->handler_destroy != NULL)
    g_steal_pointer (&self->handler_destroy) (self->handler_data);
  self->handler = NULL;
  g_clear_object (&self->strategy);
  G_OBJECT_CLASS (hein_bus_parent_class)->dispose (object);
}

static void
hein_bus_finalize (GObject *object)
{
  HeinBus *self = HEIN_BUS (object);

  hein_turn_clear_events (self);
  g_queue_clear_full (&self->inbox, (GDestroyNotify) hein_message_unref);
  g_clear_pointer (&self->filters, g_ptr_array_unref);
  g_queue_clear_full (&self->ingress, (GDestroyNotify) hein_held_free);
  g_queue_clear_full (&self->held, (GDestroyNotify) hein_held_free);
  g_clear_pointer (&self->batch, g_ptr_array_unref);
  g_clear_pointer (&self->drops, g_hash_table_unref);
  g_clear_pointer (&self->sent_topics, hein_topics_free);
  g_clear_pointer (&self->received_topics, hein_topics_free);
  hein_prefixes_clear (&self->subscriptions);
  g_hash_table_unref (self->names);
  g_hash_table_unref (self->instances);
  g_hash_table_unref (self->seen);
  g_object_unref (self->selection);
  g_ptr_array_unref (self->media);
  g_ptr_array_unref (self->finishing);
  g_object_unref (self->endpoints);
  g_object_unref (self->peers);
  g_object_unref (self->targets);
  g_clear_error (&self->close_error);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);
  g_free (self->name);
  G_OBJECT_CLASS (hein_bus_parent_class)->finalize (object);
}

static GParamSpec *
bytes_spec (const char *name, guint64 maximum, guint64 value)
{
  return g_param_spec_uint64 (name, NULL, NULL, 1, maximum, value,
                              G_PARAM_READWRITE | G_PARAM_CONSTRUCT |
                                G_PARAM_STATIC_STRINGS);
}

static GParamSpec *
uint_spec (const char *name, guint minimum, guint maximum, guint value)
{
  return g_param_spec_uint (name, NULL, NULL, minimum, maximum, value,
                            G_PARAM_READWRITE | G_PARAM_CONSTRUCT |
                              G_PARAM_STATIC_STRINGS);
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
   * Since: 1.0
   */
  props[PROP_SEND_LIMIT] =
    bytes_spec ("send-limit", G_MAXINT64, 8 * 1024 * 1024);
  /**
   * HeinBus:receive-limit:
   *
   * What may have arrived and not been handled yet, in bytes, counted in the
   * same way. One peer may use a quarter of it; over that it is not read.
   *
   * Since: 1.0
   */
  props[PROP_RECEIVE_LIMIT] =
    bytes_spec ("receive-limit", G_MAXINT64, 16 * 1024 * 1024);
  /**
   * HeinBus:memory-limit:
   *
   * What the bus may use for messages in all, in bytes. Unfinished messages
   * may use half of it; over that the oldest is given up, and its connection.
   *
   * Since: 1.0
   */
  props[PROP_MEMORY_LIMIT] =
    bytes_spec ("memory-limit", G_MAXINT64, 256 * 1024 * 1024);
  /**
   * HeinBus:max-message-size:
   *
   * The largest message that is sent or taken, in bytes, at most 1 GiB.
   *
   * Since: 1.0
   */
  props[PROP_MAX_MESSAGE_SIZE] =
    bytes_spec ("max-message-size", MESSAGE_HARD_MAX, 16 * 1024 * 1024);
  /**
   * HeinBus:max-connections:
   *
   * How many connections there may be, handshakes included; the limit of
   * descriptors may be lower.
   *
   * Since: 1.0
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
   * Since: 1.0
   */
  props[PROP_BUSY_POLL_US] = uint_spec ("busy-poll-us", 0, 10000, 50);
  /**
   * HeinBus:linger-ms:
   *
   * How long closing waits for peers to take what is queued, in milliseconds.
   *
   * Since: 1.0
   */
  props[PROP_LINGER_MS] = uint_spec ("linger-ms", 0, 3600000, 1000);
  /**
   * HeinBus:heartbeat-ms:
   *
   * After how long without sending a peer is asked for a sign of life, in
   * milliseconds.
   *
   * Since: 1.0
   */
  props[PROP_HEARTBEAT_MS] = uint_spec ("heartbeat-ms", 10, 3600000, 5000);
  /**
   * HeinBus:silence-ms:
   *
   * After how long without a byte a peer is given up, in milliseconds; counted
   * only while it is read.
   *
   * Since: 1.0
   */
  props[PROP_SILENCE_MS] = uint_spec ("silence-ms", 20, 3600000, 15000);
  /**
   * HeinBus:reconnect-min-ms:
   *
   * The longest pause before the first new attempt to reach a lost peer, in
   * milliseconds; it doubles with every failure, and the real pause is
   * anything up to it.
   *
   * Since: 1.0
   */
  props[PROP_RECONNECT_MIN_MS] =
    uint_spec ("reconnect-min-ms", 1, 3600000, 100);
  /**
   * HeinBus:reconnect-max-ms:
   *
   * The longest pause between two attempts, in milliseconds.
   *
   * Since: 1.0
   */
  props[PROP_RECONNECT_MAX_MS] =
    uint_spec ("reconnect-max-ms", 1, 3600000, 5000);
  /**
   * HeinBus:handshake-timeout-ms:
   *
   * How long a handshake may take in all, in milliseconds.
   *
   * Since: 1.0
   */
  props[PROP_HANDSHAKE_TIMEOUT_MS] =
    uint_spec ("handshake-timeout-ms", 10, 60000, 10000);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags both = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  /**
   * HeinBus:name:
   *
   * How peers call this bus: 1 to 255 bytes of UTF-8 without control
   * characters. Made up when not given.
   *
   * Since: 1.0
   */
  props[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL,
                                          both | G_PARAM_CONSTRUCT_ONLY);
  props[PROP_INSTANCE] =
    g_param_spec_string ("instance", NULL, NULL, NULL, readable);
  /**
   * HeinBus:strategy:
   *
   * Who gets a message; `publish` unless set.
   *
   * Since: 1.0
   */
  props[PROP_STRATEGY] =
    g_param_spec_object ("strategy", NULL, NULL, HEIN_TYPE_STRATEGY, both);
  props[PROP_PEERS] =
    g_param_spec_object ("peers", NULL, NULL, HEIN_TYPE_PEERS, readable);
  props[PROP_ENDPOINTS] =
    g_param_spec_object ("endpoints", NULL, NULL, G_TYPE_LIST_MODEL, readable);
  install_limits ();
  install_times ();
  /**
   * HeinBus:overflow:
   *
   * What happens when a peer takes less than is sent to it. `default`: what is
   * published drops the oldest, the rest waits.
   *
   * Since: 1.0
   */
  props[PROP_OVERFLOW] =
    g_param_spec_enum ("overflow", NULL, NULL, HEIN_TYPE_OVERFLOW,
                       HEIN_OVERFLOW_DEFAULT, both);
  /**
   * HeinBus:allow-plaintext:
   *
   * Whether data may leave this machine without encryption, at all endpoints.
   *
   * Since: 1.0
   */
  props[PROP_ALLOW_PLAINTEXT] =
    g_param_spec_boolean ("allow-plaintext", NULL, NULL, FALSE, both);
  /**
   * HeinBus:keep-latest:
   *
   * Whether the last message of each topic and peer is kept for
   * [method@Bus.get_latest]: 1024 of them, 4 MiB in all. Nobody then has
   * to take messages: when more than an eighth of [property@Bus:receive-limit]
   * waits for [method@Bus.receive], the oldest goes and counts as dropped.
   *
   * Since: 1.0
   */
  props[PROP_KEEP_LATEST] =
    g_param_spec_boolean ("keep-latest", NULL, NULL, FALSE, both);
  props[PROP_IS_CLOSED] =
    g_param_spec_boolean ("is-closed", NULL, NULL, FALSE, readable);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static guint
new_signal (const char *name, GSignalFlags flags, guint n, ...)
{
  va_list types;
  guint id;

  va_start (types, n);
  id = g_signal_new_valist (name, HEIN_TYPE_BUS, G_SIGNAL_RUN_LAST | flags,
                            NULL, NULL, NULL, NULL, G_TYPE_NONE, n, types);
  va_end (types);
  return id;
}

static void
install_signals (void)
{
  /**
   * HeinBus::peer-added:
   * @self: a bus
   * @peer: who has come
   *
   * A peer is up. Every one is followed by one `peer-removed`, and the
   * messages of the peer come between the two.
   *
   * Since: 1.0
   */
  hein_bus_signals[HEIN_SIGNAL_PEER_ADDED] =
    new_signal ("peer-added", 0, 1, HEIN_TYPE_PEER);
  /**
   * HeinBus::peer-removed:
   * @self: a bus
   * @peer: who is gone
   * @error: (nullable): why; %NULL when it left in order, or
   *   `HEIN_ERROR_CLOSED` where the protocol says that it does
   *
   * A peer is gone. When its address was dialled, it is tried again.
   *
   * Since: 1.0
   */
  hein_bus_signals[HEIN_SIGNAL_PEER_REMOVED] =
    new_signal ("peer-removed", 0, 2, HEIN_TYPE_PEER, G_TYPE_ERROR);
  /**
   * HeinBus::message:
   * @self: a bus
   * @message: what has come
   *
   * A message has arrived. The detail is a topic: `message::news` is emitted
   * for messages of the topic `news` only.
   *
   * Since: 1.0
   */
  hein_bus_signals[HEIN_SIGNAL_MESSAGE] =
    new_signal ("message", G_SIGNAL_DETAILED, 1,
                HEIN_TYPE_MESSAGE | G_SIGNAL_TYPE_STATIC_SCOPE);
  /**
   * HeinBus::messages:
   * @self: a bus
   * @messages: (element-type HeinMessage): what has come, in order
   *
   * Messages have arrived: all of them at once, up to 1024. Much faster than
   * a signal for each. The array is emptied afterwards: take references to
   * the messages that are to be kept.
   *
   * Since: 1.0
   */
  hein_bus_signals[HEIN_SIGNAL_MESSAGES] =
    new_signal ("messages", 0, 1,
                G_TYPE_PTR_ARRAY | G_SIGNAL_TYPE_STATIC_SCOPE);
  /**
   * HeinBus::ready:
   * @self: a bus
   *
   * Emitted once: every endpoint is open, and at least one peer is up.
   *
   * Since: 1.0
   */
  hein_bus_signals[HEIN_SIGNAL_READY] = new_signal ("ready", 0, 0);
  /**
   * HeinBus::dropped:
   * @self: a bus
   * @peer: (nullable): whom they were for, or from
   * @reason: why
   * @n_messages: how many since the last turn
   * @n_bytes: their size
   *
   * Messages have been dropped. Once per turn, peer and reason.
   *
   * Since: 1.0
   */
  hein_bus_signals[HEIN_SIGNAL_DROPPED] =
    new_signal ("dropped", 0, 4, HEIN_TYPE_PEER, HEIN_TYPE_DROP_REASON,
                G_TYPE_UINT64, G_TYPE_UINT64);
  /**
   * HeinBus::failed:
   * @self: a bus
   * @endpoint: where
   * @error: what will not heal by itself
   *
   * An endpoint has a problem that somebody must look at: a wrong key, a name
   * that is taken, no descriptors. It is tried again all the same, every 60 s.
   *
   * Since: 1.0
   */
  hein_bus_signals[HEIN_SIGNAL_FAILED] =
    new_signal ("failed", 0, 2, HEIN_TYPE_ENDPOINT, G_TYPE_ERROR);
}

static void
hein_bus_class_init (HeinBusClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = hein_bus_get_property;
  object_class->set_property = hein_bus_set_property;
  object_class->dispose = hein_bus_dispose;
  object_class->finalize = hein_bus_finalize;
  install_properties (object_class);
  install_signals ();
}

static void
make_instance (HeinBus *self)
{
  guint8 bytes[16];

  if (getrandom (bytes, sizeof bytes, 0) != sizeof bytes)
    for (guint i = 0; i < sizeof bytes; i++)
      bytes[i] = g_random_int_range (0, 256);
  for (guint i = 0; i < sizeof bytes; i++)
    g_snprintf (self->instance + 2 * i, 3, "%02x", bytes[i]);
}

static void
free_shared (gpointer data)
{
  HeinShared *self = data;

  hein_encoder_clear (&self->encoder);
  g_free (self);
}

static void
hein_bus_init (HeinBus *self)
{
  make_instance (self);
  hein_fork_watch ();
  self->fork_generation = hein_fork_generation;
  self->owner = hein_thread_mark ();
  self->context = g_main_context_ref_thread_default ();
  g_mutex_init (&self->lock);
  self->loop = hein_loop_new ();
  self->segments = hein_segment_pool_new ();
  self->blocks = hein_block_pool_new ();
  hein_encoder_init (&self->encoder, self->segments);
  self->shared = g_ptr_array_new_with_free_func (free_shared);
  self->endpoints = g_list_store_new (HEIN_TYPE_ENDPOINT);
  self->media = g_ptr_array_new ();
  self->finishing = g_ptr_array_new_with_free_func (g_object_unref);
  self->peers = hein_peers_new ();
  self->targets = hein_peers_new ();
  self->selection = hein_selection_new ();
  hein_run_init (self);
  self->names = g_hash_table_new (g_str_hash, g_str_equal);
  self->instances = g_hash_table_new (g_str_hash, g_str_equal);
  self->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->source = hein_turn_source_new (self);
  g_source_attach (self->source, self->context);
}

gboolean
hein_bus_is_valid_name (const char *name)
{
  if (name == NULL)
    return TRUE;
  if (strlen (name) > NAME_MAX_BYTES || !g_utf8_validate (name, -1, NULL))
    return FALSE;
  for (const char *p = name; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return FALSE;
  return TRUE;
}

/**
 * hein_bus_new:
 * @name: (nullable): how peers are to call it; %NULL or empty: made up
 *
 * Makes a bus that lives in the thread's default #GMainContext.
 *
 * - Limits: the name is at most 255 bytes of UTF-8 without control characters.
 * - Thread: any; it becomes the owner.
 *
 * Returns: (transfer full): the bus
 *
 * Since: 1.0
 */
HeinBus *
hein_bus_new (const char *name)
{
  return g_object_new (HEIN_TYPE_BUS, "name", name, NULL);
}

/**
 * hein_bus_get_name: (attributes org.gtk.Method.get_property=name)
 * @self: a bus
 *
 * Gets how peers call this bus.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): 1 to 255 bytes of UTF-8
 *
 * Since: 1.0
 */
const char *
hein_bus_get_name (HeinBus *self)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);

  return self->name;
}

/**
 * hein_bus_get_instance: (attributes org.gtk.Method.get_property=instance)
 * @self: a bus
 *
 * Gets what tells this bus from every other one, also of the same name.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): 32 hexadecimal digits
 *
 * Since: 1.0
 */
const char *
hein_bus_get_instance (HeinBus *self)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);

  return self->instance;
}

gboolean
hein_bus_ensure_strategy (HeinBus *self, GError **error)
{
  if (G_UNLIKELY (self->strategy == NULL))
    self->strategy = hein_strategy_new ("publish", error);
  return self->strategy != NULL;
}

/**
 * hein_bus_get_strategy: (attributes org.gtk.Method.get_property=strategy)
 * @self: a bus
 *
 * Gets what chooses who gets a message.
 *
 * - Thread: owner.
 *
 * Returns: (transfer none) (nullable): the strategy, %NULL when the plugin
 *   `publish` is missing
 *
 * Since: 1.0
 */
HeinStrategy *
hein_bus_get_strategy (HeinBus *self)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);

  hein_bus_ensure_strategy (self, NULL);
  return self->strategy;
}

/**
 * hein_bus_set_strategy: (attributes org.gtk.Method.set_property=strategy)
 * @self: a bus
 * @strategy: (nullable): what chooses from now on; %NULL: `publish`
 *
 * Sets what chooses who gets a message. What is held is chosen for anew.
 *
 * - Thread: owner.
 *
 * Since: 1.0
 */
void
hein_bus_set_strategy (HeinBus *self, HeinStrategy *strategy)
{
  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (strategy == NULL || HEIN_IS_STRATEGY (strategy));

  if (!g_set_object (&self->strategy, strategy))
    return;
  self->targets_changed = TRUE;
  hein_bus_want_turn (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STRATEGY]);
}

/**
 * hein_bus_get_peers: (attributes org.gtk.Method.get_property=peers)
 * @self: a bus
 *
 * Gets who is there. The list changes together with the signals `peer-added`
 * and `peer-removed`.
 *
 * - Thread: owner.
 *
 * Returns: (transfer none): the peers
 *
 * Since: 1.0
 */
HeinPeers *
hein_bus_get_peers (HeinBus *self)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);

  return self->peers;
}

/**
 * hein_bus_get_endpoints: (attributes org.gtk.Method.get_property=endpoints)
 * @self: a bus
 *
 * Gets where the bus listens and what it dials.
 *
 * - Thread: owner.
 *
 * Returns: (transfer none): a list of [class@Endpoint]
 *
 * Since: 1.0
 */
GListModel *
hein_bus_get_endpoints (HeinBus *self)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);

  return G_LIST_MODEL (self->endpoints);
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
 * Since: 1.0
 */
gboolean
hein_bus_get_is_closed (HeinBus *self)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), TRUE);

  return g_atomic_int_get (&self->is_closed) || hein_bus_is_forked (self);
}

/**
 * hein_bus_get_n_dropped:
 * @self: a bus
 * @reason: a reason
 *
 * Gets how many messages were dropped for that reason since it was made.
 *
 * - Thread: owner.
 *
 * Returns: messages
 *
 * Since: 1.0
 */
guint64
hein_bus_get_n_dropped (HeinBus *self, HeinDropReason reason)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), 0);
  g_return_val_if_fail (reason < HEIN_N_DROP_REASONS, 0);

  return self->n_dropped[reason];
}

/**
 * hein_bus_get_memory_used:
 * @self: a bus
 *
 * Gets what messages use now: those queued for peers, those held, those that
 * have come in part and those not handled yet.
 *
 * - Thread: owner.
 *
 * Returns: bytes, counted as in limits
 *
 * Since: 1.0
 */
guint64
hein_bus_get_memory_used (HeinBus *self)
{
  guint64 used;

  g_return_val_if_fail (HEIN_IS_BUS (self), 0);

  hein_run_settle (self);
  used = self->held_cost + self->partial_cost + self->receive_cost;
  for (GList *l = self->links.head; l != NULL; l = l->next)
    used += hein_link_get_cost (l->data);
  return used;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>
#include <hein/hein-message.h>
#include <hein/hein-peers.h>
#include <hein/hein-strategy.h>

#include "hein-bus-properties.h"
#include "hein-bus-property-ids.h"
#include "message/hein-topics.h"

/* The properties of HeinBus: limits, times and choices, with their ranges and
 * defaults. */

/* EXPLICIT_NOTIFY: setting a property to the value that it has does not
 * notify. */
#define SETTING                                                                \
  (G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS)
#define MESSAGE_HARD_MAX (1024u * 1024 * 1024)

static GParamSpec *props[N_PROPS];

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
   * How much may be queued for one peer, in bytes; every message counts as its
   * size and 128 bytes more. An empty queue takes one message of any size.
   *
   * Since: 0.9
   */
  props[PROP_SEND_LIMIT] =
    bytes_spec ("send-limit", G_MAXINT64, 8 * 1024 * 1024);
  /**
   * HeinBus:receive-limit:
   *
   * How much may have arrived without having been handled, in bytes of memory:
   * a small message takes some 250, each further part of a message some 100
   * beside its size. One peer may use a quarter of the limit; the bus stops
   * reading from a peer that is over it.
   *
   * Since: 0.9
   */
  props[PROP_RECEIVE_LIMIT] =
    bytes_spec ("receive-limit", G_MAXINT64, 16 * 1024 * 1024);
  /**
   * HeinBus:memory-limit:
   *
   * How much the bus may hold on behalf of its peers in all, in bytes of
   * memory: see [method@Bus.get_memory_used]. Memory of large messages that is
   * kept for the next ones, for a second, is within what is left of it.
   *
   * Messages that have arrived may use half of it, whatever
   * [property@Bus:receive-limit] says; beyond that no peer is read. Incomplete
   * messages may use half of it; beyond that the oldest one is discarded and
   * its connection closed. When the total is over the limit, the connection
   * that costs most is closed, with an error in [signal@Bus::peer-removed] that
   * says so, and messages that would have to wait for peers or for room fail
   * with `HEIN_ERROR_WOULD_BLOCK`.
   *
   * Since: 0.9
   */
  props[PROP_MEMORY_LIMIT] =
    bytes_spec ("memory-limit", G_MAXINT64, 256 * 1024 * 1024);
  /**
   * HeinBus:max-message-size:
   *
   * The largest message that may be sent or received, in bytes, at most 1 GiB.
   *
   * Since: 0.9
   */
  props[PROP_MAX_MESSAGE_SIZE] =
    bytes_spec ("max-message-size", MESSAGE_HARD_MAX, 16 * 1024 * 1024);
  /**
   * HeinBus:max-connections:
   *
   * How many connections the bus may have, handshakes included. The limit of
   * the process on open descriptors may be lower. Applies to new connections.
   *
   * Since: 0.9
   */
  props[PROP_MAX_CONNECTIONS] =
    uint_spec ("max-connections", 1, G_MAXINT32, 16384);
  /**
   * HeinBus:credit:
   *
   * How many messages each peer may deliver ([method@Bus.deliver_async]) before
   * this bus has said what became of earlier ones; 1024 unless set, so that
   * neither side waits for the other while small messages flow. What is more
   * waits there, and under strategies that take turns goes to other peers: a
   * worker that is to be given one job at a time sets 1. So many may be unknown
   * to their sender when this process ends. Applies to new connections.
   *
   * Since: 0.9
   */
  props[PROP_CREDIT] = uint_spec ("credit", 1, HEIN_CREDIT_MAX, 1024);
  /**
   * HeinBus:retain-limit:
   *
   * How much the values that are retained for newcomers (`retain=yes` in an
   * address) may occupy, in bytes of memory; they are part of what
   * [property@Bus:memory-limit] bounds. Above that, or 1024 topics, the topic
   * that was sent least recently is forgotten.
   *
   * Since: 0.9
   */
  props[PROP_RETAIN_LIMIT] =
    bytes_spec ("retain-limit", G_MAXINT64, HEIN_TOPICS_MAX_BYTES);
}

static void
install_times (void)
{
  /**
   * HeinBus:retain-age-ms:
   *
   * How long a value is retained for newcomers (`retain=yes` in an address)
   * after it was sent, in milliseconds; 0: until there is a newer one, or it
   * expires ([method@Message.set_expiry_ms]).
   *
   * Since: 0.9
   */
  props[PROP_RETAIN_AGE_MS] = uint_spec ("retain-age-ms", 0, G_MAXUINT32, 0);
  /**
   * HeinBus:busy-poll-us:
   *
   * How long the bus polls for more input before it sleeps, in microseconds, as
   * long as the latest waits were about as short; 0: never.
   *
   * Waking a sleeping process costs both sides more than polling for a moment:
   * within a stream of messages this saves processor time and latency. An idle
   * bus sleeps, and a bus that polled in vain does so ever more rarely. A value
   * above the default makes sense where the shortest round trip matters more
   * than processor time. The property has no effect on machines with a single
   * processor, and in programs that poll the descriptor themselves.
   *
   * Since: 0.9
   */
  props[PROP_BUSY_POLL_US] = uint_spec ("busy-poll-us", 0, 10000, 50);
  /**
   * HeinBus:linger-ms:
   *
   * How long a bus or endpoint that is closed waits for peers to take what is
   * queued, in milliseconds. Applies to what is closed after it was set.
   *
   * Since: 0.9
   */
  props[PROP_LINGER_MS] = uint_spec ("linger-ms", 0, 3600000, 1000);
  /**
   * HeinBus:heartbeat-ms:
   *
   * After how long without sending anything to a peer the bus asks that peer
   * for a sign of life, in milliseconds. From a second on up to 1/16 earlier,
   * so that many connections are due at once.
   *
   * Since: 0.9
   */
  props[PROP_HEARTBEAT_MS] = uint_spec ("heartbeat-ms", 10, 3600000, 5000);
  /**
   * HeinBus:silence-ms:
   *
   * After how long without a byte from a peer its connection is given up, in
   * milliseconds; counted only while the bus reads from it, and not while the
   * program was stopped for longer than a second or a quarter of it. Behind
   * more than five seconds it begins anew.
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
   * The longest pause before the first attempt to reconnect, in milliseconds.
   * The longest pause doubles with every failure; each real pause is a random
   * part of it. Applies from the next pause on.
   *
   * Since: 0.9
   */
  props[PROP_RECONNECT_MIN_MS] =
    uint_spec ("reconnect-min-ms", 1, 3600000, 100);
  /**
   * HeinBus:reconnect-max-ms:
   *
   * The longest pause between two attempts to connect, in milliseconds. Applies
   * from the next pause on.
   *
   * Since: 0.9
   */
  props[PROP_RECONNECT_MAX_MS] =
    uint_spec ("reconnect-max-ms", 1, 3600000, 5000);
  /**
   * HeinBus:reconnect-failed-ms:
   *
   * The longest pause before the bus tries an address again that failed for a
   * reason which does not go away by itself, in milliseconds: another protocol,
   * a name that is taken, a refusal. The real pause is at least half of it.
   * [signal@Bus::failed] reports the reason once, until it changes.
   *
   * With a protocol where a connection is up before the peer has sent anything,
   * the pause applies only after three connections in a row have ended without
   * a message; the pauses between these three are the ordinary ones.
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
  /**
   * HeinBus:resume-ms:
   *
   * How long after a connection was cut its deliveries can go on, in
   * milliseconds. Until then a peer that comes again says which of the messages
   * delivered to it ([method@Bus.deliver_async]) it has, and what became of
   * them; what has not come is sent again. When the time is over, or another
   * process has the name of the peer, they end as unknown. This bus remembers
   * as long what was delivered to it by peers that are cut off, 4096 of them at
   * most, within a quarter of [property@Bus:memory-limit].
   *
   * The default of ten seconds is longer than it takes both ends to notice a
   * cut, and to connect again after the longest pause
   * ([property@Bus:reconnect-max-ms]). With 0, nothing is resumed: what was
   * sent when the connection is cut is unknown at once. So it is with peers
   * where it is 0, or that cannot resume. Applies to new connections, and to
   * cuts from then on.
   *
   * Since: 0.9
   */
  props[PROP_RESUME_MS] = uint_spec ("resume-ms", 0, 3600000, 10000);
}

static void
install_choices (void)
{
  /**
   * HeinBus:overflow:
   *
   * What happens when a peer takes messages more slowly than they are sent to
   * it. With `default`, a message to all peers replaces the oldest one in the
   * queue, and a message to chosen peers waits for room.
   *
   * Since: 0.9
   */
  props[PROP_OVERFLOW] =
    g_param_spec_enum ("overflow", NULL, NULL, HEIN_TYPE_OVERFLOW,
                       HEIN_OVERFLOW_DEFAULT, SETTING);
  /**
   * HeinBus:acknowledge:
   *
   * When the messages that peers deliver to this bus
   * ([method@Bus.deliver_async]) are acknowledged. With `manual`, every one of
   * them needs [method@Message.acknowledge] or [method@Message.refuse]. The
   * same holds for what comes by `mqtt` with QoS 1, and by `aiomsg` at least
   * once. Applies to messages that arrive after it was set.
   *
   * Since: 0.9
   */
  props[PROP_ACKNOWLEDGE] =
    g_param_spec_enum ("acknowledge", NULL, NULL, HEIN_TYPE_ACKNOWLEDGE,
                       HEIN_ACKNOWLEDGE_HANDLED, SETTING);
  /**
   * HeinBus:allow-plaintext:
   *
   * Whether data may leave this machine without encryption, for all endpoints.
   * Applies to endpoints that are opened and connections that are made after it
   * was set.
   *
   * Since: 0.9
   */
  props[PROP_ALLOW_PLAINTEXT] =
    g_param_spec_boolean ("allow-plaintext", NULL, NULL, FALSE, SETTING);
  /**
   * HeinBus:keep-latest:
   *
   * Whether the latest message of each topic and peer is kept for
   * [method@Bus.get_latest]: 1024 messages, 4 MiB in all. The application then
   * need not take messages: when more than an eighth of
   * [property@Bus:receive-limit] waits for [method@Bus.receive], the oldest
   * message is discarded and counts as dropped.
   *
   * Since: 0.9
   */
  props[PROP_KEEP_LATEST] =
    g_param_spec_boolean ("keep-latest", NULL, NULL, FALSE, SETTING);
  /**
   * HeinBus:inspectable:
   *
   * Whether operators' tools such as `hein ps` and `hein peers` may look into
   * the bus, when the same user runs them on this machine: at its addresses,
   * peers and counters, but not at messages. It then listens on a Unix socket
   * in `$XDG_RUNTIME_DIR/hein/`, and answers in its turns; without that
   * variable nobody can look into it. Who does not set the property pays
   * nothing.
   *
   * With `HEIN_INSPECT=1` in the environment the property is %TRUE unless set,
   * with `HEIN_INSPECT=0` it has no effect.
   *
   * Since: 0.9
   */
  props[PROP_INSPECTABLE] =
    g_param_spec_boolean ("inspectable", NULL, NULL, FALSE, SETTING);
}

void
hein_bus_install_properties (GObjectClass *object_class)
{
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * HeinBus:name:
   *
   * The name by which peers know this bus: 1 to 255 bytes of UTF-8 without
   * control and format characters. Made up when not given.
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
   * An identifier that no other bus has, by which peers recognise this bus
   * whatever its name: 32 hexadecimal digits, chosen at random when the bus is
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
   * What chooses the peers that get a message; `publish` unless set.
   *
   * Since: 0.9
   */
  props[PROP_STRATEGY] =
    g_param_spec_object ("strategy", NULL, NULL, HEIN_TYPE_STRATEGY, SETTING);
  /**
   * HeinBus:peers:
   *
   * The peers that the application has been told of: the list changes together
   * with `peer-added` and `peer-removed`. The property always has the same
   * list.
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
   * A list of [class@Endpoint]: the addresses that the bus listens on or dials,
   * without those that are closed. `items-changed` is emitted immediately,
   * within the call that opens or closes an endpoint.
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
   * Whether the bus was closed, or belongs to the parent of this process.
   * Nothing can be sent any more, but queued messages may still be on their
   * way. Notifies at the end of a turn; a bus that is disposed of without
   * having been closed does not notify.
   *
   * - Thread: any.
   *
   * Since: 0.9
   */
  props[PROP_IS_CLOSED] =
    g_param_spec_boolean ("is-closed", NULL, NULL, FALSE, readable);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

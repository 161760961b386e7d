/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <glib-object.h>
#include <hein/hein-macros.h>

/* The enumerations of the public API. */

G_BEGIN_DECLS

#define HEIN_TYPE_OVERFLOW       (hein_overflow_get_type ())
#define HEIN_TYPE_PRIORITY       (hein_priority_get_type ())
#define HEIN_TYPE_ORIGIN         (hein_origin_get_type ())
#define HEIN_TYPE_ROLE           (hein_role_get_type ())
#define HEIN_TYPE_ENDPOINT_STATE (hein_endpoint_state_get_type ())
#define HEIN_TYPE_DROP_REASON    (hein_drop_reason_get_type ())
#define HEIN_TYPE_MATCH          (hein_match_get_type ())
#define HEIN_TYPE_NAME_RULE      (hein_name_rule_get_type ())
#define HEIN_TYPE_AUDIENCE       (hein_audience_get_type ())
#define HEIN_TYPE_PLUGIN_KIND    (hein_plugin_kind_get_type ())
#define HEIN_TYPE_SECRECY        (hein_secrecy_get_type ())
#define HEIN_TYPE_ACTION         (hein_action_get_type ())
#define HEIN_TYPE_OUTCOME        (hein_outcome_get_type ())
#define HEIN_TYPE_ACKNOWLEDGE    (hein_acknowledge_get_type ())

/**
 * HeinOverflow:
 * @HEIN_OVERFLOW_DEFAULT: for an endpoint, the policy of the bus; for a bus,
 *   drop-oldest for messages to all peers, wait for others
 * @HEIN_OVERFLOW_WAIT: sending fails with WOULD_BLOCK, `send_async` waits
 * @HEIN_OVERFLOW_DROP_OLDEST: the oldest queued messages are dropped and
 *   counted
 * @HEIN_OVERFLOW_DROP_NEWEST: the new message is dropped and counted
 * @HEIN_OVERFLOW_LATEST: the queue keeps only the latest message of each topic;
 *   when even those exceed the limit, the topic that has waited longest is
 *   dropped and counted as overflow
 * @HEIN_OVERFLOW_DISCONNECT: a peer that takes nothing for 30 s is
 *   disconnected; until then as wait
 *
 * What happens when a peer takes messages more slowly than they are sent to it.
 * Requests, deliveries, answers and receipts are never dropped to make room.
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_OVERFLOW_DEFAULT,
  HEIN_OVERFLOW_WAIT,
  HEIN_OVERFLOW_DROP_OLDEST,
  HEIN_OVERFLOW_DROP_NEWEST,
  HEIN_OVERFLOW_LATEST,
  HEIN_OVERFLOW_DISCONNECT
} HeinOverflow;

/**
 * HeinOutcome:
 * @HEIN_OUTCOME_ACKNOWLEDGED: the peer has handled the message
 * @HEIN_OUTCOME_FAILED: the peer has not handled it, and will not
 * @HEIN_OUTCOME_UNKNOWN: it was sent, and the peer has not said what became of
 *   it: it may have been handled
 *
 * What became of a message that was delivered to a peer.
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_OUTCOME_ACKNOWLEDGED,
  HEIN_OUTCOME_FAILED,
  HEIN_OUTCOME_UNKNOWN
} HeinOutcome;

/**
 * HeinAcknowledge:
 * @HEIN_ACKNOWLEDGE_HANDLED: once the handlers have returned, or the program
 *   asks for the next message
 * @HEIN_ACKNOWLEDGE_MANUAL: once the program says so for the message
 *
 * When the messages that peers deliver to a bus are acknowledged.
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_ACKNOWLEDGE_HANDLED,
  HEIN_ACKNOWLEDGE_MANUAL
} HeinAcknowledge;

/**
 * HeinOrigin:
 * @HEIN_ORIGIN_ACCEPTED: the peer connected to this bus
 * @HEIN_ORIGIN_DIALLED: this bus connected to the peer
 *
 * Who made the connection to a peer.
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_ORIGIN_ACCEPTED,
  HEIN_ORIGIN_DIALLED
} HeinOrigin;

/**
 * HeinRole:
 * @HEIN_ROLE_LISTEN: accepts connections
 * @HEIN_ROLE_DIAL: makes connections
 *
 * What a bus does at an endpoint.
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_ROLE_LISTEN,
  HEIN_ROLE_DIAL
} HeinRole;

/**
 * HeinEndpointState:
 * @HEIN_ENDPOINT_STATE_OPENING: resolving, connecting or shaking hands
 * @HEIN_ENDPOINT_STATE_OPEN: listening, or connected to its peer
 * @HEIN_ENDPOINT_STATE_WAITING: will try again after a pause
 * @HEIN_ENDPOINT_STATE_DUPLICATE: another connection to the same bus is up;
 *   this endpoint takes over when that is lost
 * @HEIN_ENDPOINT_STATE_CLOSED: closed for good
 *
 * The state of an endpoint.
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_ENDPOINT_STATE_OPENING,
  HEIN_ENDPOINT_STATE_OPEN,
  HEIN_ENDPOINT_STATE_WAITING,
  HEIN_ENDPOINT_STATE_DUPLICATE,
  HEIN_ENDPOINT_STATE_CLOSED
} HeinEndpointState;

/**
 * HeinPriority:
 * @HEIN_PRIORITY_NORMAL: in the order of sending
 * @HEIN_PRIORITY_HIGH: before all that wait with normal priority
 *
 * Whether a message overtakes others, see [method@Message.set_priority].
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_PRIORITY_NORMAL,
  HEIN_PRIORITY_HIGH
} HeinPriority;

/**
 * HeinDropReason:
 * @HEIN_DROP_REASON_OVERFLOW: the peer's queue was full
 * @HEIN_DROP_REASON_REPLACED: a newer message of the same topic replaced it
 * @HEIN_DROP_REASON_NO_PEER: there was no peer to take it
 * @HEIN_DROP_REASON_STRATEGY: the strategy dropped it
 * @HEIN_DROP_REASON_CLOSED: the connection or the bus was closed before it was
 *   sent
 * @HEIN_DROP_REASON_UNHANDLED: it arrived, but no handler was connected to its
 *   topic, or the bus or the connection was being closed
 * @HEIN_DROP_REASON_UNSENDABLE: the protocol could not encode it, or the peer
 *   refused it
 * @HEIN_DROP_REASON_INVALID: what the peer sent was malformed, or a filter
 *   refused it
 * @HEIN_DROP_REASON_LOST: a medium that loses messages lost it on the way here
 * @HEIN_DROP_REASON_UNKNOWN: it was sent, but the connection ended without a
 *   goodbye, or, where the protocol has no goodbye, by an error or before the
 *   machine of the peer had all that was sent: nobody knows whether it arrived.
 *   The number of messages is exact where the peer acknowledges them, and an
 *   upper bound elsewhere; bytes are roughly those that were written for them
 * @HEIN_DROP_REASON_FORBIDDEN: an access file does not allow the peer to
 *   publish it here, to receive it, or to request it
 * @HEIN_DROP_REASON_EXPIRED: its time was over before it was sent, or before
 *   the program could be given it
 *
 * Why messages were dropped.
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_DROP_REASON_OVERFLOW,
  HEIN_DROP_REASON_REPLACED,
  HEIN_DROP_REASON_NO_PEER,
  HEIN_DROP_REASON_STRATEGY,
  HEIN_DROP_REASON_CLOSED,
  HEIN_DROP_REASON_UNHANDLED,
  HEIN_DROP_REASON_UNSENDABLE,
  HEIN_DROP_REASON_INVALID,
  HEIN_DROP_REASON_LOST,
  HEIN_DROP_REASON_UNKNOWN,
  HEIN_DROP_REASON_FORBIDDEN,
  HEIN_DROP_REASON_EXPIRED
} HeinDropReason;

/**
 * HeinMatch:
 * @HEIN_MATCH_ALL: nothing: the peer gets every message
 * @HEIN_MATCH_TOPIC: the topic has to begin with a subscribed prefix
 * @HEIN_MATCH_TOPIC_OR_PART: the same, except that the first part is compared
 *   when the topic is empty (what a ZeroMQ SUB sees)
 * @HEIN_MATCH_PART: the first part has to begin with a subscribed prefix
 *
 * What the prefixes that a peer has subscribed to are compared with.
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_MATCH_ALL,
  HEIN_MATCH_TOPIC,
  HEIN_MATCH_TOPIC_OR_PART,
  HEIN_MATCH_PART
} HeinMatch;

/**
 * HeinNameRule:
 * @HEIN_NAME_RULE_SHARED: several peers may have the name at the same time
 * @HEIN_NAME_RULE_UNIQUE: refused while another peer that has the name is alive
 * @HEIN_NAME_RULE_MADE_UP: the peer has no name; one is derived from the given
 *   text
 *
 * How a name that a protocol offers for a peer is to be taken.
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_NAME_RULE_SHARED,
  HEIN_NAME_RULE_UNIQUE,
  HEIN_NAME_RULE_MADE_UP
} HeinNameRule;

/**
 * HeinSecrecy:
 * @HEIN_SECRECY_NONE: the protocol sends plain data over the stream
 * @HEIN_SECRECY_NEEDED: the same, but the data includes a secret, such as a
 *   password: the stream has to be local or encrypted, whatever the address
 *   permits
 * @HEIN_SECRECY_PROVIDED: the protocol authenticates and encrypts by itself, so
 *   that any stream will do
 *
 * What a protocol needs of its stream, or provides on top of it.
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_SECRECY_NONE,
  HEIN_SECRECY_NEEDED,
  HEIN_SECRECY_PROVIDED
} HeinSecrecy;

/**
 * HeinAction:
 * @HEIN_ACTION_PUBLISH: send messages to this bus
 * @HEIN_ACTION_RECEIVE: get messages and requests of this bus
 * @HEIN_ACTION_REQUEST: send requests to this bus; whoever may do so gets the
 *   answers
 *
 * What an access file allows a peer to do, by topic.
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_ACTION_PUBLISH,
  HEIN_ACTION_RECEIVE,
  HEIN_ACTION_REQUEST
} HeinAction;

/**
 * HeinAudience:
 * @HEIN_AUDIENCE_CHOSEN: peers that the strategy chose
 * @HEIN_AUDIENCE_NAMED: one peer, by name
 * @HEIN_AUDIENCE_ALL: every peer
 *
 * Whom a message is sent to.
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_AUDIENCE_CHOSEN,
  HEIN_AUDIENCE_NAMED,
  HEIN_AUDIENCE_ALL
} HeinAudience;

/**
 * HeinPluginKind:
 * @HEIN_PLUGIN_KIND_TRANSPORT: moves bytes or messages between peers
 * @HEIN_PLUGIN_KIND_PROTOCOL: turns bytes into messages and back
 * @HEIN_PLUGIN_KIND_STRATEGY: chooses which peers get a message
 *
 * The kinds of plugins.
 *
 * Since: 0.9
 */
typedef enum
{
  HEIN_PLUGIN_KIND_TRANSPORT,
  HEIN_PLUGIN_KIND_PROTOCOL,
  HEIN_PLUGIN_KIND_STRATEGY
} HeinPluginKind;

HEIN_API
GType hein_action_get_type (void) G_GNUC_CONST;
HEIN_API
GType hein_overflow_get_type (void) G_GNUC_CONST;
HEIN_API
GType hein_priority_get_type (void) G_GNUC_CONST;
HEIN_API
GType hein_origin_get_type (void) G_GNUC_CONST;
HEIN_API
GType hein_role_get_type (void) G_GNUC_CONST;
HEIN_API
GType hein_endpoint_state_get_type (void) G_GNUC_CONST;
HEIN_API
GType hein_drop_reason_get_type (void) G_GNUC_CONST;
HEIN_API
GType hein_match_get_type (void) G_GNUC_CONST;
HEIN_API
GType hein_name_rule_get_type (void) G_GNUC_CONST;
HEIN_API
GType hein_audience_get_type (void) G_GNUC_CONST;
HEIN_API
GType hein_plugin_kind_get_type (void) G_GNUC_CONST;
HEIN_API
GType hein_secrecy_get_type (void);
HEIN_API
GType hein_outcome_get_type (void) G_GNUC_CONST;
HEIN_API
GType hein_acknowledge_get_type (void) G_GNUC_CONST;

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <glib-object.h>
#include <hein/hein-macros.h>

G_BEGIN_DECLS

#define HEIN_TYPE_OVERFLOW       (hein_overflow_get_type ())
#define HEIN_TYPE_ORIGIN         (hein_origin_get_type ())
#define HEIN_TYPE_ROLE           (hein_role_get_type ())
#define HEIN_TYPE_ENDPOINT_STATE (hein_endpoint_state_get_type ())
#define HEIN_TYPE_DROP_REASON    (hein_drop_reason_get_type ())
#define HEIN_TYPE_MATCH          (hein_match_get_type ())
#define HEIN_TYPE_NAME_RULE      (hein_name_rule_get_type ())
#define HEIN_TYPE_AUDIENCE       (hein_audience_get_type ())
#define HEIN_TYPE_PLUGIN_KIND    (hein_plugin_kind_get_type ())
#define HEIN_TYPE_SECRECY        (hein_secrecy_get_type ())

/**
 * HeinOverflow:
 * @HEIN_OVERFLOW_DEFAULT: as the bus says; for a bus: drop-oldest when it
 *   publishes, else wait
 * @HEIN_OVERFLOW_WAIT: sending fails with WOULD_BLOCK, `send_async` waits
 * @HEIN_OVERFLOW_DROP_OLDEST: the oldest queued messages go, counted
 * @HEIN_OVERFLOW_DROP_NEWEST: the new message goes, counted
 * @HEIN_OVERFLOW_LATEST: one message per topic is kept, the newest; when even
 *   those are over the limit, the topic that waits longest goes, counted as
 *   overflow
 * @HEIN_OVERFLOW_DISCONNECT: a peer that takes nothing for 30 s is closed;
 *   until then as wait
 *
 * What happens when a peer takes less than is sent to it.
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
 * HeinOrigin:
 * @HEIN_ORIGIN_ACCEPTED: it dialled us
 * @HEIN_ORIGIN_DIALLED: we dialled it
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
 * @HEIN_ROLE_LISTEN: waits for others
 * @HEIN_ROLE_DIAL: goes to others
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
 * @HEIN_ENDPOINT_STATE_DUPLICATE: the same bus is reached by another connection;
 *   takes over when that is lost
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
 * HeinDropReason:
 * @HEIN_DROP_REASON_OVERFLOW: the peer's queue was full
 * @HEIN_DROP_REASON_REPLACED: a newer value of its topic took its place
 * @HEIN_DROP_REASON_NO_PEER: nobody was there to take it
 * @HEIN_DROP_REASON_STRATEGY: the strategy dropped it
 * @HEIN_DROP_REASON_CLOSED: the connection or the bus closed before it went out
 * @HEIN_DROP_REASON_UNHANDLED: it arrived, and no handler wanted its topic, or the bus or
 *   its connection was closing already
 * @HEIN_DROP_REASON_UNSENDABLE: the protocol could not put it on the wire, or the
 *   peer refused it
 * @HEIN_DROP_REASON_INVALID: what a peer sent was of no use
 * @HEIN_DROP_REASON_LOST: it did not come, on a medium that loses
 * @HEIN_DROP_REASON_UNKNOWN: it went out, and the connection ended without a goodbye,
 *   or by an error where there is none: nobody knows whether it was taken. The
 *   number is exact where the peer acknowledges, else the most that it can be;
 *   bytes are those that were written for them, about
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
  HEIN_DROP_REASON_UNKNOWN
} HeinDropReason;

/**
 * HeinMatch:
 * @HEIN_MATCH_ALL: the peer gets everything
 * @HEIN_MATCH_TOPIC: a message whose topic begins with a subscribed prefix
 * @HEIN_MATCH_TOPIC_OR_PART: the same, but the first part is looked at when
 *   the topic is empty (what a ZeroMQ SUB sees)
 * @HEIN_MATCH_PART: a message whose first part begins with such a prefix
 *
 * What a peer's subscriptions are compared with.
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
 * @HEIN_NAME_RULE_SHARED: several peers may have the name at a time
 * @HEIN_NAME_RULE_UNIQUE: refused while the peer that has the name is alive
 * @HEIN_NAME_RULE_MADE_UP: the peer has no name; one is made up from the given one
 *
 * What a protocol promises about a name.
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
 * @HEIN_SECRECY_NONE: what is said goes over the stream as it is
 * @HEIN_SECRECY_NEEDED: the same, and it says what nobody else may hear, such as
 *   a password: only a stream that does not leave this machine, or is encrypted,
 *   will do, whatever the address allows
 * @HEIN_SECRECY_PROVIDED: the protocol proves who is there and encrypts by itself:
 *   any stream will do
 *
 * What a protocol needs of the stream that it speaks on, or does for it.
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
 * HeinAudience:
 * @HEIN_AUDIENCE_CHOSEN: for a peer that the strategy chose
 * @HEIN_AUDIENCE_NAMED: for this peer alone
 * @HEIN_AUDIENCE_ALL: for every peer
 *
 * For whom a message is.
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
GType hein_overflow_get_type (void) G_GNUC_CONST;
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

G_END_DECLS

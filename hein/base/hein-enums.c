/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-enums.h>

/* The GTypes of the public enumerations. */

/* clang-format off */
/**
 * hein_overflow_get_type:
 *
 * Gets the type of [enum@Overflow], whose nicks are its names in lower case.
 *
 * - Thread: any.
 *
 * Returns: an enum type
 *
 * Since: 0.9
 */
G_DEFINE_ENUM_TYPE (HeinOverflow, hein_overflow,
  G_DEFINE_ENUM_VALUE (HEIN_OVERFLOW_DEFAULT, "default"),
  G_DEFINE_ENUM_VALUE (HEIN_OVERFLOW_WAIT, "wait"),
  G_DEFINE_ENUM_VALUE (HEIN_OVERFLOW_DROP_OLDEST, "drop-oldest"),
  G_DEFINE_ENUM_VALUE (HEIN_OVERFLOW_DROP_NEWEST, "drop-newest"),
  G_DEFINE_ENUM_VALUE (HEIN_OVERFLOW_LATEST, "latest"),
  G_DEFINE_ENUM_VALUE (HEIN_OVERFLOW_DISCONNECT, "disconnect"))

/**
 * hein_origin_get_type:
 *
 * Gets the type of [enum@Origin], whose nicks are its names in lower case.
 *
 * - Thread: any.
 *
 * Returns: an enum type
 *
 * Since: 0.9
 */
G_DEFINE_ENUM_TYPE (HeinOrigin, hein_origin,
  G_DEFINE_ENUM_VALUE (HEIN_ORIGIN_ACCEPTED, "accepted"),
  G_DEFINE_ENUM_VALUE (HEIN_ORIGIN_DIALLED, "dialled"))

/**
 * hein_role_get_type:
 *
 * Gets the type of [enum@Role], whose nicks are its names in lower case.
 *
 * - Thread: any.
 *
 * Returns: an enum type
 *
 * Since: 0.9
 */
G_DEFINE_ENUM_TYPE (HeinRole, hein_role,
  G_DEFINE_ENUM_VALUE (HEIN_ROLE_LISTEN, "listen"),
  G_DEFINE_ENUM_VALUE (HEIN_ROLE_DIAL, "dial"))

/**
 * hein_priority_get_type:
 *
 * Gets the type of [enum@Priority], whose nicks are its names in lower case.
 *
 * - Thread: any.
 *
 * Returns: an enum type
 *
 * Since: 0.9
 */
G_DEFINE_ENUM_TYPE (HeinPriority, hein_priority,
  G_DEFINE_ENUM_VALUE (HEIN_PRIORITY_NORMAL, "normal"),
  G_DEFINE_ENUM_VALUE (HEIN_PRIORITY_HIGH, "high"))

/**
 * hein_endpoint_state_get_type:
 *
 * Gets the type of [enum@EndpointState], whose nicks are its names in lower
 * case.
 *
 * - Thread: any.
 *
 * Returns: an enum type
 *
 * Since: 0.9
 */
G_DEFINE_ENUM_TYPE (HeinEndpointState, hein_endpoint_state,
  G_DEFINE_ENUM_VALUE (HEIN_ENDPOINT_STATE_OPENING, "opening"),
  G_DEFINE_ENUM_VALUE (HEIN_ENDPOINT_STATE_OPEN, "open"),
  G_DEFINE_ENUM_VALUE (HEIN_ENDPOINT_STATE_WAITING, "waiting"),
  G_DEFINE_ENUM_VALUE (HEIN_ENDPOINT_STATE_DUPLICATE, "duplicate"),
  G_DEFINE_ENUM_VALUE (HEIN_ENDPOINT_STATE_CLOSED, "closed"))

/**
 * hein_drop_reason_get_type:
 *
 * Gets the type of [enum@DropReason], whose nicks are its names in lower case.
 *
 * - Thread: any.
 *
 * Returns: an enum type
 *
 * Since: 0.9
 */
G_DEFINE_ENUM_TYPE (HeinDropReason, hein_drop_reason,
  G_DEFINE_ENUM_VALUE (HEIN_DROP_REASON_OVERFLOW, "overflow"),
  G_DEFINE_ENUM_VALUE (HEIN_DROP_REASON_REPLACED, "replaced"),
  G_DEFINE_ENUM_VALUE (HEIN_DROP_REASON_NO_PEER, "no-peer"),
  G_DEFINE_ENUM_VALUE (HEIN_DROP_REASON_STRATEGY, "strategy"),
  G_DEFINE_ENUM_VALUE (HEIN_DROP_REASON_CLOSED, "closed"),
  G_DEFINE_ENUM_VALUE (HEIN_DROP_REASON_UNHANDLED, "unhandled"),
  G_DEFINE_ENUM_VALUE (HEIN_DROP_REASON_UNSENDABLE, "unsendable"),
  G_DEFINE_ENUM_VALUE (HEIN_DROP_REASON_INVALID, "invalid"),
  G_DEFINE_ENUM_VALUE (HEIN_DROP_REASON_LOST, "lost"),
  G_DEFINE_ENUM_VALUE (HEIN_DROP_REASON_UNKNOWN, "unknown"),
  G_DEFINE_ENUM_VALUE (HEIN_DROP_REASON_FORBIDDEN, "forbidden"),
  G_DEFINE_ENUM_VALUE (HEIN_DROP_REASON_EXPIRED, "expired"))

/**
 * hein_match_get_type:
 *
 * Gets the type of [enum@Match], whose nicks are its names in lower case.
 *
 * - Thread: any.
 *
 * Returns: an enum type
 *
 * Since: 0.9
 */
G_DEFINE_ENUM_TYPE (HeinMatch, hein_match,
  G_DEFINE_ENUM_VALUE (HEIN_MATCH_ALL, "all"),
  G_DEFINE_ENUM_VALUE (HEIN_MATCH_TOPIC, "topic"),
  G_DEFINE_ENUM_VALUE (HEIN_MATCH_TOPIC_OR_PART, "topic-or-part"),
  G_DEFINE_ENUM_VALUE (HEIN_MATCH_PART, "part"))

/**
 * hein_name_rule_get_type:
 *
 * Gets the type of [enum@NameRule], whose nicks are its names in lower case.
 *
 * - Thread: any.
 *
 * Returns: an enum type
 *
 * Since: 0.9
 */
G_DEFINE_ENUM_TYPE (HeinNameRule, hein_name_rule,
  G_DEFINE_ENUM_VALUE (HEIN_NAME_RULE_SHARED, "shared"),
  G_DEFINE_ENUM_VALUE (HEIN_NAME_RULE_UNIQUE, "unique"),
  G_DEFINE_ENUM_VALUE (HEIN_NAME_RULE_MADE_UP, "made-up"))

/**
 * hein_action_get_type:
 *
 * Gets the type of [enum@Action], whose nicks are its names in lower case.
 *
 * - Thread: any.
 *
 * Returns: an enum type
 *
 * Since: 0.9
 */
G_DEFINE_ENUM_TYPE (HeinAction, hein_action,
  G_DEFINE_ENUM_VALUE (HEIN_ACTION_PUBLISH, "publish"),
  G_DEFINE_ENUM_VALUE (HEIN_ACTION_RECEIVE, "receive"),
  G_DEFINE_ENUM_VALUE (HEIN_ACTION_REQUEST, "request"))

/**
 * hein_audience_get_type:
 *
 * Gets the type of [enum@Audience], whose nicks are its names in lower case.
 *
 * - Thread: any.
 *
 * Returns: an enum type
 *
 * Since: 0.9
 */
G_DEFINE_ENUM_TYPE (HeinAudience, hein_audience,
  G_DEFINE_ENUM_VALUE (HEIN_AUDIENCE_CHOSEN, "chosen"),
  G_DEFINE_ENUM_VALUE (HEIN_AUDIENCE_NAMED, "named"),
  G_DEFINE_ENUM_VALUE (HEIN_AUDIENCE_ALL, "all"))

/**
 * hein_plugin_kind_get_type:
 *
 * Gets the type of [enum@PluginKind], whose nicks are its names in lower case.
 *
 * - Thread: any.
 *
 * Returns: an enum type
 *
 * Since: 0.9
 */
G_DEFINE_ENUM_TYPE (HeinPluginKind, hein_plugin_kind,
  G_DEFINE_ENUM_VALUE (HEIN_PLUGIN_KIND_TRANSPORT, "transport"),
  G_DEFINE_ENUM_VALUE (HEIN_PLUGIN_KIND_PROTOCOL, "protocol"),
  G_DEFINE_ENUM_VALUE (HEIN_PLUGIN_KIND_STRATEGY, "strategy"))

/**
 * hein_secrecy_get_type:
 *
 * Gets the type of [enum@Secrecy], whose nicks are its names in lower case.
 *
 * - Thread: any.
 *
 * Returns: an enum type
 *
 * Since: 0.9
 */
G_DEFINE_ENUM_TYPE (HeinSecrecy, hein_secrecy,
  G_DEFINE_ENUM_VALUE (HEIN_SECRECY_NONE, "none"),
  G_DEFINE_ENUM_VALUE (HEIN_SECRECY_NEEDED, "needed"),
  G_DEFINE_ENUM_VALUE (HEIN_SECRECY_PROVIDED, "provided"))

/**
 * hein_outcome_get_type:
 *
 * Gets the type of [enum@Outcome], whose nicks are its names in lower case.
 *
 * - Thread: any.
 *
 * Returns: an enum type
 *
 * Since: 0.9
 */
G_DEFINE_ENUM_TYPE (HeinOutcome, hein_outcome,
  G_DEFINE_ENUM_VALUE (HEIN_OUTCOME_ACKNOWLEDGED, "acknowledged"),
  G_DEFINE_ENUM_VALUE (HEIN_OUTCOME_FAILED, "failed"),
  G_DEFINE_ENUM_VALUE (HEIN_OUTCOME_UNKNOWN, "unknown"))

/**
 * hein_acknowledge_get_type:
 *
 * Gets the type of [enum@Acknowledge], whose nicks are its names in lower case.
 *
 * - Thread: any.
 *
 * Returns: an enum type
 *
 * Since: 0.9
 */
G_DEFINE_ENUM_TYPE (HeinAcknowledge, hein_acknowledge,
  G_DEFINE_ENUM_VALUE (HEIN_ACKNOWLEDGE_HANDLED, "handled"),
  G_DEFINE_ENUM_VALUE (HEIN_ACKNOWLEDGE_MANUAL, "manual"))

/* clang-format on */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-message.h>
#include <hein/hein-types.h>

/* HeinWire: what a protocol may do with its connection, peer and bus. */

G_BEGIN_DECLS

#define HEIN_TYPE_WIRE (hein_wire_get_type ())
HEIN_API
G_DECLARE_FINAL_TYPE (HeinWire, hein_wire, HEIN, WIRE, GObject)

/* what the protocol may know of its own bus */
HEIN_API
const char *hein_wire_get_bus_name (HeinWire *self);
HEIN_API
const char *hein_wire_get_bus_instance (HeinWire *self);
HEIN_API
gsize hein_wire_get_max_message_size (HeinWire *self);
HEIN_API
gboolean hein_wire_check_message_size (HeinWire *self,
                                       guint64 size,
                                       gsize overhead,
                                       GError **error);
HEIN_API
gboolean hein_wire_check_name (HeinWire *self,
                               const char *text,
                               gsize size,
                               GError **error);
HEIN_API
gsize hein_wire_get_send_limit (HeinWire *self);
HEIN_API
guint hein_wire_get_silence_ms (HeinWire *self);
HEIN_API
guint64 hein_wire_random (HeinWire *self);
HEIN_API
const char *hein_wire_get_proved_name (HeinWire *self);
HEIN_API
const char *hein_wire_get_note (HeinWire *self);
HEIN_API
void hein_wire_set_note (HeinWire *self, const char *note);

/* writing */
HEIN_API
void hein_wire_put (HeinWire *self, const guint8 *data, gsize size);
HEIN_API
void hein_wire_put_bytes (HeinWire *self, GBytes *bytes);
HEIN_API
void hein_wire_put_part (HeinWire *self, HeinMessage *message, guint index);
HEIN_API
void hein_wire_put_framed (HeinWire *self,
                           const guint8 *head,
                           gsize head_size,
                           HeinMessage *message,
                           guint index);
HEIN_API
void hein_wire_begin_sealing (HeinWire *self);
HEIN_API
void hein_wire_set_encoding (HeinWire *self, const char *key);
HEIN_API
void hein_wire_hold (HeinWire *self, gboolean hold);
HEIN_API
gboolean hein_wire_send (HeinWire *self, HeinMessage *message);

/* reading */
HEIN_API
void hein_wire_expect (HeinWire *self, gsize size);
HEIN_API
gboolean hein_wire_deliver (HeinWire *self, HeinMessage *message);
HEIN_API
gboolean hein_wire_deliver_data (HeinWire *self,
                                 const char *topic,
                                 gsize topic_size,
                                 const guint8 *data,
                                 gsize size);

HEIN_API
gboolean hein_wire_deliver_numbered (HeinWire *self,
                                     const char *topic,
                                     gsize topic_size,
                                     const guint8 *data,
                                     gsize size,
                                     guint64 delivery,
                                     guint32 remaining_ms);

HEIN_API
gboolean
hein_wire_may_publish (HeinWire *self, const char *topic, gsize topic_size);
HEIN_API
void hein_wire_drop (HeinWire *self,
                     HeinDropReason reason,
                     gsize size,
                     const char *why);
HEIN_API
void hein_wire_set_pending (HeinWire *self, gboolean pending);
HEIN_API
void hein_wire_set_memory (HeinWire *self, gsize n_bytes);
HEIN_API
HeinAudience hein_wire_get_audience (HeinWire *self);
HEIN_API
void hein_wire_give_back (HeinWire *self,
                          HeinMessage *message,
                          HeinAudience audience);
HEIN_API
void hein_wire_set_gives_back (HeinWire *self, gboolean gives_back);

/* the peer */
HEIN_API
void hein_wire_offer_name (HeinWire *self,
                           const char *name,
                           GBytes *raw_identity,
                           HeinNameRule rule);
HEIN_API
void hein_wire_set_instance (HeinWire *self, const char *instance);
HEIN_API
void hein_wire_set_security (HeinWire *self, const char *text);
HEIN_API
void hein_wire_ready (HeinWire *self);
HEIN_API
void hein_wire_set_accepts_messages (HeinWire *self, gboolean accepts);
HEIN_API
void hein_wire_set_match (HeinWire *self, HeinMatch match);
HEIN_API
guint hein_wire_get_bus_credit (HeinWire *self);
HEIN_API
void hein_wire_set_credit (HeinWire *self, guint credit);
HEIN_API
void hein_wire_set_credit_hint (HeinWire *self, const char *hint);
HEIN_API
gboolean hein_wire_get_bus_resumes (HeinWire *self);
HEIN_API
void hein_wire_set_resumes (HeinWire *self, gboolean resumes);
HEIN_API
void hein_wire_set_asks (HeinWire *self, HeinAsks asks);
HEIN_API
void hein_wire_set_carries_attributes (HeinWire *self, gboolean carries);
HEIN_API
void hein_wire_drop_attributes (HeinWire *self);
HEIN_API
gboolean hein_wire_serves (HeinWire *self, const char *topic, gsize topic_size);
HEIN_API
gboolean hein_wire_awaits (HeinWire *self, guint64 ask_id);
HEIN_API
gboolean hein_wire_subscribe (HeinWire *self,
                              const guint8 *prefix,
                              gsize size,
                              GError **error);
HEIN_API
void hein_wire_unsubscribe (HeinWire *self, const guint8 *prefix, gsize size);
HEIN_API
gboolean hein_wire_subscribe_pattern (HeinWire *self,
                                      const guint8 *pattern,
                                      gsize size,
                                      GError **error);
HEIN_API
gboolean hein_wire_share_pattern (HeinWire *self,
                                  const guint8 *pattern,
                                  gsize size,
                                  GError **error);
HEIN_API
void hein_wire_unsubscribe_pattern (HeinWire *self,
                                    const guint8 *pattern,
                                    gsize size);
HEIN_API
void hein_wire_confirm_subscriptions (HeinWire *self, guint number);
HEIN_API
void hein_wire_filter (HeinWire *self);
HEIN_API
void hein_wire_set_heartbeat (HeinWire *self, gboolean heartbeat);
HEIN_API
void hein_wire_set_silence_ms (HeinWire *self, guint silence_ms);
HEIN_API
void hein_wire_set_answers_pings (HeinWire *self, gboolean answers);
HEIN_API
void hein_wire_set_rtt_us (HeinWire *self, gint64 rtt_us);
HEIN_API
void hein_wire_want_tick (HeinWire *self, gint64 at_us);
HEIN_API
gint64 hein_wire_get_now_us (HeinWire *self);

/* the end */
HEIN_API
gboolean hein_wire_is_closing (HeinWire *self);
HEIN_API
guint64 hein_wire_count_taken (HeinWire *self);
HEIN_API
guint64 hein_wire_count_sent (HeinWire *self);
HEIN_API
guint64 hein_wire_count_unsent (HeinWire *self);
HEIN_API
void hein_wire_check_arrived (HeinWire *self, guint64 n_sent);
HEIN_API
void
hein_wire_set_in_doubt (HeinWire *self, guint64 n_messages, guint64 n_bytes);
HEIN_API
void hein_wire_set_confirmed (HeinWire *self, guint64 n);
HEIN_API
void hein_wire_set_confirmed_by_end (HeinWire *self, guint64 n);
HEIN_API
void hein_wire_await_goodbye (HeinWire *self);
HEIN_API
void hein_wire_take_goodbye (HeinWire *self);
HEIN_API
void hein_wire_set_drain_ms (HeinWire *self, guint drain_ms);
HEIN_API
void hein_wire_redial (HeinWire *self);
HEIN_API
void hein_wire_redial_at_end (HeinWire *self);
HEIN_API
gboolean hein_wire_is_encrypted (HeinWire *self);
HEIN_API
gboolean hein_wire_lacks_security (HeinWire *self);
HEIN_API
void hein_wire_secure (HeinWire *self);
HEIN_API
void hein_wire_tell_places (HeinWire *self, const char *const *places);
HEIN_API
gboolean hein_wire_move_on (HeinWire *self);
HEIN_API
void hein_wire_fail (HeinWire *self, const GError *error);

G_END_DECLS

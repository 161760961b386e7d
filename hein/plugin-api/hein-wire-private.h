/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include <hein/hein-wire.h>

#include "io/hein-segment.h"

G_BEGIN_DECLS

/*
 * The functions behind a wire: a connection of the core, or a recorder in a
 * test. Each slot does what the public function of the same name promises;
 * @data is what was given to hein_wire_new.
 */
typedef struct
{
  void (*put) (gpointer data, const guint8 *bytes, gsize size);
  void (*put_bytes) (gpointer data, GBytes *bytes);
  void (*set_encoding) (gpointer data, const char *key);
  void (*begin_sealing) (gpointer data);
  void (*hold) (gpointer data, gboolean hold);
  gboolean (*send) (gpointer data, HeinMessage *message);
  void (*expect) (gpointer data, gsize size);
  gboolean (*deliver) (gpointer data, HeinMessage *message);
  gboolean (*deliver_data) (gpointer data,
                            const char *topic,
                            gsize topic_size,
                            const guint8 *bytes,
                            gsize size);
  /* FALSE: it wants a message (deliver); NULL: always */
  gboolean (*deliver_numbered) (gpointer data,
                                const char *topic,
                                gsize topic_size,
                                const guint8 *bytes,
                                gsize size,
                                guint64 number,
                                guint32 left_ms);
  void (*offer_name) (gpointer data,
                      const char *name,
                      GBytes *raw_identity,
                      HeinNameRule rule);
  void (*set_instance) (gpointer data, const char *instance);
  void (*set_security) (gpointer data, const char *text);
  void (*ready) (gpointer data);
  void (*set_accepts_messages) (gpointer data, gboolean accepts);
  void (*set_match) (gpointer data, HeinMatch match);
  void (*set_asks) (gpointer data, HeinAsks asks);
  void (*set_carries_attributes) (gpointer data, gboolean carries);
  void (*drop_attributes) (gpointer data);
  void (*set_credit) (gpointer data, guint credit);
  void (*set_credit_hint) (gpointer data, const char *hint);
  void (*set_resumes) (gpointer data, gboolean resumes);
  gboolean (*serves) (gpointer data, const char *topic, gsize topic_size);
  gboolean (*awaits) (gpointer data, guint64 ask_id);
  gboolean (*subscribe) (gpointer data,
                         const guint8 *prefix,
                         gsize size,
                         GError **error);
  void (*unsubscribe) (gpointer data, const guint8 *prefix, gsize size);
  gboolean (*subscribe_pattern) (gpointer data,
                                 const guint8 *pattern,
                                 gsize size,
                                 GError **error);
  gboolean (*share_pattern) (gpointer data,
                             const guint8 *pattern,
                             gsize size,
                             GError **error);
  void (*unsubscribe_pattern) (gpointer data,
                               const guint8 *pattern,
                               gsize size);
  void (*confirm_subscriptions) (gpointer data, guint number);
  void (*filter) (gpointer data);
  void (*set_answers_pings) (gpointer data, gboolean answers);
  void (*set_heartbeat) (gpointer data, gboolean heartbeat);
  void (*set_silence_ms) (gpointer data, guint silence_ms);
  gboolean (*may_publish) (gpointer data, const char *topic, gsize topic_size);
  void (*drop) (gpointer data,
                HeinDropReason reason,
                gsize size,
                const char *why);
  void (*set_pending) (gpointer data, gboolean pending);
  void (*set_memory) (gpointer data, gsize n_bytes);
  HeinAudience (*get_audience) (gpointer data);
  void (*give_back) (gpointer data,
                     HeinMessage *message,
                     HeinAudience audience);
  void (*set_gives_back) (gpointer data, gboolean gives_back);
  void (*want_tick) (gpointer data, gint64 at_us);
  void (*set_rtt_us) (gpointer data, gint64 rtt_us);
  gint64 (*get_now_us) (gpointer data);
  gboolean (*is_closing) (gpointer data);
  guint64 (*random) (gpointer data);
  const char *(*get_proved_name) (gpointer data); /* nullable */
  const char *(*get_note) (gpointer data);
  void (*set_note) (gpointer data, const char *note);
  guint64 (*count_taken) (gpointer data);
  guint64 (*count_sent) (gpointer data);
  guint64 (*count_unsent) (gpointer data);
  void (*check_arrived) (gpointer data, guint64 n_sent);
  void (*set_confirmed) (gpointer data, guint64 n);
  void (*set_confirmed_by_end) (gpointer data, guint64 n);
  void (*set_in_doubt) (gpointer data, guint64 n_messages, guint64 n_bytes);
  void (*await_goodbye) (gpointer data);
  void (*take_goodbye) (gpointer data);
  void (*set_drain_ms) (gpointer data, guint drain_ms);
  void (*redial) (gpointer data);
  void (*redial_at_end) (gpointer data);
  gboolean (*is_encrypted) (gpointer data);
  gboolean (*lacks_security) (gpointer data);
  void (*secure) (gpointer data);
  void (*tell_places) (gpointer data, const char *const *places);
  gboolean (*move_on) (gpointer data);
  void (*fail) (gpointer data, const GError *error);
} HeinWireFuncs;

struct _HeinWire
{
  GObject parent_instance;

  const HeinWireFuncs *funcs;
  gpointer
    data; /* NULL once the connection is gone: then calls have no effect */

  /* within encode (): written to directly, without calling the connection */
  HeinEncoder *encoding; /* borrowed, nullable */

  /* about the own bus; borrowed from it, or owned by a test */
  const char *bus_name;
  const char *bus_instance;
  gsize max_message_size;
  gsize send_limit;
  guint silence_ms;
  guint16 credit;
  bool resumes;
};

HeinWire *hein_wire_new (const HeinWireFuncs *funcs, gpointer data);
/* The connection is gone, but a script may still hold the wire. */
void hein_wire_detach (HeinWire *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-enums.h>

G_BEGIN_DECLS

/* The settings of a bus: the values of its properties of the same names. */
typedef struct
{
  guint64 send_limit;
  guint64 receive_limit;
  guint64 memory_limit;
  gsize max_message_size; /* atomic: senders on any thread read it */
  HeinOverflow overflow;
  HeinAcknowledge acknowledge;
  guint busy_poll_us;
  guint linger_ms;
  guint heartbeat_ms;
  guint silence_ms;
  guint reconnect_min_ms;
  guint reconnect_max_ms;
  guint reconnect_failed_ms;
  guint handshake_timeout_ms;
  guint resume_ms; /* 0: deliveries do not go on after a cut */
  guint max_connections;
  guint credit;
  guint retain_age_ms; /* 0: for ever */
  guint64 retain_limit;
  gboolean allow_plaintext;
  gboolean keep_latest;
  gboolean inspectable;
} HeinSettings;

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "zmtp-state.h"

G_BEGIN_DECLS

void zmtp_handshake_start (HeinZmtp *self, HeinWire *wire, gboolean dialled);
/* These return what they used, as `consume` does. */
gssize zmtp_handshake_take_greeting (HeinZmtp *self,
                                     HeinWire *wire,
                                     const guint8 *data,
                                     gsize size,
                                     GError **error);
gssize zmtp_handshake_take_proof (HeinZmtp *self,
                                  HeinWire *wire,
                                  const guint8 *data,
                                  gsize size,
                                  GError **error);
gssize zmtp_handshake_take_ready (HeinZmtp *self,
                                  HeinWire *wire,
                                  const guint8 *data,
                                  gsize size,
                                  GError **error);
/* The verdict on the name: @refusal NULL for yes. */
void
zmtp_handshake_finish (HeinZmtp *self, HeinWire *wire, const GError *refusal);

G_END_DECLS

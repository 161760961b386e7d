/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "zmtp-state.h"

G_BEGIN_DECLS

void zmtp_command_put_ping (HeinZmtp *self, HeinWire *wire);
/* Only to a peer that says goodbye itself. */
void zmtp_command_put_goodbye (HeinZmtp *self, HeinWire *wire);
/* As a command, or as the message that stands for one to old peers. */
/* FALSE: the peer knows prefixes only. */
gboolean zmtp_command_put_pattern (HeinZmtp *self,
                                   HeinWire *wire,
                                   const char *pattern,
                                   gboolean wanted);
/* FALSE: the peer does not answer PING. */
gboolean
zmtp_command_put_confirm (HeinZmtp *self, HeinWire *wire, guint number);
void zmtp_command_put_subscription (HeinZmtp *self,
                                    HeinWire *wire,
                                    const char *prefix,
                                    gboolean wanted);
gboolean zmtp_command_take (HeinZmtp *self,
                            HeinWire *wire,
                            const guint8 *body,
                            gsize size,
                            GError **error);
/* What ERROR says becomes @error. FALSE */
gboolean
zmtp_command_take_error (const guint8 *data, gsize size, GError **error);
gboolean zmtp_subscription_add (HeinZmtp *self,
                                HeinWire *wire,
                                const guint8 *prefix,
                                gsize size,
                                GError **error);

G_END_DECLS

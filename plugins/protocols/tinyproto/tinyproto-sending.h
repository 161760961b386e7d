/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tinyproto-state.h"

G_BEGIN_DECLS

gboolean tinyproto_send (HeinTinyproto *self,
                         HeinWire *wire,
                         HeinMessage *message,
                         GError **error);
/* Sends what was withdrawn, or lets the next message come, when allowed. */
void tinyproto_advance (HeinTinyproto *self, HeinWire *wire);
/* These return what they used, as `consume` does. */
gssize tinyproto_consume_answer (HeinTinyproto *self,
                                 HeinWire *wire,
                                 const guint8 *data,
                                 gsize size,
                                 GError **error);
/* A 00 that nothing followed for long was a refusal. */
void
tinyproto_check_refusal (HeinTinyproto *self, HeinWire *wire, gint64 now_us);
void
tinyproto_check_answer (HeinTinyproto *self, HeinWire *wire, gint64 now_us);

G_END_DECLS

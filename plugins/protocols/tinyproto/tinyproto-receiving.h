/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tinyproto-state.h"

G_BEGIN_DECLS

gssize tinyproto_consume_size (HeinTinyproto *self,
                               HeinWire *wire,
                               const guint8 *data,
                               gsize size,
                               GError **error);
gssize tinyproto_consume_body (HeinTinyproto *self,
                               HeinWire *wire,
                               const guint8 *data,
                               gsize size);
/* Answers the LEN that was kept in `size`. */
void tinyproto_answer_size (HeinTinyproto *self, HeinWire *wire);
void tinyproto_check_stray (HeinTinyproto *self, HeinWire *wire, gint64 now_us);
void tinyproto_check_body (HeinTinyproto *self, HeinWire *wire, gint64 now_us);

G_END_DECLS

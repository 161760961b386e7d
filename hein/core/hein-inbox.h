/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"

G_BEGIN_DECLS

/* Takes @message. */
void hein_inbox_push (HeinCore *self, HeinMessage *message);
/* The application takes the oldest one. (transfer full) (nullable) */
HeinMessage *hein_inbox_pop (HeinCore *self);
/* The oldest one, which is being told: it still counts. (transfer full) */
HeinMessage *hein_inbox_take_out (HeinCore *self);
/* It was not told: it is the oldest one again. Takes @message. */
void hein_inbox_put_back (HeinCore *self, HeinMessage *message);
/* Up to @max of them. (transfer full) */
GPtrArray *hein_inbox_take_some (HeinCore *self, guint max);
/* Gives what is there to those who wait for it. */
void hein_inbox_serve (HeinCore *self);

G_END_DECLS

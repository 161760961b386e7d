/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "socketengine-state.h"

G_BEGIN_DECLS

gboolean socketengine_is_old (HeinSocketengine *self);
/* What images and their acknowledgements are called in its dialect. */
const char *socketengine_get_image_type (HeinSocketengine *self);
const char *socketengine_get_ack_type (HeinSocketengine *self);

/* When an image is not waited for any longer. */
static inline gint64
socketengine_get_image_due_us (const HeinSocketengine *self)
{
  return self->image_us == 0
           ? G_MAXINT64
           : self->image_us + (gint64) self->image_ack_ms * 1000;
}

void socketengine_put_line (HeinWire *wire, const char *type, const char *text);
gboolean socketengine_encode (HeinSocketengine *self,
                              HeinWire *wire,
                              HeinMessage *message,
                              GError **error);
/* An acknowledgement has come, or is not waited for any longer. */
void socketengine_free_image (HeinSocketengine *self, HeinWire *wire);
void socketengine_check_image (HeinSocketengine *self,
                               HeinWire *wire,
                               gint64 now_us);

G_END_DECLS

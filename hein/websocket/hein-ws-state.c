/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-ws-state.h"

#include <errno.h>

#include "hein-ws-rooms.h"

/* What all parts of a WebSocket do with its data. */

void
hein_ws_shake_free (HeinWsShake *self)
{
  g_free ((char *) self->options.authority);
  g_free ((char *) self->options.path);
  g_free ((char *) self->options.origins);
  g_free ((char *) self->options.subprotocols);
  g_free (self->key);
  g_byte_array_unref (self->head);
  g_free (self);
}

void
hein_ws_keep_input (HeinWsStream *self)
{
  HeinWsInput *in = &self->in;
  const gsize size = hein_ws_input_get_size (in);
  const gboolean is_own = in->data != hein_ws_rooms_get ()->in;

  if (in->data == NULL || (is_own && size > 0))
    return;
  if (is_own)
    g_free (in->data);
  *in = size > 0
          ? (HeinWsInput){ g_memdup2 (in->data + in->begin, size), 0, size }
          : (HeinWsInput){ 0 };
}

void
hein_ws_note (HeinWsStream *self)
{
  const HeinStream *inner = self->inner;

  if (self->stream.code != EPIPE)
    self->stream.code = inner->code;
  self->stream.has_answered = inner->has_answered;
  self->stream.n_unsent =
    inner->n_unsent +
    (self->out != NULL ? self->out->len - self->n_written : 0);
}

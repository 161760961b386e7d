/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-ws-stream.h"

#include <unistd.h>

#include "hein-ws-state.h"

/* The layer: what it is made of, and what it reports. */

static HeinStreamProof
ws_get_proof (HeinStream *stream)
{
  return hein_stream_get_proof (((HeinWsStream *) stream)->inner);
}

static gsize
ws_get_memory (HeinStream *stream)
{
  const HeinWsStream *self = (const HeinWsStream *) stream;

  return sizeof *self + hein_stream_get_memory (self->inner) +
         (self->shake != NULL ? sizeof *self->shake + self->shake->head->len
                              : 0);
}

static const HeinStreamFuncs funcs = {
  .open = hein_ws_open,
  .read = hein_ws_read,
  .write = hein_ws_write,
  .flush = hein_ws_flush,
  .get_proof = ws_get_proof,
  .get_memory = ws_get_memory,
  .shut_down_write = hein_ws_shut_down_write,
  .reset_at_close = hein_ws_reset_at_close,
  .close = hein_ws_close,
};

HeinStream *
hein_ws_stream_new (HeinStream *inner, const HeinWsOptions *options)
{
  HeinWsStream *self = g_new0 (HeinWsStream, 1);
  HeinWsShake *shake = g_new0 (HeinWsShake, 1);

  self->stream.funcs = &funcs;
  self->stream.fd = inner->fd;
  self->stream.is_layer = TRUE;
  self->inner = inner;
  self->pid = getpid ();
  self->is_dialled = options->is_dialled;
  self->message_max = options->message_max;
  shake->options = (HeinWsOptions){
    .is_dialled = options->is_dialled,
    .authority = g_strdup (options->authority),
    .path = g_strdup (options->path),
    .origins = g_strdup (options->origins),
    .subprotocols = g_strdup (options->subprotocols),
    .is_server = options->is_server,
    .may_be_plain = options->may_be_plain,
    .message_max = options->message_max,
  };
  shake->head = g_byte_array_new ();
  self->shake = shake;
  return &self->stream;
}

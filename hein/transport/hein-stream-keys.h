/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "io/hein-loop.h"
#include "io/hein-tls-module.h"

G_BEGIN_DECLS

/*
 * What an endpoint of streams encrypts with: the options of its address, and the
 * module that does it, which whoever makes the endpoint sets when the options ask
 * for it.
 */
typedef struct
{
  char *key_file;              /* owned, nullable */
  char *key_ring_file;         /* the same */
  const HeinTlsModule *module; /* nullable: none is needed */
  HeinTls *tls;                /* owned: while it is open */
  HeinTimer timer;             /* looks whether the file is another one */
  HeinEndpoint *endpoint;      /* borrowed: the same */
} HeinStreamKeys;

gboolean hein_stream_keys_are_wanted (const HeinStreamKeys *self);
/* Reads the files, if it is wanted. */
gboolean hein_stream_keys_open (HeinStreamKeys *self,
                                HeinEndpoint *endpoint,
                                GError **error);
void hein_stream_keys_close (HeinStreamKeys *self);
void hein_stream_keys_clear (HeinStreamKeys *self);
/* Takes @fd. */
HeinStream *hein_stream_keys_make_stream (HeinStreamKeys *self,
                                          int fd,
                                          gboolean is_dialled);

G_END_DECLS

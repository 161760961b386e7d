/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "io/hein-loop.h"
#include "io/hein-tls-module.h"

G_BEGIN_DECLS

/*
 * The keys of a stream endpoint: the options of its address that name key
 * files, and the TLS module that uses them. The maker of the endpoint sets the
 * module when the options ask for encryption.
 */
typedef struct
{
  char *key_file;              /* owned, nullable */
  char *key_ring_file;         /* owned, nullable */
  const HeinTlsModule *module; /* nullable: no encryption */
  HeinTls *tls;                /* owned: while it is open */
  HeinTimer timer;             /* looks for changes of the key file */
  HeinEndpoint *endpoint;      /* borrowed; while it is open */
} HeinStreamKeys;

gboolean hein_stream_keys_are_wanted (const HeinStreamKeys *self);
/* Reads the key files, if there are any. */
gboolean hein_stream_keys_open (HeinStreamKeys *self,
                                HeinEndpoint *endpoint,
                                GError **error);
void hein_stream_keys_close (HeinStreamKeys *self);
void hein_stream_keys_clear (HeinStreamKeys *self);
/* Takes ownership of @fd. */
HeinStream *hein_stream_keys_make_stream (HeinStreamKeys *self,
                                          int fd,
                                          gboolean is_dialled);

G_END_DECLS

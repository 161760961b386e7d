/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "io/hein-loop.h"
#include "io/hein-tls-module.h"

/* The keys and certificates of a stream endpoint. */

G_BEGIN_DECLS

/* The options that say who may be at the other end, and how that is proved. */
enum
{
  HEIN_STREAM_KEYS_FILE,
  HEIN_STREAM_KEYS_RING_FILE,
  HEIN_STREAM_KEYS_IDENTITY,
  HEIN_STREAM_KEYS_PEERS,
  HEIN_STREAM_KEYS_CA_FILE,
  HEIN_STREAM_KEYS_PEER_NAME,
  HEIN_STREAM_KEYS_N
};

/*
 * The keys of a stream endpoint: the options of its address that name key
 * files, and the TLS module that uses them. The maker of the endpoint sets the
 * module when the options ask for encryption.
 */
typedef struct
{
  char *texts[HEIN_STREAM_KEYS_N]; /* owned, nullable: by the enumeration */
  gboolean by_host;            /* the option `tls`: hosts prove their names */
  const HeinTlsModule *module; /* nullable: no encryption */
  HeinTls *tls;                /* owned: while it is open */
  HeinTimer timer;             /* looks for changes of the key file */
  HeinEndpoint *endpoint;      /* borrowed; while it is open */
} HeinStreamKeys;

/* @specs: HEIN_STREAM_KEYS_N places. */
void hein_stream_keys_make_properties (GParamSpec **specs);
GParamSpec *hein_stream_keys_make_flag (void);
gboolean hein_stream_keys_are_wanted (const HeinStreamKeys *self);
/* Reads the key files, if there are any. */
gboolean hein_stream_keys_open (HeinStreamKeys *self,
                                HeinEndpoint *endpoint,
                                GError **error);
void hein_stream_keys_close (HeinStreamKeys *self);
void hein_stream_keys_clear (HeinStreamKeys *self);
/* Puts TLS onto @stream, if there are keys. Takes ownership of it. @host: what
 * was dialled. */
HeinStream *hein_stream_keys_secure (HeinStreamKeys *self,
                                     HeinStream *stream,
                                     gboolean is_dialled,
                                     const char *host);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-stream.h"

/* The interface between libhein and its TLS module. */

G_BEGIN_DECLS

/*
 * The contents of the TLS module's symbol `hein_tls_module`. TLS is in a
 * module, loaded when an address asks for encryption, so that libhein does not
 * link a TLS library. Both come from the same build: the module is not a kind
 * of plugin that others could write, and this header may change with every
 * version.
 */
#define HEIN_TLS_MODULE_ABI 1

/* The keys of one endpoint. Thread: owner. */
typedef struct _HeinTls HeinTls;

typedef struct
{
  const char *key_file;      /* nullable */
  const char *key_ring_file; /* nullable; exactly one of the two is set */
  gboolean is_dialling;
  const char *bus_name;
  const char *bus_instance; /* 32 hexadecimal digits */
} HeinTlsOptions;

typedef struct
{
  guint32 abi;
  guint32 size; /* of this struct */

  /* Reads the keys. Errors: `HEIN_ERROR_INSECURE` (others may read the file, or
   * no key in it can be used), `HEIN_ERROR_FAILED` (no key), or of
   * #GIOErrorEnum. */
  HeinTls *(*open) (const HeinTlsOptions *options, GError **error);
  /* Frees the keys; streams may outlive them. */
  void (*close) (HeinTls *self);
  /* Takes ownership of @fd, which must be non-blocking. */
  HeinStream *(*new_stream) (HeinTls *self, int fd, gboolean is_dialled);
  /* Checks the key file for changes; called from time to time. A file that has
   * changed, and then stayed the same from one call to the next, is read again:
   * streams whose key is no longer in it fail. When the file cannot be used,
   * nothing changes, and @error says why, once. */
  void (*look) (HeinTls *self, GError **error);
} HeinTlsModule;

G_END_DECLS

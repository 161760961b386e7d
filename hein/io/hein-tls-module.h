/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-stream.h"

G_BEGIN_DECLS

/*
 * What the module of TLS has behind its symbol `hein_tls_module`. It is a module
 * so that libhein links no TLS, and is loaded when an address asks for it. Both
 * come from one build: the module is no kind of plugin that others could write,
 * and this header may change with every version.
 */
#define HEIN_TLS_MODULE_ABI 1

/* The keys of one endpoint. Owner context. */
typedef struct _HeinTls HeinTls;

typedef struct
{
  const char *key_file;      /* nullable */
  const char *key_ring_file; /* nullable; one of the two is given */
  gboolean is_dialling;
  const char *bus_name;
  const char *bus_instance; /* 32 hexadecimal digits */
} HeinTlsOptions;

typedef struct
{
  guint32 abi;
  guint32 size; /* of this */

  /* Reads the keys. Errors: `HEIN_ERROR_INSECURE` (others may read them, or no
   * key could be used), `HEIN_ERROR_FAILED` (no key), or of #GIOErrorEnum. */
  HeinTls *(*open) (const HeinTlsOptions *options, GError **error);
  /* Streams may outlive it. */
  void (*close) (HeinTls *self);
  /* Takes @fd, which must be non-blocking. */
  HeinStream *(*new_stream) (HeinTls *self, int fd, gboolean is_dialled);
  /* Called now and then: the file of keys may have changed. When it has, and has
   * then stayed as it is from one call to the next, it is read: streams whose key is
   * none any more fail. When it cannot be used all stays as it was, and @error says
   * why, once. */
  void (*look) (HeinTls *self, GError **error);
} HeinTlsModule;

G_END_DECLS

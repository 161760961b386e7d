/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

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
#define HEIN_TLS_MODULE     "hein-tls"
#define HEIN_TLS_MODULE_ABI 6

/* The keys of one endpoint. Thread: owner. */
typedef struct _HeinTls HeinTls;

typedef struct
{
  /* files: one of the first two, or an identity with peers or ca_file; or
   * by_host, to which identity and ca_file may be added */
  const char *key_file;      /* nullable */
  const char *key_ring_file; /* nullable */
  const char *identity;      /* nullable */
  const char *peers;         /* nullable */
  const char *ca_file;       /* nullable */
  const char *peer_name;     /* nullable: who alone may be there */
  /* the other side proves that it is the host that is dialled, to one of the
   * authorities in ca_file, or that the system has */
  gboolean by_host;
  gboolean is_dialling;
  const char *bus_name;
  const char *bus_instance; /* 32 hexadecimal digits */
} HeinTlsOptions;

/* Two who make each other's keys known by a code; everything is borrowed. */
typedef struct
{
  const char *identity; /* file */
  const char *peers;    /* file; made when it is not there */
  const char *code;     /* the letters alone */
  int fd;               /* non-blocking: a listening or a connected socket */
  gboolean is_listening;
  gint64 end_us; /* monotonic time until when the other one may begin */
  GCancellable *cancellable; /* nullable */
} HeinTlsPairing;

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
  /* Takes ownership of @carrier, a plain stream. @host: what was dialled, as it
   * is in the address. */
  HeinStream *(*new_stream) (HeinTls *self,
                             HeinStream *carrier,
                             gboolean is_dialled,
                             const char *host);
  /* Checks the files for changes; called from time to time. When one has
   * changed, and all then stayed the same from one call to the next, they are
   * read again: streams whose key is no longer in them fail. When they cannot
   * be used, nothing changes, and @error says why, once. Streams that are a day
   * old get new session keys. */
  void (*look) (HeinTls *self, GError **error);

  /* Of files: what hein-identity.h says of these. Any thread. */
  char *(*make_identity) (const char *path, const char *name, GError **error);
  char *(*read_identity) (const char *path, char **name, GError **error);
  gboolean (*make_authority) (const char *path,
                              const char *name,
                              GError **error);
  gboolean (*certify) (const char *authority,
                       const char *path,
                       const char *name,
                       guint days,
                       GError **error);
  gboolean (*revoke) (const char *authority, const char *path, GError **error);

  /* Both block, and may be called in any thread; see hein-pairing.h. The first
   * makes the identity when it is not there, for which @name (nullable) is
   * needed, and checks that the lines of the other side can be written. The
   * second returns the name of the other side, whose line is written then.
   * (transfer full) */
  gboolean (*prepare_pairing) (const char *identity,
                               const char *peers,
                               const char *name,
                               GError **error);
  char *(*pair) (const HeinTlsPairing *pairing, GError **error);
} HeinTlsModule;

G_END_DECLS

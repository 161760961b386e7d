/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The interface between the nats plugin and Ed25519, which is in a module of its
 * own, hein-nkey.so: it is loaded when an address has nkey or creds, so that no
 * other program loads libsodium. Both come from the same build, and this header may
 * change with every version.
 */
#define NATS_NKEY_MODULE     "hein-nkey"
#define NATS_NKEY_MODULE_ABI 1
#define NATS_SIGNATURE_SIZE  64

/* The contents of the symbol `hein_nkey_module`. */
typedef struct
{
  guint32 abi;
  guint32 size; /* of this struct */

  /* Signs @data with the key of @seed; both keys have 32 bytes. What it has made of
   * the seed is erased. */
  void (*sign) (const guint8 *seed,
                const char *data,
                gsize size,
                guint8 *public_key,
                guint8 signature[NATS_SIGNATURE_SIZE]);
} NatsNkeyModule;

G_END_DECLS

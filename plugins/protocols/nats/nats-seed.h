/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-line.h"

G_BEGIN_DECLS

/*
 * Keys of NATS (nkeys), which are those of Ed25519 in base32 without padding:
 *
 *   seed     S, the kind in eight bits ┊ 32 bytes ┊ CRC-16 ┊ two bits: 58 characters
 *   public   the kind                  ┊ 32 bytes ┊ CRC-16: 56 characters
 *
 * and files of credentials, which have the JWT of a user and its seed, each between
 * two lines that begin with "---".
 */
#define NATS_SEED_SIZE       32
#define NATS_PUBLIC_KEY_TEXT 56 /* without a NUL */

/* Reads the seed of a user. NULL, or why it is none, which quotes nothing of it. */
const char *
nats_seed_read (guint8 seed[NATS_SEED_SIZE], const char *text, gsize size);
/* Writes the public key of a user, and a NUL. */
void nats_seed_write_public (char to[NATS_PUBLIC_KEY_TEXT + 1],
                             const guint8 key[NATS_SEED_SIZE]);
/* Finds both in a file of credentials; FALSE: they are not there. */
gboolean nats_seed_find_credentials (const char *text,
                                     gsize size,
                                     NatsSpan *jwt,
                                     NatsSpan *seed);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The words that two sides exchange while they pair. */

G_BEGIN_DECLS

/*
 * Within TLS each side says, in this order,
 *
 *   'C' its card: its name, its public key, and a signature
 *   'A' that it takes the other's card
 *   'D' that the line of the other is written
 *
 * or, instead of any of them, 'R' with the reason why not, and ends. Who
 * listens writes first, who dials when it was told so. Each of them is a frame:
 * the letter, the size of what follows in two bytes, big-endian, and that:
 *
 *   'C'  n (1 byte), a name of n bytes, m (2 bytes), a public key of m bytes
 *        (SubjectPublicKeyInfo, RFC 5280, in DER), the signature in the rest
 *   'R'  a text
 *
 * The signature proves that who says the card has the private key: it is over
 * what tls-pair-talk.c derives from the session for its role.
 */
#define TLS_PAIR_HEAD_SIZE     3
#define TLS_PAIR_BODY_MAX      4096
#define TLS_PAIR_KEY_MAX       2048
#define TLS_PAIR_SIGNATURE_MAX 1024

typedef struct
{
  char name[256]; /* valid UTF-8, one that a bus can have */
  const guint8 *key;
  gsize key_size;
  const guint8 *signature;
  gsize signature_size;
} TlsPairCard;

/* FALSE with @error: it is none. What is not copied lies in @data. */
gboolean tls_pair_card_parse (TlsPairCard *self,
                              const guint8 *data,
                              gsize size,
                              GError **error);
/* (transfer full): the body of a frame. */
GByteArray *tls_pair_card_write (const TlsPairCard *self);

/* Whether these are the first bytes of a frame; sets the size of its body. */
gboolean tls_pair_head_parse (const guint8 *head, gsize *size);
void tls_pair_head_write (guint8 *head, char letter, gsize size);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gnutls/gnutls.h>

#include "tls-ends.h"

/*
 * What somebody who has the key says behind the handshake: records of any type and
 * contents, sealed by the keys of a session that two ends have made. A record is its
 * type, flags, size, and that many bytes.
 */

G_BEGIN_DECLS

/* Types of records, the last in place of one: the sender changes its key, in order. */
#define TLS_TALK_ALERT     21
#define TLS_TALK_HANDSHAKE 22
#define TLS_TALK_DATA      23
#define TLS_TALK_NEW_KEY   0xfe

/* Flags of a record. */
enum
{
  TLS_TALK_PADDED = 1,    /* with zeros behind the type */
  TLS_TALK_WRONG = 2,     /* one bit of the tag */
  TLS_TALK_LARGE = 4,     /* the size is in units of 256 bytes */
  TLS_TALK_BARE = 8,      /* the type stands outside, too */
  TLS_TALK_DRIPPED = 16,  /* arrives byte by byte */
  TLS_TALK_NAMELESS = 32, /* nothing but zeros */
  TLS_TALK_HELD = 64      /* arrives with the next one */
};

typedef struct
{
  TlsEnd sender;
  TlsEnd hearer;
  gnutls_datum_t iv;
  gnutls_datum_t key;
  guint64 n_sent;
  GByteArray *expected; /* owned: the contents of all data */
  GByteArray *held;     /* owned: sealed, and still to be sent */
  gsize n_read;
} TlsTalk;

void tls_talk_init (TlsTalk *self, gboolean to_dialler);
void tls_talk_clear (TlsTalk *self);
/* Says the first of the records in @data, of three bytes at least, and lets it be
 * heard; returns how many bytes it was. */
gsize tls_talk_say (TlsTalk *self, const guint8 *data, gsize size);
/* The sender changes its key, in order; @holds: it arrives with what comes next. */
void tls_talk_change_key (TlsTalk *self, gboolean holds);
/* Lets what was held back be heard. */
void tls_talk_end (TlsTalk *self);

G_END_DECLS

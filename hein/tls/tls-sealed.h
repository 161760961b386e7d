/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Encrypted bytes between GnuTLS and the socket. */

G_BEGIN_DECLS

/* The maximum contents of a record, and how much encryption adds at most; at
 * least it adds a header, a type and a tag (RFC 8446, 5.2). */
#define TLS_RECORD_MAX     16384
#define TLS_OVERHEAD_MAX   256
#define TLS_OVERHEAD_LEAST (5 + 1 + 16)
#define TLS_RECORDS_ATONCE 4

/*
 * Buffers of a thread, used during a call only, so that an idle stream needs
 * none.
 */
typedef struct
{
  guint8 in[65536];
  guint8 text[TLS_RECORD_MAX];
  guint8 out[(TLS_RECORDS_ATONCE + 1) * (TLS_RECORD_MAX + TLS_OVERHEAD_MAX)];
} TlsRooms;

TlsRooms *tls_rooms_get (void);

/* Encrypted bytes, in such a buffer or in memory of their own. */
typedef struct
{
  guint8 *data; /* NULL when there are none */
  gsize begin;
  gsize end;
} TlsSealed;

static inline gsize
tls_sealed_get_size (const TlsSealed *self)
{
  return self->end - self->begin;
}

/* Must be called before a call ends, as other streams will use @room. */
void tls_sealed_keep (TlsSealed *self, const guint8 *room);
/* Appends bytes, in @room as long as they fit. */
void tls_sealed_add (TlsSealed *self,
                     guint8 *room,
                     gsize room_size,
                     const guint8 *data,
                     gsize size);
void tls_sealed_clear (TlsSealed *self, const guint8 *room);

G_END_DECLS

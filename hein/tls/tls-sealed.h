/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Of a record: what it may hold, and what sealing adds to it at most. */
#define TLS_RECORD_MAX     16384
#define TLS_OVERHEAD_MAX   256
#define TLS_RECORDS_ATONCE 4

/*
 * Rooms of one thread, in which bytes lie while a call lasts: a stream that is
 * idle holds none.
 */
typedef struct
{
  guint8 in[65536];
  guint8 text[TLS_RECORD_MAX];
  guint8 out[(TLS_RECORDS_ATONCE + 1) * (TLS_RECORD_MAX + TLS_OVERHEAD_MAX)];
} TlsRooms;

TlsRooms *tls_rooms_get (void);

/* Sealed bytes on their way, in such a room or in memory of their own. */
typedef struct
{
  guint8 *data; /* NULL: there are none */
  gsize begin;
  gsize end;
} TlsSealed;

static inline gsize
tls_sealed_get_size (const TlsSealed *self)
{
  return self->end - self->begin;
}

/* Before a call ends: @room is needed for another stream. */
void tls_sealed_keep (TlsSealed *self, const guint8 *room);
/* Adds bytes behind the others; in @room while they fit. */
void tls_sealed_add (TlsSealed *self,
                     guint8 *room,
                     gsize room_size,
                     const guint8 *data,
                     gsize size);
void tls_sealed_clear (TlsSealed *self, const guint8 *room);

G_END_DECLS

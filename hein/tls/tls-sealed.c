/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-sealed.h"

#include <string.h>

/* Buffers of encrypted bytes. */

static GPrivate rooms = G_PRIVATE_INIT (g_free);

TlsRooms *
tls_rooms_get (void)
{
  TlsRooms *self = g_private_get (&rooms);

  if (G_UNLIKELY (self == NULL))
    {
      self = g_malloc (sizeof *self);
      g_private_set (&rooms, self);
    }
  return self;
}

void
tls_sealed_clear (TlsSealed *self, const guint8 *room)
{
  if (self->data != room)
    g_free (self->data);
  *self = (TlsSealed){ 0 };
}

void
tls_sealed_keep (TlsSealed *self, const guint8 *room)
{
  const gsize size = tls_sealed_get_size (self);

  if (size == 0)
    tls_sealed_clear (self, room);
  else if (self->data == room)
    *self = (TlsSealed){ g_memdup2 (room + self->begin, size), 0, size };
}

/* Rarely needed: a handshake message or alert that goes behind bytes which the
 * socket has not taken. */
static void
move_out (TlsSealed *self, const guint8 *room, gsize more)
{
  const gsize size = tls_sealed_get_size (self);
  guint8 *data = g_malloc (size + more);

  memcpy (data, self->data + self->begin, size);
  tls_sealed_clear (self, room);
  *self = (TlsSealed){ data, 0, size };
}

void
tls_sealed_add (TlsSealed *self,
                guint8 *room,
                gsize room_size,
                const guint8 *data,
                gsize size)
{
  if (self->data == NULL)
    *self = (TlsSealed){ room, 0, 0 };
  if (self->data != room || self->end + size > room_size)
    move_out (self, room, size);
  memcpy (self->data + self->end, data, size);
  self->end += size;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-ws-zws.h"

#include <string.h>

/* Turns heads of frames of ZMTP into those of ZWS, and the other way round. */

#define PREFIX "ZWS2.0/"

/* Flags of ZMTP (37/ZMTP), and of ZWS. */
#define MORE         1
#define LONG         2
#define COMMAND      4
#define ZWS_MORE     1
#define ZWS_COMMAND  2
#define SHORT_MAX    255
#define SHORT_HEADER 2

/* Offsets in the greeting. */
#define MAJOR_AT      10
#define MECHANISM_AT  12
#define SERVER_AT     32
#define MECHANISM_MAX (SERVER_AT - MECHANISM_AT)

/* It says version 3.0: there are no commands for heartbeats and subscriptions
 * in ZWS. Of a mechanism with a server the other side is what this one is
 * not. */
static void
make_greeting (HeinWsZws *self, const char *mechanism, gboolean is_server)
{
  self->ready[0] = 0xff;
  self->ready[9] = 0x7f;
  self->ready[MAJOR_AT] = 3;
  memcpy (self->ready + MECHANISM_AT, mechanism, strlen (mechanism));
  self->ready[SERVER_AT] = !is_server && !g_str_equal (mechanism, "NULL");
  self->n_ready = HEIN_WS_GREETING;
}

HeinWsZws *
hein_ws_zws_new (const char *subprotocol, gboolean is_server)
{
  const char *mechanism;
  HeinWsZws *self;

  if (subprotocol == NULL || !g_str_has_prefix (subprotocol, PREFIX))
    return NULL;
  mechanism = subprotocol + strlen (PREFIX);
  g_return_val_if_fail (strlen (mechanism) < MECHANISM_MAX, NULL);
  self = g_new0 (HeinWsZws, 1);
  make_greeting (self, mechanism, is_server);
  return self;
}

void
hein_ws_zws_free (HeinWsZws *self)
{
  g_clear_pointer (&self->pieces, g_byte_array_unref);
  g_free (self);
}

gboolean
hein_ws_zws_enter (HeinWsZws *self, guint8 flags, guint64 size)
{
  const guint64 big = GUINT64_TO_BE (size);
  const guint8 meant =
    (flags & ZWS_MORE ? MORE : 0) | (flags & ZWS_COMMAND ? COMMAND : 0);

  if (flags & ~(ZWS_MORE | ZWS_COMMAND))
    return FALSE;
  self->n_read = 0;
  self->n_ready = SHORT_HEADER;
  self->ready[0] = meant;
  self->ready[1] = (guint8) size;
  if (size <= SHORT_MAX)
    return TRUE;
  self->ready[0] |= LONG;
  memcpy (self->ready + 1, &big, sizeof big);
  self->n_ready = HEIN_WS_ZMTP_MAX;
  return TRUE;
}

gboolean
hein_ws_zws_join (HeinWsZws *self)
{
  const GByteArray *pieces = self->pieces;

  if (pieces->len == 0 ||
      !hein_ws_zws_enter (self, pieces->data[0], pieces->len - 1))
    return FALSE;
  self->n_taken = 1;
  self->is_whole = TRUE;
  return TRUE;
}

static void
end_pieces (HeinWsZws *self)
{
  g_clear_pointer (&self->pieces, g_byte_array_unref);
  self->is_whole = FALSE;
}

gsize
hein_ws_zws_take (HeinWsZws *self, guint8 *to, gsize size)
{
  gsize n = MIN (size, (gsize) (self->n_ready - self->n_read));

  memcpy (to, self->ready + self->n_read, n);
  self->n_read += n;
  if (self->is_whole && self->n_read == self->n_ready)
    {
      const gsize more = MIN (size - n, self->pieces->len - self->n_taken);

      memcpy (to + n, self->pieces->data + self->n_taken, more);
      self->n_taken += more;
      n += more;
      if (self->n_taken == self->pieces->len)
        end_pieces (self);
    }
  return n;
}

static gsize
get_head_size (const HeinWsZws *self)
{
  return self->n_head > 0 && self->head[0] & LONG ? HEIN_WS_ZMTP_MAX
                                                  : SHORT_HEADER;
}

static guint64
get_size (const HeinWsZws *self)
{
  guint64 big;

  if (!(self->head[0] & LONG))
    return self->head[1];
  memcpy (&big, self->head + 1, sizeof big);
  return GUINT64_FROM_BE (big);
}

gsize
hein_ws_zws_leave (HeinWsZws *self,
                   const guint8 *data,
                   gsize size,
                   gboolean *is_head,
                   guint8 *flags,
                   guint64 *body_size)
{
  gsize used = MIN (size, (gsize) (HEIN_WS_GREETING - self->n_greeted));

  self->n_greeted += used;
  *is_head = FALSE;
  while (used < size && self->n_head < get_head_size (self))
    self->head[self->n_head++] = data[used++];
  if (self->n_head < get_head_size (self))
    return used;
  self->n_head = 0;
  *is_head = TRUE;
  *flags = (self->head[0] & MORE ? ZWS_MORE : 0) |
           (self->head[0] & COMMAND ? ZWS_COMMAND : 0);
  *body_size = get_size (self);
  return used;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-receive-sealed.h"

#include "zmtp-receive.h"

/* So much is opened before it is looked at: it stays in the cache. */
#define ENOUGH 65536

/* Gives the opened bytes to zmtp_receive(); those it does not use yet stay. */
static gboolean
receive (HeinZmtp *self, HeinWire *wire, GError **error)
{
  GByteArray *opened = self->security->opened;
  gssize used = zmtp_receive (self, wire, opened->data, opened->len, error);

  if (used > 0)
    g_byte_array_remove_range (opened, 0, used);
  return used >= 0;
}

/* Bytes that are left count as memory of the connection. */
static void
keep (ZmtpSecurity *security, HeinWire *wire)
{
  const gsize size = security->opened->len;

  if (size == 0)
    g_clear_pointer (&security->opened, g_byte_array_unref);
  hein_wire_set_memory (wire, size);
}

gssize
zmtp_receive_sealed (HeinZmtp *self,
                     HeinWire *wire,
                     const guint8 *data,
                     gsize size,
                     GError **error)
{
  ZmtpSecurity *security = self->security;
  gsize used = 0;
  gsize expected = 0;

  if (security->opened == NULL)
    security->opened = g_byte_array_sized_new (MIN (size, ENOUGH));
  for (;;)
    {
      gssize n = security->module->open (security->curve, wire, data + used,
                                         size - used, security->opened,
                                         security->opened->len + ENOUGH,
                                         &expected, error);

      if (n < 0)
        return -1;
      if (n == 0)
        break;
      used += n;
      if (!receive (self, wire, error))
        return -1;
    }
  keep (security, wire);
  /* zmtp_receive() counts in frames that are open */
  hein_wire_expect (wire, expected);
  return used;
}

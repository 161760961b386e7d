/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz-medium.h"

#include <string.h>

#include "../../plugins/transports/udp-multicast/socket/mc-socket-send.h"

#define OWN_PORT 4711

FuzzMedium fuzz_medium;

void
fuzz_medium_begin (void)
{
  fuzz_medium.n_added = fuzz_medium.n_removed = 0;
  fuzz_medium.n_delivered = fuzz_medium.n_warned = 0;
  fuzz_medium.n_dropped = 0;
  fuzz_medium.last_size = 0;
  fuzz_medium.dice = 1;
  fuzz_medium.warning[0] = '\0';
  fuzz_medium.on_sent = NULL;
}

/* Nothing asks these what they are. */
HeinTransport *
fuzz_medium_get_transport (void)
{
  static int nothing;

  return (HeinTransport *) &nothing;
}

McSocket *
fuzz_medium_get_socket (void)
{
  static int nothing;

  return (McSocket *) &nothing;
}

const guint8 *
fuzz_medium_get_address (void)
{
  static const guint8 own[MC_ADDRESS_BYTES] = {
    [10] = 0xff, [11] = 0xff,          [12] = 127,
    [15] = 1,    [16] = OWN_PORT >> 8, [17] = OWN_PORT & 255
  };

  return own;
}

/* ---- the bus ---- */

HeinPeer *
fuzz_medium_get_peer (void)
{
  static GObject *peer;

  if (peer == NULL)
    peer = g_object_new (G_TYPE_OBJECT, NULL);
  return (HeinPeer *) peer;
}

/* Names that begin with x are taken. */
HeinPeer *
fuzz_add_peer (HeinTransport *self,
               const char *name,
               const char *instance,
               GSocketAddress *address,
               GError **error)
{
  g_assert_true (g_utf8_validate (name, -1, NULL));
  g_assert_cmpuint (strlen (name), <=, 255);
  if (name[0] == 'x')
    return NULL;
  fuzz_medium.n_added++;
  return fuzz_medium_get_peer ();
}

void
fuzz_remove_peer (HeinTransport *self, HeinPeer *peer, const GError *reason)
{
  g_assert_nonnull (peer);
  fuzz_medium.n_removed++;
}

void
fuzz_deliver (HeinTransport *self, HeinPeer *peer, HeinMessage *message)
{
  g_assert_nonnull (peer);
  g_assert_true (g_utf8_validate (hein_message_get_topic (message), -1, NULL));
  fuzz_medium.n_delivered++;
}

void
fuzz_deliver_data (HeinTransport *self,
                   HeinPeer *peer,
                   const char *topic,
                   gsize topic_size,
                   const guint8 *data,
                   gsize size)
{
  guint sum = 0;

  g_assert_nonnull (peer);
  g_assert_true (g_utf8_validate (topic, topic_size, NULL));
  for (gsize i = 0; i < size; i++)
    sum += data[i]; /* it can be read */
  fuzz_medium.n_delivered += sum % 2 + 1;
}

void
fuzz_drop (HeinTransport *self,
           HeinPeer *peer,
           HeinDropReason reason,
           guint64 n_messages,
           guint64 n_bytes)
{
  fuzz_medium.n_dropped += n_messages;
}

void
fuzz_lose (HeinTransport *self,
           HeinPeer *peer,
           guint64 first,
           guint64 n_messages)
{
  g_assert_cmpuint (n_messages, >, 0);
  fuzz_medium.n_dropped += n_messages;
}

void
fuzz_warn (HeinTransport *self, const GError *error)
{
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_strlcpy (fuzz_medium.warning, error->message, sizeof fuzz_medium.warning);
  fuzz_medium.n_warned++;
}

void
fuzz_fail (HeinTransport *self, const GError *error)
{
  g_error ("%s", error->message);
}

/* ---- chance ---- */

guint32
fuzz_random_int (void)
{
  return fuzz_medium.dice = fuzz_medium.dice * 1664525 + 1013904223;
}

ssize_t
fuzz_getrandom (void *buffer, size_t size, unsigned flags)
{
  for (size_t i = 0; i < size; i++)
    ((guint8 *) buffer)[i] = fuzz_random_int () >> 24;
  return size;
}

/* ---- the socket ---- */

guint8 *
mc_socket_reserve (McSocket *self, gsize size)
{
  g_assert_cmpuint (size, <=, sizeof fuzz_medium.last);
  return fuzz_medium.last;
}

void
mc_socket_commit (McSocket *self, const McAddress *to, gsize size)
{
  g_assert_true (to == NULL || to->size > 0);
  fuzz_medium.last_size = size;
  fuzz_medium.was_to_all = to == NULL;
  if (fuzz_medium.on_sent != NULL)
    fuzz_medium.on_sent (fuzz_medium.last, size, fuzz_medium.user_data);
}

void
mc_socket_put (McSocket *self,
               const McAddress *to,
               const guint8 *datagram,
               gsize size)
{
  if (size > 0)
    memcpy (mc_socket_reserve (self, size), datagram, size);
  mc_socket_commit (self, to, size);
}

gsize
mc_socket_get_queued (McSocket *self)
{
  return 0;
}

gboolean
mc_socket_has_address (McSocket *self, const guint8 *address)
{
  return memcmp (address, fuzz_medium_get_address (), MC_ADDRESS_BYTES) == 0;
}

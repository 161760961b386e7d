/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz-medium.h"

#include <string.h>

#include "../../plugins/transports/udp-multicast/group/mc-group.h"
#include "../../plugins/transports/udp-multicast/sealed/mc-opener.h"
#include "fuzz.h"

/*
 * A group of the format `hein` without a key, and members that say anything. The
 * input: a byte of options (bit 0: reliable), then pieces of
 *
 *   0  1  sender (4 bits), and what is put into the payload where it fits:
 *         bit 4: the id of the group, as HELLO and NAK need; bit 5: the number
 *         that the sender was asked with, and the address, as ADMIT needs; bit
 *         6: it is for the group alone; bit 7: time passes, 200 ms
 *   1  1  port that it comes from
 *   2  2  size, big-endian
 *   4  …  inner header and payload
 *
 * What must hold: nothing is answered with more than was sent, every peer that
 * is added is removed, and the deadline is always ahead.
 *
 * It runs fewer times than others: a run makes and frees a whole group and its
 * members, since what one input left in it must not decide what the next one
 * meets, and hears up to PIECES_MAX datagrams. Two thirds of the time are those of
 * libFuzzer and AddressSanitizer.
 */

#define N_SENDERS  16
#define PIECES_MAX 16 /* so that no input takes long */

typedef struct
{
  McFormat format;
  gint64 now_us;
  guint8 own_id[MC_SENDER_ID_SIZE];
  gboolean has_own_id;
  McHello hellos[N_SENDERS];
  guint64 seqs[N_SENDERS];
  gsize size; /* of what is heard now; 0: nothing is */
} Bed;

static void
on_sent (gconstpointer data, gsize size, gpointer user_data)
{
  Bed *self = user_data;
  McHeader header;
  McInner inner;
  McHello hello;
  const guint8 *said = data;
  gsize head;

  g_assert_cmpint (mc_header_get (data, size, &header), ==, MC_OPENED);
  head = mc_header_get_size (header.is_for_one);
  memcpy (self->own_id, header.sender_id, sizeof self->own_id);
  self->has_own_id = TRUE;
  g_assert_true (mc_inner_get (said + head, size - head, &inner));
  if (inner.type == MC_ADMIT)
    g_assert_cmpuint (size, <=, self->size);
  if (inner.type == MC_HELLO &&
      mc_hello_get (said + head + MC_INNER_SIZE, size - head - MC_INNER_SIZE,
                    &hello) &&
      hello.sender_id[0] < N_SENDERS)
    self->hellos[hello.sender_id[0]] = hello;
}

static void
tick (Bed *self)
{
  gint64 due_us = self->format.funcs->tick (self->format.self, self->now_us);

  g_assert_cmpint (due_us, >, self->now_us);
}

static void
put_where (guint8 *payload, gsize size, const void *what, gsize at, gsize n)
{
  if (size >= at + n)
    memcpy (payload + at, what, n);
}

static void
hear (Bed *self, const guint8 *piece, gsize n)
{
  static guint8 datagram[MC_HEADER_MAX + 65536];
  const guint sender = piece[0] % N_SENDERS;
  const gboolean is_for_one = (piece[0] & 64) != 0;
  McHeader header = { .sender_id = { sender },
                      .seq = ++self->seqs[sender],
                      .is_for_one = is_for_one };
  guint8 address[MC_ADDRESS_BYTES] = {
    [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1, [16] = 1, [17] = piece[1]
  };
  const gsize head = mc_header_get_size (is_for_one);
  guint8 *payload = datagram + head + MC_INNER_SIZE;
  const gsize size = n > MC_INNER_SIZE ? n - MC_INNER_SIZE : 0;
  McAddress from;

  memcpy (header.recipient, self->own_id, sizeof self->own_id);
  mc_header_put (&header, datagram);
  memcpy (datagram + head, piece + 4, n);
  if (piece[0] & 16)
    put_where (payload, size, self->own_id, 0, MC_SENDER_ID_SIZE);
  if (piece[0] & 32)
    {
      put_where (payload, size, self->hellos[sender].nonce, 0, MC_NONCE_SIZE);
      put_where (payload, size, self->hellos[sender].where, 24, MC_WHERE_SIZE);
    }
  mc_address_set_bytes (&from, address);
  self->size = head + n;
  self->format.funcs->receive (self->format.self, &from, datagram, self->size,
                               self->now_us);
  self->size = 0;
  if (piece[0] & 128)
    self->now_us += 200000;
  tick (self);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Bed self = { .now_us = 1000000 };
  McGroupOptions options = { .is_reliable = size > 0 && data[0] & 1,
                             .mtu = 1400,
                             .max_message_size = 65536,
                             .name = "fuzz",
                             .instance = "0123456789abcdef0123456789abcdef" };

  fuzz_medium_begin ();
  fuzz_medium.on_sent = on_sent;
  fuzz_medium.user_data = &self;
  self.format =
    mc_group_new (fuzz_medium_get_transport (), fuzz_medium_get_socket (),
                  &options, self.now_us, NULL);
  tick (&self); /* a sign of life, which says who it is */
  for (size_t at = 1, n_pieces = 0; at + 4 <= size && n_pieces < PIECES_MAX;
       n_pieces++)
    {
      gsize n = MIN ((gsize) (data[at + 2] << 8 | data[at + 3]), size - at - 4);

      hear (&self, data + at, n);
      at += 4 + n;
    }
  self.format.funcs->finish (self.format.self);
  self.format.funcs->free (self.format.self);
  g_assert_cmpuint (fuzz_medium.n_removed, >=, fuzz_medium.n_added);
  return 0;
}

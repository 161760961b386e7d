/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz-sealed.h"
#include "../../plugins/transports/udp-multicast/sealed/mc-cipher.h"
#include "../../plugins/transports/udp-multicast/sealed/mc-window.h"

#include <string.h>

#define GOOD_SENDER FUZZ_SENDERS

static const guint8 own_id[MC_SENDER_ID_SIZE] = { 0xbb };
static const guint8 seed[MC_OPENER_SEED_SIZE] = { 2 };

/* ---- keys ---- */

static McKeyRing *
make_ring (guint8 first)
{
  guint8 bytes[MC_KEY_SIZE] = { first };
  g_autoptr (McKey) key = mc_key_new (bytes);
  McKeyRing *ring = mc_key_ring_new (0);

  g_assert_true (
    mc_key_ring_add (ring, key, 1, MC_TIME_MIN, MC_TIME_MAX, NULL));
  return ring;
}

static McKeyRing *
get_ring (void)
{
  static McKeyRing *ring;

  if (ring == NULL)
    ring = make_ring (1);
  return ring;
}

/* Another key: an opener that gets it forgets all who had the one before. */
static McKeyRing *
get_other_ring (void)
{
  static McKeyRing *ring;

  if (ring == NULL)
    ring = make_ring (9);
  return ring;
}

static McOpener *
get_opener (McAdmission admission)
{
  static McOpener *openers[MC_ADMISSION_NONE + 1];
  McOpener **opener = &openers[admission];

  if (*opener == NULL)
    *opener = mc_opener_new (get_ring (), admission, seed);
  mc_opener_set_ring (*opener, get_other_ring ());
  mc_opener_set_ring (*opener, get_ring ());
  return *opener;
}

static guint8 *
get_subkey (McSuite suite, const guint8 *id)
{
  static guint8 subkeys[MC_SUITE_AES256GCM + 1][FUZZ_SENDERS + 1][MC_KEY_SIZE];
  static gboolean is_made[MC_SUITE_AES256GCM + 1][FUZZ_SENDERS + 1];

  if (!is_made[suite][id[0]])
    mc_suite_make_subkey (suite, mc_key_ring_get_nth (get_ring (), 0), id,
                          subkeys[suite][id[0]]);
  is_made[suite][id[0]] = TRUE;
  return subkeys[suite][id[0]];
}

/* ---- one run ---- */

static McSuite
choose_suite (guint8 options)
{
  if (options & 1)
    return MC_SUITE_NONE;
  return options & 4 && mc_suite_is_available (MC_SUITE_AES256GCM)
           ? MC_SUITE_AES256GCM
           : MC_SUITE_XCHACHA20;
}

static guint64
count_all (FuzzSealed *self)
{
  guint64 n = 0;

  for (McDrop i = 0; i < MC_N_DROPS; i++)
    n += mc_opener_get_count (self->opener, i);
  return n;
}

void
fuzz_sealed_init (FuzzSealed *self, guint8 options)
{
  static guint8 inner[MC_DATAGRAM_MAX];
  const McAdmission admission =
    options & 2 ? MC_ADMISSION_ASK : MC_ADMISSION_NONE;

  memset (self, 0, sizeof *self);
  self->inner = inner;
  self->suite = choose_suite (options);
  self->opener = self->suite == MC_SUITE_NONE
                   ? mc_opener_new (NULL, admission, seed)
                   : get_opener (admission);
  mc_opener_set_own_id (self->opener, own_id);
  self->n_before = count_all (self);
}

gsize
fuzz_sealed_seal (FuzzSealed *self,
                  guint n,
                  guint skip,
                  gboolean is_for_one,
                  const guint8 *inner,
                  gsize inner_size,
                  guint8 *datagram)
{
  McHeader header = {
    .suite = self->suite, .seq = 1, .sender_id = { n }, .is_for_one = is_for_one
  };
  McCipher cipher;
  guint8 *subkey = NULL;

  if (n < FUZZ_SENDERS)
    header.seq = self->seqs[n] += 1 + skip;
  memcpy (header.recipient, own_id, sizeof own_id);
  if (self->suite != MC_SUITE_NONE)
    {
      header.key_id = mc_key_get_id (mc_key_ring_get_nth (get_ring (), 0));
      subkey = get_subkey (self->suite, header.sender_id);
    }
  mc_cipher_init_once (&cipher, self->suite, subkey);
  mc_header_put (&header, datagram);
  mc_cipher_seal (&cipher, mc_header_get_size (is_for_one), inner, inner_size,
                  datagram);
  return mc_suite_get_sealed_size (self->suite, is_for_one, inner_size);
}

/* Of one that is not admitted. */
static void
take_pending (FuzzSealed *self, const McOpened *opened, const McInner *header)
{
  const guint8 *payload = self->inner + MC_INNER_SIZE;
  gsize size = opened->size - MC_INNER_SIZE;
  g_autoptr (GPtrArray) held = NULL;
  McAdmit admit;
  McHello hello;

  if (header->type == MC_HELLO)
    mc_hello_get (payload, size, &hello);
  else if (header->type != MC_ADMIT)
    mc_opener_hold (self->opener, opened, self->inner);
  else if (mc_admit_get (payload, size, &admit))
    held = mc_opener_admit (self->opener, opened, &admit);
  for (guint i = 0; held != NULL && i < held->len; i++)
    {
      const McHeld *one = held->pdata[i];

      g_assert_cmpuint (g_bytes_get_size (one->inner), >=, MC_INNER_SIZE);
      g_assert_cmpuint (one->seq + MC_WINDOW_SIZE, >, admit.seq);
      g_assert_true (i == 0 || ((McHeld *) held->pdata[i - 1])->seq < one->seq);
    }
}

static void
take (FuzzSealed *self, const McOpened *opened)
{
  McInner header;
  guint8 again[MC_INNER_SIZE];

  g_assert_cmpuint (opened->size, >=, MC_INNER_SIZE);
  if (!mc_inner_get (self->inner, opened->size, &header))
    return;
  mc_inner_put (&header, again);
  g_assert_cmpmem (again, MC_INNER_SIZE, self->inner, MC_INNER_SIZE);
  if (opened->state == MC_SENDER_PENDING)
    take_pending (self, opened, &header);
  else if (header.type == MC_BYE)
    mc_opener_end (self->opener, opened->header.sender_id);
}

void
fuzz_sealed_receive (FuzzSealed *self, const guint8 *datagram, gsize size)
{
  McOpened opened;
  McHello hello;

  self->now_us += 7000;
  self->n_received++;
  mc_opener_expire (self->opener, self->now_us);
  if (mc_opener_open (self->opener, datagram, size, self->now_us, self->inner,
                      MC_DATAGRAM_MAX, &opened) == MC_OPENED)
    {
      take (self, &opened);
      /* however it ended, it is not taken twice */
      g_assert_cmpint (mc_opener_open (self->opener, datagram, size,
                                       self->now_us, self->inner,
                                       MC_DATAGRAM_MAX, &opened),
                       !=, MC_OPENED);
    }
  while (mc_opener_next_hello (self->opener, self->now_us, &hello))
    self->hello = hello;
  g_assert_cmpint (mc_opener_get_due (self->opener), >, self->now_us);
}

/* It has time to be asked, and the room that others leave after a while. */
static void
hear_good_one (FuzzSealed *self)
{
  static const guint8 inner[MC_INNER_SIZE] = { MC_DATA };
  guint8 datagram[128];
  McOpened opened;
  gsize size = fuzz_sealed_seal (self, GOOD_SENDER, 0, FALSE, inner,
                                 sizeof inner, datagram);

  mc_opener_expire (self->opener, self->now_us + MC_PENDING_TOTAL_US);
  g_assert_cmpint (mc_opener_open (self->opener, datagram, size, self->now_us,
                                   self->inner, MC_DATAGRAM_MAX, &opened),
                   ==, MC_OPENED);
}

void
fuzz_sealed_finish (FuzzSealed *self)
{
  g_assert_cmpuint (count_all (self) - self->n_before, >=, self->n_received);
  if (self->suite != MC_SUITE_NONE)
    hear_good_one (self);
  g_assert_cmpuint (mc_opener_get_n_pending (self->opener), <=, 64);
  g_assert_cmpuint (mc_opener_get_n_admitted (self->opener), <=, 1024);
  if (self->suite == MC_SUITE_NONE)
    mc_opener_free (self->opener);
}

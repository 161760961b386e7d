/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz-sealed.h"
#include "../../plugins/transports/udp-multicast/mc-window.h"

#include <string.h>

#define GOOD_SENDER 0xff

static McSealer *
make_sealer (FuzzSealed *self, guint8 n)
{
  guint8 id[MC_SENDER_ID_SIZE] = { n };

  return mc_sealer_new (self->suite,
                        self->suite != MC_SUITE_NONE ? self->key : NULL, id,
                        NULL);
}

static McSuite
choose_suite (guint8 options)
{
  if (options & 1)
    return MC_SUITE_NONE;
  return options & 4 && mc_suite_is_available (MC_SUITE_AES256GCM)
           ? MC_SUITE_AES256GCM
           : MC_SUITE_XCHACHA20;
}

void
fuzz_sealed_init (FuzzSealed *self, guint8 options)
{
  guint8 key[MC_KEY_SIZE] = { 1 };
  guint8 seed[MC_OPENER_SEED_SIZE] = { 2 };

  memset (self, 0, sizeof *self);
  self->key = mc_key_new (key);
  self->ring = mc_key_ring_new (0);
  g_assert_true (
    mc_key_ring_add (self->ring, self->key, 1, MC_TIME_MIN, MC_TIME_MAX, NULL));
  self->suite = choose_suite (options);
  self->opener =
    mc_opener_new (options & 1 ? NULL : self->ring,
                   options & 2 ? MC_ADMISSION_ASK : MC_ADMISSION_NONE, seed);
  for (guint i = 0; i < FUZZ_SENDERS; i++)
    self->sealers[i] = make_sealer (self, i);
}

McSealer *
fuzz_sealed_get_sealer (FuzzSealed *self, guint8 n)
{
  return self->sealers[n % FUZZ_SENDERS];
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
                      sizeof self->inner, &opened) == MC_OPENED)
    {
      take (self, &opened);
      /* however it ended, it is not taken twice */
      g_assert_cmpint (mc_opener_open (self->opener, datagram, size,
                                       self->now_us, self->inner,
                                       sizeof self->inner, &opened),
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
  McSealer *good = make_sealer (self, GOOD_SENDER);
  guint8 inner[MC_INNER_SIZE] = { MC_DATA };
  guint8 datagram[128];
  McOpened opened;
  gsize size;

  mc_opener_expire (self->opener, self->now_us + MC_PENDING_TOTAL_US);
  size = mc_sealer_seal (good, NULL, inner, sizeof inner, datagram,
                         sizeof datagram, NULL);
  g_assert_cmpint (mc_opener_open (self->opener, datagram, size, self->now_us,
                                   self->inner, sizeof self->inner, &opened),
                   ==, MC_OPENED);
  mc_sealer_free (good);
}

void
fuzz_sealed_finish (FuzzSealed *self)
{
  guint64 n_counted = 0;

  for (McDrop i = 0; i < MC_N_DROPS; i++)
    n_counted += mc_opener_get_count (self->opener, i);
  g_assert_cmpuint (n_counted, >=, self->n_received);
  if (self->suite != MC_SUITE_NONE)
    hear_good_one (self);
  g_assert_cmpuint (mc_opener_get_n_pending (self->opener), <=, 64);
  g_assert_cmpuint (mc_opener_get_n_admitted (self->opener), <=, 1024);
  for (guint i = 0; i < FUZZ_SENDERS; i++)
    mc_sealer_free (self->sealers[i]);
  mc_opener_free (self->opener);
  mc_key_ring_unref (self->ring);
  mc_key_unref (self->key);
}

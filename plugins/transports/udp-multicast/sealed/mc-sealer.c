/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-sealer.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <hein/hein.h>
#include <sodium.h>

/*
 * Seals datagrams. No pair of key and nonce may come twice, whatever happens to
 * the process: that is what the number, the salt and the page that a fork wipes
 * are for.
 */

struct _McSealer
{
  McHeader header; /* its seq is the one used last */
  guint8 *subkey;  /* owned, locked; NULL: there is no key */
  McCipher cipher;
  guint n_salted; /* may still be sealed with this salt */
  guint process;  /* that it belongs to, see get_process () */
};

/* A page of the process that the kernel wipes in a child of fork (). NULL: this
 * kernel cannot (before Linux 4.14). */
static guint *
make_page (void)
{
  const gsize size = sysconf (_SC_PAGESIZE);
  guint *page = mmap (NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (page == MAP_FAILED)
    return NULL;
  if (madvise (page, size, MADV_WIPEONFORK) != 0)
    {
      munmap (page, size);
      return NULL;
    }
  return page;
}

static guint *
get_page (void)
{
  static gsize is_made;
  static guint *page; /* lives as long as the process */

  if (g_once_init_enter (&is_made))
    {
      page = make_page ();
      g_once_init_leave (&is_made, 1);
    }
  return page;
}

/* A number that this process shares with none of those that it was copied of:
 * the page has it, and 0 after a fork. To ask for the pid would cost 0.1 µs each
 * time. */
static guint
get_process (void)
{
  static guint last; /* of this process and its parents */
  guint *page = get_page ();

  if (page == NULL)
    return (guint) getpid ();
  if (G_UNLIKELY (g_atomic_int_get (page) == 0))
    g_atomic_int_compare_and_exchange (page, 0,
                                       1 + g_atomic_int_add (&last, 1));
  return g_atomic_int_get (page);
}

McSealer *
mc_sealer_new (McSuite suite,
               McKey *key,
               const guint8 *sender_id,
               GError **error)
{
  McSealer *self;

  g_return_val_if_fail ((key == NULL) == (suite == MC_SUITE_NONE), NULL);
  if (!mc_suite_is_available (suite))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "this processor has no instructions for AES-256-GCM: let "
                   "the group use xchacha20");
      return NULL;
    }
  self = g_new0 (McSealer, 1);
  if (key != NULL)
    self->subkey = sodium_malloc (MC_KEY_SIZE);
  if (key != NULL && self->subkey == NULL)
    g_error ("no memory for a key");
  self->header.suite = suite;
  memcpy (self->header.sender_id, sender_id, MC_SENDER_ID_SIZE);
  mc_cipher_init_once (&self->cipher, suite, self->subkey);
  self->process = get_process ();
  if (key != NULL)
    mc_sealer_set_key (self, key);
  return self;
}

void
mc_sealer_free (McSealer *self)
{
  mc_cipher_clear (&self->cipher);
  sodium_free (self->subkey);
  g_free (self);
}

void
mc_sealer_set_key (McSealer *self, McKey *key)
{
  g_return_if_fail (self->header.suite != MC_SUITE_NONE);
  self->header.key_id = mc_key_get_id (key);
  mc_suite_make_subkey (self->header.suite, key, self->header.sender_id,
                        self->subkey);
  mc_cipher_clear (&self->cipher);
  mc_cipher_init (&self->cipher, self->header.suite, self->subkey);
}

const guint8 *
mc_sealer_get_sender_id (const McSealer *self)
{
  return self->header.sender_id;
}

guint64
mc_sealer_get_seq (const McSealer *self)
{
  return self->header.seq;
}

void
mc_sealer_skip_to (McSealer *self, guint64 last_seq)
{
  self->header.seq = MAX (self->header.seq, last_seq);
}

/* A pair of key and nonce that comes twice costs the secrecy of both
 * datagrams. */
static gboolean
is_copy (const McSealer *self)
{
  return self->process != get_process ();
}

static gboolean
can_seal (const McSealer *self, gsize size, gsize room, GError **error)
{
  if (size > MIN (room, MC_DATAGRAM_MAX))
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                 "a datagram of %" G_GSIZE_FORMAT " bytes, there is room for "
                 "%" G_GSIZE_FORMAT,
                 size, MIN (room, MC_DATAGRAM_MAX));
  else if (self->header.seq + 1 >= MC_SEQ_END)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
                 "all numbers of this sender are used up");
  else if (is_copy (self))
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
                 "this sender belongs to the parent process");
  else
    return TRUE;
  return FALSE;
}

/* The kernel of a copied machine may not have been told, and give both copies
 * the same: then the clocks are not the same to the nanosecond. */
static gboolean
draw_salt (McSealer *self, GError **error)
{
  guint8 key[crypto_shorthash_KEYBYTES];
  struct timespec now[2] = { 0 };
  guint64 hash;

  if (!hein_get_random (key, sizeof key, error))
    return FALSE;
  clock_gettime (CLOCK_REALTIME, &now[0]);
  clock_gettime (CLOCK_MONOTONIC, &now[1]);
  crypto_shorthash ((guint8 *) &hash, (const guint8 *) now, sizeof now, key);
  memcpy (self->header.salt, &hash, MC_HEADER_SALT);
  self->n_salted = MC_SALT_DATAGRAMS;
  return TRUE;
}

void
mc_sealer_begin_burst (McSealer *self)
{
  self->n_salted = 0;
}

gsize
mc_sealer_seal (McSealer *self,
                const guint8 *recipient,
                const guint8 *inner,
                gsize inner_size,
                guint8 *to,
                gsize room,
                GError **error)
{
  McHeader *header = &self->header;
  const gboolean is_for_one = recipient != NULL;
  const gsize size =
    mc_suite_get_sealed_size (header->suite, is_for_one, inner_size);

  g_return_val_if_fail (inner_size >= MC_INNER_SIZE, 0);
  if (!can_seal (self, size, room, error) ||
      (self->n_salted == 0 && !draw_salt (self, error)))
    return 0;
  self->n_salted--;
  header->seq++;
  header->is_for_one = is_for_one;
  if (is_for_one)
    memcpy (header->recipient, recipient, MC_SENDER_ID_SIZE);
  mc_header_put (header, to);
  mc_cipher_seal (&self->cipher, mc_header_get_size (is_for_one), inner,
                  inner_size, to);
  return size;
}

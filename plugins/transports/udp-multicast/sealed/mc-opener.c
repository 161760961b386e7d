/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <sodium.h>

#include "mc-opener-private.h"

/*
 * Opens datagrams: the order of the checks is that of their cost, cheap ones
 * first, and before one is found authentic it changes nothing but counts.
 */

/* Nonces are hashes of a counter with a secret seed: whoever has seen some of
 * them cannot tell the next one. */
void
mc_opener_make_nonce (McOpener *self, guint8 *nonce)
{
  guint64 n = self->n_nonces++;

  crypto_generichash (nonce, MC_NONCE_SIZE, (guint8 *) &n, sizeof n, self->seed,
                      sizeof self->seed);
}

McOpener *
mc_opener_new (McKeyRing *ring, McAdmission admission, const guint8 *seed)
{
  McOpener *self = g_new0 (McOpener, 1);
  guint8 hash_key[MC_NONCE_SIZE];

  g_assert (sodium_init () >= 0);
  self->ring = ring != NULL ? mc_key_ring_ref (ring) : NULL;
  self->admission = admission;
  self->has_aes = mc_suite_is_available (MC_SUITE_AES256GCM);
  memcpy (self->seed, seed, sizeof self->seed);
  mc_opener_make_nonce (self, hash_key);
  mc_known_senders_init (&self->senders, hash_key, ring == NULL);
  return self;
}

void
mc_opener_free (McOpener *self)
{
  mc_known_senders_clear (&self->senders);
  g_clear_pointer (&self->ring, mc_key_ring_unref);
  sodium_memzero (self->seed, sizeof self->seed);
  g_free (self);
}

void
mc_opener_set_own_id (McOpener *self, const guint8 *sender_id)
{
  self->has_own_id = TRUE;
  memcpy (self->own_id, sender_id, MC_SENDER_ID_SIZE);
}

/* ---- keys ---- */

static McWear *
find_wear (McOpener *self, guint32 key_id)
{
  for (guint i = 0; i < MC_KEY_RING_MAX; i++)
    if (self->wears[i].n_forged > 0 && self->wears[i].key_id == key_id)
      return &self->wears[i];
  return NULL;
}

/* A tag can be guessed with luck; a key under which too many tries failed is
 * used no more. */
static gboolean
is_worn (McOpener *self, guint32 key_id)
{
  const McWear *wear = find_wear (self, key_id);

  return wear != NULL && wear->n_forged >= MC_FORGERIES_MAX;
}

/* There are as many places as a ring has keys; a key that is in the ring no
 * more gives its place to another one. */
void
mc_opener_add_forgeries (McOpener *self, guint32 key_id, guint64 n)
{
  McWear *wear = find_wear (self, key_id);

  g_return_if_fail (self->ring != NULL);
  for (guint i = 0; i < MC_KEY_RING_MAX && wear == NULL; i++)
    if (self->wears[i].n_forged == 0 ||
        mc_key_ring_find (self->ring, self->wears[i].key_id) == NULL)
      {
        wear = &self->wears[i];
        *wear = (McWear){ key_id, 0 };
      }
  if (wear != NULL)
    wear->n_forged += n;
}

static void
remove_senders_of (McOpener *self, GQueue *queue)
{
  for (GList *l = queue->head; l != NULL;)
    {
      McKnownSender *sender = l->data;

      l = l->next;
      if (mc_key_ring_find (self->ring, sender->key.key_id) == NULL)
        mc_known_senders_remove (&self->senders, sender);
    }
}

/* Whether senders may go on from one ring to the other. If not, everything
 * remembered about them is useless. */
static gboolean
shares_key (McKeyRing *self, McKeyRing *other)
{
  McKey *key;

  for (guint i = 0; (key = mc_key_ring_get_nth (other, i)) != NULL; i++)
    if (mc_key_ring_find (self, mc_key_get_id (key)) != NULL)
      return TRUE;
  return FALSE;
}

void
mc_opener_set_ring (McOpener *self, McKeyRing *ring)
{
  gboolean is_new;

  g_return_if_fail (self->ring != NULL && ring != NULL);
  is_new = ring != self->ring && !shares_key (self->ring, ring);
  mc_key_ring_ref (ring);
  mc_key_ring_unref (self->ring);
  self->ring = ring;
  remove_senders_of (self, &self->senders.admitted);
  remove_senders_of (self, &self->senders.pending);
  mc_known_senders_drop_tombstones (&self->senders,
                                    is_new
                                      ? G_MAXUINT64
                                      : mc_key_ring_get_first_epoch (ring));
}

guint64
mc_opener_get_epoch (McOpener *self)
{
  return self->ring != NULL ? mc_key_ring_get_last_epoch (self->ring) : 0;
}

/* ---- opening ---- */

static McDrop
check_header (McOpener *self, const McHeader *header)
{
  if ((self->ring == NULL) != (header->suite == MC_SUITE_NONE) ||
      (header->suite == MC_SUITE_AES256GCM && !self->has_aes))
    return MC_DROP_SUITE;
  if (self->has_own_id &&
      memcmp (header->sender_id, self->own_id, MC_SENDER_ID_SIZE) == 0)
    return MC_DROP_OWN;
  if (header->is_for_one &&
      (!self->has_own_id ||
       memcmp (header->recipient, self->own_id, MC_SENDER_ID_SIZE) != 0))
    return MC_DROP_OTHER;
  if (self->ring == NULL)
    return header->key_id == 0 ? MC_OPENED : MC_DROP_UNKNOWN_KEY;
  if (mc_key_ring_find (self->ring, header->key_id) == NULL)
    return MC_DROP_UNKNOWN_KEY;
  return is_worn (self, header->key_id) ? MC_DROP_WORN_KEY : MC_OPENED;
}

static McDrop
check_window (const McWindow *window, guint64 seq)
{
  McWindowVerdict verdict = mc_window_check (window, seq);

  return verdict == MC_WINDOW_NEW    ? MC_OPENED
         : verdict == MC_WINDOW_SEEN ? MC_DROP_REPLAY
                                     : MC_DROP_TOO_OLD;
}

static McDrop
check_tombstone (McOpener *self, const McHeader *header)
{
  const McTombstone *stone =
    mc_known_senders_find_tombstone (&self->senders, header->sender_id);

  if (stone == NULL || header->seq > stone->seq)
    return MC_OPENED;
  return stone->seq == MC_SEQ_END ? MC_DROP_ENDED : MC_DROP_TOO_OLD;
}

static gboolean
decrypt (McOpener *self,
         const McHeader *header,
         const McCipher *cipher,
         const guint8 *datagram,
         gsize size,
         guint8 *inner)
{
  if (mc_cipher_open (cipher, mc_header_get_size (header->is_for_one), datagram,
                      size, inner))
    return TRUE;
  mc_opener_add_forgeries (self, header->key_id, 1);
  return FALSE;
}

/*
 * A sender that is admitted under one key is under the next: since it uses
 * that only with higher numbers, none of those can have come. Returns the floor
 * under the other key, or G_MAXUINT64: there is none.
 */
static guint64
find_inherited_floor (McOpener *self, const McHeader *header)
{
  guint64 floor = G_MAXUINT64;
  McKey *key;

  for (guint i = 0; self->ring != NULL; i++)
    {
      McKnownSender *other;

      key = mc_key_ring_get_nth (self->ring, i);
      if (key == NULL)
        break;
      other = mc_known_senders_find (&self->senders, header->sender_id,
                                     mc_key_get_id (key));
      if (other != NULL && other->pending == NULL)
        floor = MIN (floor, other->window.floor);
    }
  return floor;
}

/* Whether there is a place among the pending. The oldest has to go for it, so
 * that a flood of recorded senders does not lock out those that live; but not
 * before it had the time for an answer, or the flood would drive out all, and
 * have us ask as many as it likes. */
static gboolean
make_pending_room (McOpener *self, gint64 now_us)
{
  McKnownSender *oldest;

  if (self->senders.pending.length < MC_PENDING_MAX)
    return TRUE;
  oldest = mc_known_senders_get_oldest_pending (&self->senders);
  if (now_us - oldest->pending->since_us < MC_PENDING_RETRY_US)
    return FALSE;
  self->counts[MC_DROP_UNANSWERED] += oldest->pending->held->len;
  mc_known_senders_remove (&self->senders, oldest);
  return TRUE;
}

static McKnownSender *
add_sender (McOpener *self,
            const McHeader *header,
            const guint8 *subkey,
            guint64 floor,
            gboolean is_admitted,
            gint64 now_us)
{
  McPending *pending = NULL;
  guint8 nonce[MC_NONCE_SIZE];

  if (is_admitted &&
      !mc_known_senders_make_room (&self->senders, mc_opener_get_epoch (self)))
    return NULL;
  if (!is_admitted && !make_pending_room (self, now_us))
    return NULL;
  if (!is_admitted)
    {
      mc_opener_make_nonce (self, nonce);
      pending = mc_pending_new (nonce, now_us);
    }
  return mc_known_senders_add (&self->senders, header, subkey, pending, floor);
}

/* Of a datagram that is authentic. */
static McDrop
meet_sender (McOpener *self,
             const McHeader *header,
             const guint8 *subkey,
             gint64 now_us,
             McKnownSender **sender)
{
  const McTombstone *stone =
    mc_known_senders_find_tombstone (&self->senders, header->sender_id);
  guint64 floor = stone != NULL ? stone->seq : 0;
  guint64 inherited = find_inherited_floor (self, header);
  gboolean is_admitted =
    inherited != G_MAXUINT64 || self->admission == MC_ADMISSION_NONE;

  if (inherited != G_MAXUINT64)
    floor = MAX (floor, inherited);
  if (header->seq <= floor)
    return MC_DROP_TOO_OLD;
  *sender = add_sender (self, header, subkey, floor, is_admitted, now_us);
  return *sender != NULL ? MC_OPENED : MC_DROP_LIMIT;
}

static McDrop
open_unknown (McOpener *self,
              const McHeader *header,
              const guint8 *datagram,
              gsize size,
              gint64 now_us,
              guint8 *inner,
              McKnownSender **sender)
{
  guint8 subkey[MC_KEY_SIZE] = { 0 };
  McCipher cipher;
  McDrop drop = check_tombstone (self, header);

  if (drop != MC_OPENED)
    return drop;
  if (self->ring != NULL)
    mc_suite_make_subkey (header->suite,
                          mc_key_ring_find (self->ring, header->key_id),
                          header->sender_id, subkey);
  mc_cipher_init_once (&cipher, header->suite, subkey);
  if (!decrypt (self, header, &cipher, datagram, size, inner))
    drop = MC_DROP_FORGED;
  else
    drop = meet_sender (self, header, subkey, now_us, sender);
  sodium_memzero (subkey, sizeof subkey);
  return drop;
}

static McDrop
open_known (McOpener *self,
            McKnownSender *sender,
            const McHeader *header,
            const guint8 *datagram,
            gsize size,
            guint8 *inner)
{
  McDrop drop = check_window (&sender->window, header->seq);

  if (sender->cipher.suite != header->suite)
    return MC_DROP_SUITE;
  if (drop != MC_OPENED)
    return drop;
  return decrypt (self, header, &sender->cipher, datagram, size, inner)
           ? MC_OPENED
           : MC_DROP_FORGED;
}

static McDrop
open_datagram (McOpener *self,
               const guint8 *datagram,
               gsize size,
               gint64 now_us,
               guint8 *inner,
               gsize room,
               McOpened *opened)
{
  McHeader *header = &opened->header;
  McDrop drop = mc_header_get (datagram, size, header);
  McKnownSender *sender;

  if (drop == MC_OPENED)
    drop = check_header (self, header);
  if (drop != MC_OPENED)
    return drop;
  opened->size =
    size - mc_suite_get_sealed_size (header->suite, header->is_for_one, 0);
  if (opened->size > room)
    return MC_DROP_LONG;
  sender =
    mc_known_senders_find (&self->senders, header->sender_id, header->key_id);
  if (sender == NULL)
    drop = open_unknown (self, header, datagram, size, now_us, inner, &sender);
  else
    drop = open_known (self, sender, header, datagram, size, inner);
  if (drop != MC_OPENED)
    return drop;
  opened->is_newest = header->seq > sender->window.max;
  mc_window_mark (&sender->window, header->seq);
  mc_known_senders_touch (&self->senders, sender);
  opened->state =
    sender->pending != NULL ? MC_SENDER_PENDING : MC_SENDER_ADMITTED;
  return MC_OPENED;
}

McDrop
mc_opener_open (McOpener *self,
                const guint8 *datagram,
                gsize size,
                gint64 now_us,
                guint8 *inner,
                gsize room,
                McOpened *opened)
{
  McDrop drop =
    open_datagram (self, datagram, size, now_us, inner, room, opened);

  self->counts[drop]++;
  return drop;
}

/* ---- figures ---- */

guint64
mc_opener_get_count (McOpener *self, McDrop drop)
{
  return self->counts[drop];
}

guint
mc_opener_get_n_admitted (McOpener *self)
{
  return self->senders.admitted.length;
}

guint
mc_opener_get_n_pending (McOpener *self)
{
  return self->senders.pending.length;
}

guint
mc_opener_get_n_buried (McOpener *self)
{
  return self->senders.buried.length;
}

gboolean
mc_opener_needs_key (McOpener *self)
{
  if (self->ring == NULL)
    return FALSE;
  for (guint i = 0; i < MC_KEY_RING_MAX; i++)
    if (self->wears[i].n_forged >= MC_FORGERIES_MAX &&
        mc_key_ring_find (self->ring, self->wears[i].key_id) != NULL)
      return TRUE;
  return self->senders.buried.length >= MC_TOMBSTONES_MAX;
}

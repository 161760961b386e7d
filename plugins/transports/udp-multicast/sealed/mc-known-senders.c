/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-known-senders.h"

#include <string.h>

#include <sodium.h>

/*
 * Three tables in one: senders that are admitted, that are pending, and
 * tombstones of those that were forgotten. Each has a fixed most, so the memory
 * is bounded whoever comes.
 */

#define N_SUBKEYS (MC_SENDERS_MAX + MC_PENDING_MAX)

G_STATIC_ASSERT (crypto_shorthash_KEYBYTES ==
                 sizeof ((McKnownSenders *) NULL)->hash_key);

/* The hash is keyed with random bytes and made once: senders choose their ids,
 * but not where in the table they lie. */
static void
make_key (const McKnownSenders *self,
          const guint8 *id,
          guint32 key_id,
          McSenderKey *key)
{
  guint8 text[MC_SENDER_ID_SIZE + sizeof key_id];
  guint64 hash;

  memcpy (text, id, MC_SENDER_ID_SIZE);
  memcpy (text + MC_SENDER_ID_SIZE, &key_id, sizeof key_id);
  crypto_shorthash ((guint8 *) &hash, text, sizeof text, self->hash_key);
  memcpy (key->id, id, MC_SENDER_ID_SIZE);
  key->key_id = key_id;
  key->hash = (guint) hash;
}

static guint
hash_key (gconstpointer data)
{
  return ((const McSenderKey *) data)->hash;
}

static gboolean
keys_equal (gconstpointer a, gconstpointer b)
{
  const McSenderKey *left = a, *right = b;

  return left->key_id == right->key_id &&
         memcmp (left->id, right->id, MC_SENDER_ID_SIZE) == 0;
}

void
mc_known_senders_init (McKnownSenders *self,
                       const guint8 *hash_bytes,
                       gboolean is_open)
{
  memset (self, 0, sizeof *self);
  memcpy (self->hash_key, hash_bytes, sizeof self->hash_key);
  self->is_open = is_open;
  self->senders = g_hash_table_new (hash_key, keys_equal);
  self->tombstones = g_hash_table_new_full (hash_key, keys_equal, g_free, NULL);
  if (is_open)
    return;
  self->subkeys = sodium_allocarray (N_SUBKEYS, MC_KEY_SIZE);
  if (self->subkeys == NULL)
    g_error ("no memory for keys");
  self->free_subkeys = g_ptr_array_new ();
}

void
mc_known_senders_clear (McKnownSenders *self)
{
  while (self->admitted.head != NULL)
    mc_known_senders_remove (self, self->admitted.head->data);
  while (self->pending.head != NULL)
    mc_known_senders_remove (self, self->pending.head->data);
  g_clear_pointer (&self->senders, g_hash_table_unref);
  g_clear_pointer (&self->tombstones, g_hash_table_unref);
  g_clear_pointer (&self->free_subkeys, g_ptr_array_unref);
  g_clear_pointer (&self->subkeys, sodium_free);
}

/* ---- senders ---- */

/* A sender is in one of two rows, by whether it is pending. */
static GQueue *
get_queue (McKnownSenders *self, const McKnownSender *sender)
{
  return sender->pending != NULL ? &self->pending : &self->admitted;
}

McKnownSender *
mc_known_senders_find (McKnownSenders *self, const guint8 *id, guint32 key_id)
{
  McSenderKey key;

  make_key (self, id, key_id, &key);
  return g_hash_table_lookup (self->senders, &key);
}

void
mc_known_senders_touch (McKnownSenders *self, McKnownSender *sender)
{
  if (sender->pending != NULL || self->admitted.head == &sender->link)
    return;
  g_queue_unlink (&self->admitted, &sender->link);
  g_queue_push_head_link (&self->admitted, &sender->link);
}

/* Takes a room for a subkey that was given back before it takes a fresh one,
 * so that no more of the locked memory is touched than was ever needed at
 * once. NULL: there are no keys. */
static guint8 *
take_room (McKnownSenders *self)
{
  GPtrArray *free_ones = self->free_subkeys;

  if (self->is_open)
    return NULL;
  if (free_ones->len > 0)
    return g_ptr_array_steal_index_fast (free_ones, free_ones->len - 1);
  g_assert (self->n_subkeys < N_SUBKEYS);
  return self->subkeys + MC_KEY_SIZE * self->n_subkeys++;
}

static void
give_room_back (McKnownSenders *self, guint8 *room)
{
  if (room == NULL)
    return;
  sodium_memzero (room, MC_KEY_SIZE);
  g_ptr_array_add (self->free_subkeys, room);
}

McKnownSender *
mc_known_senders_add (McKnownSenders *self,
                      const McHeader *header,
                      const guint8 *subkey,
                      McPending *pending,
                      guint64 floor)
{
  McKnownSender *sender = g_new0 (McKnownSender, 1);
  guint8 *room = take_room (self);

  make_key (self, header->sender_id, header->key_id, &sender->key);
  sender->link.data = sender;
  sender->pending = pending;
  if (room != NULL)
    memcpy (room, subkey, MC_KEY_SIZE);
  mc_cipher_init (&sender->cipher, header->suite, room);
  mc_window_init (&sender->window, floor);
  g_hash_table_add (self->senders, sender);
  g_queue_push_head_link (get_queue (self, sender), &sender->link);
  return sender;
}

void
mc_known_senders_remove (McKnownSenders *self, McKnownSender *sender)
{
  g_queue_unlink (get_queue (self, sender), &sender->link);
  g_hash_table_remove (self->senders, sender);
  mc_cipher_clear (&sender->cipher);
  give_room_back (self, sender->cipher.subkey);
  g_clear_pointer (&sender->pending, mc_pending_free);
  g_free (sender);
}

gboolean
mc_known_senders_make_room (McKnownSenders *self, guint64 epoch)
{
  McKnownSender *last;

  if (self->admitted.length < MC_SENDERS_MAX)
    return TRUE;
  last = self->admitted.tail->data;
  if (!mc_known_senders_bury (self, last->key.id, last->window.max, epoch))
    return FALSE;
  mc_known_senders_remove (self, last);
  return TRUE;
}

void
mc_known_senders_admit (McKnownSenders *self, McKnownSender *sender)
{
  g_queue_unlink (&self->pending, &sender->link);
  g_clear_pointer (&sender->pending, mc_pending_free);
  g_queue_push_head_link (&self->admitted, &sender->link);
}

McKnownSender *
mc_known_senders_get_oldest_pending (McKnownSenders *self)
{
  return self->pending.tail != NULL ? self->pending.tail->data : NULL;
}

/* ---- tombstones ---- */

static McTombstone *
find_tombstone (McKnownSenders *self, const guint8 *id)
{
  McSenderKey key;

  if (self->buried.length == 0)
    return NULL;
  make_key (self, id, 0, &key);
  return g_hash_table_lookup (self->tombstones, &key);
}

const McTombstone *
mc_known_senders_find_tombstone (McKnownSenders *self, const guint8 *id)
{
  return find_tombstone (self, id);
}

static void
drop_tombstone (McKnownSenders *self, McTombstone *stone)
{
  g_queue_unlink (&self->buried, &stone->link);
  g_hash_table_remove (self->tombstones, stone);
}

/* With keys the oldest tombstone is never forgotten, as its sender could be
 * replayed then: when all places are taken, no sender is let in any more until
 * the key changes. Without keys there is no replay to fear that could not be
 * made up as well. */
static McTombstone *
add_tombstone (McKnownSenders *self, const guint8 *id)
{
  McTombstone *stone;

  if (self->buried.length >= MC_TOMBSTONES_MAX)
    {
      if (!self->is_open)
        return NULL;
      drop_tombstone (self, self->buried.tail->data);
    }
  stone = g_new0 (McTombstone, 1);
  make_key (self, id, 0, &stone->key);
  stone->link.data = stone;
  g_hash_table_add (self->tombstones, stone);
  g_queue_push_head_link (&self->buried, &stone->link);
  return stone;
}

gboolean
mc_known_senders_bury (McKnownSenders *self,
                       const guint8 *id,
                       guint64 seq,
                       guint64 epoch)
{
  McTombstone *stone = find_tombstone (self, id);

  if (stone == NULL)
    stone = add_tombstone (self, id);
  if (stone == NULL)
    return FALSE;
  stone->seq = MAX (stone->seq, seq);
  stone->epoch = MAX (stone->epoch, epoch);
  return TRUE;
}

void
mc_known_senders_drop_tombstones (McKnownSenders *self, guint64 first_epoch)
{
  for (GList *l = self->buried.head; l != NULL;)
    {
      McTombstone *stone = l->data;

      l = l->next;
      if (stone->epoch < first_epoch)
        drop_tombstone (self, stone);
    }
}

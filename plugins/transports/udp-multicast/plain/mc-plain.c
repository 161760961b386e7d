/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-plain.h"

#include <string.h>

#include "datagram/mc-header.h"
#include "format/mc-trouble.h"
#include "multisock/multisock-pickle.h"
#include "socket/mc-socket-send.h"

/*
 * The formats `plain` and `multisock`. Nobody says who he is: an address that
 * has sent something is a peer, and forgotten after a minute.
 */

#define PEERS_MAX    1024
#define SILENCE_US   (60 * G_USEC_PER_SEC)
#define DATAGRAM_MAX 65507
/* JSON of an object is longer than its pickle. */
#define OBJECT_MAX (1024 * 1024)
#define JSON_TYPE  "application/json"

typedef struct
{
  McAddress address;
  HeinPeer *peer; /* owned */
  gint64 heard_us;
  GList link; /* in `order` */
} Sender;

typedef struct
{
  HeinTransport *transport;  /* borrowed */
  McSocket *socket;          /* borrowed */
  MultisockCrypter *crypter; /* owned, nullable */
  gboolean has_objects;
  gboolean is_paused;

  GHashTable *senders; /* of McAddress -> owned Sender */
  GQueue order;        /* heard longest ago first */
  McTrouble trouble;   /* what does not fit */
} McPlain;

/* ---- peers ---- */

static void
remove_sender (McPlain *self, Sender *sender, const char *why)
{
  g_autoptr (GError) error = NULL;

  if (why != NULL)
    error = g_error_new_literal (HEIN_ERROR, HEIN_ERROR_TIMED_OUT, why);
  g_queue_unlink (&self->order, &sender->link);
  hein_transport_remove_peer (self->transport, sender->peer, error);
  g_hash_table_remove (self->senders, &sender->address);
}

static void
sender_free (gpointer data)
{
  Sender *self = data;

  g_object_unref (self->peer);
  g_free (self);
}

static Sender *
add_sender (McPlain *self, const McAddress *from)
{
  g_autofree char *name = mc_address_to_text (from);
  g_autoptr (GSocketAddress) address = mc_address_to_gio (from);
  HeinPeer *peer =
    hein_transport_add_peer (self->transport, name, NULL, address, NULL);
  Sender *sender;

  if (peer == NULL)
    return NULL;
  if (self->order.length == PEERS_MAX)
    remove_sender (self, g_queue_peek_head (&self->order),
                   "there are too many senders, and it was silent for longest");
  sender = g_new0 (Sender, 1);
  sender->address = *from;
  sender->peer = g_object_ref (peer);
  sender->link.data = sender;
  g_hash_table_insert (self->senders, &sender->address, sender);
  g_queue_push_tail_link (&self->order, &sender->link);
  return sender;
}

/* Finds the sender, which is a peer as soon as it is heard. The row is ordered
 * by when each was heard last, so silent peers are at its head. */
static Sender *
hear (McPlain *self, const McAddress *from, gint64 now_us)
{
  Sender *sender = g_queue_peek_tail (&self->order);

  /* most often the one that spoke last speaks on, and needs no look-up */
  if (sender != NULL && mc_address_equal (&sender->address, from))
    {
      sender->heard_us = now_us;
      return sender;
    }
  sender = g_hash_table_lookup (self->senders, from);
  if (sender == NULL)
    sender = add_sender (self, from);
  if (sender == NULL)
    return NULL;
  sender->heard_us = now_us;
  g_queue_unlink (&self->order, &sender->link);
  g_queue_push_tail_link (&self->order, &sender->link);
  return sender;
}

/* ---- receiving ---- */

/* NULL: it is damaged, or of another key. */
static GBytes *
decrypt (McPlain *self, const McAddress *from, const guint8 *bytes, gsize size)
{
  g_autoptr (GError) error = NULL;
  MultisockFront front;
  GBytes *decrypted =
    multisock_crypter_decrypt (self->crypter, bytes, size, &front, &error);

  if (decrypted != NULL)
    return decrypted;
  g_debug ("a datagram is dropped: %s", error->message);
  hein_transport_drop (self->transport, NULL, HEIN_DROP_REASON_INVALID, 1,
                       size);
  mc_trouble_count (&self->trouble, MC_TROUBLE_MULTISOCK, from);
  return NULL;
}

/* Without a key any datagram is a message, also one of the format `hein`, which
 * is reported: whoever reads it has most likely forgotten the key. */
static void
check_format (McPlain *self,
              const McAddress *from,
              const guint8 *bytes,
              gsize size)
{
  McHeader header;

  if (mc_header_get (bytes, size, &header) == MC_OPENED)
    mc_trouble_count (&self->trouble,
                      header.suite != MC_SUITE_NONE ? MC_TROUBLE_NO_KEY
                                                    : MC_TROUBLE_FORMAT,
                      from);
}

/* A datagram that is no object is a text. */
static HeinMessage *
make_message (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) json =
    multisock_object_to_json (data, size, OBJECT_MAX, NULL);

  return json != NULL ? hein_message_new_typed ("", JSON_TYPE, json)
                      : hein_message_new_data ("", data, size);
}

static void
mc_plain_receive (gpointer data,
                  const McAddress *from,
                  const guint8 *bytes,
                  gsize size,
                  gint64 now_us)
{
  McPlain *self = data;
  g_autoptr (GBytes) decrypted = NULL;
  g_autoptr (HeinMessage) message = NULL;
  Sender *sender;

  if (self->crypter == NULL)
    check_format (self, from, bytes, size);
  else
    {
      decrypted = decrypt (self, from, bytes, size);
      if (decrypted == NULL)
        return;
      bytes = g_bytes_get_data (decrypted, &size);
    }
  sender = hear (self, from, now_us);
  if (sender == NULL)
    return;
  if (!self->has_objects)
    {
      hein_transport_deliver_data (self->transport, sender->peer, "", 0, bytes,
                                   size);
      return;
    }
  message = make_message (bytes, size);
  hein_transport_deliver (self->transport, sender->peer, message);
}

/* ---- sending ---- */

static GBytes *
encrypt (McPlain *self, GBytes *payload)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (payload, &size);
  guint32 random[4];

  if (!multisock_crypter_needs_letters (self->crypter, data, size))
    return multisock_crypter_encrypt (self->crypter, data, size, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (random); i++)
    random[i] = hein_get_random_int ();
  return multisock_crypter_encrypt (self->crypter, data, size,
                                    (const guint8 *) random);
}

static gboolean
is_object (McPlain *self, HeinMessage *message)
{
  return self->has_objects &&
         g_strcmp0 (hein_message_get_content_type (message), JSON_TYPE) == 0;
}

static GBytes *
make_datagram (McPlain *self, HeinMessage *message, GError **error)
{
  g_autoptr (GBytes) payload = NULL;
  gsize size;
  const guint8 *data = hein_message_peek_data (message, &size);

  if (is_object (self, message))
    payload = multisock_object_from_json ((const char *) data, size, error);
  else
    payload = g_bytes_ref (hein_message_get_payload (message));
  if (payload == NULL || self->crypter == NULL)
    return g_steal_pointer (&payload);
  return encrypt (self, payload);
}

static gboolean
check_size (gsize size, GError **error)
{
  if (size <= DATAGRAM_MAX)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "a message of %" G_GSIZE_FORMAT
               " bytes does not fit a datagram, which has %d at most",
               size, DATAGRAM_MAX);
  return FALSE;
}

static const McAddress *
find_address (McPlain *self, HeinPeer *peer)
{
  for (GList *l = self->order.head; l != NULL; l = l->next)
    if (((Sender *) l->data)->peer == peer)
      return &((Sender *) l->data)->address;
  return NULL;
}

static inline gboolean
put (McPlain *self,
     HeinPeer *peer,
     const guint8 *bytes,
     gsize size,
     GError **error)
{
  if (G_UNLIKELY (!check_size (size, error)))
    return FALSE;
  mc_socket_put (self->socket, peer != NULL ? find_address (self, peer) : NULL,
                 bytes, size);
  return TRUE;
}

static G_GNUC_NO_INLINE gboolean
send_converted (McPlain *self,
                HeinPeer *peer,
                HeinMessage *message,
                GError **error)
{
  g_autoptr (GBytes) datagram = make_datagram (self, message, error);
  const guint8 *bytes;
  gsize size;

  if (datagram == NULL)
    return FALSE;
  bytes = g_bytes_get_data (datagram, &size);
  return put (self, peer, bytes, size, error);
}

static gboolean
mc_plain_send (gpointer data,
               HeinPeer *peer,
               HeinMessage *message,
               GError **error)
{
  McPlain *self = data;
  const guint8 *bytes;
  gsize size;

  if (hein_message_get_n_parts (message) > 1)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                           "a datagram carries messages of one part");
      return FALSE;
    }
  if (self->crypter != NULL || is_object (self, message))
    return send_converted (self, peer, message, error);
  bytes = hein_message_peek_data (message, &size);
  return put (self, peer, bytes, size, error);
}

/* ---- time, and the end ---- */

static gint64
forget_silent (McPlain *self, gint64 now_us)
{
  Sender *oldest;

  if (self->is_paused)
    return G_MAXINT64;
  while ((oldest = g_queue_peek_head (&self->order)) != NULL &&
         now_us >= oldest->heard_us + SILENCE_US)
    remove_sender (self, oldest, "it was silent for a minute");
  return oldest != NULL ? oldest->heard_us + SILENCE_US : G_MAXINT64;
}

static gint64
mc_plain_tick (gpointer data, gint64 now_us)
{
  McPlain *self = data;
  gint64 silent_us = forget_silent (self, now_us);
  gint64 trouble_us = mc_trouble_tick (&self->trouble, self->transport, now_us);

  return MIN (silent_us, trouble_us);
}

static void
mc_plain_pause (gpointer data, gboolean paused, gint64 now_us)
{
  McPlain *self = data;

  self->is_paused = paused;
  for (GList *l = self->order.head; l != NULL; l = l->next)
    ((Sender *) l->data)->heard_us = now_us;
}

static gboolean
mc_plain_is_done (gpointer data, gint64 now_us)
{
  return TRUE; /* it is on the socket */
}

static void
mc_plain_finish (gpointer data)
{
  McPlain *self = data;

  for (GList *l = self->order.head; l != NULL; l = l->next)
    hein_transport_remove_peer (self->transport, ((Sender *) l->data)->peer,
                                NULL);
}

static void
mc_plain_free (gpointer data)
{
  McPlain *self = data;

  g_hash_table_unref (self->senders);
  g_clear_pointer (&self->crypter, multisock_crypter_free);
  g_free (self);
}

static const McFormatFuncs funcs = {
  .send = mc_plain_send,
  .receive = mc_plain_receive,
  .tick = mc_plain_tick,
  .pause = mc_plain_pause,
  .is_done = mc_plain_is_done,
  .finish = mc_plain_finish,
  .free = mc_plain_free,
};

McFormat
mc_plain_new (HeinTransport *transport,
              McSocket *socket,
              MultisockCrypter *crypter,
              gboolean has_objects)
{
  McPlain *self = g_new0 (McPlain, 1);

  self->transport = transport;
  self->socket = socket;
  self->crypter = crypter;
  self->has_objects = has_objects;
  self->senders = g_hash_table_new_full (mc_address_hash, mc_address_equal,
                                         NULL, sender_free);
  return (McFormat){ &funcs, self };
}

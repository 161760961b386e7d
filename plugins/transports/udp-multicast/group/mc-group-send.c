/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-group-send.h"

#include <string.h>

#include "datagram/mc-message.h"
#include "socket/mc-socket-send.h"

/*
 * From a message to the socket: to all by way of the packer and the sender, to
 * one by way of its member; then sealed, into the room that the socket has for
 * the datagram.
 */

/* ---- sealing ---- */

/* FALSE: it is the time of no key of the ring. */
static gboolean
has_key (McGroup *self)
{
  return self->ring == NULL || mc_key_ring_get_sending (self->ring) != NULL;
}

gboolean
mc_group_check_key (McGroup *self, GError **error)
{
  if (has_key (self))
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                       "no key of the ring is valid now: add one");
  return FALSE;
}

void
mc_group_put_to (McGroup *self,
                 const McInner *inner,
                 GBytes *payload,
                 const guint8 *recipient,
                 const McAddress *to)
{
  g_autoptr (GError) error = NULL;
  gsize payload_size;
  const guint8 *bytes = g_bytes_get_data (payload, &payload_size);
  const gsize inner_size = MC_INNER_SIZE + payload_size;
  const gboolean is_for_one = recipient != NULL;
  const gsize room =
    mc_suite_get_sealed_size (self->suite, is_for_one, inner_size);
  guint8 *datagram, *said;
  gsize size;

  if (!has_key (self))
    return;
  datagram = mc_socket_reserve (self->socket, room);
  said = datagram + mc_header_get_size (is_for_one);
  mc_inner_put (inner, said);
  if (payload_size > 0)
    memcpy (said + MC_INNER_SIZE, bytes, payload_size);
  size = mc_sealer_seal (self->sealer, recipient, said, inner_size, datagram,
                         room, &error);
  if (size > 0)
    mc_socket_commit (self->socket, to, size);
  else
    hein_transport_fail (self->transport, error);
}

void
mc_group_put (gpointer data,
              const McInner *inner,
              GBytes *payload,
              const McMember *to)
{
  mc_group_put_to (data, inner, payload, to != NULL ? to->id : NULL,
                   to != NULL && to->address.size > 0 ? &to->address : NULL);
}

void
mc_group_emit (const McInner *inner, GBytes *payload, gpointer data)
{
  mc_group_put (data, inner, payload, NULL);
}

void
mc_group_put_typed (McGroup *self, McType type, const guint8 *data, gsize size)
{
  const McInner inner = { .type = type };
  g_autoptr (GBytes) payload = g_bytes_new (data, size);

  mc_group_put (self, &inner, payload, NULL);
}

/* ---- sending ---- */

void
mc_group_hold (McGroup *self, gint64 until_us)
{
  self->met_us = until_us;
  mc_sender_hold (self->sender, until_us);
}

static gboolean
fail_full (GError **error)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
                       "more waits for the group than may");
  return FALSE;
}

gboolean
mc_group_flush_packer (McGroup *self, gint64 now_us)
{
  g_autoptr (GBytes) block = NULL;

  /* what the packer has was accepted, so it stays there until there is room */
  if (!mc_sender_has_room (self->sender, mc_packer_get_size (self->packer)))
    return mc_packer_is_empty (self->packer);
  block = mc_packer_take (self->packer);
  return block == NULL || mc_sender_send (self->sender, block, TRUE, now_us);
}

/* Sends a message that does not fit the block of the packer any more: behind
 * what is in it, or alone if it fits no block. */
static G_GNUC_NO_INLINE gboolean
send_apart (McGroup *self,
            HeinMessage *message,
            const McShape *shape,
            GError **error)
{
  const gint64 now_us = hein_get_monotonic_time ();
  g_autoptr (GBytes) bytes = NULL;
  guint8 *to;

  if (!mc_group_flush_packer (self, now_us))
    return fail_full (error);
  to = mc_packer_reserve (self->packer, shape->size);
  if (to != NULL)
    {
      mc_message_put (message, shape, to);
      return TRUE;
    }
  bytes = mc_message_encode (message, shape);
  return mc_sender_send (self->sender, bytes, FALSE, now_us) ||
         fail_full (error);
}

/* Small messages share a datagram, which goes when it is full or the turn
 * ends. */
static inline gboolean
send_to_all (McGroup *self,
             HeinMessage *message,
             const McShape *shape,
             GError **error)
{
  guint8 *to = mc_packer_reserve (self->packer, shape->size);

  if (G_UNLIKELY (to == NULL))
    return send_apart (self, message, shape, error);
  mc_message_put (message, shape, to);
  return TRUE;
}

static G_GNUC_NO_INLINE gboolean
send_to_one (McGroup *self,
             HeinPeer *peer,
             HeinMessage *message,
             const McShape *shape,
             GError **error)
{
  McMember *member = mc_group_find_member (self, peer);
  g_autoptr (GBytes) bytes = NULL;

  if (member != NULL)
    {
      bytes = mc_message_encode (message, shape);
      return mc_member_send (member, bytes, hein_get_monotonic_time ()) ||
             fail_full (error);
    }
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_NO_PEER, "%s is gone",
               hein_peer_get_name (peer));
  return FALSE;
}

static gboolean
check_size (McGroup *self, gsize size, GError **error)
{
  if (size <= self->membership.max_message_size)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "a message of %" G_GSIZE_FORMAT
               " bytes is over the %" G_GSIZE_FORMAT " of a group",
               size, self->membership.max_message_size);
  return FALSE;
}

gboolean
mc_group_send (gpointer data,
               HeinPeer *peer,
               HeinMessage *message,
               GError **error)
{
  McGroup *self = data;
  McShape shape;

  if (!mc_group_check_key (self, error) ||
      !mc_message_measure (message, &shape, error) ||
      !check_size (self, shape.payload_size, error))
    return FALSE;
  self->has_sent = TRUE;
  return peer == NULL ? send_to_all (self, message, &shape, error)
                      : send_to_one (self, peer, message, &shape, error);
}

gboolean
mc_group_has_sent_all (McGroup *self)
{
  if (!mc_packer_is_empty (self->packer) ||
      mc_sender_get_queued_bytes (self->sender) > 0)
    return FALSE;
  for (GList *l = self->membership.members.head; l != NULL; l = l->next)
    {
      McMember *member = l->data;

      if (member->to != NULL && mc_sender_get_queued_bytes (member->to) > 0)
        return FALSE;
    }
  return TRUE;
}

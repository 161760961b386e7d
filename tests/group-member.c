/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "group-member.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include <glib-unix.h>

#include "../plugins/transports/udp-multicast/datagram/mc-message.h"
#include "../plugins/transports/udp-multicast/keys/mc-key-file.h"

#define ROOM     70000
#define INSTANCE "0123456789abcdef0123456789abcdef"

/* ---- saying ---- */

GBytes *
group_member_seal (GroupMember *self,
                   const guint8 *recipient,
                   const McInner *inner,
                   gconstpointer payload,
                   gsize size)
{
  g_autofree guint8 *said = g_malloc (MC_INNER_SIZE + size);
  g_autofree guint8 *datagram = g_malloc (ROOM);
  gsize n;

  mc_inner_put (inner, said);
  if (size > 0)
    memcpy (said + MC_INNER_SIZE, payload, size);
  n = mc_sealer_seal (self->sealer, recipient, said, MC_INNER_SIZE + size,
                      datagram, ROOM, NULL);
  g_assert_cmpuint (n, >, 0);
  return g_bytes_new (datagram, n);
}

GBytes *
group_member_seal_text (GroupMember *self,
                        const guint8 *recipient,
                        guint channel,
                        const char *text)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("", text);
  g_autoptr (GBytes) bytes = NULL;
  McShape shape;
  guint64 *dseq = channel == 0 ? &self->dseq : &self->dseq_one;
  McInner inner = { .type = MC_DATA,
                    .flags = MC_FIRST | MC_LAST,
                    .channel = channel,
                    .dseq = *dseq,
                    .ordinal = *dseq - 1 };

  g_assert_true (mc_message_measure (message, &shape, NULL));
  bytes = mc_message_encode (message, &shape);
  inner.message_size = shape.size;
  (*dseq)++;
  return group_member_seal (self, recipient, &inner,
                            g_bytes_get_data (bytes, NULL), shape.size);
}

void
group_member_send (GroupMember *self, GBytes *datagram)
{
  g_assert_true (multicast_socket_send (self->own_fd, self->place,
                                        g_bytes_get_data (datagram, NULL),
                                        g_bytes_get_size (datagram)));
}

void
group_member_say (GroupMember *self, const char *text)
{
  g_autoptr (GBytes) datagram = group_member_seal_text (self, NULL, 0, text);

  group_member_send (self, datagram);
}

/* ---- hearing ---- */

void
group_member_get_where (int fd, guint8 *where)
{
  static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };
  struct sockaddr_in address;
  socklen_t size = sizeof address;

  g_assert_no_errno (getsockname (fd, (struct sockaddr *) &address, &size));
  memcpy (where, mapped, sizeof mapped);
  memcpy (where + 12, &address.sin_addr, 4);
  memcpy (where + 16, &address.sin_port, 2);
}

static void
answer (GroupMember *self, const McHello *hello)
{
  McInner inner = { .type = MC_ADMIT,
                    .dseq = self->dseq,
                    .ordinal = self->dseq - 1 };
  McAdmit admit = { .seq = mc_sealer_get_seq (self->sealer) };
  g_autoptr (GByteArray) payload = g_byte_array_new ();
  g_autoptr (GBytes) datagram = NULL;
  guint8 own[MC_WHERE_SIZE], head[MC_ADMIT_SIZE];

  memcpy (admit.nonce, hello->nonce, MC_NONCE_SIZE);
  group_member_get_where (self->own_fd, own);
  if (memcmp (own, hello->where, sizeof own) == 0)
    memcpy (admit.where, own, sizeof own);
  mc_admit_put (&admit, head);
  g_byte_array_append (payload, head, sizeof head);
  g_byte_array_append (payload, (const guint8 *) self->name,
                       strlen (self->name) + 1);
  g_byte_array_append (payload, (const guint8 *) self->instance,
                       strlen (self->instance));
  datagram =
    group_member_seal (self, self->other, &inner, payload->data, payload->len);
  if (self->relay_fd >= 0)
    g_assert_true (multicast_socket_send (self->relay_fd, self->place,
                                          g_bytes_get_data (datagram, NULL),
                                          g_bytes_get_size (datagram)));
  else
    group_member_send (self, datagram);
}

static void
hear_hello (GroupMember *self, const guint8 *payload, gsize size)
{
  McHello hello;

  g_assert_true (mc_hello_get (payload, size, &hello));
  if (memcmp (hello.sender_id, mc_sealer_get_sender_id (self->sealer),
              MC_SENDER_ID_SIZE) != 0)
    return;
  g_array_append_val (self->hellos, hello);
  if (!self->is_silent)
    answer (self, &hello);
}

static void
hear_message (GroupMember *self, const guint8 *payload, gsize size)
{
  McSimple simple;

  if (mc_message_get_simple (payload, size, &simple))
    g_ptr_array_add (self->texts,
                     g_strndup ((const char *) simple.data, simple.size));
}

static void
hear (GroupMember *self, GBytes *datagram)
{
  static guint8 said[ROOM];
  const guint8 *payload = said + MC_INNER_SIZE;
  McOpened opened;
  McInner inner;

  if (mc_opener_open (self->opener, g_bytes_get_data (datagram, NULL),
                      g_bytes_get_size (datagram), 1, said, sizeof said,
                      &opened) != MC_OPENED ||
      !mc_inner_get (said, opened.size, &inner))
    return;
  memcpy (self->other, opened.header.sender_id, sizeof self->other);
  if (inner.type == MC_HELLO)
    hear_hello (self, payload, opened.size - MC_INNER_SIZE);
  else if (inner.type == MC_ADMIT)
    {
      g_assert_true (
        mc_admit_get (payload, opened.size - MC_INNER_SIZE, &self->admit));
      self->n_admits++;
      self->largest = MAX (self->largest, g_bytes_get_size (datagram));
    }
  else if (inner.type == MC_DATA && opened.header.is_for_one)
    hear_message (self, payload, opened.size - MC_INNER_SIZE);
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer self)
{
  g_autoptr (GPtrArray) datagrams = multicast_recorder_take (fd);

  for (guint i = 0; i < datagrams->len; i++)
    hear (self, g_ptr_array_index (datagrams, i));
  return G_SOURCE_CONTINUE;
}

gboolean
group_member_has_heard (GroupMember *self, const char *text)
{
  return g_ptr_array_find_with_equal_func (self->texts, text, g_str_equal,
                                           NULL);
}

/* ---- life ---- */

static GSource *
watch (GroupMember *self, int fd)
{
  GSource *source = g_unix_fd_source_new (fd, G_IO_IN);

  g_assert_no_errno (fcntl (fd, F_SETFL, O_NONBLOCK));
  g_source_set_callback (source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  return source;
}

static void
unwatch (GroupMember *self, guint i)
{
  g_source_destroy (self->sources[i]);
  g_clear_pointer (&self->sources[i], g_source_unref);
}

void
group_member_move (GroupMember *self)
{
  int before = self->own_fd;

  unwatch (self, 0);
  self->own_fd = multicast_socket_new (NULL);
  self->sources[0] = watch (self, self->own_fd);
  close (before); /* only now, or the next one might get its port */
}

static McOpener *
make_opener (GroupMember *self)
{
  static const guint8 seed[MC_OPENER_SEED_SIZE] = { 3 };
  g_autoptr (McKeyRing) ring = NULL;

  if (self->key == NULL)
    return mc_opener_new (NULL, MC_ADMISSION_NONE, seed);
  ring = mc_key_ring_new (0);
  g_assert_true (
    mc_key_ring_add (ring, self->key, 1, MC_TIME_MIN, MC_TIME_MAX, NULL));
  return mc_opener_new (ring, MC_ADMISSION_NONE, seed);
}

GroupMember *
group_member_new (MulticastPlace *place, const char *name, gboolean is_sealed)
{
  GroupMember *self = g_new0 (GroupMember, 1);
  guint32 id[MC_SENDER_ID_SIZE / 4];

  for (guint i = 0; i < G_N_ELEMENTS (id); i++)
    id[i] = g_random_int ();
  self->place = place;
  self->suite = is_sealed ? MC_SUITE_XCHACHA20 : MC_SUITE_NONE;
  self->key = is_sealed ? mc_key_new_from_file (place->key_file, NULL) : NULL;
  self->sealer =
    mc_sealer_new (self->suite, self->key, (const guint8 *) id, NULL);
  self->opener = make_opener (self);
  mc_opener_set_own_id (self->opener, (const guint8 *) id);
  self->name = g_strdup (name);
  self->instance = g_strdup (INSTANCE);
  self->dseq = self->dseq_one = 1;
  self->hellos = g_array_new (FALSE, FALSE, sizeof (McHello));
  self->texts = g_ptr_array_new_with_free_func (g_free);
  self->own_fd = multicast_socket_new (NULL);
  self->relay_fd = -1;
  self->group_fd = multicast_recorder_new (place);
  self->sources[0] = watch (self, self->own_fd);
  self->sources[1] = watch (self, self->group_fd);
  return self;
}

void
group_member_free (GroupMember *self)
{
  unwatch (self, 0);
  unwatch (self, 1);
  close (self->own_fd);
  close (self->group_fd);
  mc_opener_free (self->opener);
  mc_sealer_free (self->sealer);
  g_clear_pointer (&self->key, mc_key_unref);
  g_array_unref (self->hellos);
  g_ptr_array_unref (self->texts);
  g_free (self->name);
  g_free (self->instance);
  g_free (self);
}

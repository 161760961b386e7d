/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>

#include "io/hein-acceptor.h"
#include "io/hein-world.h"

/* Whom an acceptor accepts, and how many of them in a turn. */

#define N_CLIENTS 10
#define EACH_US   90 /* what each costs */

typedef struct
{
  HeinLoop *loop;
  HeinAcceptor *acceptor;
  GSocket *socket;
  GSocketAddress *address;
  GArray *accepted; /* descriptors */
  HeinWorld clock;
} Scene;

static gboolean
may_accept (gboolean is_waiting, gpointer data)
{
  return TRUE;
}

static void
on_accepted (int fd, gpointer data)
{
  Scene *self = data;

  g_array_append_val (self->accepted, fd);
  self->clock.now_us += EACH_US;
}

static void
on_trouble (const GError *error, gpointer data)
{
  g_error ("%s", error->message);
}

/* Takes @address. */
static void
scene_init (Scene *self, GSocketFamily family, GSocketAddress *address)
{
  g_autoptr (GSocketAddress) wanted = address;
  g_autoptr (GError) error = NULL;

  *self = (Scene){ .clock.now_us = 1 };
  self->loop = hein_loop_new ();
  self->accepted = g_array_new (FALSE, FALSE, sizeof (int));
  self->socket = g_socket_new (family, G_SOCKET_TYPE_STREAM, 0, &error);
  g_assert_no_error (error);
  g_socket_bind (self->socket, wanted, TRUE, &error);
  g_assert_no_error (error);
  self->acceptor = hein_acceptor_new (self->loop, self->socket, may_accept,
                                      on_accepted, on_trouble, self, &error);
  g_assert_no_error (error);
  self->address = g_socket_get_local_address (self->socket, &error);
  g_assert_no_error (error);
}

/* A socket of the user alone, whose ends know of each other at once. */
static void
scene_init_local (Scene *self)
{
  scene_init (self, G_SOCKET_FAMILY_UNIX,
              g_unix_socket_address_new_with_type (
                "", 0, G_UNIX_SOCKET_ADDRESS_ABSTRACT));
}

static void
scene_clear (Scene *self)
{
  for (guint i = 0; i < self->accepted->len; i++)
    close (g_array_index (self->accepted, int, i));
  hein_acceptor_free (self->acceptor);
  g_array_unref (self->accepted);
  g_object_unref (self->address);
  g_object_unref (self->socket);
  hein_loop_unref (self->loop);
}

static GSocket *
connect_to (Scene *self)
{
  g_autoptr (GError) error = NULL;
  GSocket *client = g_socket_new (g_socket_address_get_family (self->address),
                                  G_SOCKET_TYPE_STREAM, 0, &error);

  g_assert_no_error (error);
  g_socket_connect (client, self->address, NULL, &error);
  g_assert_no_error (error);
  return client;
}

/* Time is what they cost. */
static void
turn (Scene *self)
{
  hein_world = &self->clock;
  hein_loop_enter (self->loop);
  hein_loop_poll (self->loop, 0);
  hein_loop_take_news (self->loop);
  hein_loop_run_jobs (self->loop);
  hein_loop_leave (self->loop);
  hein_loop_settle (self->loop, FALSE);
  hein_world = NULL;
}

/* However many wait, a turn takes those for which it has time. */
static void
test_slices (void)
{
  const guint n_each = HEIN_ACCEPTOR_TURN_US / EACH_US + 1;
  g_autoptr (GPtrArray) clients =
    g_ptr_array_new_with_free_func (g_object_unref);
  Scene self;

  scene_init_local (&self);
  for (guint i = 0; i < N_CLIENTS; i++)
    g_ptr_array_add (clients, connect_to (&self));
  for (guint n = n_each; n < N_CLIENTS; n += n_each)
    {
      turn (&self);
      g_assert_cmpuint (self.accepted->len, ==, n);
    }
  turn (&self);
  g_assert_cmpuint (self.accepted->len, ==, N_CLIENTS);
  scene_clear (&self);
}

/* Who has gone without a word is not let in; who has left one is. */
static void
test_over (void)
{
  g_autoptr (GSocket) stays = NULL;
  g_autoptr (GSocket) speaks = NULL;
  g_autoptr (GError) error = NULL;
  char said[2];
  Scene self;

  scene_init_local (&self);
  g_object_unref (connect_to (&self));
  speaks = connect_to (&self);
  g_assert_cmpint (g_socket_send (speaks, "a", 1, NULL, &error), ==, 1);
  g_clear_object (&speaks);
  stays = connect_to (&self);
  turn (&self);
  turn (&self);
  g_assert_cmpuint (self.accepted->len, ==, 2);
  g_assert_cmpint (read (g_array_index (self.accepted, int, 0), said, 2), ==,
                   1);
  g_assert_cmpint (read (g_array_index (self.accepted, int, 1), said, 2), ==,
                   -1);
  scene_clear (&self);
}

/* Small messages do not wait for the acknowledgement of earlier ones. */
static void
test_no_delay (void)
{
  g_autoptr (GInetAddress) here =
    g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocket) client = NULL;
  int is_set = 0;
  socklen_t size = sizeof is_set;
  Scene self;

  scene_init (&self, G_SOCKET_FAMILY_IPV4, g_inet_socket_address_new (here, 0));
  client = connect_to (&self);
  while (self.accepted->len == 0)
    turn (&self);
  g_assert_cmpint (getsockopt (g_array_index (self.accepted, int, 0),
                               IPPROTO_TCP, TCP_NODELAY, &is_set, &size),
                   ==, 0);
  g_assert_cmpint (is_set, ==, 1);
  scene_clear (&self);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/acceptor/slices", test_slices);
  g_test_add_func ("/acceptor/over", test_over);
  g_test_add_func ("/acceptor/no-delay", test_no_delay);
  return g_test_run ();
}

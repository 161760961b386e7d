/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "libzmq-keys.h"
#include "libzmq-pair.h"

/* A bus and a socket of libzmq that meet. The socket is used without blocking,
 * between turns of the bus, so all is in one thread, but for ZAP. */

static const char *scheme = "tcp";

gboolean
libzmq_pair_use (const char *name)
{
  scheme = name;
  return !g_str_equal (scheme, "ws") || zmq_has ("WS");
}

void *
libzmq_pair_open (LibzmqPair *self, int type, gboolean listens)
{
  int none = 0;

  self->context = zmq_ctx_new ();
  self->zap = libzmq_zap_start (self->context);
  self->socket = zmq_socket (self->context, type);
  g_assert_nonnull (self->socket);
  libzmq_keys_set (self->socket, listens);
  zmq_setsockopt (self->socket, ZMQ_LINGER, &none, sizeof none);
  zmq_setsockopt (self->socket, ZMQ_SNDHWM, &none, sizeof none);
  zmq_setsockopt (self->socket, ZMQ_RCVHWM, &none, sizeof none);
  if (type == ZMQ_SUB)
    zmq_setsockopt (self->socket, ZMQ_SUBSCRIBE, "", 0);
  return self->socket;
}

LibzmqPair *
libzmq_pair_new (int type, gboolean listens)
{
  LibzmqPair *self = g_new0 (LibzmqPair, 1);
  char bound[256];
  gsize size = sizeof bound;
  g_autofree char *address = g_strconcat (scheme, "://127.0.0.1:0", NULL);
  g_autofree char *any = g_strconcat (scheme, "://127.0.0.1:*", NULL);
  g_autofree char *uri = libzmq_keys_dup_uri (address, type, listens);

  self->bus = hein_test_bus_new ("hein");
  g_object_set (self->bus->bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  libzmq_pair_open (self, type, listens);
  if (listens)
    {
      self->uri = g_strdup (
        hein_endpoint_get_bound_uri (hein_test_bus_listen (self->bus, uri)));
      self->uri[strcspn (self->uri, "?")] = '\0';
      g_assert_cmpint (zmq_connect (self->socket, self->uri), ==, 0);
    }
  else
    {
      g_assert_cmpint (zmq_bind (self->socket, any), ==, 0);
      zmq_getsockopt (self->socket, ZMQ_LAST_ENDPOINT, bound, &size);
      self->uri = g_strdup (bound);
      g_free (uri);
      uri = libzmq_keys_dup_uri (self->uri, type, listens);
      hein_test_bus_dial (self->bus, uri);
    }
  if (type == ZMQ_XSUB)
    g_assert_cmpint (zmq_send (self->socket, "\1", 1, 0), ==, 1);
  return self;
}

void
libzmq_pair_free (LibzmqPair *self)
{
  hein_test_bus_free (self->bus);
  if (self->socket != NULL)
    zmq_close (self->socket);
  zmq_ctx_term (self->context);
  if (self->zap != NULL)
    g_thread_join (self->zap);
  g_free (self->uri);
  g_free (self);
}

/* One frame if there is one. libzmq is told to look by asking for events, as a
 * bound SUB sends its subscriptions only then. */
static GBytes *
take_frame (LibzmqPair *self, gboolean *more)
{
  zmq_msg_t message;
  GBytes *bytes = NULL;
  int flag;
  gsize size = sizeof flag;

  zmq_msg_init (&message);
  if (zmq_msg_recv (&message, self->socket, ZMQ_DONTWAIT) >= 0)
    bytes = g_bytes_new (zmq_msg_data (&message), zmq_msg_size (&message));
  zmq_msg_close (&message);
  zmq_getsockopt (self->socket, ZMQ_RCVMORE, &flag, &size);
  *more = flag != 0;
  return bytes;
}

GBytes *
libzmq_pair_wait_for_frame (LibzmqPair *self, gboolean *more)
{
  gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;

  for (;;)
    {
      GBytes *bytes = take_frame (self, more);

      if (bytes != NULL)
        return bytes;
      hein_bus_turn (self->bus->bus, 1);
      g_assert_cmpint (g_get_monotonic_time (), <, end_us);
    }
}

void
libzmq_pair_expect (LibzmqPair *self, const char *text, gboolean is_last)
{
  gboolean more;
  g_autoptr (GBytes) bytes = libzmq_pair_wait_for_frame (self, &more);
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  g_assert_cmpmem (data, size, text, strlen (text));
  g_assert_cmpint (more, ==, !is_last);
}

void
libzmq_pair_give (LibzmqPair *self, const char *text, gboolean is_last)
{
  g_assert_cmpint (zmq_send (self->socket, text, strlen (text),
                             is_last ? 0 : ZMQ_SNDMORE),
                   ==, (int) strlen (text));
}

const char *
libzmq_pair_get_topic (LibzmqPair *self, guint index)
{
  return hein_message_get_topic (
    g_ptr_array_index (self->bus->messages, index));
}

void
libzmq_pair_assert_payload (LibzmqPair *self, guint index, const char *expected)
{
  g_autofree char *text = hein_test_bus_dup_text (self->bus, index);

  g_assert_cmpstr (text, ==, expected);
}

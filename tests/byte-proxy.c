/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "byte-proxy.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <gio/gunixsocketaddress.h>

typedef struct _Pass Pass;

/* One direction of a connection. */
typedef struct
{
  Pass *pass;
  int from;
  int to;
  gboolean is_upward;
  GSource *source; /* owned, nullable */
  gsize n_bytes;
  GByteArray *held; /* owned, nullable: what waits in a pause */
  gboolean is_half; /* what comes is thrown away */
  gboolean is_over;
} Way;

struct _Pass
{
  ByteProxy *proxy;
  GSocketConnection *near; /* owned: who dialled */
  GSocketConnection *far;  /* owned: who listens */
  Way ways[2];             /* down, up */
  gboolean is_over;
};

static void
stop (Way *way)
{
  if (way->source != NULL)
    g_source_destroy (way->source);
  g_clear_pointer (&way->source, g_source_unref);
}

static void
forget_held (Way *way)
{
  if (way->held != NULL)
    way->pass->proxy->n_paused--;
  g_clear_pointer (&way->held, g_byte_array_unref);
}

static void
end (Pass *self, gboolean is_reset)
{
  const struct linger at_once = { 1, 0 };

  if (self->is_over)
    return;
  self->is_over = TRUE;
  self->proxy->n_open--;
  for (guint i = 0; i < 2; i++)
    {
      stop (&self->ways[i]);
      forget_held (&self->ways[i]);
      if (is_reset)
        setsockopt (self->ways[i].from, SOL_SOCKET, SO_LINGER, &at_once,
                    sizeof at_once);
    }
  g_io_stream_close (G_IO_STREAM (self->near), NULL, NULL);
  g_io_stream_close (G_IO_STREAM (self->far), NULL, NULL);
}

static void
pass_free (gpointer data)
{
  Pass *self = data;

  end (self, FALSE);
  g_object_unref (self->near);
  g_object_unref (self->far);
  g_free (self);
}

static void
send_all (int fd, const char *data, gsize size)
{
  while (size > 0)
    {
      const gssize n = send (fd, data, size, MSG_NOSIGNAL);

      if (n < 0 && errno != EAGAIN)
        return;
      data += MAX (n, 0);
      size -= MAX (n, 0);
    }
}

/* FALSE: it went no further. */
static gboolean
do_deed (Way *way, ByteProxyDeed deed, char *data, gsize *size)
{
  ByteProxy *proxy = way->pass->proxy;
  const gsize before = proxy->place - way->n_bytes;

  proxy->n_deeds++;
  proxy->done_to = proxy->n_connections;
  if (proxy->is_once)
    proxy->deed = BYTE_PROXY_PASS;
  if (deed == BYTE_PROXY_FLIP)
    {
      data[before] ^= 1;
      return TRUE;
    }
  if (deed == BYTE_PROXY_PAUSE)
    {
      proxy->n_paused++;
      way->held = g_byte_array_new ();
      g_byte_array_append (way->held, (guint8 *) data + before, *size - before);
    }
  *size = before;
  return FALSE;
}

static gboolean
is_its_turn (Way *way, gsize size)
{
  ByteProxy *proxy = way->pass->proxy;

  return proxy->deed != BYTE_PROXY_PASS && proxy->deed < BYTE_PROXY_DRIP &&
         way->is_upward == proxy->is_upward && way->n_bytes <= proxy->place &&
         proxy->place < way->n_bytes + size;
}

static void
pass_on (Way *way, const char *data, gsize size)
{
  ByteProxy *proxy = way->pass->proxy;

  if (proxy->deed == BYTE_PROXY_LOSE && way->is_upward == proxy->is_upward)
    proxy->n_deeds++;
  else
    send_all (way->to, data, size);
  if (proxy->recorded[way->is_upward] != NULL)
    g_byte_array_append (proxy->recorded[way->is_upward], (guint8 *) data,
                         size);
  way->n_bytes += size;
  proxy->n_passed[way->is_upward] = way->n_bytes;
}

/* Whoever sends has ended, and this is the end of the connection when the other
 * one has, too. */
static void
end_way (Way *way)
{
  Pass *pass = way->pass;

  way->is_over = TRUE;
  shutdown (way->to, SHUT_WR);
  stop (way);
  if (pass->ways[0].is_over && pass->ways[1].is_over)
    end (pass, FALSE);
}

static void
finish_deed (Way *way, ByteProxyDeed deed)
{
  if (deed == BYTE_PROXY_STALL || deed == BYTE_PROXY_PAUSE)
    stop (way);
  else
    end (way->pass, deed == BYTE_PROXY_RESET);
}

static gboolean
on_readable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Way *way = user_data;
  const ByteProxyDeed deed = way->pass->proxy->deed;
  char data[65536];
  const gssize n =
    recv (way->from, data, deed == BYTE_PROXY_DRIP ? 1 : sizeof data, 0);
  gsize size = MAX (n, 0);
  gboolean goes_on = TRUE;

  if (n < 0 && errno == EAGAIN)
    return G_SOURCE_CONTINUE;
  if (n <= 0)
    {
      end_way (way);
      return G_SOURCE_REMOVE;
    }
  if (way->is_half)
    return G_SOURCE_CONTINUE;
  if (is_its_turn (way, size))
    goes_on = do_deed (way, deed, data, &size);
  pass_on (way, data, size);
  if (goes_on)
    return G_SOURCE_CONTINUE;
  if (deed == BYTE_PROXY_HALF)
    {
      way->is_half = TRUE;
      shutdown (way->to, SHUT_WR);
      return G_SOURCE_CONTINUE;
    }
  finish_deed (way, deed);
  return G_SOURCE_REMOVE;
}

static GSocket *
get_socket (Way *way)
{
  return g_socket_connection_get_socket (way->is_upward ? way->pass->near
                                                        : way->pass->far);
}

static void
watch (Way *way)
{
  way->source = g_socket_create_source (get_socket (way), G_IO_IN, NULL);
  g_source_set_callback (way->source, G_SOURCE_FUNC (on_readable), way, NULL);
  g_source_attach (way->source, g_main_context_get_thread_default ());
}

void
byte_proxy_go_on (ByteProxy *self)
{
  for (guint i = 0; i < self->passes->len; i++)
    for (guint k = 0; k < 2; k++)
      {
        Way *way = &((Pass *) self->passes->pdata[i])->ways[k];
        g_autoptr (GByteArray) held = NULL;

        if (way->held == NULL)
          continue;
        held = g_byte_array_ref (way->held);
        forget_held (way);
        pass_on (way, (const char *) held->data, held->len);
        watch (way);
      }
}

static void
begin (Pass *self, guint i, GSocketConnection *from, GSocketConnection *to)
{
  GSocket *socket = g_socket_connection_get_socket (from);
  Way *way = &self->ways[i];

  g_socket_set_blocking (socket, FALSE);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  way->pass = self;
  way->from = g_socket_get_fd (socket);
  way->to = g_socket_get_fd (g_socket_connection_get_socket (to));
  way->is_upward = i;
  watch (way);
}

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *near,
             GObject *source,
             gpointer data)
{
  ByteProxy *self = data;
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) far =
    g_socket_client_connect_to_host (client, "127.0.0.1", self->target, NULL,
                                     NULL);
  Pass *pass;

  if (far == NULL)
    return TRUE;
  pass = g_new0 (Pass, 1);
  pass->proxy = self;
  pass->near = g_object_ref (near);
  pass->far = g_steal_pointer (&far);
  self->n_connections++;
  self->n_open++;
  self->n_passed[0] = self->n_passed[1] = 0;
  begin (pass, 0, pass->far, pass->near);
  begin (pass, 1, pass->near, pass->far);
  g_ptr_array_add (self->passes, pass);
  return TRUE;
}

ByteProxy *
byte_proxy_new (guint16 target)
{
  ByteProxy *self = g_new0 (ByteProxy, 1);
  g_autoptr (GInetAddress) host =
    g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (host, 0);
  g_autoptr (GSocketAddress) bound = NULL;

  self->target = target;
  self->passes = g_ptr_array_new_with_free_func (pass_free);
  self->service = g_socket_service_new ();
  g_assert_true (
    g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), any,
                                   G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                   NULL, &bound, NULL));
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  g_signal_connect (self->service, "incoming", G_CALLBACK (on_incoming), self);
  g_socket_service_start (self->service);
  return self;
}

void
byte_proxy_cut (ByteProxy *self)
{
  g_ptr_array_set_size (self->passes, 0);
}

void
byte_proxy_free (ByteProxy *self)
{
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
  g_ptr_array_unref (self->passes);
  g_free (self);
}

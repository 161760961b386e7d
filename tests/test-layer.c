/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>

#include "byte-protocol.h"
#include "bus/hein-bus-state.h"
#include "hein-test.h"
#include "io/hein-loop.h"
#include "io/hein-tls-module.h"
#include "plugin/hein-plugin-module.h"

/*
 * A layer between socket and protocol, as TLS is one, at its most awkward: it
 * gives little at a time of what it has received, takes more than the socket does,
 * and begins with a word from either side. What it does to bytes is no secret.
 */

#define KEY       0x55
#define GIVEN_MAX 700
#define OUT_MAX   (80 * 1024)

typedef struct
{
  HeinStream stream;   /* first */
  HeinStream *carrier; /* owned */
  gboolean is_dialled;
  gboolean has_spoken;
  gboolean shuts;
  guint8 in[65536];
  gsize in_begin;
  gsize in_end;
  guint8 out[OUT_MAX];
  gsize out_begin;
  gsize out_end;
} Layer;

static guint n_opened; /* calls of layer_open */
static guint n_begun;  /* protocols */
static const char *proved_name;

static gboolean
layer_flush (HeinStream *stream, GError **error)
{
  Layer *self = (Layer *) stream;
  gssize n = 0;

  while (self->out_begin < self->out_end && n >= 0)
    {
      n = send (stream->fd, self->out + self->out_begin,
                self->out_end - self->out_begin, MSG_DONTWAIT | MSG_NOSIGNAL);
      self->out_begin += MAX (n, 0);
    }
  stream->n_unsent = self->out_end - self->out_begin;
  if (stream->n_unsent == 0 && self->shuts)
    shutdown (stream->fd, SHUT_WR);
  if (n >= 0 || errno == EAGAIN)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "sending");
  return FALSE;
}

static void
say (Layer *self, char word)
{
  self->out[0] = word;
  self->out_begin = 0;
  self->out_end = 1;
  self->has_spoken = TRUE;
  layer_flush (&self->stream, NULL);
}

static gboolean
layer_open (HeinStream *stream, GError **error)
{
  Layer *self = (Layer *) stream;
  char word;
  gssize n;

  n_opened++;
  if (self->is_dialled && !self->has_spoken)
    say (self, 'H');
  n = recv (stream->fd, &word, 1, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN)
    return FALSE;
  if (n <= 0 || word != (self->is_dialled ? 'h' : 'H'))
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                           "it does not know the word");
      return FALSE;
    }
  if (!self->is_dialled)
    say (self, 'h');
  stream->is_open = TRUE;
  return TRUE;
}

static HeinStreamProof
layer_get_proof (HeinStream *stream)
{
  return (HeinStreamProof){
    .security = "word:H",
    .name = ((Layer *) stream)->is_dialled ? NULL : proved_name,
  };
}

static gssize
layer_read (HeinStream *stream, void *buffer, gsize size, GError **error)
{
  Layer *self = (Layer *) stream;
  gssize n;

  if (self->in_begin == self->in_end)
    {
      n = recv (stream->fd, self->in, sizeof self->in, MSG_DONTWAIT);
      if (n <= 0)
        return n;
      self->in_begin = 0;
      self->in_end = n;
    }
  n = MIN (MIN (size, GIVEN_MAX), self->in_end - self->in_begin);
  for (gssize i = 0; i < n; i++)
    ((guint8 *) buffer)[i] = self->in[self->in_begin + i] ^ KEY;
  self->in_begin += n;
  stream->has_pending = self->in_begin < self->in_end;
  return n;
}

static gssize
layer_write (HeinStream *stream,
             const struct iovec *vectors,
             guint n_vectors,
             GError **error)
{
  Layer *self = (Layer *) stream;
  gsize taken = 0;

  if (stream->n_unsent > 0)
    return -1;
  self->out_begin = self->out_end = 0;
  for (guint i = 0; i < n_vectors; i++)
    for (gsize j = 0; j < vectors[i].iov_len && self->out_end < OUT_MAX; j++)
      {
        self->out[self->out_end++] = ((guint8 *) vectors[i].iov_base)[j] ^ KEY;
        taken++;
      }
  return layer_flush (stream, error) ? (gssize) taken : -1;
}

static void
layer_shut_down_write (HeinStream *stream)
{
  Layer *self = (Layer *) stream;

  self->shuts = TRUE;
  layer_flush (stream, NULL);
}

static gboolean
layer_reset_at_close (HeinStream *stream)
{
  return hein_stream_reset_at_close (((Layer *) stream)->carrier);
}

static void
layer_close (HeinStream *stream)
{
  hein_stream_close (((Layer *) stream)->carrier);
  g_free (stream);
}

static const HeinStreamFuncs layer_funcs = {
  .open = layer_open,
  .read = layer_read,
  .write = layer_write,
  .flush = layer_flush,
  .get_proof = layer_get_proof,
  .shut_down_write = layer_shut_down_write,
  .reset_at_close = layer_reset_at_close,
  .close = layer_close,
};

static HeinStream *
new_layer (HeinTls *tls,
           HeinStream *carrier,
           gboolean is_dialled,
           const char *host)
{
  const int least = 4096;
  Layer *self = g_new0 (Layer, 1);

  setsockopt (carrier->fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
  self->stream.funcs = &layer_funcs;
  self->stream.fd = carrier->fd;
  self->carrier = carrier;
  self->stream.is_layer = TRUE;
  self->is_dialled = is_dialled;
  return &self->stream;
}

static HeinTls *
open_keys (const HeinTlsOptions *options, GError **error)
{
  return g_malloc (1);
}

static void
close_keys (HeinTls *tls)
{
  g_free (tls);
}

static void
look (HeinTls *tls, GError **error)
{
}

static const HeinTlsModule module = {
  .abi = HEIN_TLS_MODULE_ABI,
  .size = sizeof module,
  .open = open_keys,
  .close = close_keys,
  .new_stream = new_layer,
  .look = look,
};

/* ---- a transport, of unix sockets by an abstract name ---- */

#define TEST_TYPE_WIRE (test_wire_get_type ())
G_DECLARE_FINAL_TYPE (TestWire, test_wire, TEST, WIRE, HeinStreamTransport)

struct _TestWire
{
  HeinStreamTransport parent_instance;
};

G_DEFINE_FINAL_TYPE (TestWire, test_wire, HEIN_TYPE_STREAM_TRANSPORT)

static GSocketAddress *
make_address (HeinEndpoint *endpoint)
{
  const char *host = strstr (hein_endpoint_get_uri (endpoint), "://") + 3;
  g_autofree char *name =
    g_strdup_printf ("hein-test-%.*s-%d", (int) strcspn (host, "?"), host,
                     getpid ());

  return g_unix_socket_address_new_with_type (name, -1,
                                              G_UNIX_SOCKET_ADDRESS_ABSTRACT);
}

static GSocketConnectable *
test_wire_get_connectable (HeinStreamTransport *self,
                           HeinEndpoint *endpoint,
                           GError **error)
{
  return G_SOCKET_CONNECTABLE (make_address (endpoint));
}

static GSocket *
test_wire_listen (HeinStreamTransport *self,
                  HeinEndpoint *endpoint,
                  GError **error)
{
  g_autoptr (GSocketAddress) address = make_address (endpoint);
  g_autoptr (GSocket) wire =
    g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM,
                  G_SOCKET_PROTOCOL_DEFAULT, error);

  if (wire == NULL || !g_socket_bind (wire, address, FALSE, error))
    return NULL;
  return g_steal_pointer (&wire);
}

static void
test_wire_class_init (TestWireClass *class)
{
  HeinStreamTransportClass *stream_class = HEIN_STREAM_TRANSPORT_CLASS (class);

  stream_class->get_connectable = test_wire_get_connectable;
  stream_class->listen = test_wire_listen;
}

static void
test_wire_init (TestWire *self)
{
}

/* ---- protocols ---- */

#define TEST_TYPE_WORD (test_word_get_type ())
G_DECLARE_DERIVABLE_TYPE (TestWord, test_word, TEST, WORD, ByteProtocol)

struct _TestWordClass
{
  ByteProtocolClass parent_class;
};

G_DEFINE_TYPE (TestWord, test_word, byte_protocol_get_type ())

static void
test_word_start (HeinProtocol *protocol, HeinWire *wire, gboolean is_dialled)
{
  n_begun++;
  HEIN_PROTOCOL_CLASS (test_word_parent_class)
    ->start (protocol, wire, is_dialled);
}

/* the whole payload goes out, so that one send is much */
static gboolean
test_word_encode (HeinProtocol *protocol,
                  HeinWire *wire,
                  HeinMessage *message,
                  GError **error)
{
  hein_wire_put_bytes (wire, hein_message_get_payload (message));
  return TRUE;
}

static void
test_word_class_init (TestWordClass *class)
{
  HEIN_PROTOCOL_CLASS (class)->start = test_word_start;
  HEIN_PROTOCOL_CLASS (class)->encode = test_word_encode;
}

static void
test_word_init (TestWord *self)
{
}

/* The same, of a peer that says to be Spock. */
#define TEST_TYPE_SPOCK (test_spock_get_type ())
G_DECLARE_FINAL_TYPE (TestSpock, test_spock, TEST, SPOCK, TestWord)

struct _TestSpock
{
  TestWord parent_instance;
};

G_DEFINE_FINAL_TYPE (TestSpock, test_spock, TEST_TYPE_WORD)

static void
test_spock_start (HeinProtocol *protocol, HeinWire *wire, gboolean is_dialled)
{
  hein_wire_set_match (wire, HEIN_MATCH_ALL);
  hein_wire_offer_name (wire, "spock", NULL, HEIN_NAME_RULE_SHARED);
}

static void
test_spock_class_init (TestSpockClass *class)
{
  HEIN_PROTOCOL_CLASS (class)->start = test_spock_start;
}

static void
test_spock_init (TestSpock *self)
{
}

/* ---- tests ---- */

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *kirk;
} Pair;

static void
set_up (Pair *self, gconstpointer data)
{
  n_opened = n_begun = 0;
  proved_name = NULL;
  self->hub = hein_test_bus_new ("hub");
  self->kirk = hein_test_bus_new ("kirk");
}

static void
tear_down (Pair *self, gconstpointer data)
{
  hein_test_bus_free (self->kirk);
  hein_test_bus_free (self->hub);
}

static void
meet (Pair *self, const char *uri)
{
  hein_test_bus_listen (self->hub, uri);
  hein_test_bus_dial (self->kirk, uri);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1 &&
                  hein_test_bus_count_peers (self->kirk) == 1);
}

/* Of @size bytes, each of which is a message at the other end. */
static void
send_many (HeinTestBus *bus, gsize size)
{
  g_autofree guint8 *data = g_malloc (size);
  g_autoptr (HeinPeer) peer =
    g_list_model_get_item (G_LIST_MODEL (hein_bus_get_peers (bus->bus)), 0);
  g_autoptr (HeinMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < size; i++)
    data[i] = i % 251;
  message = hein_message_new_data ("", data, size);
  hein_bus_send_to (bus->bus, hein_peer_get_name (peer), message, &error);
  g_assert_no_error (error);
}

static void
assert_all (HeinTestBus *bus, gsize size)
{
  g_assert_cmpuint (bus->messages->len, ==, size);
  for (gsize i = 0; i < size; i++)
    {
      const guint8 *data =
        g_bytes_get_data (hein_message_get_payload (bus->messages->pdata[i]),
                          NULL);

      g_assert_cmpuint (*data, ==, i % 251);
    }
}

/* What a stream holds is read to the end, though its descriptor is quiet. */
static void
test_pending (Pair *self, gconstpointer data)
{
  meet (self, "test-wire+test-word://pending?key-file=x");
  send_many (self->kirk, 60000);
  hein_test_wait (self->hub->messages->len == 60000);
  assert_all (self->hub, 60000);
}

/* It is not read while there are enough messages, and then goes on by itself. */
static void
test_pending_paused (Pair *self, gconstpointer data)
{
  g_object_set (self->hub->bus, "receive-limit", (guint64) 65536, NULL);
  hein_test_bus_set_takes (self->hub, FALSE);
  meet (self, "test-wire+test-word://paused?key-file=x");
  send_many (self->kirk, 60000);
  hein_test_wait (self->hub->bus->core.host.receive_cost >=
                  self->hub->bus->core.host.receive_max);
  hein_test_bus_set_takes (self->hub, TRUE);
  hein_test_wait (self->hub->messages->len == 60000);
  assert_all (self->hub, 60000);
}

/* What the stream has taken, and the socket has not, goes out before the end. */
static void
test_unsent_at_end (Pair *self, gconstpointer data)
{
  meet (self, "test-wire+test-word://unsent?key-file=x");
  send_many (self->kirk, 300000);
  hein_test_bus_close (self->kirk);
  hein_test_wait (self->hub->removed->len == 1);
  assert_all (self->hub, 300000);
  g_assert_no_error (self->hub->reason);
  g_assert_cmpuint (hein_test_bus_count_dropped (self->kirk), ==, 0);
}

static int
connect_raw (HeinEndpoint *endpoint)
{
  g_autoptr (GSocketAddress) address = make_address (endpoint);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;

  connection = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address),
                                        NULL, &error);
  g_assert_no_error (error);
  return dup (g_socket_get_fd (g_socket_connection_get_socket (connection)));
}

/* Nothing is to be done while somebody is silent: the loop sleeps, on both
 * sides. */
static void
test_silence (Pair *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    hein_test_bus_listen (self->hub,
                          "test-wire+test-word://silence?key-file=x");
  int fd = connect_raw (endpoint);
  struct pollfd bus = { hein_loop_get_fd (self->hub->bus->core.host.loop),
                        POLLIN, 0 };

  hein_test_wait (self->hub->bus->core.host.links.length == 1);
  for (guint n = 0; g_main_context_iteration (NULL, FALSE); n++)
    g_assert_cmpuint (n, <, 1000);
  n_opened = 0;
  g_assert_cmpint (poll (&bus, 1, 0), ==, 0);
  g_assert_cmpuint (n_opened, ==, 0);
  g_assert_cmpuint (n_begun, ==, 0);
  close (fd);
  hein_test_wait (self->hub->bus->core.host.links.length == 0);
}

/* The time for the handshake is that of the stream, too. */
static void
test_timeout (Pair *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    hein_test_bus_listen (self->hub,
                          "test-wire+test-word://timeout?key-file=x");
  int fd;

  g_object_set (self->hub->bus, "handshake-timeout-ms", 100u, NULL);
  fd = connect_raw (endpoint);
  hein_test_wait (self->hub->bus->core.host.links.length == 1);
  hein_test_wait (self->hub->bus->core.host.links.length == 0);
  g_assert_cmpuint (n_begun, ==, 0);
  close (fd);
}

/* In order or by a reset. */
static gboolean
is_ended (int fd)
{
  char byte;

  return recv (fd, &byte, 1, MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

static void
test_stranger (Pair *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    hein_test_bus_listen (self->hub,
                          "test-wire+test-word://stranger?key-file=x");
  int fd = connect_raw (endpoint);

  g_assert_cmpint (write (fd, "friend", 6), ==, 6);
  hein_test_wait (is_ended (fd));
  g_assert_cmpuint (n_begun, ==, 0);
  close (fd);
}

/* One that is still on its way in does not keep a bus from closing. */
static void
test_close_early (Pair *self, gconstpointer data)
{
  HeinEndpoint *endpoint =
    hein_test_bus_listen (self->hub, "test-wire+test-word://early?key-file=x");
  int fd = connect_raw (endpoint);

  hein_test_wait (self->hub->bus->core.host.links.length == 1);
  hein_test_bus_close (self->hub);
  g_assert_cmpuint (n_begun, ==, 0);
  close (fd);
}

/* A peer without a name of its own has the one that was proved. */
static void
test_proved_name (Pair *self, gconstpointer data)
{
  HeinPeer *peer;

  proved_name = "kirk the first";
  meet (self, "test-wire+test-word://proved?key-file=x");
  peer = hein_test_bus_find_peer (self->hub, "kirk the first");
  g_assert_nonnull (peer);
  g_assert_cmpstr (hein_peer_get_security (peer), ==, "word:H");
}

/* One that says another name than the proved one does not come in. */
static void
test_other_name (Pair *self, gconstpointer data)
{
  const char *uri = "test-wire+test-spock://other?key-file=x";
  HeinEndpoint *endpoint;

  proved_name = "kirk";
  hein_test_bus_listen (self->hub, uri);
  endpoint = hein_test_bus_dial (self->kirk, uri);
  hein_test_wait (hein_endpoint_get_state (endpoint) ==
                  HEIN_ENDPOINT_STATE_WAITING);
  g_assert_cmpuint (self->hub->added->len, ==, 0);
  g_assert_cmpuint (self->hub->messages->len, ==, 0);
  proved_name = "spock";
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1);
}

static void
add (const char *path, void (*test) (Pair *, gconstpointer))
{
  g_test_add (path, Pair, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (hein_plugin_add ("test-wire", TEST_TYPE_WIRE, NULL));
  g_assert_true (hein_plugin_add ("test-word", TEST_TYPE_WORD, NULL));
  g_assert_true (hein_plugin_add ("test-spock", TEST_TYPE_SPOCK, NULL));
  hein_plugin_set_module (HEIN_TLS_MODULE, &module);
  add ("/layer/pending", test_pending);
  add ("/layer/pending-paused", test_pending_paused);
  add ("/layer/unsent-at-end", test_unsent_at_end);
  add ("/layer/silence", test_silence);
  add ("/layer/timeout", test_timeout);
  add ("/layer/stranger", test_stranger);
  add ("/layer/close-early", test_close_early);
  add ("/layer/proved-name", test_proved_name);
  add ("/layer/other-name", test_other_name);
  return g_test_run ();
}

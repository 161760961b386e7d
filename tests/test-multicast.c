/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "multicast-test.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The formats without protection, addresses and options. M…, U…: the
 * requirements and faults that a test stands for. */

#define KEYS "format=multisock&key=pwd&iv=passphrase"

static void
assert_text (HeinTestBus *bus, guint index, const char *expected)
{
  g_autofree char *text = hein_test_bus_dup_text (bus, index);

  g_assert_cmpstr (text, ==, expected);
}

/* With nothing but these options. (transfer full) */
static char *
dup_bare_uri (MulticastPlace *place, const char *options)
{
  return g_strdup_printf ("udp-multicast://%s:%u?%s", place->group, place->port,
                          options);
}

static HeinMessage *
get (HeinTestBus *bus, guint index)
{
  return g_ptr_array_index (bus->messages, index);
}

/* ---- plain ---- */

/* M1, M3: all get it, with its sender, whose name is its address. */
static void
test_readers (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  HeinTestBus *readers[5];
  HeinTestBus *writer;
  g_autofree char *name = NULL;

  if (place == NULL)
    return;
  writer = multicast_join ("writer", multicast_place_dup_uri (place, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (readers); i++)
    readers[i] =
      multicast_join ("reader", multicast_place_dup_uri (place, NULL));
  hein_test_bus_send (writer, NULL, "", "hello!");
  for (guint i = 0; i < G_N_ELEMENTS (readers); i++)
    {
      HeinPeer *sender;
      g_autofree char *address = NULL;

      hein_test_wait (readers[i]->messages->len == 1);
      assert_text (readers[i], 0, "hello!");
      sender = hein_message_get_sender (get (readers[i], 0));
      address = g_socket_connectable_to_string (
        G_SOCKET_CONNECTABLE (hein_peer_get_address (sender)));
      g_assert_cmpstr (hein_peer_get_name (sender), ==, address);
      g_assert_true (g_str_has_prefix (address, "127.0.0.1:"));
      g_assert_true (name == NULL || g_str_equal (name, address));
      g_free (name);
      name = g_steal_pointer (&address);
      hein_test_bus_free (readers[i]);
    }
  g_assert_cmpuint (writer->messages->len, ==, 0);
  hein_test_bus_free (writer);
}

/* M2: those that are there get it; with nobody there nothing is wrong. */
static void
test_join_and_leave (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) writer = NULL;
  HeinTestBus *first;
  HeinTestBus *second;

  if (place == NULL)
    return;
  writer = multicast_join ("writer", multicast_place_dup_uri (place, NULL));
  hein_test_bus_send (writer, NULL, "", "nobody");
  hein_bus_turn (writer->bus, 0);
  first = multicast_join ("first", multicast_place_dup_uri (place, NULL));
  hein_test_bus_send (writer, NULL, "", "one");
  hein_test_wait (first->messages->len == 1);
  second = multicast_join ("second", multicast_place_dup_uri (place, NULL));
  hein_test_bus_send (writer, NULL, "", "two");
  hein_test_wait (first->messages->len == 2 && second->messages->len == 1);
  hein_test_bus_free (first);
  hein_test_bus_send (writer, NULL, "", "three");
  hein_test_wait (second->messages->len == 2);
  assert_text (second, 0, "two");
  assert_text (second, 1, "three");
  hein_test_bus_free (second);
  g_assert_cmpuint (hein_bus_get_n_dropped (writer->bus,
                                            HEIN_DROP_REASON_NO_PEER) +
                      hein_bus_get_n_dropped (writer->bus,
                                              HEIN_DROP_REASON_UNSENDABLE),
                    ==, 0);
}

/* M5: whole datagrams are read, from the empty to the largest; U6: what is
 * larger is refused. */
static void
test_sizes (void)
{
  static const gsize sizes[] = { 0, 1, 1400, 4096, 4097, 65507, 65508 };
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) writer = NULL;
  g_autoptr (HeinTestBus) reader = NULL;
  g_autofree guint8 *data = g_malloc (65508);

  if (place == NULL)
    return;
  memset (data, 'x', 65508);
  writer = multicast_join ("writer", multicast_place_dup_uri (place, NULL));
  reader = multicast_join ("reader", multicast_place_dup_uri (place, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (HeinMessage) message =
        hein_message_new_data ("", data, sizes[i]);

      g_assert_true (hein_bus_send (writer->bus, message, NULL));
    }
  hein_test_wait (reader->messages->len == 6);
  for (guint i = 0; i < 6; i++)
    g_assert_cmpuint (hein_message_get_size (get (reader, i)), ==, sizes[i]);
  g_assert_cmpuint (hein_bus_get_n_dropped (writer->bus,
                                            HEIN_DROP_REASON_UNSENDABLE),
                    ==, 1);
}

/* M4: without waiting, and until something comes. */
static void
test_receive (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) writer = NULL;
  g_autoptr (HeinBus) reader = hein_bus_new ("reader");
  g_autoptr (HeinMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = NULL;
  g_autofree char *text = NULL;

  if (place == NULL)
    return;
  uri = multicast_place_dup_uri (place, NULL);
  g_assert_nonnull (hein_bus_listen (reader, uri, &error));
  g_assert_null (hein_bus_receive (reader, 0, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_clear_error (&error);
  writer = multicast_join ("writer", multicast_place_dup_uri (place, NULL));
  hein_test_bus_send (writer, NULL, "", "hello!");
  hein_bus_turn (writer->bus, 0);
  message = hein_bus_receive (reader, -1, &error);
  g_assert_no_error (error);
  text = hein_message_dup_text (message, NULL);
  g_assert_cmpstr (text, ==, "hello!");
  hein_bus_close (reader);
}

/* U6, and what is for one peer alone: it knows who has spoken. */
static void
test_answer (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) writer = NULL;
  g_autoptr (HeinTestBus) reader = NULL;
  g_autoptr (HeinTestBus) other = NULL;
  g_autofree char *large = g_strnfill (65508, 'x');
  g_autoptr (HeinMessage) message = hein_message_new_text ("", large);
  g_autoptr (GError) error = NULL;
  HeinPeer *sender;

  if (place == NULL)
    return;
  writer = multicast_join ("writer", multicast_place_dup_uri (place, NULL));
  reader = multicast_join ("reader", multicast_place_dup_uri (place, NULL));
  other = multicast_join ("other", multicast_place_dup_uri (place, NULL));
  hein_test_bus_send (writer, NULL, "", "who?");
  hein_test_wait (reader->messages->len == 1 && other->messages->len == 1);
  sender = hein_message_get_sender (get (reader, 0));
  hein_test_bus_send (reader, hein_peer_get_name (sender), "", "me");
  hein_test_wait (writer->messages->len == 1);
  assert_text (writer, 0, "me");
  g_assert_cmpuint (other->messages->len, ==, 1);
  g_assert_false (hein_bus_send_to (reader->bus, hein_peer_get_name (sender),
                                    message, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
}

/* Those of many parts have no place on this wire. */
static void
test_parts (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) writer = NULL;
  g_autoptr (GBytes) part = g_bytes_new_static ("part", 4);
  GBytes *parts[] = { part, part };
  g_autoptr (HeinMessage) message = hein_message_new_parts ("", parts, 2);

  if (place == NULL)
    return;
  writer = multicast_join ("writer", multicast_place_dup_uri (place, NULL));
  g_assert_true (hein_bus_send (writer->bus, message, NULL));
  hein_bus_turn (writer->bus, 0);
  g_assert_cmpuint (hein_bus_get_n_dropped (writer->bus,
                                            HEIN_DROP_REASON_UNSENDABLE),
                    ==, 1);
}

/* U14: two groups share a port. */
static void
check_two_groups (const char *options)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) writer = NULL;
  g_autoptr (HeinTestBus) reader = NULL;
  g_autoptr (HeinTestBus) other_writer = NULL;
  g_autoptr (HeinTestBus) other_reader = NULL;

  if (place == NULL)
    return;
  writer = multicast_join ("writer", multicast_place_dup_uri (place, options));
  reader = multicast_join ("reader", multicast_place_dup_uri (place, options));
  g_free (place->group);
  place->group = g_strdup ("239.255.255.1");
  other_writer =
    multicast_join ("other-writer", multicast_place_dup_uri (place, options));
  other_reader =
    multicast_join ("other-reader", multicast_place_dup_uri (place, options));
  hein_test_bus_send (writer, NULL, "", "one");
  hein_test_bus_send (other_writer, NULL, "", "other");
  hein_test_wait (reader->messages->len == 1 &&
                  other_reader->messages->len == 1);
  hein_test_bus_send (writer, NULL, "", "two");
  hein_test_bus_send (other_writer, NULL, "", "end");
  hein_test_wait (reader->messages->len == 2 &&
                  other_reader->messages->len == 2);
  assert_text (reader, 0, "one");
  assert_text (reader, 1, "two");
  assert_text (other_reader, 0, "other");
  assert_text (other_reader, 1, "end");
}

static void
test_two_groups (gconstpointer options)
{
  check_two_groups (options);
}

typedef struct
{
  const char *path;
  const char *options;
  int expected;
} Ttl;

/* M6: all of them on lo, which a datagram never leaves. */
static const Ttl ttls[] = {
  { "/multicast/ttl/stays-here", "interface=lo", 0 },
  { "/multicast/ttl/multisock-stays-here", "interface=lo&format=multisock", 0 },
  { "/multicast/ttl/plain", "interface=lo&plaintext=yes", 1 },
  { "/multicast/ttl/multisock", "interface=lo&format=multisock&plaintext=yes",
    32 },
  { "/multicast/ttl/given",
    "interface=127.0.0.1&format=multisock&plaintext=yes&ttl=2", 2 },
};

/* That of the next datagram, which is there. */
static int
read_ttl (int fd)
{
  guint8 control[CMSG_SPACE (sizeof (int))];
  char data[16];
  struct iovec vector = { data, sizeof data };
  struct msghdr message = { .msg_iov = &vector,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control };
  int ttl;

  g_assert_cmpint (recvmsg (fd, &message, 0), ==, strlen ("hello!"));
  g_assert_nonnull (CMSG_FIRSTHDR (&message));
  g_assert_cmpint (CMSG_FIRSTHDR (&message)->cmsg_type, ==, IP_TTL);
  memcpy (&ttl, CMSG_DATA (CMSG_FIRSTHDR (&message)), sizeof ttl);
  return ttl;
}

static void
test_ttl (gconstpointer data)
{
  const Ttl *ttl = data;
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) writer = NULL;
  g_autoptr (HeinTestBus) reader = NULL;
  const int yes = 1;
  int recorder;

  if (place == NULL)
    return;
  recorder = multicast_recorder_new (place);
  g_assert_no_errno (
    setsockopt (recorder, IPPROTO_IP, IP_RECVTTL, &yes, sizeof yes));
  writer = multicast_join ("writer", dup_bare_uri (place, ttl->options));
  reader = multicast_join ("reader", dup_bare_uri (place, ttl->options));
  hein_test_bus_send (writer, NULL, "", "hello!");
  hein_test_wait (reader->messages->len == 1);
  assert_text (reader, 0, "hello!");
  g_assert_cmpint (read_ttl (recorder), ==, ttl->expected);
  close (recorder);
}

/* ---- multisock ---- */

/* What came cannot be read with the key there is. */
static void
on_dropped (HeinBus *bus,
            HeinPeer *peer,
            HeinDropReason reason,
            guint64 n_messages,
            guint64 n_bytes,
            guint64 *n_invalid)
{
  g_assert_cmpint (reason, ==, HEIN_DROP_REASON_INVALID);
  *n_invalid += n_messages;
}

/* M7, M8: those with the key read it, the others are told and count it. It
 * hears itself, as the original does. */
static void
test_multisock (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) writer = NULL;
  g_autoptr (HeinTestBus) reader = NULL;
  g_autoptr (HeinTestBus) stranger = NULL;
  static const guint8 bytes[] = { 0xff, 0, 1, 2 };
  g_autoptr (HeinMessage) message =
    hein_message_new_data ("", bytes, sizeof bytes);
  const guint8 *data;
  gsize size;
  guint64 n_invalid = 0;

  if (place == NULL)
    return;
  writer = multicast_join ("writer", multicast_place_dup_uri (place, KEYS));
  reader = multicast_join ("reader", multicast_place_dup_uri (place, KEYS));
  stranger =
    multicast_join ("stranger",
                    multicast_place_dup_uri (
                      place, "format=multisock&key=other&iv=passphrase"));
  g_signal_connect (stranger->bus, "dropped", G_CALLBACK (on_dropped),
                    &n_invalid);
  hein_test_bus_send (writer, NULL, "", "hello!");
  g_assert_true (hein_bus_send (writer->bus, message, NULL));
  hein_test_wait (reader->messages->len == 2 && writer->messages->len == 2);
  assert_text (reader, 0, "hello!");
  data = hein_message_peek_data (get (reader, 1), &size);
  g_assert_cmpmem (data, size, bytes, sizeof bytes);
  hein_test_wait (n_invalid == 2);
  g_assert_cmpuint (hein_bus_get_n_dropped (stranger->bus,
                                            HEIN_DROP_REASON_INVALID),
                    ==, 2);
  g_assert_cmpuint (stranger->messages->len, ==, 0);
}

/* M7: the datagram that the library would send. */
static void
test_multisock_bytes (void)
{
  static const char expected[] = "JcQn6MVGjG/+PJzciQ3ozw==\n";
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) writer = NULL;
  g_autoptr (GPtrArray) heard = NULL;
  const guint8 *data;
  gsize size;
  int recorder;

  if (place == NULL)
    return;
  recorder = multicast_recorder_new (place);
  writer = multicast_join ("writer", multicast_place_dup_uri (place, KEYS));
  hein_test_bus_send (writer, NULL, "", "hello!");
  hein_test_wait (writer->messages->len == 1);
  heard = multicast_recorder_take (recorder);
  g_assert_cmpuint (heard->len, ==, 1);
  data = g_bytes_get_data (g_ptr_array_index (heard, 0), &size);
  g_assert_cmpmem (data, size, expected, sizeof expected - 1);
  close (recorder);
}

/* M12: objects are JSON here. */
static void
test_objects (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) writer = NULL;
  g_autoptr (HeinTestBus) reader = NULL;
  g_autoptr (GBytes) json = g_bytes_new_static ("[1, \"two\", null]", 16);
  g_autoptr (HeinMessage) message =
    hein_message_new_typed ("", "application/json", json);

  if (place == NULL)
    return;
  writer = multicast_join ("writer", multicast_place_dup_uri (place, KEYS
                                                              "&objects=yes"));
  reader = multicast_join ("reader", multicast_place_dup_uri (place, KEYS
                                                              "&objects=yes"));
  g_assert_true (hein_bus_send (writer->bus, message, NULL));
  hein_test_bus_send (writer, NULL, "", "text");
  hein_test_wait (reader->messages->len == 2);
  g_assert_cmpstr (hein_message_get_content_type (get (reader, 0)), ==,
                   "application/json");
  assert_text (reader, 0, "[1,\"two\",null]");
  g_assert_null (hein_message_get_content_type (get (reader, 1)));
  assert_text (reader, 1, "text");
}

/* ---- addresses ---- */

typedef struct
{
  const char *uri;
  HeinError code;
} BadAddress;

#define GROUP "udp-multicast://239.1.2.3:7000"

/* M9, M6, U12 */
static const BadAddress bad_addresses[] = {
  { "udp-multicast://", HEIN_ERROR_BAD_ADDRESS },
  { "udp-multicast://:7000", HEIN_ERROR_BAD_ADDRESS },
  { "udp-multicast://239.1.2.3", HEIN_ERROR_BAD_ADDRESS },
  { "udp-multicast://239.1.2.3:0", HEIN_ERROR_BAD_ADDRESS },
  { "udp-multicast://127.0.0.1:7000", HEIN_ERROR_BAD_ADDRESS },
  { "udp-multicast://localhost:7000", HEIN_ERROR_BAD_ADDRESS },
  { "udp-multicast://[::1]:7000", HEIN_ERROR_BAD_ADDRESS },
  { "udp-multicast://223.255.255.255:7000", HEIN_ERROR_BAD_ADDRESS },
  { "udp-multicast://240.0.0.0:7000", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "/path", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?nonsense=1", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?format=nonsense", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?ttl=256", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?mtu=575", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?mtu=65508", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?interface=nonsense0", HEIN_ERROR_INSECURE },
  { GROUP "?interface=nonsense0&plaintext=yes", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?interface=192.0.2.1&plaintext=yes", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?interface=&plaintext=yes", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?interface=lo,&plaintext=yes&ttl=0", HEIN_ERROR_BAD_ADDRESS },
  { "udp-multicast://[ff02::1234]:7000?interface=lo,lo&plaintext=yes&ttl=0",
    HEIN_ERROR_BAD_ADDRESS },
  { "udp-multicast://[ff02::1234%25lo]:7000", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?loopback=no", HEIN_ERROR_BAD_ADDRESS }, /* and TTL 0: for nobody */
  { GROUP "?loopback=no&ttl=0&plaintext=yes", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?format=multisock&key=&iv=phrase", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?format=multisock&key=%20&iv=phrase", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?format=multisock&key=pwd&iv=", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?format=multisock&key=pwd&iv=%20%09", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?format=multisock&key=pwd", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?format=multisock&iv=phrase", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?format=multisock&iv=phrase&key=123456789012345678901234567890123",
    HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?format=multisock&key=pwd&iv=1234567890123456",
    HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?format=multisock&reliable=yes", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?format=multisock&key-file=/nonsense", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?format=plain&key-file=/nonsense", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?format=plain&key=pwd&iv=phrase", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?format=plain&objects=yes", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?format=plain&reliable=yes", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?reliable=yes", HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?key-file=/nonsense&key-ring-file=/nonsense",
    HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?key-file=/nonsense&passphrase-file=/nonsense",
    HEIN_ERROR_BAD_ADDRESS },
  { GROUP "?ttl=1", HEIN_ERROR_INSECURE },
  { GROUP "?interface=lo&ttl=1", HEIN_ERROR_INSECURE },
  { GROUP "?interface=lo,lo", HEIN_ERROR_INSECURE },
  { GROUP "?format=hein&ttl=1", HEIN_ERROR_INSECURE },
  { GROUP "?format=multisock&ttl=1&key=pwd&iv=phrase", HEIN_ERROR_INSECURE },
};

static void
test_bad_address (gconstpointer data)
{
  const BadAddress *bad = data;
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_listen (bus->bus, bad->uri, &error));
  g_assert_error (error, HEIN_ERROR, (int) bad->code);
  g_clear_error (&error);
  g_assert_null (hein_bus_dial (bus->bus, bad->uri, &error));
  g_assert_error (error, HEIN_ERROR, (int) bad->code);
}

/* The error says what to write. */
static void
test_insecure (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_listen (bus->bus, GROUP "?ttl=1", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE);
  g_assert_nonnull (strstr (error->message, GROUP "?ttl=1&plaintext=yes"));
  g_assert_nonnull (strstr (error->message, "key-file="));
}

/* A key in a file that is not there, or that others may read. */
static void
test_key_files (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autoptr (GError) error = NULL;

  g_assert_null (
    hein_bus_listen (bus->bus, GROUP "?interface=lo&ttl=0&key-file=/nonsense",
                     &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (hein_bus_listen (bus->bus,
                                  GROUP
                                  "?interface=lo&ttl=0&key-ring-file=/nonsense",
                                  &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* P7: a child of fork() has nothing to say. */
static void
test_fork (gconstpointer options)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) writer = NULL;
  g_autoptr (HeinTestBus) reader = NULL;
  g_autoptr (HeinMessage) message = hein_message_new_text ("", "child");
  int status = 0;
  pid_t child;

  if (place == NULL)
    return;
  writer = multicast_join ("writer", multicast_place_dup_uri (place, options));
  reader = multicast_join ("reader", multicast_place_dup_uri (place, options));
  child = fork ();
  if (child == 0)
    {
      gboolean is_refused = !hein_bus_send (writer->bus, message, NULL);

      /* not _exit: valgrind would call the parent's locals lost in here */
      if (is_refused)
        execlp ("true", "true", NULL);
      _exit (1);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  hein_test_bus_send (writer, NULL, "", "parent");
  hein_test_wait (reader->messages->len == 1);
  assert_text (reader, 0, "parent");
}

/* Turns and drops what it has of the parent's. */
static void
run_child (HeinTestBus *writer, HeinTestBus *reader)
{
  for (guint i = 0; i < 100; i++)
    g_main_context_iteration (NULL, FALSE);
  g_object_run_dispose (G_OBJECT (writer->bus));
  g_object_run_dispose (G_OBJECT (reader->bus));
  for (guint i = 0; i < 100; i++)
    g_main_context_iteration (NULL, FALSE);
  g_ptr_array_set_size (reader->added, 0);
  g_ptr_array_set_size (writer->added, 0);
  g_object_unref (writer->bus);
  g_object_unref (reader->bus);
  execlp ("true", "true", NULL);
  _exit (1);
}

/* It reads nothing that came for the parent, and sends nothing that the parent has
 * still to send, and no goodbye. */
static void
test_fork_turns (gconstpointer options)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) writer = NULL;
  g_autoptr (HeinTestBus) reader = NULL;
  int status = 0;
  pid_t child;

  if (place == NULL)
    return;
  writer = multicast_join ("writer", multicast_place_dup_uri (place, options));
  reader = multicast_join ("reader", multicast_place_dup_uri (place, options));
  hein_test_bus_send (writer, NULL, "", "first");
  hein_test_wait (reader->messages->len == 1);
  hein_test_bus_send (writer, NULL, "", "early");
  child = fork ();
  if (child == 0)
    run_child (writer, reader);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  hein_test_bus_send (writer, NULL, "", "late");
  hein_test_wait (reader->messages->len == 3);
  assert_text (reader, 1, "early");
  assert_text (reader, 2, "late");
  g_assert_cmpuint (reader->removed->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/multicast/plain/readers", test_readers);
  g_test_add_func ("/multicast/plain/join-and-leave", test_join_and_leave);
  g_test_add_func ("/multicast/plain/sizes", test_sizes);
  g_test_add_func ("/multicast/plain/receive", test_receive);
  g_test_add_func ("/multicast/plain/answer", test_answer);
  g_test_add_func ("/multicast/plain/parts", test_parts);
  g_test_add_data_func ("/multicast/plain/two-groups", "format=plain",
                        test_two_groups);
  g_test_add_data_func ("/multicast/plain/fork", "format=plain", test_fork);
  g_test_add_data_func ("/multicast/plain/fork-turns", "format=plain",
                        test_fork_turns);
  g_test_add_data_func ("/multicast/hein/two-groups", "format=hein",
                        test_two_groups);
  g_test_add_data_func ("/multicast/hein/fork", "format=hein", test_fork);
  g_test_add_data_func ("/multicast/hein/fork-turns", "format=hein",
                        test_fork_turns);
  g_test_add_func ("/multicast/multisock/text-and-bytes", test_multisock);
  g_test_add_func ("/multicast/multisock/datagram", test_multisock_bytes);
  g_test_add_func ("/multicast/multisock/objects", test_objects);
  for (guint i = 0; i < G_N_ELEMENTS (ttls); i++)
    g_test_add_data_func (ttls[i].path, &ttls[i], test_ttl);
  for (guint i = 0; i < G_N_ELEMENTS (bad_addresses); i++)
    {
      g_autofree char *path = g_strdup_printf ("/multicast/bad-address/%u", i);

      g_test_add_data_func (path, &bad_addresses[i], test_bad_address);
    }
  g_test_add_func ("/multicast/insecure", test_insecure);
  g_test_add_func ("/multicast/key-files", test_key_files);
  return g_test_run ();
}

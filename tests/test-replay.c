/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "hein-test.h"
#include "mcap/hein-mcap-channels.h"
#include "mcap/hein-mcap-writer.h"

/* replay: what was recorded comes again, from those who sent it. */

#define NS_PER_MS (1000 * 1000)

/* a recorded message */
typedef struct
{
  const char *sender; /* NULL: not recorded */
  const char *topic;
  const char *text;
  guint at_ms;
} Said;

typedef struct
{
  char *folder;
  char *path;
} Place;

static Place *
place_new (void)
{
  Place *self = g_new0 (Place, 1);

  self->folder = g_dir_make_tmp ("hein-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "night.mcap", NULL);
  return self;
}

static void
place_free (Place *self)
{
  g_unlink (self->path);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->path);
  g_free (self->folder);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Place, place_free)

static char *
make_uri (const Place *self, const char *options)
{
  return g_strconcat ("replay://", self->path, options, NULL);
}

/* A channel for each message, and all of them in one chunk. */
static void
record_as (const Place *self,
           const Said *said,
           guint n,
           HeinMcapCompression compression)
{
  const int fd = g_open (self->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  g_autoptr (HeinMcapWriter) writer =
    hein_mcap_writer_new (fd, compression, NULL);
  g_autoptr (HeinMcapChunk) chunk = hein_mcap_chunk_new (4096);
  g_autofree HeinMcapChannel *channels = g_new0 (HeinMcapChannel, n);

  for (guint i = 0; i < n; i++)
    {
      channels[i] = (HeinMcapChannel){ .topic = (char *) said[i].topic,
                                       .encoding = (char *) "",
                                       .sender = (char *) said[i].sender };
      hein_mcap_chunk_add_channel (chunk, &channels[i], i);
      memcpy (hein_mcap_chunk_add (chunk, i, i,
                                   (1000 + (guint64) said[i].at_ms) * NS_PER_MS,
                                   strlen (said[i].text)),
              said[i].text, strlen (said[i].text));
    }
  g_assert_true (hein_mcap_writer_add (writer, chunk, NULL));
  g_assert_true (hein_mcap_writer_finish (writer, channels, n, NULL));
  close (fd);
}

static void
record (const Place *self, const Said *said, guint n)
{
  record_as (self, said, n, HEIN_MCAP_PLAIN);
}

static const Said night[] = {
  { "kirk", "bridge", "one", 0 },
  { "spock", "science", "two", 1 },
  { NULL, "bridge", "three", 2 },
  { "kirk", "bridge/log", "four", 3 },
};

static void
assert_message (HeinTestBus *bus,
                guint index,
                const char *sender,
                const char *topic,
                const char *expected)
{
  HeinMessage *message = g_ptr_array_index (bus->messages, index);
  g_autofree char *text = hein_test_bus_dup_text (bus, index);

  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpstr (hein_message_get_topic (message), ==, topic);
  g_assert_cmpstr (hein_peer_get_name (hein_message_get_sender (message)), ==,
                   sender);
}

static void
assert_name (GPtrArray *peers, guint index, const char *name)
{
  g_assert_cmpstr (hein_peer_get_name (g_ptr_array_index (peers, index)), ==,
                   name);
}

/* ---- what is played ---- */

/* Whoever sent something is a peer, who comes with it and goes at the end. */
static void
test_senders (void)
{
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, "");
  HeinEndpoint *endpoint;

  record (place, night, G_N_ELEMENTS (night));
  endpoint = hein_test_bus_dial (bus, uri);
  hein_test_wait (bus->removed->len == 3);
  g_assert_cmpuint (bus->messages->len, ==, 4);
  assert_message (bus, 0, "kirk", "bridge", "one");
  assert_message (bus, 1, "spock", "science", "two");
  assert_message (bus, 2, "night", "bridge", "three");
  assert_message (bus, 3, "kirk", "bridge/log", "four");
  assert_name (bus->added, 0, "kirk");
  assert_name (bus->added, 1, "spock");
  assert_name (bus->added, 2, "night");
  g_assert_cmpuint (bus->added->len, ==, 3);
  g_assert_no_error (bus->reason);
  g_assert_cmpuint (bus->n_failed, ==, 0);
  g_assert_cmpint (hein_endpoint_get_state (endpoint), ==,
                   HEIN_ENDPOINT_STATE_OPEN);
  g_assert_cmpuint (hein_endpoint_get_n_connections (endpoint), ==, 3);
  g_assert_cmpstr (hein_peer_get_transport_name (
                     g_ptr_array_index (bus->added, 0)),
                   ==, "replay");
}

static void
test_compressed (void)
{
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, "?rate=max");

  if (!hein_mcap_can_compress (HEIN_MCAP_ZSTD))
    {
      g_test_skip ("built without zstd");
      return;
    }
  record_as (place, night, G_N_ELEMENTS (night), HEIN_MCAP_ZSTD);
  hein_test_bus_dial (bus, uri);
  hein_test_wait (bus->removed->len == 3);
  g_assert_cmpuint (bus->messages->len, ==, 4);
}

/* The distances in time are those that were; never less. */
static void
test_times (void)
{
  static const Said said[] = {
    { "kirk", "", "one", 0 },
    { "kirk", "", "two", 30 },
    { "kirk", "", "three", 20 }, /* the clock went back */
    { "kirk", "", "four", 60 },
  };
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, "?rate=0.5");
  gint64 first_us;

  record (place, said, G_N_ELEMENTS (said));
  hein_test_bus_dial (bus, uri);
  hein_test_wait (bus->messages->len > 0);
  first_us = g_get_monotonic_time ();
  hein_test_wait (bus->removed->len == 1);
  assert_message (bus, 1, "kirk", "", "two");
  assert_message (bus, 2, "kirk", "", "three");
  g_assert_cmpint (g_get_monotonic_time () - first_us, >=, 60 * 1000);
}

static void
test_loop (void)
{
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, "?loop=yes&rate=max");
  HeinEndpoint *endpoint;

  record (place, night, G_N_ELEMENTS (night));
  endpoint = hein_test_bus_dial (bus, uri);
  hein_test_wait (bus->messages->len >= 4 * 100);
  g_assert_cmpuint (bus->added->len, ==, 3);
  g_assert_cmpuint (bus->removed->len, ==, 0);
  assert_message (bus, 4 * 99 + 3, "kirk", "bridge/log", "four");
  hein_endpoint_close (endpoint);
  hein_test_wait (bus->removed->len == 3);
}

static void
test_topics (gconstpointer data)
{
  const char *const *options = data;
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, options[0]);

  record (place, night, G_N_ELEMENTS (night));
  if (options[1] != NULL)
    g_assert_true (hein_bus_subscribe_pattern (bus->bus, options[1], NULL));
  hein_test_bus_dial (bus, uri);
  hein_test_wait (bus->removed->len > 0);
  g_assert_cmpuint (bus->messages->len, ==, 1);
  assert_message (bus, 0, "kirk", "bridge/log", "four");
}

/* A recording of nothing that is wanted: somebody comes, and goes. */
static void
test_nothing (void)
{
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, "?topic=engine&loop=yes");

  record (place, night, G_N_ELEMENTS (night));
  hein_test_bus_dial (bus, uri);
  hein_test_wait (bus->removed->len == 1);
  assert_name (bus->removed, 0, "night");
  g_assert_cmpuint (bus->n_failed, ==, 0);
}

/* ---- who is there already ---- */

/* A name that somebody else has here stays theirs. */
static void
test_name_taken (void)
{
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autofree char *uri = make_uri (place, "?loop=yes&rate=max");

  record (place, night, G_N_ELEMENTS (night));
  hein_test_bus_listen (bus, "inproc://replay-taken");
  hein_test_bus_dial (kirk, "inproc://replay-taken");
  hein_test_wait (bus->added->len == 1);
  hein_test_bus_dial (bus, uri);
  hein_test_wait (bus->messages->len >= 8);
  assert_message (bus, 0, "night", "bridge", "one");
  assert_message (bus, 1, "spock", "science", "two");
  g_assert_cmpuint (bus->added->len, ==, 3);
  g_assert_error (bus->failure, HEIN_ERROR, HEIN_ERROR_REFUSED);
  g_assert_cmpuint (bus->n_failed, ==, 1);
  /* a second recording of that name */
  hein_test_bus_dial (kirk, uri);
  hein_test_bus_dial (bus, uri);
  hein_test_wait (bus->added->len == 4);
  assert_name (bus->added, 3, "night-2");
}

/* Names that no peer may have. */
static void
test_bad_names (void)
{
  static const Said said[] = {
    { "\x1b[2J", "", "one", 0 },
    { "", "", "two", 0 },
  };
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, "");

  record (place, said, G_N_ELEMENTS (said));
  hein_test_bus_dial (bus, uri);
  hein_test_wait (bus->removed->len == 1);
  assert_message (bus, 0, "night", "", "one");
  assert_message (bus, 1, "night", "", "two");
}

/* More senders than the bus is to have peers for. */
static void
test_many_senders (void)
{
  const guint n = 1100;
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, "?rate=max");
  g_autofree Said *said = g_new0 (Said, n);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < n; i++)
    {
      g_ptr_array_add (names, g_strdup_printf ("crew-%u", i));
      said[i] = (Said){ g_ptr_array_index (names, i), "t", "x", 0 };
    }
  record (place, said, n);
  hein_test_bus_dial (bus, uri);
  hein_test_wait (bus->removed->len == 1025);
  g_assert_cmpuint (bus->messages->len, ==, n);
  assert_message (bus, 1023, "crew-1023", "t", "x");
  assert_message (bus, 1024, "night", "t", "x");
  assert_message (bus, n - 1, "night", "t", "x");
}

/* ---- in the other direction ---- */

/* The program goes on as if somebody took it; the counters tell. */
static void
test_sending (void)
{
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, "?loop=yes");
  g_autoptr (HeinStrategy) publish = hein_strategy_new ("publish", NULL);

  record (place, night, G_N_ELEMENTS (night));
  g_object_set (bus->bus, "overflow", HEIN_OVERFLOW_LATEST, NULL);
  hein_bus_set_strategy (bus->bus, publish);
  hein_test_bus_dial (bus, uri);
  hein_test_wait (bus->added->len == 3);
  hein_test_bus_send (bus, "spock", "question", "12345");
  hein_test_bus_send (bus, NULL, "question", "1");
  hein_test_wait (bus->dropped_bytes[HEIN_DROP_REASON_UNSENDABLE] == 8);
  g_assert_cmpuint (hein_bus_get_n_dropped (bus->bus,
                                            HEIN_DROP_REASON_UNSENDABLE),
                    ==, 4);
  g_assert_cmpuint (hein_test_bus_count_peers (bus), ==, 3);
}

/* A peer that is closed comes again with what it says next. */
static void
test_close_peer (void)
{
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, "?loop=yes&rate=max");

  record (place, night, G_N_ELEMENTS (night));
  hein_test_bus_dial (bus, uri);
  hein_test_wait (bus->added->len == 3);
  hein_peer_close (hein_test_bus_find_peer (bus, "spock"));
  hein_peer_close (hein_test_bus_find_peer (bus, "night"));
  hein_test_wait (bus->removed->len == 2 && bus->added->len == 5);
  g_assert_no_error (bus->reason);
}

/* ---- a slow consumer ---- */

/* What the program does not take stays in the file, and nothing is lost. */
static void
test_slow (void)
{
  enum
  {
    N = 5000
  };
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, "?rate=max");
  g_autofree Said *said = g_new0 (Said, N);
  g_autofree char *text = g_strnfill (1000, 'x');

  for (guint i = 0; i < N; i++)
    said[i] = (Said){ i % 2 ? "kirk" : "spock", "t", text, 0 };
  record (place, said, N);
  g_object_set (bus->bus, "receive-limit", (guint64) 65536, NULL);
  hein_test_bus_set_takes (bus, FALSE);
  hein_test_bus_dial (bus, uri);
  for (guint i = 0; i < 200; i++)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (bus->removed->len, ==, 0);
  g_assert_cmpuint (hein_bus_get_memory_used (bus->bus), <, 4 * 65536);
  for (guint i = 0; i < N; i++)
    {
      g_autoptr (HeinMessage) message =
        hein_bus_receive (bus->bus, 10000, NULL);

      g_assert_nonnull (message);
    }
  hein_test_wait (bus->removed->len == 2);
  g_assert_cmpuint (hein_test_bus_count_dropped (bus), ==, 0);
}

/* Larger than the bus takes from anybody: counted. */
static void
test_too_large (void)
{
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, "");
  g_autofree char *text = g_strnfill (2000, 'x');
  const Said said[] = { { "kirk", "", text, 0 }, { "kirk", "", "two", 0 } };

  record (place, said, G_N_ELEMENTS (said));
  g_object_set (bus->bus, "max-message-size", (guint64) 1000, NULL);
  hein_test_bus_dial (bus, uri);
  hein_test_wait (bus->removed->len == 1);
  g_assert_cmpuint (bus->messages->len, ==, 1);
  assert_message (bus, 0, "kirk", "", "two");
  g_assert_cmpuint (hein_bus_get_n_dropped (bus->bus, HEIN_DROP_REASON_INVALID),
                    ==, 1);
}

/* ---- what is no recording ---- */

typedef struct
{
  const char *options;
  const char *advice;
} BadOption;

static void
test_bad_address (void)
{
  static const BadOption bad[] = {
    { "?rate=0", "rate=0: write max or a number above 0, up to 1000000" },
    { "?rate=-1", "rate=-1" },
    { "?rate=nan", "rate=nan" },
    { "?rate=1000001", "rate=1000001" },
    { "?rate=", "rate=" },
    { "?loop=maybe", "loop" },
    { "?speed=1", "speed" },
  };
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");

  record (place, night, G_N_ELEMENTS (night));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *uri = make_uri (place, bad[i].options);
      g_autoptr (GError) error = NULL;

      g_assert_null (hein_bus_dial (bus->bus, uri, &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
      g_assert_nonnull (strstr (error->message, bad[i].advice));
    }
  for (guint i = 0; i < 3; i++)
    {
      static const char *const uris[] = { "replay://host/a.mcap",
                                          "replay://:1/a.mcap",
                                          "replay:a.mcap" };
      g_autoptr (GError) error = NULL;

      g_assert_null (hein_bus_dial (bus->bus, uris[i], &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
      g_assert_nonnull (strstr (error->message, "write replay:///path"));
    }
}

static void
test_listen (void)
{
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, "");
  g_autoptr (GError) error = NULL;

  record (place, night, G_N_ELEMENTS (night));
  g_assert_null (hein_bus_listen (bus->bus, uri, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
  g_assert_nonnull (strstr (error->message, "a recording is dialled"));
}

static void
assert_refused (const Place *place, int code, const char *advice)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, "");
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_dial (bus->bus, uri, &error));
  g_assert_error (error, G_IO_ERROR, code);
  g_assert_nonnull (strstr (error->message, advice));
}

static void
test_no_recording (void)
{
  g_autoptr (Place) place = place_new ();

  assert_refused (place, G_IO_ERROR_NOT_FOUND, "No such file");
  g_assert_true (g_file_set_contents (place->path, "Good morning.", -1, NULL));
  assert_refused (place, G_IO_ERROR_INVALID_DATA, "it is not an MCAP file");
  g_unlink (place->path);
  g_assert_cmpint (mkfifo (place->path, 0600), ==, 0);
  assert_refused (place, G_IO_ERROR_NOT_REGULAR_FILE, "it is no file");
  g_unlink (place->path);
  g_assert_cmpint (g_mkdir (place->path, 0700), ==, 0);
  assert_refused (place, G_IO_ERROR_NOT_REGULAR_FILE, "it is no file");
  g_assert_cmpint (g_rmdir (place->path), ==, 0);
}

/* ---- files that are not whole ---- */

/* Says what is wrong. */
static void
assert_fault (const Place *place, const char *advice)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, "?rate=max");
  HeinEndpoint *endpoint = hein_test_bus_dial (bus, uri);

  hein_test_wait (bus->n_failed == 1 && bus->removed->len == bus->added->len);
  g_assert_cmpuint (bus->messages->len, ==, 0);
  g_assert_nonnull (strstr (bus->failure->message, advice));
  g_assert_nonnull (
    strstr (hein_endpoint_get_error (endpoint)->message, advice));
}

static void
test_cut (void)
{
  g_autoptr (Place) place = place_new ();
  struct stat info;

  record (place, night, G_N_ELEMENTS (night));
  g_assert_cmpint (stat (place->path, &info), ==, 0);
  g_assert_cmpint (truncate (place->path, info.st_size / 3), ==, 0);
  assert_fault (place, "was cut short");
}

static void
test_damaged (void)
{
  g_autoptr (Place) place = place_new ();
  int fd;

  record (place, night, G_N_ELEMENTS (night));
  fd = g_open (place->path, O_WRONLY, 0);
  g_assert_cmpint (pwrite (fd, "\x7f", 1, 140), ==, 1);
  close (fd);
  assert_fault (place, "is damaged in 1 place");
}

static void
test_sparse (void)
{
  g_autoptr (Place) place = place_new ();

  record (place, night, G_N_ELEMENTS (night));
  if (truncate (place->path, G_GINT64_CONSTANT (100) << 30) != 0)
    {
      g_test_skip ("no file of this size can be made here");
      return;
    }
  g_assert_cmpint (truncate (place->path, 8), ==, 0);
  g_assert_cmpint (truncate (place->path, G_GINT64_CONSTANT (100) << 30), ==,
                   0);
  assert_fault (place, "was cut short");
}

/* It becomes shorter while it is played. */
static void
test_changing (void)
{
  static const Said said[] = {
    { "kirk", "", "one", 0 },
    { "kirk", "", "two", 1 },
  };
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, "?loop=yes");

  record (place, said, G_N_ELEMENTS (said));
  hein_test_bus_dial (bus, uri);
  hein_test_wait (bus->messages->len > 0);
  g_assert_cmpint (truncate (place->path, 10), ==, 0);
  hein_test_wait (bus->removed->len == 1);
  g_assert_nonnull (strstr (bus->reason->message, "it has become shorter"));
}

/* ---- its bus ends ---- */

static void
on_added_close (HeinBus *bus, HeinPeer *peer, gpointer data)
{
  hein_endpoint_close (data);
}

static void
test_closed_within (void)
{
  g_autoptr (Place) place = place_new ();
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri (place, "?loop=yes&rate=max");
  g_autoptr (HeinEndpoint) endpoint = NULL;

  record (place, night, G_N_ELEMENTS (night));
  endpoint = g_object_ref (hein_test_bus_dial (bus, uri));
  g_signal_connect (bus->bus, "peer-added", G_CALLBACK (on_added_close),
                    endpoint);
  hein_test_wait (bus->removed->len > 0 &&
                  bus->removed->len == bus->added->len);
  g_assert_cmpint (hein_endpoint_get_state (endpoint), ==,
                   HEIN_ENDPOINT_STATE_CLOSED);
}

static const char *const by_topic[] = { "?topic=bridge/l", NULL };
static const char *const by_pattern[] = { "?pattern=bridge/*", NULL };
static const char *const by_both[] = { "?topic=bri&pattern=*/log", NULL };
static const char *const by_bus[] = { "", "bridge/*" };

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/replay/senders", test_senders);
  g_test_add_func ("/replay/compressed", test_compressed);
  g_test_add_func ("/replay/times", test_times);
  g_test_add_func ("/replay/loop", test_loop);
  g_test_add_data_func ("/replay/by-topic", by_topic, test_topics);
  g_test_add_data_func ("/replay/by-pattern", by_pattern, test_topics);
  g_test_add_data_func ("/replay/by-both", by_both, test_topics);
  g_test_add_data_func ("/replay/by-bus", by_bus, test_topics);
  g_test_add_func ("/replay/nothing", test_nothing);
  g_test_add_func ("/replay/name-taken", test_name_taken);
  g_test_add_func ("/replay/bad-names", test_bad_names);
  g_test_add_func ("/replay/many-senders", test_many_senders);
  g_test_add_func ("/replay/sending", test_sending);
  g_test_add_func ("/replay/close-peer", test_close_peer);
  g_test_add_func ("/replay/slow", test_slow);
  g_test_add_func ("/replay/too-large", test_too_large);
  g_test_add_func ("/replay/bad-address", test_bad_address);
  g_test_add_func ("/replay/listen", test_listen);
  g_test_add_func ("/replay/no-recording", test_no_recording);
  g_test_add_func ("/replay/cut", test_cut);
  g_test_add_func ("/replay/damaged", test_damaged);
  g_test_add_func ("/replay/sparse", test_sparse);
  g_test_add_func ("/replay/changing", test_changing);
  g_test_add_func ("/replay/closed-within", test_closed_within);

  return g_test_run ();
}

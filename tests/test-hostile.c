/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hub-scene.h"

/*
 * A peer of bytes that mean harm, and a good one beside it: whatever the first
 * does, the second's thousand messages arrive in order, and the memory that
 * messages use stays within the limits.
 */

#define MAX_HANDSHAKES  1024
#define MANY_HANDSHAKES 1200

static gboolean
is_closed (int fd)
{
  char buffer[4096];
  gssize n;

  do
    n = recv (fd, buffer, sizeof buffer, MSG_DONTWAIT);
  while (n > 0);
  return n == 0 || (n < 0 && errno != EAGAIN);
}

/* ---- bytes ---- */

#define APPEND(bytes, literal)                                                 \
  hub_scene_append (bytes, literal, sizeof (literal) - 1)

/* ---- what is refused ---- */

static void
refuse (GByteArray *bytes)
{
  g_autoptr (HubScene) self = hub_scene_new ();
  g_autoptr (GByteArray) owned = bytes;

  g_assert_cmpint (send (self->fd, owned->data, owned->len, MSG_NOSIGNAL), ==,
                   (gssize) owned->len);
  hub_scene_serve (self);
  hein_test_wait (is_closed (self->fd));
  g_assert_cmpuint (self->hub->removed->len, ==, self->hub->added->len - 1);
  hub_scene_serve (self);
}

static GByteArray *
text (const char *bytes, gsize size)
{
  GByteArray *array = g_byte_array_new ();

  hub_scene_append (array, bytes, size);
  return array;
}

#define TEXT(literal) text (literal, sizeof (literal) - 1)

static void
test_garbage (void)
{
  GByteArray *bytes = g_byte_array_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  for (guint i = 0; i < 1000; i++)
    {
      guint8 byte = i == 0 ? 0x42 : g_rand_int_range (rand, 0, 256);

      g_byte_array_append (bytes, &byte, 1);
    }
  refuse (bytes);
}

static void
test_http (void)
{
  refuse (TEXT ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
}

static void
test_zmtp_2 (void)
{
  refuse (TEXT ("\xff\0\0\0\0\0\0\0\1\x7f\1\0"));
}

static void
test_tls (void)
{
  refuse (TEXT ("\x16\3\1\2\0\1\0\1\xfc\3\3"));
}

static void
test_silence (void)
{
  refuse (g_byte_array_new ());
}

static void
test_half_a_greeting (void)
{
  GByteArray *bytes = hub_scene_begin ();

  g_byte_array_set_size (bytes, 40);
  refuse (bytes);
}

static void
test_greeting_only (void)
{
  refuse (hub_scene_begin ());
}

static void
test_large_ready (void)
{
  GByteArray *bytes = hub_scene_begin ();

  hub_scene_append_long_frame (bytes, 4, 4097);
  refuse (bytes);
}

static void
test_no_ready (void)
{
  GByteArray *bytes = hub_scene_begin ();

  APPEND (bytes, "\0\5hello");
  refuse (bytes);
}

static void
test_damaged_ready (void)
{
  GByteArray *bytes = hub_scene_begin ();

  APPEND (bytes, "\4\17\5READY\13Socket-T");
  refuse (bytes);
}

static void
test_reserved_flags (void)
{
  GByteArray *bytes = hub_scene_introduce ();

  APPEND (bytes, "\x80\1a");
  refuse (bytes);
}

static void
test_claims (gconstpointer data)
{
  const guint64 *size = data;
  GByteArray *bytes = hub_scene_introduce ();

  hub_scene_append_long_frame (bytes, 0, *size);
  refuse (bytes);
}

static void
test_cut_frame (void)
{
  g_autoptr (HubScene) self = hub_scene_new ();
  g_autoptr (GByteArray) bytes = hub_scene_introduce ();

  APPEND (bytes, "\0\144only this");
  g_assert_cmpint (send (self->fd, bytes->data, bytes->len, 0), ==,
                   (gssize) bytes->len);
  hein_test_wait (self->hub->added->len == 2);
  hub_scene_serve (self);
  shutdown (self->fd, SHUT_WR);
  hein_test_wait (self->hub->removed->len == 1);
  g_assert_error (self->hub->reason, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  g_assert_cmpuint (self->hub->messages->len, ==, 0);
  hub_scene_serve (self);
}

/* ---- what is endured ---- */

static void
test_never_reads (void)
{
  enum
  {
    N = 2000
  };
  g_autoptr (HubScene) self = hub_scene_new ();
  g_autoptr (GByteArray) bytes = hub_scene_introduce ();
  g_autofree char *large = g_strnfill (10000, 'x');
  HeinPeer *evil;

  g_assert_cmpint (send (self->fd, bytes->data, bytes->len, 0), ==,
                   (gssize) bytes->len);
  hein_test_wait (self->hub->added->len == 2);
  evil = hein_test_bus_find_peer (self->hub, "evil");
  for (guint i = 0; i < N; i++)
    {
      hein_test_bus_send (self->hub, NULL, "t", large);
      hein_test_wait (self->good->messages->len >= i / 2);
      g_assert_cmpuint (hein_peer_get_queued_bytes (evil), <,
                        HUB_SCENE_MEMORY_MAX);
    }
  hein_test_wait (self->good->messages->len == N);
  g_assert_cmpuint (hein_peer_get_messages_dropped (evil), >, 0);
  g_assert_cmpuint (hein_peer_get_messages_dropped (evil), ==,
                    hein_bus_get_n_dropped (self->hub->bus,
                                            HEIN_DROP_REASON_OVERFLOW));
  hub_scene_serve (self);
}

/* What a client says in order, cut at every place: it is the same to the hub. */
static void
test_split_everywhere (void)
{
  g_autoptr (GByteArray) bytes = hub_scene_introduce ();

  APPEND (bytes, "\0\5first\1\5topic\0\6second\4\7\4PING\0\1");
  hub_scene_append_long_frame (bytes, 0, 300);
  for (guint i = 0; i < 300; i++)
    APPEND (bytes, "l");
  for (guint cut = 1; cut < bytes->len; cut++)
    {
      g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
      g_autofree char *uri = g_strdup (hein_endpoint_get_bound_uri (
        hein_test_bus_listen (hub, "tcp://127.0.0.1:0")));
      int fd = hub_scene_connect (uri);
      int one = 1;
      g_autofree char *second = NULL;

      setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      g_assert_cmpint (send (fd, bytes->data, cut, 0), ==, cut);
      /* what was sent is read before the rest comes */
      hein_bus_turn (hub->bus, 20);
      hein_bus_turn (hub->bus, 0);
      g_assert_cmpint (send (fd, bytes->data + cut, bytes->len - cut, 0), ==,
                       bytes->len - cut);
      hein_test_wait (hub->messages->len == 3);
      second = hein_test_bus_dup_text (hub, 1);
      g_assert_cmpstr (second, ==, "second");
      g_assert_cmpstr (hein_message_get_topic (
                         g_ptr_array_index (hub->messages, 1)),
                       ==, "topic");
      g_assert_cmpuint (hein_message_get_size (
                          g_ptr_array_index (hub->messages, 2)),
                        ==, 300);
      shutdown (fd, SHUT_WR);
      hein_test_wait (hub->removed->len == 1);
      g_assert_no_error (hub->reason);
      close (fd);
    }
}

/* One that answers no ping is given up; a good one, as idle, is not. */
static void
test_falls_silent (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("patient");
  g_autoptr (HeinTestBus) idle = hein_test_bus_new ("idle");
  g_autoptr (GByteArray) bytes = hub_scene_introduce ();
  g_autofree char *uri = NULL;
  int fd;

  g_object_set (hub->bus, "heartbeat-ms", 100u, "silence-ms", 1000u, NULL);
  uri = g_strdup (hein_endpoint_get_bound_uri (
    hein_test_bus_listen (hub, "tcp://127.0.0.1:0")));
  hein_test_bus_dial (idle, uri);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1);
  fd = hub_scene_connect (uri);
  g_assert_cmpint (send (fd, bytes->data, bytes->len, 0), ==,
                   (gssize) bytes->len);
  hein_test_wait (hub->added->len == 2);
  hein_test_wait (hub->removed->len == 1);
  g_assert_error (hub->reason, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_assert_cmpstr (hein_peer_get_name (g_ptr_array_index (hub->removed, 0)), ==,
                   "evil");
  g_assert_cmpint (hein_peer_get_rtt_us (hein_test_bus_find_peer (hub, "idle")),
                   >=, 0);
  close (fd);
}

static void
test_many_say_nothing (void)
{
  g_autoptr (HubScene) self = hub_scene_new ();
  g_autoptr (HeinTestBus) late = hein_test_bus_new ("late");
  int fds[MANY_HANDSHAKES];
  guint n_closed = 0;

  g_object_set (self->hub->bus, "handshake-timeout-ms", 60000u, NULL);
  for (guint i = 0; i < MANY_HANDSHAKES; i++)
    {
      fds[i] = hub_scene_connect (self->uri);
      hein_bus_turn (self->hub->bus, 0);
    }
  hein_test_bus_dial (late, self->uri);
  hein_test_wait (hein_test_bus_find_peer (self->hub, "late") != NULL);
  hub_scene_serve (self);
  for (guint i = 0; i < MANY_HANDSHAKES; i++)
    {
      n_closed += is_closed (fds[i]);
      close (fds[i]);
    }
  g_assert_cmpuint (n_closed, >=, MANY_HANDSHAKES - MAX_HANDSHAKES);
  g_assert_cmpuint (n_closed, <, MANY_HANDSHAKES);
}

/* As long as there is room, nobody must go for a newcomer. */
static void
test_many_are_slow (void)
{
  g_autoptr (HubScene) self = hub_scene_new ();
  g_autoptr (HeinTestBus) late = hein_test_bus_new ("late");
  int fds[MAX_HANDSHAKES / 2];

  g_object_set (self->hub->bus, "handshake-timeout-ms", 60000u, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      fds[i] = hub_scene_connect (self->uri);
      hein_bus_turn (self->hub->bus, 0);
    }
  hein_test_bus_dial (late, self->uri);
  hein_test_wait (hein_test_bus_find_peer (self->hub, "late") != NULL);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      g_assert_false (is_closed (fds[i]));
      close (fds[i]);
    }
}

int
main (int argc, char *argv[])
{
  static const guint64 claims[] = {
    16 * 1024 * 1024 + 1025,
    G_MAXINT32,
    (guint64) G_MAXINT32 + 1,
    (guint64) G_MAXINT32 + 2,
    G_MAXUINT32,
    (guint64) G_MAXUINT32 + 1,
    (guint64) G_MAXUINT32 + 2,
    (guint64) 1 << 63,
    G_MAXUINT64 - 9,
    G_MAXUINT64,
  };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hostile/garbage", test_garbage);
  g_test_add_func ("/hostile/http", test_http);
  g_test_add_func ("/hostile/zmtp-2", test_zmtp_2);
  g_test_add_func ("/hostile/tls", test_tls);
  g_test_add_func ("/hostile/silence", test_silence);
  g_test_add_func ("/hostile/half-a-greeting", test_half_a_greeting);
  g_test_add_func ("/hostile/greeting-only", test_greeting_only);
  g_test_add_func ("/hostile/large-ready", test_large_ready);
  g_test_add_func ("/hostile/no-ready", test_no_ready);
  g_test_add_func ("/hostile/damaged-ready", test_damaged_ready);
  g_test_add_func ("/hostile/reserved-flags", test_reserved_flags);
  for (guint i = 0; i < G_N_ELEMENTS (claims); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/hostile/claims/%" G_GUINT64_FORMAT, claims[i]);

      g_test_add_data_func (path, &claims[i], test_claims);
    }
  g_test_add_func ("/hostile/cut-frame", test_cut_frame);
  g_test_add_func ("/hostile/never-reads", test_never_reads);
  g_test_add_func ("/hostile/split-everywhere", test_split_everywhere);
  g_test_add_func ("/hostile/many-say-nothing", test_many_say_nothing);
  g_test_add_func ("/hostile/many-are-slow", test_many_are_slow);
  g_test_add_func ("/hostile/falls-silent", test_falls_silent);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "hein-test.h"
#include "raw-peer.h"

/*
 * How long a hub waits, by the test's clock: for a peer that is silent, for a
 * message that hardly comes, for time that nobody was there, as when a machine
 * sleeps, and for descriptors. A good peer is there all the time.
 */

/* Shorter than what a hub takes for sleep. */
#define STEP_US      (G_USEC_PER_SEC / 2)
#define STEPS_PER_S  2
#define HOUR_US      (60 * 60 * (gint64) G_USEC_PER_SEC)
#define SLOW_SIZE    1000
#define MESSAGE_SIZE (128 * 1024)

/* A DEALER called evil, which answers no pings, as it does not say that it is
 * a hein. */
#define GREETING_BEGIN "\xff\0\0\0\0\0\0\0\0\x7f\3\1NULL"
#define READY          "\4\55\5READY\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0\4evil"
/* The beginning of a message of MESSAGE_SIZE. */
#define LONG_FRAME "\2\0\0\0\0\0\2\0\0"

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *good;
  RawPeer *evil;
  const char *uri; /* borrowed */
} Scene;

static void
say_greeting (RawPeer *peer)
{
  char greeting[64] = GREETING_BEGIN;

  raw_peer_send (peer, greeting, sizeof greeting);
}

static void
scene_init (Scene *self)
{
  HeinEndpoint *endpoint;

  self->hub = hein_test_bus_new ("hub");
  self->good = hein_test_bus_new ("good");
  endpoint = hein_test_bus_listen (self->hub, "tcp://127.0.0.1:0");
  self->uri = hein_endpoint_get_bound_uri (endpoint);
  hein_test_bus_dial (self->good, self->uri);
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1);
  self->evil = raw_peer_new (self->hub, self->uri);
  say_greeting (self->evil);
}

static void
scene_init_up (Scene *self)
{
  scene_init (self);
  raw_peer_send (self->evil, READY, sizeof READY - 1);
  hein_test_wait (self->hub->added->len == 2);
}

/* The good one is there to the end. */
static void
scene_clear (Scene *self)
{
  g_assert_nonnull (hein_test_bus_find_peer (self->hub, "good"));
  g_assert_cmpuint (self->good->removed->len, ==, 0);
  raw_peer_free (self->evil);
  hein_test_bus_free (self->good);
  hein_test_bus_free (self->hub);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

/* A message for the good one shows that all have had their turn. */
static void
see_all (Scene *self)
{
  const guint n = self->good->messages->len;

  hein_test_bus_send (self->hub, "good", "t", "");
  hein_test_wait (self->good->messages->len == n + 1);
}

/* Or until the evil one is given up, who could say nothing more. */
static void
let_pass (Scene *self, guint seconds, const char *said, gsize size)
{
  const guint n_steps = seconds * STEPS_PER_S;

  for (guint i = 0; i < n_steps && self->hub->removed->len == 0; i++)
    {
      clock_advance (STEP_US);
      if (size > 0)
        raw_peer_send (self->evil, said, size);
      see_all (self);
    }
}

/* For an hour nothing runs. */
static void
freeze (Scene *self)
{
  clock_advance (HOUR_US);
  see_all (self);
}

static void
assert_given_up (Scene *self, const char *why)
{
  hein_test_wait (self->hub->removed->len == 1);
  g_assert_error (self->hub->reason, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (self->hub->reason->message, why));
  g_assert_cmpstr (hein_peer_get_name (self->hub->removed->pdata[0]), ==,
                   "evil");
}

static void
test_silent (void)
{
  g_auto (Scene) self = { 0 };

  scene_init_up (&self);
  let_pass (&self, 14, NULL, 0);
  g_assert_cmpuint (self.hub->removed->len, ==, 0);
  let_pass (&self, 2, NULL, 0);
  assert_given_up (&self, "no sign of life for 15000 ms");
}

/* Each byte is a sign of life, and still it ends after half a minute. */
static void
test_crawls (void)
{
  g_auto (Scene) self = { 0 };

  scene_init_up (&self);
  raw_peer_send (self.evil, LONG_FRAME, sizeof LONG_FRAME - 1);
  let_pass (&self, 29, "x", 1);
  g_assert_cmpuint (self.hub->removed->len, ==, 0);
  let_pass (&self, 2, "x", 1);
  assert_given_up (&self, "less than 1024 bytes a second");
}

/* It comes at twice the least rate, and takes more than half a minute. */
static void
test_slow (void)
{
  g_auto (Scene) self = { 0 };
  g_autofree char *part = g_strnfill (SLOW_SIZE, 'x');

  scene_init_up (&self);
  raw_peer_send (self.evil, LONG_FRAME, sizeof LONG_FRAME - 1);
  let_pass (&self, MESSAGE_SIZE / SLOW_SIZE / STEPS_PER_S, part, SLOW_SIZE);
  raw_peer_send (self.evil, part, MESSAGE_SIZE % (SLOW_SIZE * STEPS_PER_S));
  hein_test_wait (self.hub->messages->len == 1);
  g_assert_cmpuint (hein_message_get_size (self.hub->messages->pdata[0]), ==,
                    MESSAGE_SIZE);
  g_assert_cmpuint (self.hub->removed->len, ==, 0);
}

/* Behind an hour in which nothing ran silence begins anew, and then it counts. */
static void
test_suspended (void)
{
  g_auto (Scene) self = { 0 };

  scene_init_up (&self);
  let_pass (&self, 10, NULL, 0);
  freeze (&self);
  let_pass (&self, 14, NULL, 0);
  g_assert_cmpuint (self.hub->removed->len, ==, 0);
  let_pass (&self, 2, NULL, 0);
  assert_given_up (&self, "no sign of life for 15000 ms");
}

static void
test_suspended_in_message (void)
{
  g_auto (Scene) self = { 0 };

  scene_init_up (&self);
  raw_peer_send (self.evil, LONG_FRAME, sizeof LONG_FRAME - 1);
  let_pass (&self, 10, "x", 1);
  freeze (&self);
  let_pass (&self, 10, "x", 1);
  g_assert_cmpuint (self.hub->removed->len, ==, 0);
  let_pass (&self, 12, "x", 1);
  assert_given_up (&self, "less than 1024 bytes a second");
}

static void
test_suspended_in_handshake (void)
{
  g_auto (Scene) self = { 0 };

  scene_init (&self);
  let_pass (&self, 5, NULL, 0);
  freeze (&self);
  let_pass (&self, 3, NULL, 0);
  raw_peer_send (self.evil, READY, sizeof READY - 1);
  hein_test_wait (self.hub->added->len == 2);
}

/* ---- no descriptors ---- */

/* Shorter than the first pause of an acceptor, and its longest. */
#define PAUSE_MIN_US (100 * 1000)
#define PAUSE_MAX_US G_USEC_PER_SEC
#define N_TURNS      300

static gboolean has_no_descriptors;
static guint n_refused;

/* The library's accept4 (), too: a program's own comes before that of libc. */
int
accept4 (int fd,
         struct sockaddr *restrict address,
         socklen_t *restrict size,
         int flags)
{
  if (has_no_descriptors)
    {
      n_refused++;
      errno = ENFILE;
      return -1;
    }
  return (int) syscall (SYS_accept4, fd, address, size, flags);
}

/* How often a hub may have asked since then: twice in a pause. */
static guint
count_allowed (gint64 since_us)
{
  return 2 *
         (2 + (guint) ((g_get_monotonic_time () - since_us) / PAUSE_MIN_US));
}

/* It does not ask again and again, says it once, and serves the others. */
static void
test_no_descriptors (void)
{
  g_auto (Scene) self = { 0 };
  g_autoptr (HeinTestBus) late = hein_test_bus_new ("late");
  const gint64 since_us = g_get_monotonic_time ();

  scene_init (&self);
  has_no_descriptors = TRUE;
  n_refused = 0;
  hein_test_bus_dial (late, self.uri);
  hein_test_wait (n_refused > 0);
  for (guint i = 0; i < N_TURNS; i++)
    see_all (&self);
  g_assert_cmpuint (n_refused, <=, count_allowed (since_us));
  for (guint i = 0; i < 10; i++)
    {
      clock_advance (PAUSE_MAX_US);
      see_all (&self);
    }
  g_assert_cmpuint (n_refused, >=, 10);
  g_assert_cmpuint (self.hub->n_failed, ==, 1);
  g_assert_nonnull (strstr (self.hub->failure->message, g_strerror (ENFILE)));
  has_no_descriptors = FALSE;
  clock_advance (PAUSE_MAX_US);
  hein_test_wait (hein_test_bus_find_peer (self.hub, "late") != NULL);
  g_assert_cmpuint (self.hub->n_failed, ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/patience/silent", test_silent);
  g_test_add_func ("/patience/crawls", test_crawls);
  g_test_add_func ("/patience/slow", test_slow);
  g_test_add_func ("/patience/suspended", test_suspended);
  g_test_add_func ("/patience/suspended/in-message", test_suspended_in_message);
  g_test_add_func ("/patience/suspended/in-handshake",
                   test_suspended_in_handshake);
  g_test_add_func ("/patience/no-descriptors", test_no_descriptors);
  return g_test_run ();
}

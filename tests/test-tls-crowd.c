/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/resource.h>

#include "trust-ends.h"

/* Many handshakes of TLS at once: what they may take, and who is served. */

#define KEY "key-file=%s/lamps.key"

/* As in hein/core/hein-handshakes.h: so many may be under way. */
#define HANDSHAKES_MAX 128
/* What one of them counts at least and at most, with what was heard. */
#define COST_MIN 18000
#define COST_MAX 20000

static void
set_up (TrustEnds *self, gconstpointer data)
{
  trust_ends_set_up (self, data);
  trust_ends_make_files (self);
  g_object_set (self->hub->bus, "handshake-timeout-ms", 60000u, NULL);
  g_object_set (self->kirk->bus, "handshake-timeout-ms", 60000u, NULL);
  trust_ends_listen (self, KEY);
}

/* Begins a greeting of TLS, and says no more. (transfer full) */
static GSocket *
add_stranger (TrustEnds *self)
{
  static const char words[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  GSocket *socket;

  connection =
    g_socket_client_connect_to_host (client, "127.0.0.1",
                                     trust_ends_get_port (self), NULL, &error);
  g_assert_no_error (error);
  socket = g_object_ref (g_socket_connection_get_socket (connection));
  g_socket_set_blocking (socket, FALSE);
  g_assert_cmpint (g_socket_send (socket, words, sizeof words - 1, NULL,
                                  &error),
                   ==, sizeof words - 1);
  return socket;
}

static GPtrArray *
add_strangers (TrustEnds *self, guint n)
{
  GPtrArray *strangers = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (strangers, add_stranger (self));
  return strangers;
}

static guint
count_turned_out (GPtrArray *strangers)
{
  guint n = 0;

  for (guint i = 0; i < strangers->len; i++)
    {
      char data[64];
      g_autoptr (GError) error = NULL;
      const gssize size =
        g_socket_receive (strangers->pdata[i], data, sizeof data, NULL, &error);

      if (size == 0 || (size < 0 && !g_error_matches (error, G_IO_ERROR,
                                                      G_IO_ERROR_WOULD_BLOCK)))
        n++;
    }
  return n;
}

/* TRUE when so many are under way; never more. */
static gboolean
is_full (TrustEnds *self)
{
  const guint64 used = hein_bus_get_memory_used (self->hub->bus);

  g_assert_cmpuint (used, <=, HANDSHAKES_MAX * COST_MAX);
  return used >= HANDSHAKES_MAX * COST_MIN;
}

/* Whoever is one too many waits in the backlog, and whoever has a key is served. */
static void
test_bounded (TrustEnds *self, gconstpointer data)
{
  g_autoptr (GPtrArray) strangers = add_strangers (self, 2 * HANDSHAKES_MAX);

  hein_test_wait (is_full (self));
  trust_ends_dial (self, KEY);
  hein_test_wait (!is_full (self) ||
                  hein_test_bus_count_peers (self->hub) == 1);
  trust_ends_wait_for_both (self);
  trust_ends_exchange (self);
  g_assert_cmpuint (count_turned_out (strangers), >, HANDSHAKES_MAX);
}

/* An unfinished handshake costs memory, which is free when it ends. */
static void
test_counted (TrustEnds *self, gconstpointer data)
{
  const guint64 before = hein_bus_get_memory_used (self->hub->bus);
  g_autoptr (GSocket) socket = add_stranger (self);

  hein_test_wait (hein_bus_get_memory_used (self->hub->bus) >=
                  before + COST_MIN);
  g_assert_cmpuint (hein_bus_get_memory_used (self->hub->bus), <=,
                    before + COST_MAX);
  g_assert_true (g_socket_close (socket, NULL));
  hein_test_wait (hein_bus_get_memory_used (self->hub->bus) == before);
  trust_ends_dial (self, KEY);
  trust_ends_wait_for_both (self);
  g_assert_cmpuint (hein_bus_get_memory_used (self->hub->bus), <,
                    before + COST_MIN);
}

/* Those that have been there for longest go when memory-limit is reached. */
static void
test_memory_limit (TrustEnds *self, gconstpointer data)
{
  g_autoptr (GPtrArray) strangers = NULL;

  g_object_set (self->hub->bus, "memory-limit", (guint64) 20 * COST_MAX, NULL);
  strangers = add_strangers (self, 60);
  hein_test_wait (count_turned_out (strangers) >=
                  60 - 20 * COST_MAX / COST_MIN);
  trust_ends_dial (self, KEY);
  trust_ends_wait_for_both (self);
  trust_ends_exchange (self);
}

/* ---- ten thousand ---- */

/* What dials at once waits in the backlog of the socket, which the kernel bounds: so
 * many are there at any time, and each that goes makes room for another. */
#define AT_ONCE 512

static guint
replace_turned_out (TrustEnds *self, GPtrArray *strangers)
{
  guint n = 0;

  for (guint i = 0; i < strangers->len; i++)
    {
      char data[64];
      g_autoptr (GError) error = NULL;
      const gssize size =
        g_socket_receive (strangers->pdata[i], data, sizeof data, NULL, &error);

      if (size > 0 ||
          g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        continue;
      g_object_unref (strangers->pdata[i]);
      strangers->pdata[i] = add_stranger (self);
      n++;
    }
  return n;
}

/* Ten thousand begin a handshake, as fast as they are turned out; 1,000 of them in
 * make check. No more than may be are ever under way, and whoever has a key comes in
 * among them. */
static void
test_ten_thousand (TrustEnds *self, gconstpointer data)
{
  const guint n_all = g_test_thorough () ? 10000 : 1000;
  g_autoptr (GPtrArray) strangers = add_strangers (self, AT_ONCE);
  guint n_gone = 0;

  trust_ends_dial (self, KEY);
  while (n_gone < n_all - AT_ONCE)
    {
      n_gone += replace_turned_out (self, strangers);
      is_full (self);
      g_assert_true (
        hein_test_turn (g_get_monotonic_time () + HEIN_TEST_WAIT_US));
    }
  trust_ends_wait_for_both (self);
  trust_ends_exchange (self);
  g_assert_cmpuint (self->hub->added->len, ==, 1);
}

/* ---- an honest crowd ---- */

#define N_HONEST (HANDSHAKES_MAX + 32)
/* So many at a time are waited for, as a slow machine needs long for all. */
#define STEP 8

static gboolean
have_descriptors (rlim_t wanted)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = MAX (limit.rlim_cur, MIN (limit.rlim_max, wanted));
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  return limit.rlim_cur >= wanted;
}

/* More dial at the same moment than may shake hands: all get in. */
static void
test_honest (TrustEnds *self, gconstpointer data)
{
  g_autoptr (GPtrArray) buses = NULL;
  HeinTestBus *kirk = self->kirk;

  if (!have_descriptors (8 * N_HONEST))
    {
      g_test_skip ("there are too few descriptors");
      return;
    }
  buses = g_ptr_array_new_with_free_func ((GDestroyNotify) hein_test_bus_free);
  for (guint i = 0; i < N_HONEST; i++)
    {
      g_autofree char *name = g_strdup_printf ("honest-%u", i);

      self->kirk = hein_test_bus_new (name);
      g_object_set (self->kirk->bus, "handshake-timeout-ms", 60000u, NULL);
      g_ptr_array_add (buses, self->kirk);
      trust_ends_dial (self, KEY);
    }
  self->kirk = kirk;
  for (guint n = STEP; n <= N_HONEST; n += STEP)
    hein_test_wait (hein_test_bus_count_peers (self->hub) >= n);
  g_assert_cmpuint (self->hub->added->len, ==, N_HONEST);
  g_assert_cmpuint (self->hub->removed->len, ==, 0);
}

static void
add (const char *path, void (*test) (TrustEnds *, gconstpointer))
{
  g_test_add (path, TrustEnds, NULL, set_up, test, trust_ends_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/tls-crowd/bounded", test_bounded);
  add ("/tls-crowd/counted", test_counted);
  add ("/tls-crowd/memory-limit", test_memory_limit);
  add ("/tls-crowd/ten-thousand", test_ten_thousand);
  add ("/tls-crowd/honest", test_honest);
  return g_test_run ();
}

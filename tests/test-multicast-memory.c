/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <malloc.h>
#include <string.h>

#include "multicast-test.h"

/* What a group holds of messages counts in the sum of the bus, and keeps to
 * memory-limit. */

#define MESSAGE_SIZE 1000
#define N_AT_ONCE    50
#define MIB          (1024 * 1024)

static gsize
get_allocated (void)
{
  const struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

/* FALSE: another malloc stands before that of libc, which counts nothing. */
static gboolean
can_measure (void)
{
  const gsize before = get_allocated ();
  g_autofree char *probe = g_malloc (MIB);

  memset (probe, 1, MIB);
  if (get_allocated () >= before + MIB)
    return TRUE;
  g_test_skip ("this malloc does not say what it has given");
  return FALSE;
}

static gboolean
send_one (HeinTestBus *bus, const char *name)
{
  static const guint8 data[MESSAGE_SIZE];
  g_autoptr (HeinMessage) message =
    hein_message_new_data ("", data, sizeof data);
  g_autoptr (GError) error = NULL;

  if (name != NULL ? hein_bus_send_to (bus->bus, name, message, &error)
                   : hein_bus_send (bus->bus, message, &error))
    return TRUE;
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
  return FALSE;
}

/* As many, in turns of their own. */
static void
send_some (HeinTestBus *bus, const char *name, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      hein_test_wait (send_one (bus, name));
      if (i % N_AT_ONCE == 0)
        hein_bus_turn (bus->bus, 0);
    }
  hein_bus_turn (bus->bus, 0);
}

/* Kept for repair: as much as malloc says, within a quarter. */
static void
test_store (gconstpointer name)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = NULL;
  g_autoptr (HeinTestBus) spock = NULL;
  gsize allocated;
  gsize used;

  if (place == NULL || !can_measure ())
    return;
  kirk = multicast_join_sealed (place, "kirk", "reliable=yes&mtu=1400");
  spock = multicast_join_sealed (place, "spock", "reliable=yes&mtu=1400");
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1 &&
                  hein_test_bus_count_peers (spock) == 1);
  /* what is made once, is */
  send_some (kirk, name, N_AT_ONCE);
  hein_test_wait (spock->messages->len == N_AT_ONCE);
  g_ptr_array_set_size (spock->messages, 0);
  allocated = get_allocated ();
  used = hein_bus_get_memory_used (kirk->bus);
  send_some (kirk, name, 2000);
  hein_test_wait (spock->messages->len == 2000);
  g_ptr_array_set_size (spock->messages, 0);
  allocated = get_allocated () - allocated;
  used = hein_bus_get_memory_used (kirk->bus) - used +
         hein_bus_get_memory_used (spock->bus);
  g_test_message ("%" G_GSIZE_FORMAT " counted, %" G_GSIZE_FORMAT " allocated",
                  used, allocated);
  g_assert_cmpuint (used, >, 2000 * MESSAGE_SIZE);
  g_assert_cmpuint (used, <=, allocated + allocated / 4);
  g_assert_cmpuint (used, >=, allocated - allocated / 4);
}

/* One small message in each datagram: none pins the room for a large one. */
static void
test_small_blocks (void)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = NULL;
  g_autoptr (HeinTestBus) spock = NULL;
  gsize allocated;

  if (place == NULL || !can_measure ())
    return;
  kirk = multicast_join_sealed (place, "kirk", "reliable=yes");
  spock = multicast_join_sealed (place, "spock", "reliable=yes");
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1 &&
                  hein_test_bus_count_peers (spock) == 1);
  allocated = get_allocated ();
  for (guint i = 0; i < 500; i++)
    {
      hein_test_bus_send (kirk, NULL, "", "hello!");
      hein_test_wait (spock->messages->len == 1);
      g_ptr_array_set_size (spock->messages, 0);
    }
  g_assert_cmpuint (get_allocated () - allocated, <, MIB);
}

/* Eight times as much is sent as may be held. */
static void
test_limit (gconstpointer name)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autoptr (HeinTestBus) kirk = NULL;
  g_autoptr (HeinTestBus) spock = NULL;
  guint64 most = 0;

  if (place == NULL)
    return;
  kirk = multicast_join_sealed (place, "kirk", "reliable=yes&mtu=1400");
  spock = multicast_join_sealed (place, "spock", "reliable=yes&mtu=1400");
  g_object_set (kirk->bus, "memory-limit", (guint64) MIB, NULL);
  hein_test_wait (hein_test_bus_count_peers (kirk) == 1 &&
                  hein_test_bus_count_peers (spock) == 1);
  for (guint i = 0; i < 8 * MIB / MESSAGE_SIZE / N_AT_ONCE; i++)
    {
      send_some (kirk, name, N_AT_ONCE);
      g_ptr_array_set_size (spock->messages, 0);
      most = MAX (most, hein_bus_get_memory_used (kirk->bus));
    }
  g_assert_cmpuint (most, <=, MIB);
  g_assert_cmpuint (most, >, MIB / 8);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/multicast/memory/store/to-all", NULL, test_store);
  g_test_add_data_func ("/multicast/memory/store/to-one", "spock", test_store);
  g_test_add_func ("/multicast/memory/small-blocks", test_small_blocks);
  g_test_add_data_func ("/multicast/memory/limit/to-all", NULL, test_limit);
  g_test_add_data_func ("/multicast/memory/limit/to-one", "spock", test_limit);
  return g_test_run ();
}

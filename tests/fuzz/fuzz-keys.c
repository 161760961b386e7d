/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/transports/udp-multicast/keys/mc-key-file.h"
#include "../../plugins/transports/udp-multicast/keys/mc-key-ring.h"
#include "fuzz.h"

#include <string.h>

/*
 * The input: a byte, and what a file of a key says, or with an odd byte one of a
 * ring. A ring has a key for each moment at most, and finds those that it has.
 */

#define NOW 1700000000

static void
check_ring (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_malloc (size + 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (McKeyRing) ring = NULL;
  McKey *key;
  guint n = 0;

  memcpy (text, data, size);
  text[size] = '\0';
  ring = mc_key_ring_new_from_text ("ring", text, size, NOW, &error);
  g_assert_true ((ring == NULL) == (error != NULL));
  if (ring == NULL)
    return;
  for (; (key = mc_key_ring_get_nth (ring, n)) != NULL; n++)
    g_assert_true (mc_key_ring_find (ring, mc_key_get_id (key)) == key);
  g_assert_cmpuint (n, <=, MC_KEY_RING_MAX);
  key = mc_key_ring_get_sending (ring);
  if (key != NULL)
    g_assert_true (mc_key_ring_find (ring, mc_key_get_id (key)) == key);
  g_assert_cmpint (mc_key_ring_get_due (ring), >, NOW);
}

static void
check_key (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (McKey) key =
    mc_key_new_from_text ("key", (const char *) data, size, &error);

  g_assert_true ((key == NULL) == (error != NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  if (data[0] & 1)
    check_ring (data + 1, size - 1);
  else
    check_key (data + 1, size - 1);
  return 0;
}
